package instrument

import (
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// matchEdit recognizes an edit at the current tokens and goes past it. It shares no code
// with the rewriter on purpose: what is redirected, and how, is written here once more.
func (v *comparison) matchEdit() Kind {
	for kind, match := range map[Kind]func() bool{
		Redirected:  v.matchRedirected,
		Imported:    v.matchImported,
		Ordered:     v.matchOrdered,
		Refused:     v.matchRefused,
		Neutralized: v.matchNeutralized,
		Implemented: v.matchImplemented,
		Hashed:      v.matchHashed,
	} {
		if match() {
			return kind
		}
	}
	return ""
}

// shimFolder is the prefix of the import paths of the stand-ins.
const shimFolder = "github.com/mapspec/mapspec/linearizability/internal/shim/"

var redirectedPackages = []string{"sync", "sync/atomic", "runtime", "hash/maphash", "internal/abi", "internal/goarch"}

// redirection returns the quoted path to which an import of a quoted path must be
// redirected, and whether that is a stand-in. It returns "" if the import must not change.
func (v *comparison) redirection(quoted string) (to string, stand bool) {
	from, err := strconv.Unquote(quoted)
	switch {
	case err != nil:
		return "", false
	case v.hasCopy(from):
		return strconv.Quote("github.com/mapspec/mapspec/linearizability/explored/" + from), false
	case slices.Contains(redirectedPackages, from):
		return strconv.Quote(shimFolder + strings.TrimPrefix(from, "internal/")), true
	}
	return "", false
}

// mustChange reports whether an import of a quoted path must be redirected.
func (v *comparison) mustChange(quoted string) bool {
	to, _ := v.redirection(quoted)
	return to != ""
}

// matchRedirected matches a path, or a name and a path, in place of a path.
func (v *comparison) matchRedirected() bool {
	o := v.original[v.i]
	if o.tok != token.STRING || !v.importing() {
		return false
	}
	to, stand := v.redirection(o.lit)
	if to == "" {
		return false
	}
	named := v.i > 0 && v.original[v.i-1].tok == token.IDENT
	from, _ := strconv.Unquote(o.lit)
	switch {
	case (named || !stand) && v.copyHas(to):
		v.j++
	case !named && stand && v.copyHas(path.Base(from), to):
		v.j += 2
	default:
		return false
	}
	v.i++
	return true
}

// matchImported matches an import after the name in the package clause.
func (v *comparison) matchImported() bool {
	if v.i == 0 || v.original[v.i-1].tok != token.IDENT || !v.inPackageClause() {
		return false
	}
	for _, name := range []string{"Ordered", "Refuse", "Random", "Hashing"} {
		if v.copyHas(";", "import", "mapspec"+name, strconv.Quote(shimFolder+strings.ToLower(name))) {
			v.j += 4
			return true
		}
	}
	return false
}

// inPackageClause reports whether the current token is the one after the package clause.
func (v *comparison) inPackageClause() bool {
	return slices.IndexFunc(v.original, func(l lexeme) bool { return l.tok == token.PACKAGE }) == v.i-2
}

// matchOrdered matches the start and the end of a call around the operand of a range. The
// call ends right before the loop body.
func (v *comparison) matchOrdered() bool {
	top := len(v.wrapped) - 1
	if top >= 0 && v.wrapped[top] == v.depth && v.copyHas(")", "{") && v.original[v.i].tok == token.LBRACE {
		v.wrapped = v.wrapped[:top]
		v.j++
		return true
	}
	if v.i > 0 && v.previous().tok == token.RANGE && v.copyHas("mapspecOrdered", ".", "Map", "(") {
		v.wrapped = append(v.wrapped, v.depth)
		v.j += 4
		return true
	}
	return false
}

// matchRefused matches a call of refuse.At before a statement.
func (v *comparison) matchRefused() bool {
	switch v.previous().tok {
	case token.LBRACE, token.SEMICOLON, token.COLON:
	default:
		return false
	}
	call := []string{"mapspecRefuse", ".", "At", "(", anyString, ",", anyString, ")", ";"}
	if !v.copyHas(call...) || !v.namesLine(v.copy[v.j+6].lit) || v.copy[v.j+8].lit != ";" {
		return false
	}
	v.j += len(call)
	return true
}

// neutralizable matches the neutralized form of the directives that may be neutralized.
var neutralizable = regexp.MustCompile(`^// go:(build .*|noescape|linkname \w+ runtime\.\w*rand\w*)\s*$`)

// matchNeutralized matches a directive with an additional space.
func (v *comparison) matchNeutralized() bool {
	o, c := v.original[v.i], v.copy[v.j]
	directive, ok := strings.CutPrefix(o.lit, "//")
	if o.tok != token.COMMENT || c.tok != token.COMMENT || !ok || c.lit != "// "+directive || c.line != o.line || !neutralizable.MatchString(c.lit) {
		return false
	}
	v.i++
	v.j++
	return true
}

// matchImplemented matches a body after the result of a function. A comment may follow it
// on the same line.
func (v *comparison) matchImplemented() bool {
	if end := v.original[v.i].tok; v.i < 2 || end != token.SEMICOLON && end != token.COMMENT {
		return false
	}
	last := v.i - 1
	if v.original[last].tok == token.RPAREN { // (n int)
		last--
	}
	result := v.original[last]
	body := []string{"{", "return", result.lit, "(", "mapspecRandom", ".", "Uint64", "(", ")", ")", "}"}
	if result.tok != token.IDENT || !v.copyHas(body...) {
		return false
	}
	v.j += len(body)
	return true
}
