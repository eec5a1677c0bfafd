package instrument

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// uncontrolled has the functions and methods of the standard library that depend on time,
// chance or other goroutines.
var uncontrolled = map[string]bool{
	"time.After": true, "time.AfterFunc": true, "time.NewTicker": true, "time.NewTimer": true, "time.Now": true,
	"time.Since": true, "time.Sleep": true, "time.Tick": true, "time.Until": true,
	"(*time.Timer).Reset": true, "(*time.Timer).Stop": true, "(*time.Ticker).Reset": true, "(*time.Ticker).Stop": true,

	"context.AfterFunc": true, "context.WithCancel": true, "context.WithCancelCause": true, "context.WithDeadline": true,
	"context.WithDeadlineCause": true, "context.WithTimeout": true, "context.WithTimeoutCause": true,

	"maps.All": true, "maps.Keys": true, "maps.Values": true, "maps.DeleteFunc": true, "maps.EqualFunc": true,
	"(reflect.Value).MapRange": true, "(reflect.Value).MapKeys": true, "(reflect.Value).Seq": true, "(reflect.Value).Seq2": true,
	"(reflect.Value).Send": true, "(reflect.Value).Recv": true, "(reflect.Value).TrySend": true, "(reflect.Value).TryRecv": true,
	"(reflect.Value).Close": true, "reflect.Select": true,

	// A thread of the scheduler cannot be switched from within another coroutine.
	"iter.Pull": true, "iter.Pull2": true,
}

// randomPackages are packages whose functions and variables are all uncontrolled. The
// methods of a seeded generator are not, but a map cannot create one without a function
// of these packages.
var randomPackages = []string{"math/rand", "math/rand/v2", "crypto/rand"}

// checkSupported inserts a refusal before a node that the scheduler cannot control. It
// reports an error if the node uses something that a stand-in lacks.
func (r *rewriter) checkSupported(n ast.Node, path []ast.Node) {
	if what := r.concurrentOperation(n, path); what != "" {
		r.refuse(n, path, what)
	}
	id, ok := n.(*ast.Ident)
	if !ok {
		return
	}
	obj := r.info.Uses[id]
	if obj == nil || obj.Pkg() == nil || obj.Pkg() == r.types {
		return
	}
	if r.shims.lacks(obj) {
		r.errorf(id.Pos(), "%s is not supported, as %s lacks it: remove it from the package, or exclude it from the build by a build tag",
			fullName(obj), strings.TrimPrefix(standIns[obj.Pkg().Path()], checkerModule+"/"))
	}
	if isUncontrolled(obj) {
		r.refuse(id, path, fullName(obj))
	}
}

// concurrentOperation returns the name of what n does with goroutines or channels, or
// the empty string.
func (r *rewriter) concurrentOperation(n ast.Node, path []ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "go statement"
	case *ast.SelectStmt:
		return "select"
	case *ast.SendStmt:
		if !isCommClause(path) {
			return "channel send"
		}
	case *ast.UnaryExpr:
		if n.Op == token.ARROW && !isCommClause(path) {
			return "channel receive"
		}
	case *ast.RangeStmt:
		if isChannel(r.info.TypeOf(n.X)) {
			return "range over a channel"
		}
	case *ast.CallExpr:
		id, ok := ast.Unparen(n.Fun).(*ast.Ident)
		if !ok || len(n.Args) != 1 {
			return ""
		}
		if _, ok := r.info.Uses[id].(*types.Builtin); ok && isChannel(r.info.TypeOf(n.Args[0])) {
			return map[string]string{"close": "close of a channel", "len": "length of a channel", "cap": "capacity of a channel"}[id.Name]
		}
	}
	return ""
}

// isCommClause reports whether path leads into the communication of a select clause. The
// select is refused as a whole.
func isCommClause(path []ast.Node) bool {
	for i, n := range slices.Backward(path) {
		switch n := n.(type) {
		case *ast.FuncLit, *ast.BlockStmt:
			return false
		case *ast.CommClause:
			return i+1 < len(path) && path[i+1] == n.Comm
		}
	}
	return false
}

// isChannel reports whether t is a channel type. For a type parameter it reports whether
// all types in its constraint are, even if their directions differ.
func isChannel(t types.Type) bool {
	if t == nil {
		return false
	}
	p, ok := types.Unalias(t).(*types.TypeParam)
	if !ok {
		_, is := t.Underlying().(*types.Chan)
		return is
	}
	all := terms(p.Constraint().Underlying().(*types.Interface))
	return len(all) > 0 && !slices.ContainsFunc(all, func(t types.Type) bool { return !isChannel(t) })
}

// isUncontrolled reports whether an object of the standard library depends on time,
// chance or other goroutines.
func isUncontrolled(obj types.Object) bool {
	if uncontrolled[fullName(obj)] {
		return true
	}
	if !slices.Contains(randomPackages, obj.Pkg().Path()) || obj.Parent() != obj.Pkg().Scope() {
		return false
	}
	switch obj.(type) {
	case *types.Func, *types.Var:
		return true
	}
	return false
}

// fullName returns the name of an object with its package, as in (*time.Timer).Stop.
func fullName(obj types.Object) string {
	if f, ok := obj.(*types.Func); ok {
		return f.Origin().FullName()
	}
	return obj.Pkg().Path() + "." + obj.Name()
}
