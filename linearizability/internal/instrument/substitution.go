package instrument

import (
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// substitution recognises a substitution where v stands, and goes past it. It
// shares nothing with the code that makes them: what is copied and redirected,
// and how, is written down here once more.
func (v *comparison) substitution() Kind {
	for kind, goPast := range map[Kind]func() bool{
		Redirected:  v.redirected,
		Imported:    v.imported,
		Ordered:     v.ordered,
		Refused:     v.refused,
		Neutralised: v.neutralised,
		Bodied:      v.bodied,
		Hashed:      v.hashed,
	} {
		if goPast() {
			return kind
		}
	}
	return ""
}

const shimsAre = "github.com/mapspec/mapspec/linearizability/internal/shim/"

var redirectedPackages = []string{"sync", "sync/atomic", "runtime", "hash/maphash", "internal/abi", "internal/goarch"}

// target is where an import of the quoted path has to go, quoted, and whether
// that is a stand-in; empty if it stays.
func (v *comparison) target(quoted string) (to string, stand bool) {
	from, err := strconv.Unquote(quoted)
	switch {
	case err != nil:
		return "", false
	case v.folder(from):
		return strconv.Quote("github.com/mapspec/mapspec/linearizability/explored/" + from), false
	case slices.Contains(redirectedPackages, from):
		return strconv.Quote(shimsAre + strings.TrimPrefix(from, "internal/")), true
	}
	return "", false
}

func (v *comparison) mustChange(quoted string) bool {
	to, _ := v.target(quoted)
	return to != ""
}

// redirected: a path, or a name and a path, in place of a path.
func (v *comparison) redirected() bool {
	o := v.original[v.i]
	if o.tok != token.STRING || !v.importing() {
		return false
	}
	to, stand := v.target(o.lit)
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

// imported: after the name in the package clause.
func (v *comparison) imported() bool {
	if v.i == 0 || v.original[v.i-1].tok != token.IDENT || !v.inPackageClause() {
		return false
	}
	for _, name := range []string{"Ordered", "Refuse", "Random", "Hashing"} {
		if v.copyHas(";", "import", "mapspec"+name, strconv.Quote(shimsAre+strings.ToLower(name))) {
			v.j += 4
			return true
		}
	}
	return false
}

func (v *comparison) inPackageClause() bool {
	return slices.IndexFunc(v.original, func(l lexeme) bool { return l.tok == token.PACKAGE }) == v.i-2
}

// ordered: a call around what is ranged over. The call ends where its bracket
// does, and there the body begins.
func (v *comparison) ordered() bool {
	top := len(v.wraps) - 1
	if top >= 0 && v.wraps[top] == v.depth && v.copyHas(")", "{") && v.original[v.i].tok == token.LBRACE {
		v.wraps = v.wraps[:top]
		v.j++
		return true
	}
	if v.i > 0 && v.before().tok == token.RANGE && v.copyHas("mapspecOrdered", ".", "Map", "(") {
		v.wraps = append(v.wraps, v.depth)
		v.j += 4
		return true
	}
	return false
}

// refused: a statement more, before a statement.
func (v *comparison) refused() bool {
	switch v.before().tok {
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

var harmless = regexp.MustCompile(`^// go:(build .*|noescape|linkname \w+ runtime\.\w*rand\w*)\s*$`)

// neutralised: a space more in a directive.
func (v *comparison) neutralised() bool {
	o, c := v.original[v.i], v.copy[v.j]
	directive, ok := strings.CutPrefix(o.lit, "//")
	if o.tok != token.COMMENT || c.tok != token.COMMENT || !ok || c.lit != "// "+directive || c.line != o.line || !harmless.MatchString(c.lit) {
		return false
	}
	v.i++
	v.j++
	return true
}

// bodied: a body after a function's result. A comment may come before the end
// of the line.
func (v *comparison) bodied() bool {
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
