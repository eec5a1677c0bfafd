package instrument

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// uncontrolled names functions, methods and variables of the standard library
// that depend on the time, on chance or on other goroutines.
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

	// A coroutine of the scheduler cannot be left from within another one.
	"iter.Pull": true, "iter.Pull2": true,
}

// chance are packages whose every function and variable is uncontrolled. What a
// generator with a given seed returns is not; nobody gets one without them.
var chance = []string{"math/rand", "math/rand/v2", "crypto/rand"}

// unsupported deals with a node that the scheduler cannot control.
func (r *rewriting) unsupported(n ast.Node, path []ast.Node) {
	if what := r.concurrency(n, path); what != "" {
		r.stop(n, path, what)
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
		r.errorf(id.Pos(), "%s is not supported: %s has none; take it out of the package, or out of this build by a build tag",
			fullName(obj), strings.TrimPrefix(standIns[obj.Pkg().Path()], checkerModule+"/"))
	}
	if isUncontrolled(obj) {
		r.stop(id, path, fullName(obj))
	}
}

// concurrency names what n does to goroutines and channels.
func (r *rewriting) concurrency(n ast.Node, path []ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "go statement"
	case *ast.SelectStmt:
		return "select"
	case *ast.SendStmt:
		if !communicates(path) {
			return "channel send"
		}
	case *ast.UnaryExpr:
		if n.Op == token.ARROW && !communicates(path) {
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

// communicates reports whether path leads to the communication of a select,
// which is refused as a whole.
func communicates(path []ast.Node) bool {
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

// isChannel reports whether every type that t stands for is a channel: their
// directions may differ.
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

func isUncontrolled(obj types.Object) bool {
	if uncontrolled[fullName(obj)] {
		return true
	}
	if !slices.Contains(chance, obj.Pkg().Path()) || obj.Parent() != obj.Pkg().Scope() {
		return false
	}
	switch obj.(type) {
	case *types.Func, *types.Var:
		return true
	}
	return false
}

// fullName is the name of an object with its package, as in (*time.Timer).Stop.
func fullName(obj types.Object) string {
	if f, ok := obj.(*types.Func); ok {
		return f.Origin().FullName()
	}
	return obj.Pkg().Path() + "." + obj.Name()
}
