package explore

import (
	"go/ast"
	"go/token"
	"slices"
)

// flowOperators break what is done in which order, and what is answered.
var flowOperators = []operator{
	{"call left out", "it is done elsewhere already", dropCalls},
	{"early return", "that is all there is to do", returnEarly},
	{"break for continue", "one is enough; or the other way round", exchangeBranches},
	{"field left out", "the zero value will do", dropFields},
	{"wrong answer", "the result says the contrary", exchangeConstants},
}

// dropCalls leaves out calls of functions of the map itself.
func dropCalls(f *function) {
	others := append([]string{"Store", "Panic"}, append(lockNames, unlockNames...)...)
	f.inspect(func(n ast.Node) {
		s, ok := n.(*ast.ExprStmt)
		if !ok || removes(s) {
			return
		}
		c, ok := s.X.(*ast.CallExpr)
		if !ok {
			return
		}
		name, ok := c.Fun.(*ast.SelectorExpr)
		if ok && !slices.Contains(others, name.Sel.Name) && f.text(name.X) != "refuse" {
			f.add(s, f.drop(s), "no %s", f.brief(s))
		}
	})
}

// returnEarly returns from a function without results before its statements,
// but for the first, which would make it do nothing, and the last, which is left
// out elsewhere.
func returnEarly(f *function) {
	list := f.decl.Body.List
	if f.decl.Type.Results != nil || len(list) < 3 {
		return
	}
	for _, s := range list[1 : len(list)-1] {
		f.add(s, []textEdit{f.before(s, "if true { return }; ")}, "return before %s", f.brief(s))
	}
}

func exchangeBranches(f *function) {
	other := map[token.Token]token.Token{token.BREAK: token.CONTINUE, token.CONTINUE: token.BREAK}
	f.inspect(func(n ast.Node) {
		if b, ok := n.(*ast.BranchStmt); ok && b.Label == nil && other[b.Tok] != 0 {
			f.add(b, f.replace(b, "%s", other[b.Tok].String()), "%s for %s", other[b.Tok], b.Tok)
		}
	})
}

// dropFields leaves out fields of literals.
func dropFields(f *function) {
	f.inspect(func(n ast.Node) {
		l, ok := n.(*ast.CompositeLit)
		if !ok {
			return
		}
		for i, e := range l.Elts {
			if _, ok := e.(*ast.KeyValueExpr); !ok {
				continue
			}
			end := e.End()
			if i+1 < len(l.Elts) {
				end = l.Elts[i+1].Pos()
			}
			f.add(e, []textEdit{{e.Pos(), end, ""}}, "no %s", f.brief(e))
		}
	})
}

// exchangeConstants exchanges true and false where they are returned.
func exchangeConstants(f *function) {
	f.inspect(func(n ast.Node) {
		r, ok := n.(*ast.ReturnStmt)
		if !ok {
			return
		}
		for _, e := range r.Results {
			if id, ok := e.(*ast.Ident); ok && (id.Name == "true" || id.Name == "false") {
				other := map[string]string{"true": "false", "false": "true"}[id.Name]
				f.add(e, f.replace(e, "%s", other), "%s with %s", f.brief(r), other)
			}
		}
	})
}
