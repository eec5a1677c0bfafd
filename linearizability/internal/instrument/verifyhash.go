package instrument

import (
	"go/token"
	"slices"
	"strings"
)

// hashNames returns the names of the functions in Hash, without package and type.
func (c *Copy) hashNames() map[string]bool {
	names := make(map[string]bool)
	for _, n := range c.Hash {
		names[n[strings.LastIndexByte(n, '.')+1:]] = true
	}
	return names
}

// matchHashed matches a return statement at the start of a hash function:
//
//	func NAME[…](KEY …, SEED …) RESULT { return RESULT(mapspecHashing.Any(KEY, uint64(SEED)));
func (v *comparison) matchHashed() bool {
	if v.i == 0 || v.original[v.i-1].tok != token.LBRACE {
		return false
	}
	f, ok := parseSignature(v.original[:v.i-1])
	if !ok || !v.hashNames[f.name] {
		return false
	}
	call := []string{"return", f.result, "(", "mapspecHashing", ".", "Any", "(", anyName, ","}
	if !v.copyHas(call...) {
		return false
	}
	key := v.copy[v.j+7].lit
	last := []string{"0", ")", ")", ";"}
	if len(f.parameters) == 2 {
		seed := f.parameters[0]
		if seed == key {
			seed = f.parameters[1]
		}
		last = []string{"uint64", "(", seed, ")", ")", ")", ";"}
	}
	if !slices.Contains(f.parameters, key) || !v.copyHas(append(call, last...)...) {
		return false
	}
	v.j += len(call) + len(last)
	return v.copy[v.j-1].lit == ";"
}

// signature is a function's name, its result type and the names of its parameters.
type signature struct {
	name, result string
	parameters   []string
}

// parseSignature reads the end of a function declaration, up to its body. It goes
// backwards, as only the end is known. It accepts one or two parameters and one result.
func parseSignature(declared []lexeme) (f signature, ok bool) {
	t := slices.DeleteFunc(slices.Clone(declared), func(l lexeme) bool { return l.tok == token.COMMENT })
	at := len(t) - 1
	back := func(tok token.Token) bool {
		if at < 0 || t[at].tok != tok {
			return false
		}
		at--
		return true
	}
	inParentheses := back(token.RPAREN) // (uint64) or (h uint64)
	if !back(token.IDENT) {
		return f, false
	}
	f.result = t[at+1].lit
	if inParentheses {
		back(token.IDENT)
		if !back(token.LPAREN) {
			return f, false
		}
	}
	if !back(token.RPAREN) {
		return f, false
	}
	end := at + 1
	start := openingBracket(t, end)
	at = start - 1
	if at > 0 && t[at].tok == token.RBRACK { // type parameters
		at = openingBracket(t, at) - 1
	}
	if at < 1 || t[at].tok != token.IDENT || t[at-1].tok != token.FUNC && t[at-1].tok != token.RPAREN {
		return f, false
	}
	f.name, f.parameters = t[at].lit, parameterNames(t[start:end])
	return f, len(f.parameters) == 1 || len(f.parameters) == 2
}

// openingBracket returns the index of the bracket that matches the closing one at index
// at.
func openingBracket(t []lexeme, at int) int {
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

// parameterNames returns the first names after the opening bracket and after each comma
// that is directly within it.
func parameterNames(t []lexeme) []string {
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
