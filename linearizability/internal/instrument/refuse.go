package instrument

import (
	"fmt"
	"go/ast"
	"go/token"
	"path/filepath"
	"slices"
)

// stop inserts a refusal before the innermost statement that n is in and that
// stands in a list of statements: path leads to n. The refusal may stop an
// exploration that would not have come to n itself, say in an else branch's
// condition; never the other way round.
func (r *rewriting) stop(n ast.Node, path []ast.Node, what string) {
	at, function := innermost(path)
	if at == nil {
		r.errorf(n.Pos(), "%s is not supported where a package variable is initialised: move it into a function", what)
		return
	}
	before, ok := place(at, function)
	if !ok {
		r.errorf(n.Pos(), "%s is not supported under a label that goto and a loop share: give the loop a label of its own", what)
		return
	}
	here := r.position(n.Pos())
	call := fmt.Sprintf("%s.At(%q, %q); ", refuseImport.name, what, fmt.Sprintf("%s:%d", filepath.Base(here.Filename), here.Line))
	e := r.newEdit(before, before, call, Refused)
	if _, has := r.stops[e.Offset]; !has {
		r.stops[e.Offset] = e
	}
}

// place is where to put a refusal before a statement: before its labels, which
// may name a loop, or, if a goto jumps there, after them. It is not ok if both
// are wanted.
func place(at ast.Stmt, function ast.Node) (before token.Pos, ok bool) {
	jumped, left := false, false
	before = at.Pos()
	for {
		l, ok := at.(*ast.LabeledStmt)
		if !ok {
			break
		}
		jumps, leaves := branches(function, l.Label.Name)
		jumped, left = jumped || jumps, left || leaves
		at = l.Stmt
	}
	if jumped {
		before = at.Pos()
	}
	return before, !(jumped && left)
}

// innermost returns the last statement of path that stands in a list, and the
// body of the function that it is in.
func innermost(path []ast.Node) (ast.Stmt, ast.Node) {
	for i := len(path) - 1; i > 0; i-- {
		s, ok := path[i].(ast.Stmt)
		if !ok || !slices.Contains(statements(path[i-1]), s) {
			continue
		}
		for j := i; j >= 0; j-- {
			switch path[j].(type) {
			case *ast.FuncDecl, *ast.FuncLit:
				return s, path[j]
			}
		}
	}
	return nil, nil
}

// statements is the list of statements of a node that has one.
func statements(n ast.Node) []ast.Stmt {
	switch n := n.(type) {
	case *ast.BlockStmt:
		return n.List
	case *ast.CaseClause:
		return n.Body
	case *ast.CommClause:
		return n.Body
	}
	return nil
}

// branches reports whether a goto jumps to the label, and whether a break or
// continue names it.
func branches(function ast.Node, label string) (jumps, leaves bool) {
	ast.Inspect(function, func(n ast.Node) bool {
		if b, ok := n.(*ast.BranchStmt); ok && b.Label != nil && b.Label.Name == label {
			jumps = jumps || b.Tok == token.GOTO
			leaves = leaves || b.Tok != token.GOTO
		}
		return true
	})
	return jumps, leaves
}
