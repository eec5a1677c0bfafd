package instrument

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"slices"
)

// rewriter collects the edits of one file.
type rewriter struct {
	*loadedPackage
	source   *sourceFile
	packages *packageSet
	shims    *shimSet
	hashes   *hashFunctions

	edits    []Edit
	support  []supportImport
	refusals map[int]Edit // by offset, as one per statement is enough
	errors   []positionedError
}

type positionedError struct {
	pos token.Position
	err error
}

// rewrite finds all edits and sorts them.
func (r *rewriter) rewrite() {
	r.refusals = make(map[int]Edit)
	r.checkReservedNames()
	r.redirectImports()
	r.rewriteDirectives()
	r.addBodies()
	r.replaceHashes()
	r.walk()
	r.checkLoopVariables()
	for _, e := range r.refusals {
		r.edits = append(r.edits, e)
		r.support = append(r.support, refuseImport)
	}
	r.addImports()
	slices.SortStableFunc(r.edits, func(a, b Edit) int { return cmp.Compare(a.Offset, b.Offset) })
}

// walk visits every node of the file together with the nodes that contain it.
func (r *rewriter) walk() {
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
		r.checkSupported(n, path)
		return true
	})
}

// edit adds an edit that replaces the source between two positions.
func (r *rewriter) edit(from, to token.Pos, text string, kind Kind) {
	r.edits = append(r.edits, r.newEdit(from, to, text, kind))
}

func (r *rewriter) newEdit(from, to token.Pos, text string, kind Kind) Edit {
	a, b := r.position(from), r.position(to)
	return Edit{Offset: a.Offset, Old: string(r.source.text[a.Offset:b.Offset]), New: text, Kind: kind, Line: a.Line}
}

// errorf adds a reason why the file cannot be explored.
func (r *rewriter) errorf(pos token.Pos, format string, args ...any) {
	at := r.position(pos)
	err := fmt.Errorf("%s:%d: %s", at.Filename, at.Line, fmt.Sprintf(format, args...))
	r.errors = append(r.errors, positionedError{at, err})
}

// firstError returns the first error in the file. It says how many more there are.
func (r *rewriter) firstError() error {
	if len(r.errors) == 0 {
		return nil
	}
	first := slices.MinFunc(r.errors, func(a, b positionedError) int { return cmp.Compare(a.pos.Offset, b.pos.Offset) })
	if more := len(r.errors) - 1; more > 0 {
		return fmt.Errorf("%w (and %d more in this file)", first.err, more)
	}
	return first.err
}
