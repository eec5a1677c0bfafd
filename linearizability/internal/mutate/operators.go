package main

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
)

// operator is one kind of mistake, made wherever the code allows it.
type operator struct {
	name    string
	threads bool   // the mistake needs other threads to show
	why     string // the thought behind the mistake
	apply   func(f *function)
}

// operators are in the order of the tables.
var operators = []operator{
	{"lost update", true, "this path needs no store", dropEach(isUpdate)},
	{"store for compare-and-swap", true, "nobody else can have written meanwhile", changeSwaps(storeBlindly)},
	{"compares with a second load", true, "the value compared is the value replaced", changeSwaps(loadAgain)},
	{"one attempt", true, "a compare-and-swap succeeds", changeSwaps(attemptOnce)},
	{"stale read", true, "what was read before the lock is still true under it", dropEach(isReload)},
	{"two stores exchanged", true, "the order of two stores does not matter", exchangeStores},
	{"no lock", true, "nobody else comes here", dropLocks},
	{"shared lock", true, "it only reads", shareLocks},
	{"check outside the lock", true, "what was checked is still true when the lock is held", lockLate},
	{"unlocked too early", true, "the rest needs no lock", unlockEarly},
	{"lock let go in between", true, "each half is atomic, so the whole is", letGo},
	{"lock-free on what was found", true, "an entry that was found stays where it is", freeAfterFind},
	{"skipped dead check", true, "a node that was unlinked is still in the tree", holdConditions},
	{"skipped expunged check", true, "an entry without a value takes any", holdConditions},
	{"comparison ignored", true, "the old value is the expected one", holdConditions},
	{"missing recheck", true, "nothing has changed while the lock was waited for", holdConditions},
	{"condition held", false, "this case never happens, or always", holdConditions},
	{"condition negated", false, "the branches are the wrong way round", negateConditions},
	{"off by one", false, "the bound is one too far", offByOne},
	{"kept", true, "nobody will look there again", dropEach(isRemoval)},
	{"old entry kept", true, "the new entry leads to the old one, which leads to the rest", keepOld},
	{"call left out", false, "it is done elsewhere already", dropEach(isCall)},
	{"early return", false, "there is nothing else to do", returnEarly},
	{"field left out", false, "the zero value will do", dropFields},
	{"wrong answer", false, "the result means the opposite", exchangeConstants},
}

// dropEach leaves out each statement that which reports.
func dropEach(which func(ast.Stmt) bool) func(*function) {
	return func(f *function) {
		for s := range nodes[ast.Stmt](f) {
			if which(s) {
				f.add(s, "no "+f.brief(s), f.drop(s))
			}
		}
	}
}

func isUpdate(s ast.Stmt) bool { return stores(s) && !removes(s) }

func isRemoval(s ast.Stmt) bool {
	_, assigns := s.(*ast.AssignStmt)
	return removes(s) && (!assigns || stores(s))
}

// isReload reports whether s loads into a variable that has a value already.
func isReload(s ast.Stmt) bool {
	a, ok := s.(*ast.AssignStmt)
	return ok && a.Tok == token.ASSIGN && len(a.Rhs) == 1 && callIn(a.Rhs[0], "Load", "published") != nil
}

// isCall reports whether s calls a method of the map itself.
func isCall(s ast.Stmt) bool {
	e, ok := s.(*ast.ExprStmt)
	if !ok || removes(s) || locks(s) != nil || unlocks(s) != nil || call(s, "Store", "Panic") != nil {
		return false
	}
	c, ok := e.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	name, ok := c.Fun.(*ast.SelectorExpr)
	return ok && !isName(name.X, "refuse")
}

// changeSwaps puts another expression in place of each compare-and-swap of an
// atomic, with the source given.
func changeSwaps(to func(source, brief, on, old, new string) (text, change string)) func(*function) {
	return func(f *function) {
		for e := range nodes[*ast.CallExpr](f) {
			if c := callIn(e, "CompareAndSwap"); c != nil && len(c.Args) == 2 {
				text, change := to(f.source(e), f.brief(e), f.text(c.on), f.text(c.Args[0]), f.text(c.Args[1]))
				f.add(e, change, put(e, text))
			}
		}
	}
}

func storeBlindly(_, _, on, old, new string) (text, change string) {
	store := on + ".Store(" + new + ")"
	return "func() bool { _ = any(" + old + "); " + store + "; return true }()", store
}

func loadAgain(_, brief, on, old, new string) (text, change string) {
	return "func() bool { _ = any(" + old + "); return " + on + ".CompareAndSwap(" + on + ".Load(), " + new + ") }()", brief + " in place of " + old
}

func attemptOnce(source, brief, _, _, _ string) (text, change string) {
	return "(" + source + " || true)", brief + " || true"
}

// exchangeStores exchanges neighbours that both store or remove something.
func exchangeStores(f *function) {
	for block := range nodes[*ast.BlockStmt](f) {
		for i, b := range block.List {
			if i == 0 {
				continue
			}
			a := block.List[i-1]
			if (stores(a) || removes(a)) && (stores(b) || removes(b)) {
				f.add(a, f.brief(a)+" after "+f.brief(b), put(a, f.source(b)), put(b, f.source(a)))
			}
		}
	}
}

// keepOld stores an entry where the entry after it was to be stored.
func keepOld(f *function) {
	for s := range nodes[ast.Stmt](f) {
		c := call(s, "Store")
		if c == nil || len(c.Args) != 1 {
			continue
		}
		if load := callIn(c.Args[0], "Load"); load != nil {
			if next, ok := load.on.(*ast.SelectorExpr); ok {
				old := f.text(next.X)
				f.add(s, f.text(c.on)+".Store("+old+")", put(c.Args[0], old))
			}
		}
	}
}

// returnEarly returns from a function without results before each statement but
// the first, as the function would do nothing, and the last, which other
// operators leave out.
func returnEarly(f *function) {
	list := f.decl.Body.List
	if f.decl.Type.Results != nil || len(list) < 3 {
		return
	}
	for _, s := range list[1 : len(list)-1] {
		f.add(s, "return before "+f.brief(s), f.before(s, "if true { return }; "))
	}
}

// dropFields leaves out the fields of literals.
func dropFields(f *function) {
	for l := range nodes[*ast.CompositeLit](f) {
		for i, e := range l.Elts {
			end := e.End()
			if i+1 < len(l.Elts) {
				end = l.Elts[i+1].Pos()
			}
			if _, ok := e.(*ast.KeyValueExpr); ok {
				f.add(e, "no "+f.brief(e), edit{e.Pos(), end, ""})
			}
		}
	}
}

// exchangeConstants exchanges true and false where they are returned.
func exchangeConstants(f *function) {
	other := map[string]string{"true": "false", "false": "true"}
	for r := range nodes[*ast.ReturnStmt](f) {
		for _, e := range r.Results {
			if o := other[f.text(e)]; o != "" {
				f.add(e, f.brief(r)+" with "+o, put(e, o))
			}
		}
	}
}

// lockCalls lists the calls of locks in f, and the edits that leave them out.
func lockCalls(f *function) (list []ast.Stmt, dropped []edit) {
	for s := range nodes[ast.Stmt](f) {
		if locks(s) != nil || unlocks(s) != nil {
			list, dropped = append(list, s), append(dropped, f.drop(s))
		}
	}
	return list, dropped
}

// dropLocks leaves out all locking of a function.
func dropLocks(f *function) {
	if list, dropped := lockCalls(f); len(list) > 0 {
		f.add(list[0], "without "+f.text(list[0]), dropped...)
	}
}

// shareLocks takes locks for readers in place of locks for writers.
func shareLocks(f *function) {
	var first ast.Stmt
	var edits []edit
	list, _ := lockCalls(f)
	for _, s := range list {
		if c := call(s, "Lock", "Unlock"); c != nil {
			edits = append(edits, put(c.name, "R"+c.name.Name))
			if first == nil {
				first = s
			}
		}
	}
	if first != nil {
		f.add(first, f.text(first)+" for readers", edits...)
	}
}

// section is the statements under a lock, up to the end of the block.
type section struct {
	lock   ast.Stmt
	call   *methodCall
	begins edit       // leaves out the Lock, and the deferred Unlock that follows
	body   []ast.Stmt // until the Unlock
}

func sections(f *function) (all []section) {
	for block := range nodes[*ast.BlockStmt](f) {
		for i, s := range block.List {
			c := locks(s)
			if c == nil {
				continue
			}
			last, body := s, block.List[i+1:]
			if defersUnlock(body) {
				last, body = body[0], body[1:]
			}
			if end := slices.IndexFunc(body, func(s ast.Stmt) bool { return unlocks(s) != nil }); end >= 0 {
				body = body[:end]
			}
			all = append(all, section{s, c, edit{s.Pos(), last.End(), ""}, body})
		}
	}
	return all
}

// mostMoved is by how many statements a lock is moved at most.
const mostMoved = 3

// lockLate moves a Lock behind statements after it.
func lockLate(f *function) {
	for _, x := range sections(f) {
		for _, s := range x.body[:min(len(x.body), mostMoved)] {
			f.add(x.lock, f.text(x.lock)+" after "+f.brief(s), x.begins, put(s, f.source(s)+"; "+f.between(x.begins.from, x.begins.to)))
		}
	}
}

// letGo unlocks and locks again between two statements under a lock.
func letGo(f *function) {
	other := map[string]string{"Lock": "Unlock", "RLock": "RUnlock"}
	for _, x := range sections(f) {
		on, lock := f.text(x.call.on), x.call.name.Name
		pause := on + "." + other[lock] + "(); " + on + "." + lock + "(); "
		for _, s := range x.body[min(len(x.body), 1):] {
			f.add(s, pause+"before "+f.brief(s), f.before(s, pause))
		}
	}
}

// unlockEarly moves an Unlock before statements that come before it. A deferred
// Unlock runs before a later statement of the block.
func unlockEarly(f *function) {
	for block := range nodes[*ast.BlockStmt](f) {
		list := block.List
		for i, s := range list {
			c := unlocks(s)
			if c == nil {
				continue
			}
			unlock := f.text(c.CallExpr)
			if defersUnlock(list[i:]) {
				once := put(s, "unlocked := false; defer func() { if !unlocked { "+unlock+" } }()")
				for _, later := range list[i+1:] {
					f.add(later, unlock+" before "+f.brief(later), once, f.before(later, "unlocked = true; "+unlock+"; "))
				}
				continue
			}
			for j := i - 1; j >= max(0, i-mostMoved); j-- {
				if l := locks(list[j]); l != nil && f.text(l.on) == f.text(c.on) {
					break
				}
				f.add(list[j], unlock+" before "+f.brief(list[j]), f.drop(s), f.before(list[j], unlock+"; "))
			}
		}
	}
}

// freeAfterFind releases the lock that the hash trie's find leaves with its
// caller, and leaves out all other locking.
func freeAfterFind(f *function) {
	_, edits := lockCalls(f)
	var found ast.Node
	for a := range nodes[*ast.AssignStmt](f) {
		if callIn(a.Rhs[0], "find") != nil {
			found = a
			edits = append(edits, put(a, f.source(a)+"; if i != nil { i.mu.Unlock() }"))
		}
	}
	if found != nil {
		f.add(found, "i.mu.Unlock() after "+f.brief(found), edits...)
	}
}

// condition returns what an if or a for decides by, or nil.
func condition(n ast.Node) ast.Expr {
	switch n := n.(type) {
	case *ast.IfStmt:
		return n.Cond
	case *ast.ForStmt:
		return n.Cond
	}
	return nil
}

// operands lists the operands of && and || in e.
func operands(e ast.Expr) []ast.Expr {
	if e == nil {
		return nil
	}
	e = ast.Unparen(e)
	if b, ok := e.(*ast.BinaryExpr); ok && (b.Op == token.LAND || b.Op == token.LOR) {
		return append(operands(b.X), operands(b.Y)...)
	}
	return []ast.Expr{e}
}

// rechecks are the first ifs after a lock was taken in the same block.
func rechecks(f *function) map[ast.Node]bool {
	found := map[ast.Node]bool{}
	for block := range nodes[*ast.BlockStmt](f) {
		locked := false
		for _, s := range block.List {
			locked = locked || locks(s) != nil
			if _, ok := s.(*ast.IfStmt); ok && locked {
				found[s], locked = true, false
			}
		}
	}
	return found
}

// What conditions are about, by the names in the code that is mutated here.
var (
	deadCheck     = regexp.MustCompile(`\.dead\.`)
	expungedCheck = regexp.MustCompile(`expunge|revive`)
	comparison    = regexp.MustCompile(`old|valEqual|want`)
	noComparison  = regexp.MustCompile(`CompareAndSwap|oldEntry|Hash|^ht\.valEqual == nil$`)
)

// conditionKind names the operator for a condition.
func conditionKind(text string, recheck bool) string {
	switch {
	case deadCheck.MatchString(text):
		return "skipped dead check"
	case expungedCheck.MatchString(text):
		return "skipped expunged check"
	case comparison.MatchString(text) && !noComparison.MatchString(text):
		return "comparison ignored"
	case recheck:
		return "missing recheck"
	}
	return "condition held"
}

// holdConditions makes conditions always true, and always false, and results that
// are computed. They are evaluated all the same.
func holdConditions(f *function) {
	after := rechecks(f)
	for n := range nodes[ast.Stmt](f) {
		list := operands(condition(n))
		if r, ok := n.(*ast.ReturnStmt); ok {
			for _, e := range r.Results {
				if b, ok := e.(*ast.BinaryExpr); ok && b.Op != token.OR {
					list = append(list, operands(e)...)
				}
			}
		}
		for _, e := range list {
			if conditionKind(f.text(e), after[n]) == f.using {
				f.add(e, f.brief(e)+" → true", put(e, "("+f.source(e)+" || true)"))
				f.add(e, f.brief(e)+" → false", put(e, "("+f.source(e)+" && false)"))
			}
		}
	}
}

// negateConditions negates conditions of several operands. Those of one operand
// are held true and held false, which is harder to notice.
func negateConditions(f *function) {
	for s := range nodes[ast.Stmt](f) {
		if e := condition(s); len(operands(e)) > 1 {
			f.add(e, "not "+f.brief(e), put(e, "!("+f.source(e)+")"))
		}
	}
}

// offByOne moves bounds by one, and leaves out steps of counters.
func offByOne(f *function) {
	other := map[token.Token]string{token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">"}
	for n := range nodes[ast.Node](f) {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if op := other[n.Op]; op != "" {
				f.add(n, f.brief(n)+" with "+op, put(n, f.source(n.X)+op+f.source(n.Y)))
			}
		case *ast.IncDecStmt:
			f.add(n, "no "+f.text(n), f.drop(n))
		}
	}
}
