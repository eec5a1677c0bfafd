package explore

import (
	"go/ast"
	"go/token"
)

// memoryOperators break what is read, written and compared.
var memoryOperators = []operator{
	{"lost update", "a store was forgotten on one path", dropStores},
	{"store for compare-and-swap", "nobody else can have written meanwhile, can they?", storeBlindly},
	{"compares with a second load", "the value that was looked at is not the one that is replaced", loadAgain},
	{"one attempt", "a compare-and-swap that fails is taken for one that succeeded", attemptOnce},
	{"stale read", "what was read before the lock is still true under it", dropReloads},
	{"two stores exchanged", "what is published first is seen first", exchangeStores},
}

// dropStores leaves out stores to atomics and assignments to slots of a map.
// Those that take something away belong to releaseOperators.
func dropStores(f *function) {
	f.inspect(func(n ast.Node) {
		if stores(n) && !removes(n) {
			f.add(n, f.drop(n), "no %s", f.brief(n))
		}
	})
}

// stores reports whether n stores to an atomic, to a slot of a map or to a
// field.
func stores(n ast.Node) bool {
	if c, _, ok := call(n, "Store"); ok {
		_, statement := n.(*ast.ExprStmt)
		return statement && len(c.Args) == 1
	}
	a, ok := n.(*ast.AssignStmt)
	if !ok || a.Tok != token.ASSIGN || len(a.Lhs) != 1 {
		return false
	}
	switch a.Lhs[0].(type) {
	case *ast.IndexExpr, *ast.SelectorExpr:
		return true
	}
	return false
}

// removes reports whether n stores nothing, or deletes.
func removes(n ast.Node) bool {
	if c, _, ok := call(n, "Store"); ok {
		return statement(n) && isNil(c.Args[0])
	}
	switch n := n.(type) {
	case *ast.AssignStmt:
		lit, ok := n.Rhs[0].(*ast.BasicLit)
		return isNil(n.Rhs[0]) || ok && lit.Value == "0"
	case *ast.ExprStmt:
		c, ok := n.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		id, ok := c.Fun.(*ast.Ident)
		return ok && (id.Name == "delete" || id.Name == "clear")
	}
	return false
}

// swaps calls visit for each compare-and-swap of an atomic.
func swaps(f *function, visit func(c *ast.CallExpr, on, old, new string)) {
	f.inspect(func(n ast.Node) {
		e, ok := n.(ast.Expr)
		if !ok {
			return
		}
		if c, on, ok := call(e, "CompareAndSwap"); ok && len(c.Args) == 2 {
			visit(c, f.text(on), f.text(c.Args[0]), f.text(c.Args[1]))
		}
	})
}

func storeBlindly(f *function) {
	swaps(f, func(c *ast.CallExpr, on, old, new string) {
		f.add(c, f.replace(c, "func() bool { %s; %s.Store(%s); return true }()", use(old), on, new), "%s.Store(%s)", on, new)
	})
}

// use mentions an expression, so that what it mentions is in use.
func use(e string) string {
	if e == "nil" {
		return ""
	}
	return "_ = " + e
}

func loadAgain(f *function) {
	swaps(f, func(c *ast.CallExpr, on, old, new string) {
		f.add(c, f.replace(c, "func() bool { %s; return %s.CompareAndSwap(%s.Load(), %s) }()", use(old), on, on, new),
			"%s in place of %s", f.brief(c), old)
	})
}

func attemptOnce(f *function) {
	swaps(f, func(c *ast.CallExpr, _, _, _ string) {
		f.add(c, f.replace(c, "(%s || true)", f.source(c)), "%s || true", f.brief(c))
	})
}

// dropReloads leaves out assignments of what is loaded to variables that have a
// value already.
func dropReloads(f *function) {
	f.inspect(func(n ast.Node) {
		a, ok := n.(*ast.AssignStmt)
		if !ok || a.Tok != token.ASSIGN || len(a.Rhs) != 1 {
			return
		}
		if _, _, ok := call(a.Rhs[0], "Load", "published"); ok {
			f.add(a, f.drop(a), "no %s", f.brief(a))
		}
	})
}

// exchangeStores exchanges neighbours of which each stores or removes
// something.
func exchangeStores(f *function) {
	f.blocks(func(list []ast.Stmt) {
		for i := 1; i < len(list); i++ {
			a, b := list[i-1], list[i]
			if (stores(a) || removes(a)) && (stores(b) || removes(b)) {
				f.add(a, f.exchange(a, b), "%s after %s", f.brief(a), f.brief(b))
			}
		}
	})
}
