package instrument

import (
	"fmt"
	"go/ast"
	"go/token"
	"path/filepath"
	"slices"
)

// refuse inserts a refusal before the innermost statement in a statement list that
// contains n, where path leads to n. That statement may not always reach n: n may be in
// the condition of an else branch. So the refusal may stop an exploration that would not
// have reached n, but n is never reached without it.
func (r *rewriter) refuse(n ast.Node, path []ast.Node, what string) {
	at, function := innermostStatement(path)
	if at == nil {
		r.errorf(n.Pos(), "%s is not supported in the initializer of a package variable: move it into a function", what)
		return
	}
	before, ok := refusalPosition(at, function)
	if !ok {
		r.errorf(n.Pos(), "%s is not supported under a label that both a goto and a loop use: give the loop its own label", what)
		return
	}
	here := r.position(n.Pos())
	call := fmt.Sprintf("%s.At(%q, %q); ", refuseImport.name, what, fmt.Sprintf("%s:%d", filepath.Base(here.Filename), here.Line))
	e := r.newEdit(before, before, call, Refused)
	if _, present := r.refusals[e.Offset]; !present {
		r.refusals[e.Offset] = e
	}
}

// refusalPosition returns where to insert a refusal before a statement. That is before
// its labels, as one may name a loop, or after them if a goto jumps to one. If both
// apply there is no such position.
func refusalPosition(at ast.Stmt, function ast.Node) (before token.Pos, ok bool) {
	jumpedTo, namesLoop := false, false
	before = at.Pos()
	for {
		l, ok := at.(*ast.LabeledStmt)
		if !ok {
			break
		}
		jumps, leaves := branches(function, l.Label.Name)
		jumpedTo, namesLoop = jumpedTo || jumps, namesLoop || leaves
		at = l.Stmt
	}
	if jumpedTo {
		before = at.Pos()
	}
	return before, !(jumpedTo && namesLoop)
}

// innermostStatement returns the innermost statement of path that is in a statement
// list, and the function that contains it.
func innermostStatement(path []ast.Node) (ast.Stmt, ast.Node) {
	for i := len(path) - 1; i > 0; i-- {
		s, ok := path[i].(ast.Stmt)
		if !ok || !slices.Contains(statementList(path[i-1]), s) {
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

// statementList returns the statement list of a node, if it has one.
func statementList(n ast.Node) []ast.Stmt {
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

// branches reports whether a goto jumps to the label, and whether a break or continue
// names it.
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
