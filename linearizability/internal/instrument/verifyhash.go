package instrument

import (
	"go/token"
	"slices"
	"strings"
)

// hashNames are the functions that hash by a policy, without package and type.
func (c *Copy) hashNames() map[string]bool {
	names := make(map[string]bool)
	for _, n := range c.Hash {
		names[n[strings.LastIndexByte(n, '.')+1:]] = true
	}
	return names
}

// hashed: a function that is named so returns at once, by its arguments.
//
//	func NAME[…](KEY …, SEED …) RESULT { return RESULT(mapspecHashing.Any(KEY, uint64(SEED)));
func (v *comparison) hashed() bool {
	if v.i == 0 || v.original[v.i-1].tok != token.LBRACE {
		return false
	}
	result, name, arguments, ok := signature(v.original[:v.i-1])
	if !ok || !v.hash[name] {
		return false
	}
	call := []string{"return", result, "(", "mapspecHashing", ".", "Any", "(", anyName, ","}
	if !v.copyHas(call...) {
		return false
	}
	key := v.copy[v.j+7].lit
	last := []string{"0", ")", ")", ";"}
	if len(arguments) == 2 {
		seed := arguments[0]
		if seed == key {
			seed = arguments[1]
		}
		last = []string{"uint64", "(", seed, ")", ")", ")", ";"}
	}
	if !slices.Contains(arguments, key) || !v.copyHas(append(call, last...)...) {
		return false
	}
	v.j += len(call) + len(last)
	return v.copy[v.j-1].lit == ";"
}

// signature reads the end of a declaration of a function, up to its body,
// backwards.
func signature(declared []lexeme) (result, name string, arguments []string, ok bool) {
	t := slices.DeleteFunc(slices.Clone(declared), func(l lexeme) bool { return l.tok == token.COMMENT })
	at := len(t) - 1
	back := func(tok token.Token) bool {
		if at < 0 || t[at].tok != tok {
			return false
		}
		at--
		return true
	}
	group := back(token.RPAREN) // (uint64) or (h uint64)
	if !back(token.IDENT) {
		return "", "", nil, false
	}
	result = t[at+1].lit
	if group {
		back(token.IDENT)
		if !back(token.LPAREN) {
			return "", "", nil, false
		}
	}
	if !back(token.RPAREN) {
		return "", "", nil, false
	}
	end := at + 1
	open := opening(t, end)
	at = open - 1
	if at > 0 && t[at].tok == token.RBRACK { // type parameters
		at = opening(t, at) - 1
	}
	if at < 1 || t[at].tok != token.IDENT || t[at-1].tok != token.FUNC && t[at-1].tok != token.RPAREN {
		return "", "", nil, false
	}
	arguments = argumentNames(t[open:end])
	return result, t[at].lit, arguments, len(arguments) == 1 || len(arguments) == 2
}

// opening is where the bracket that ends at a place begins.
func opening(t []lexeme, at int) int {
	depth := 0
	for ; at > 0; at-- {
		switch t[at].tok {
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth++
		case token.LPAREN, token.LBRACK, token.LBRACE:
			if depth--; depth == 0 {
				return at
			}
		}
	}
	return 0
}

// argumentNames are the first words after a bracket, and after each comma
// within it alone.
func argumentNames(t []lexeme) []string {
	var names []string
	depth := 0
	for i, l := range t {
		switch l.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		}
		begins := i == 0 || l.tok == token.COMMA && depth == 1
		if begins && i+1 < len(t) && t[i+1].tok == token.IDENT {
			names = append(names, t[i+1].lit)
		}
	}
	return names
}
