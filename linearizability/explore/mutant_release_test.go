package explore

import (
	"go/ast"
)

// releaseOperators keep what should be let go of.
var releaseOperators = []operator{
	{"kept", "nobody will look there again", dropRemovals},
	{"old entry kept", "the new entry points to the old one, which points to the rest", keepOld},
}

// dropRemovals leaves out what deletes, clears, zeroes or unlinks.
func dropRemovals(f *function) {
	f.inspect(func(n ast.Node) {
		if removes(n) && (!assigns(n) || stores(n)) {
			f.add(n, f.drop(n), "no %s", f.brief(n))
		}
	})
}

func assigns(n ast.Node) bool {
	_, ok := n.(*ast.AssignStmt)
	return ok
}

// keepOld stores an entry itself where what follows it was to be stored.
func keepOld(f *function) {
	f.inspect(func(n ast.Node) {
		c, on, ok := call(n, "Store")
		if !ok || !statement(n) || len(c.Args) != 1 {
			return
		}
		if _, next, ok := call(c.Args[0], "Load"); ok {
			if s, ok := next.(*ast.SelectorExpr); ok {
				f.add(n, f.replace(c.Args[0], "%s", f.text(s.X)), "%s.Store(%s)", f.text(on), f.text(s.X))
			}
		}
	})
}
