package instrument

import (
	"go/ast"
	"go/token"
	"go/types"
	"go/version"
)

// checkLoopVariables refuses loops whose meaning would change in the copy. Before Go 1.22
// all iterations shared the loop variable. The copy is compiled with the toolchain's
// version of the language, where each iteration has its own. This matters only if the
// variable outlives an iteration.
func (r *rewriter) checkLoopVariables() {
	v := r.info.FileVersions[r.source.syntax]
	if v == "" || version.Compare(v, "go1.22") >= 0 {
		return
	}
	ast.Inspect(r.source.syntax, func(n ast.Node) bool {
		for _, id := range loopIdents(n) {
			if obj := r.info.Defs[id]; obj != nil && r.outlivesIteration(n, obj) {
				r.errorf(id.Pos(), "the loop variable %s outlives its iteration, and its meaning has changed in Go 1.22: raise the go line of the module, which says %s", id.Name, v)
			}
		}
		return true
	})
}

// loopIdents returns the variables that a loop declares.
func loopIdents(n ast.Node) []*ast.Ident {
	var declared []ast.Expr
	switch n := n.(type) {
	case *ast.RangeStmt:
		if n.Tok == token.DEFINE {
			declared = []ast.Expr{n.Key, n.Value}
		}
	case *ast.ForStmt:
		if a, ok := n.Init.(*ast.AssignStmt); ok && a.Tok == token.DEFINE {
			declared = a.Lhs
		}
	}
	var ids []*ast.Ident
	for _, e := range declared {
		if id, ok := e.(*ast.Ident); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// outlivesIteration reports whether the variable may outlive an iteration of the loop: a
// function literal uses it, or its address is taken.
func (r *rewriter) outlivesIteration(loop ast.Node, obj types.Object) bool {
	found := false
	ast.Inspect(loop, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			found = found || r.uses(n, obj)
		case *ast.UnaryExpr:
			found = found || n.Op == token.AND && r.uses(n.X, obj)
		case *ast.SliceExpr: // slicing an array takes its address
			found = found || r.uses(n.X, obj)
		case *ast.SelectorExpr:
			s := r.info.Selections[n]
			if s == nil || s.Kind() != types.MethodVal || !r.uses(n.X, obj) {
				return true
			}
			_, pointer := s.Obj().(*types.Func).Signature().Recv().Type().(*types.Pointer)
			_, already := s.Recv().Underlying().(*types.Pointer)
			found = found || pointer && !already
		}
		return true
	})
	return found
}

// uses reports whether the variable is used in a node.
func (r *rewriter) uses(in ast.Node, obj types.Object) bool {
	found := false
	ast.Inspect(in, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && r.info.Uses[id] == obj
		return true
	})
	return found
}
