package instrument

import (
	"go/ast"
	"go/token"
	"go/types"
	"go/version"
)

// loopVariables refuses loops whose meaning would change. Before Go 1.22 all
// iterations shared a variable; the copy is compiled as the toolchain's own
// version of the language, where each has its own. That makes a difference only
// to who keeps the variable beyond an iteration.
func (r *rewriting) loopVariables() {
	v := r.info.FileVersions[r.source.syntax]
	if v == "" || version.Compare(v, "go1.22") >= 0 {
		return
	}
	ast.Inspect(r.source.syntax, func(n ast.Node) bool {
		for _, id := range loopIdents(n) {
			if obj := r.info.Defs[id]; obj != nil && r.kept(n, obj) {
				r.errorf(id.Pos(), "the loop variable %s is kept beyond an iteration, and means something else since Go 1.22: raise the go line of its module, which says %s", id.Name, v)
			}
		}
		return true
	})
}

// loopIdents are the variables that a loop declares.
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

// kept reports whether a function literal in the loop uses the variable, or
// something takes its address.
func (r *rewriting) kept(loop ast.Node, obj types.Object) bool {
	found := false
	ast.Inspect(loop, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			found = found || r.mentions(n, obj)
		case *ast.UnaryExpr:
			found = found || n.Op == token.AND && r.mentions(n.X, obj)
		case *ast.SliceExpr: // of an array takes its address
			found = found || r.mentions(n.X, obj)
		case *ast.SelectorExpr:
			s := r.info.Selections[n]
			if s == nil || s.Kind() != types.MethodVal || !r.mentions(n.X, obj) {
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

func (r *rewriting) mentions(in ast.Node, obj types.Object) bool {
	found := false
	ast.Inspect(in, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && r.info.Uses[id] == obj
		return true
	})
	return found
}
