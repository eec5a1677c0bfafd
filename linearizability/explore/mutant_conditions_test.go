package explore

import (
	"go/ast"
	"go/token"
	"strings"
)

// conditionOperators break what is decided. The first four are one: which check
// is left out decides what it is called.
var conditionOperators = []operator{
	{"skipped dead check", "a node that was unlinked is still in the tree", holdThose(isDeadCheck)},
	{"skipped expunged check", "an entry without a value takes any", holdThose(isExpungedCheck)},
	{"comparison ignored", "the old value is the one that was expected", holdThose(isComparison)},
	{"missing recheck", "nothing has changed while the lock was waited for", holdRechecks},
	{"condition held", "this case does not happen, or always", holdOthers},
	{"condition negated", "the branches are the wrong way round", negate},
	{"off by one", "the threshold is one too far", offByOne},
}

// condition is an operand of &&, || and ! that decides something.
type condition struct {
	e       ast.Expr
	recheck bool // it is right after a lock was taken
}

// conditions lists the operands of all conditions of f.
func conditions(f *function) (list []condition) {
	after := rechecks(f)
	f.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.IfStmt:
			list = appendOperands(list, n.Cond, after[n])
		case *ast.ForStmt:
			list = appendOperands(list, n.Cond, false)
		case *ast.ReturnStmt:
			for _, r := range n.Results {
				if b, ok := r.(*ast.BinaryExpr); ok && b.Op != token.OR {
					list = appendOperands(list, r, false)
				}
			}
		}
	})
	return list
}

func appendOperands(list []condition, e ast.Expr, recheck bool) []condition {
	if p, ok := e.(*ast.ParenExpr); ok {
		return appendOperands(list, p.X, recheck)
	}
	if b, ok := e.(*ast.BinaryExpr); ok && (b.Op == token.LAND || b.Op == token.LOR) {
		return appendOperands(appendOperands(list, b.X, recheck), b.Y, recheck)
	}
	if e == nil {
		return list
	}
	return append(list, condition{e, recheck})
}

// rechecks are the first ifs after a lock was taken in the same block.
func rechecks(f *function) map[*ast.IfStmt]bool {
	found := map[*ast.IfStmt]bool{}
	f.blocks(func(list []ast.Stmt) {
		locked := false
		for _, s := range list {
			if _, _, ok := call(s, lockNames...); ok {
				locked = true
			}
			if s, ok := s.(*ast.IfStmt); ok && locked {
				found[s] = true
				locked = false
			}
		}
	})
	return found
}

func isDeadCheck(s string) bool { return strings.Contains(s, ".dead.") }
func isExpungedCheck(s string) bool {
	return strings.Contains(s, "expunge") || strings.Contains(s, "revive")
}
func isComparison(s string) bool {
	for _, word := range []string{"old", "valEqual", "want"} {
		if strings.Contains(s, word) && !strings.Contains(s, "CompareAndSwap") && !strings.Contains(s, "oldEntry") &&
			!strings.Contains(s, "Hash") && s != "ht.valEqual == nil" {
			return true
		}
	}
	return false
}

func isSpecial(s string) bool { return isDeadCheck(s) || isExpungedCheck(s) || isComparison(s) }

func holdThose(which func(string) bool) func(*function) {
	return func(f *function) {
		for _, c := range conditions(f) {
			if which(f.text(c.e)) {
				f.hold(c.e)
			}
		}
	}
}

func holdRechecks(f *function) {
	for _, c := range conditions(f) {
		if c.recheck && !isSpecial(f.text(c.e)) {
			f.hold(c.e)
		}
	}
}

func holdOthers(f *function) {
	for _, c := range conditions(f) {
		if !c.recheck && !isSpecial(f.text(c.e)) {
			f.hold(c.e)
		}
	}
}

// hold makes e always true, and always false. It is evaluated all the same.
func (f *function) hold(e ast.Expr) {
	f.add(e, f.replace(e, "(%s || true)", f.source(e)), "%s → true", f.brief(e))
	f.add(e, f.replace(e, "(%s && false)", f.source(e)), "%s → false", f.brief(e))
}

func negate(f *function) {
	f.inspect(func(n ast.Node) {
		var e ast.Expr
		switch n := n.(type) {
		case *ast.IfStmt:
			e = n.Cond
		case *ast.ForStmt:
			e = n.Cond
		}
		// What has one operand is held true and held false, which is harder.
		if b, ok := e.(*ast.BinaryExpr); ok && (b.Op == token.LAND || b.Op == token.LOR) {
			f.add(e, f.replace(e, "!(%s)", f.source(e)), "not %s", f.brief(e))
		}
	})
}

var otherBound = map[token.Token]string{token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">"}

// offByOne moves a bound by one, and leaves out steps of a counter.
func offByOne(f *function) {
	f.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if op, ok := otherBound[n.Op]; ok {
				f.add(n, []textEdit{{n.OpPos, n.OpPos + token.Pos(len(n.Op.String())), op}}, "%s with %s", f.brief(n), op)
			}
		case *ast.IncDecStmt:
			f.add(n, f.drop(n), "no %s", f.text(n))
		}
	})
}
