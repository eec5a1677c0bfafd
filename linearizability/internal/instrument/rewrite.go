package instrument

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"slices"
)

// rewriting is the work on one file.
type rewriting struct {
	*loaded
	source   *source
	packages *packages
	shims    *shims
	hashes   *hashes

	edits   []Edit
	support []support    // what inserted code imports
	stops   map[int]Edit // refusals, by offset: one a statement
	errors  []positioned
}

type positioned struct {
	pos token.Position
	err error
}

// all finds all substitutions, in order.
func (r *rewriting) all() {
	r.stops = make(map[int]Edit)
	r.reservedNames()
	r.redirectImports()
	r.directives()
	r.functions()
	r.hash()
	r.walk()
	r.loopVariables()
	for _, e := range r.stops {
		r.edits = append(r.edits, e)
		r.support = append(r.support, refuseImport)
	}
	r.addImports()
	slices.SortStableFunc(r.edits, func(a, b Edit) int { return cmp.Compare(a.Offset, b.Offset) })
}

// walk looks at every node of the file together with what it is in.
func (r *rewriting) walk() {
	var path []ast.Node
	ast.Inspect(r.source.syntax, func(n ast.Node) bool {
		if n == nil {
			path = path[:len(path)-1]
			return true
		}
		path = append(path, n)
		if s, ok := n.(*ast.RangeStmt); ok {
			r.orderRange(s)
		}
		r.unsupported(n, path)
		return true
	})
}

// edit notes a substitution of the bytes from one position to another.
func (r *rewriting) edit(from, to token.Pos, text string, kind Kind) {
	r.edits = append(r.edits, r.newEdit(from, to, text, kind))
}

func (r *rewriting) newEdit(from, to token.Pos, text string, kind Kind) Edit {
	a, b := r.position(from), r.position(to)
	return Edit{Offset: a.Offset, Old: string(r.source.text[a.Offset:b.Offset]), New: text, Kind: kind, Line: a.Line}
}

// errorf notes what makes the file impossible to explore.
func (r *rewriting) errorf(pos token.Pos, format string, args ...any) {
	at := r.position(pos)
	err := fmt.Errorf("%s:%d: %s", at.Filename, at.Line, fmt.Sprintf(format, args...))
	r.errors = append(r.errors, positioned{at, err})
}

// firstError is the first of the file, and says how many there are.
func (r *rewriting) firstError() error {
	if len(r.errors) == 0 {
		return nil
	}
	first := slices.MinFunc(r.errors, func(a, b positioned) int { return cmp.Compare(a.pos.Offset, b.pos.Offset) })
	if more := len(r.errors) - 1; more > 0 {
		return fmt.Errorf("%w (and %d more in this file)", first.err, more)
	}
	return first.err
}
