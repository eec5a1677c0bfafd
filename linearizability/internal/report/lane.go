package report

import (
	"slices"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
)

// lanes says which goroutine made each call. That is its client, but for a
// call that returned and whose result was not recorded before the run was given
// up: the recorder gives it a client of its own. It belongs to a thread that
// has not done all its operations, and of which it is the next.
func lanes(c counterexample.Counterexample, ops []history.Operation, when []phase) []int {
	lane := make([]int, len(ops))
	next := make([]int, len(c.Threads))    // of the thread's operations
	missing := make([]int, len(c.Threads)) // that its client did not do
	for i, thread := range c.Threads {
		missing[i] = len(thread)
	}
	for i := range ops {
		if isOwn(c, &ops[i], when[i]) {
			missing[ops[i].Client]--
		}
	}
	for i := range ops {
		o := &ops[i]
		lane[i] = o.Client
		if isOwn(c, o, when[i]) {
			next[o.Client]++
		}
		if o.Client < len(c.Threads) || !o.Pending() {
			continue
		}
		for n, thread := range c.Threads {
			if missing[n] > 0 && next[n] < len(thread) && sameCall(thread[next[n]], o.Op) {
				lane[i] = n
				next[n]++
				missing[n]--
				break
			}
		}
	}
	return lane
}

// isOwn reports whether o is an operation of its client's thread, not of a
// callback.
func isOwn(c counterexample.Counterexample, o *history.Operation, p phase) bool {
	return p == together && o.Client < len(c.Threads) && o.Parent == history.NoParent
}

// lost reports whether operation i returned, and its result is not known.
func (t *teller) lost(i int) bool { return t.lane[i] != t.ops[i].Client }

// loses reports whether the history lacks results that a trace may have.
func (t *teller) loses() bool {
	for i := range t.ops {
		if t.lost(i) {
			return true
		}
	}
	return false
}

// ended is how operation i ended, if it did.
func (t *teller) ended(i int) string {
	o := &t.ops[i]
	switch {
	case t.lost(i):
		return "returned, result not recorded"
	case o.Pending():
		return "never returned"
	}
	return outcome(o.Op.Method, o.Result)
}

// hung reports whether operation i never returned.
func (t *teller) hung(i int) bool { return t.ops[i].Pending() && !t.lost(i) }

// goroutines returns the lanes of what ran at once, ascending: those of the
// program, if it has several threads, and others that the history has.
func (t *teller) goroutines() []int {
	var list []int
	if len(t.c.Threads) > 1 {
		for n := range t.c.Threads {
			list = append(list, n)
		}
	}
	for i := range t.ops {
		if t.when[i] == together {
			list = append(list, t.lane[i])
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// depth is how many callbacks operation i is in.
func (t *teller) depth(i int) int {
	depth := 0
	for p := t.ops[i].Parent; p != history.NoParent && depth < len(t.ops); depth++ {
		p = t.ops[t.at[p]].Parent
	}
	return depth
}
