package explore

import (
	"fmt"
	"go/ast"
)

// lockOperators break what is done under a lock.
var lockOperators = []operator{
	{"no lock", "nobody else comes here", dropLocks},
	{"shared lock", "it only reads, or so it seems", shareLocks},
	{"check outside the lock", "what was checked is still true when the lock is held", lockLate},
	{"unlocked too early", "the rest needs no lock", unlockEarly},
	{"lock let go in between", "each half is atomic, so the whole is", letGo},
	{"lock-free on what was found", "an entry that was found stays where it is", freeAfterFind},
}

var lockNames, unlockNames = []string{"Lock", "RLock"}, []string{"Unlock", "RUnlock"}

// dropLocks leaves out all locking of a function.
func dropLocks(f *function) {
	var edits []textEdit
	var first ast.Node
	f.inspect(func(n ast.Node) {
		if !statement(n) {
			return
		}
		if _, _, ok := call(n, append(lockNames, unlockNames...)...); ok {
			edits = append(edits, f.drop(n)...)
			if first == nil {
				first = n
			}
		}
	})
	if first != nil {
		f.add(first, edits, "without %s", f.text(first))
	}
}

func statement(n ast.Node) bool {
	_, ok := n.(ast.Stmt)
	return ok
}

// shareLocks locks for readers what was locked for a writer.
func shareLocks(f *function) {
	var edits []textEdit
	var first ast.Node
	f.inspect(func(n ast.Node) {
		if !statement(n) {
			return
		}
		if c, _, ok := call(n, "Lock", "Unlock"); ok {
			name := c.Fun.(*ast.SelectorExpr).Sel
			edits = append(edits, f.replace(name, "R%s", name.Name)...)
			if first == nil {
				first = n
			}
		}
	})
	if first != nil {
		f.add(first, edits, "%s for readers", f.text(first))
	}
}

// latest is by how many statements a lock is moved at most.
const latest = 3

// lockLate moves a Lock, with the deferred Unlock that follows, behind the
// statements after it.
func lockLate(f *function) {
	f.blocks(func(list []ast.Stmt) {
		for i, s := range list {
			if _, _, ok := call(s, lockNames...); !ok {
				continue
			}
			from, text := i+1, f.source(s)
			if from < len(list) && deferredUnlock(list[from]) {
				text += "; " + f.source(list[from])
				from++
			}
			for j := from; j < len(list) && j < from+latest; j++ {
				if _, _, ok := call(list[j], unlockNames...); ok {
					break
				}
				f.add(s, []textEdit{{s.Pos(), list[from-1].End(), ""}, {list[j].End(), list[j].End(), "; " + text}},
					"%s after %s", f.text(s), f.brief(list[j]))
			}
		}
	})
}

func deferredUnlock(s ast.Stmt) bool {
	_, deferred := s.(*ast.DeferStmt)
	_, _, unlocks := call(s, unlockNames...)
	return deferred && unlocks
}

// unlockEarly moves an Unlock before statements that come before it. A deferred
// one is done before a later statement of the same block.
func unlockEarly(f *function) {
	f.blocks(func(list []ast.Stmt) {
		for i, s := range list {
			_, on, ok := call(s, unlockNames...)
			switch {
			case !ok:
			case deferredUnlock(s):
				unlock := f.text(s.(*ast.DeferStmt).Call)
				for j := i + 1; j < len(list); j++ {
					f.add(list[j], []textEdit{
						{s.Pos(), s.End(), "unlocked := false; defer func() { if !unlocked { " + unlock + " } }()"},
						f.before(list[j], "unlocked = true; "+unlock+"; "),
					}, "%s before %s", unlock, f.brief(list[j]))
				}
			default:
				for j := i - 1; j >= 0 && j >= i-latest; j-- {
					if _, other, ok := call(list[j], lockNames...); ok && f.text(other) == f.text(on) {
						break
					}
					f.add(list[j], append(f.drop(s), f.before(list[j], f.text(s)+"; ")), "%s before %s", f.text(s), f.brief(list[j]))
				}
			}
		}
	})
}

// letGo unlocks and locks again between two statements under a lock.
func letGo(f *function) {
	f.blocks(func(list []ast.Stmt) {
		for i, s := range list {
			c, on, ok := call(s, lockNames...)
			if !ok {
				continue
			}
			name := c.Fun.(*ast.SelectorExpr).Sel.Name
			pause := fmt.Sprintf("%[1]s.%[2]s(); %[1]s.%[3]s(); ", f.text(on), unlockOf[name], name)
			from := i + 1
			if from < len(list) && deferredUnlock(list[from]) {
				from++
			}
			for j := from + 1; j < len(list); j++ {
				if _, _, ok := call(list[j], unlockNames...); ok {
					break
				}
				f.add(list[j], []textEdit{f.before(list[j], pause)}, "%sbefore %s", pause, f.brief(list[j]))
			}
		}
	})
}

var unlockOf = map[string]string{"Lock": "Unlock", "RLock": "RUnlock"}

// freeAfterFind lets go of the lock that the trie's find leaves with its
// caller, and does the rest without any.
func freeAfterFind(f *function) {
	var edits []textEdit
	var found ast.Node
	f.inspect(func(n ast.Node) {
		if a, ok := n.(*ast.AssignStmt); ok && len(a.Rhs) == 1 {
			if _, _, ok := call(a.Rhs[0], "find"); ok {
				found = a
				edits = append(edits, textEdit{a.End(), a.End(), "; if i != nil { i.mu.Unlock() }"})
			}
		}
		if !statement(n) {
			return
		}
		if _, _, ok := call(n, append(lockNames, unlockNames...)...); ok {
			edits = append(edits, f.drop(n)...)
		}
	})
	if found != nil {
		f.add(found, edits, "i.mu.Unlock() after %s", f.brief(found))
	}
}
