package report

import (
	"slices"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// A Phase is the part of a run that an operation belongs to.
type Phase uint8

const (
	Together Phase = iota // the goroutines of the program run
	Before                // the program's Init, before them
	AtRest                // the checker reads the map, after them
)

// A Timeline is a counterexample's history together with what follows from its
// program: the phase of each operation, and the goroutine that called it. The
// three lists have the same order, that of the calls.
type Timeline struct {
	Operations []history.Operation
	Phase      []Phase
	// Lane is the goroutine of each operation. It is the operation's client, but
	// for a call that returned and whose result was not recorded before the run
	// was given up: the recorder gives that one a client of its own.
	Lane []int

	threads int
	at      map[int]int   // identifier: index in Operations
	inside  map[int][]int // identifier of a traversal: the calls of its callback, by index
}

// NewTimeline returns the timeline of c.
func NewTimeline(c counterexample.Counterexample) *Timeline {
	t := &Timeline{Operations: c.History.Operations(), threads: len(c.Threads), at: map[int]int{}, inside: map[int][]int{}}
	t.Phase = make([]Phase, len(t.Operations))
	for i := range t.Operations {
		t.at[t.Operations[i].ID] = i
		if p := t.Operations[i].Parent; p != history.NoParent {
			t.inside[p] = append(t.inside[p], i)
		}
	}
	t.setPhases(c)
	t.setLanes(c)
	return t
}

// setPhases finds the operations of Init and the reads at rest: client 0 calls
// what runs before and after the threads, and nothing overlaps it. Of a history
// without a program nothing is known.
func (t *Timeline) setPhases(c counterexample.Counterexample) {
	outer := t.outermost(func(o *history.Operation) bool { return o.Client == 0 })
	begin := c.Begin()
	if len(c.Threads) == 0 || len(outer) < len(begin) {
		return
	}
	for n, o := range begin {
		if !sameCall(t.Operations[outer[n]].Op, o) || t.overlapped(outer[n]) {
			return
		}
	}
	for _, i := range outer[:len(begin)] {
		t.setPhase(i, Before)
	}
	rest := outer[len(begin):]
	for _, i := range rest[min(len(c.Threads[0]), len(rest)):] {
		if !t.overlapped(i) && !t.Operations[i].Op.Method.Writes() {
			t.setPhase(i, AtRest)
		}
	}
}

// outermost returns the operations, by index, that no callback called and that
// which selects.
func (t *Timeline) outermost(which func(*history.Operation) bool) []int {
	var list []int
	for i := range t.Operations {
		if o := &t.Operations[i]; o.Parent == history.NoParent && which(o) {
			list = append(list, i)
		}
	}
	return list
}

// sameCall reports whether a and b are the same except for what their functions
// do.
func sameCall(a, b model.Op) bool {
	a.Func, b.Func = nil, nil
	return a == b
}

// overlapped reports whether another client has an operation in progress while
// operation i is.
func (t *Timeline) overlapped(i int) bool {
	o := &t.Operations[i]
	return slices.ContainsFunc(t.Operations, func(p history.Operation) bool {
		return p.Client != o.Client && p.Call < end(o) && o.Call < end(&p)
	})
}

// end is when o returned, or a time after all others.
func end(o *history.Operation) int {
	if o.Pending() {
		return int(^uint(0) >> 1)
	}
	return o.Return
}

// setPhase puts operation i, and what its callback called, into phase p.
func (t *Timeline) setPhase(i int, p Phase) {
	t.Phase[i] = p
	for j := i + 1; j < len(t.Operations); j++ {
		if t.Operations[j].Client == t.Operations[i].Client && t.Operations[j].Call < end(&t.Operations[i]) {
			t.Phase[j] = p
		}
	}
}

// setLanes gives each operation its goroutine. A pending call whose client is no
// thread's belongs to a thread that has not done all its operations, and whose
// next operation it is.
func (t *Timeline) setLanes(c counterexample.Counterexample) {
	t.Lane = make([]int, len(t.Operations))
	next := make([]int, len(c.Threads))    // of the thread's operations
	missing := make([]int, len(c.Threads)) // operations that its client did not do
	for n, thread := range c.Threads {
		missing[n] = len(thread)
	}
	own := func(i int) bool {
		o := &t.Operations[i]
		return t.Phase[i] == Together && o.Client < len(c.Threads) && o.Parent == history.NoParent
	}
	for i := range t.Operations {
		if own(i) {
			missing[t.Operations[i].Client]--
		}
	}
	for i := range t.Operations {
		o := &t.Operations[i]
		t.Lane[i] = o.Client
		if own(i) {
			next[o.Client]++
		}
		if o.Client < len(c.Threads) || !o.Pending() {
			continue
		}
		for n, thread := range c.Threads {
			if missing[n] > 0 && next[n] < len(thread) && sameCall(thread[next[n]], o.Op) {
				t.Lane[i] = n
				next[n]++
				missing[n]--
				break
			}
		}
	}
}

// lost reports whether operation i returned, and its result is not known.
func (t *Timeline) lost(i int) bool { return t.Lane[i] != t.Operations[i].Client }

// hung reports whether operation i never returned.
func (t *Timeline) hung(i int) bool { return t.Operations[i].Pending() && !t.lost(i) }

// ended is how operation i ended, if it did.
func (t *Timeline) ended(i int) string {
	o := &t.Operations[i]
	switch {
	case t.lost(i):
		return "returned, result not recorded"
	case o.Pending():
		return neverReturned
	}
	return o.Result.Outcome(o.Op.Method)
}

// neverReturned stands in place of a result.
const neverReturned = "never returned"

// lanes returns the goroutines of what ran together, ascending: those of the
// program, if it has several threads, and others that the history has.
func (t *Timeline) lanes() []int {
	var list []int
	if t.threads > 1 {
		for n := range t.threads {
			list = append(list, n)
		}
	}
	for i := range t.Operations {
		if t.Phase[i] == Together {
			list = append(list, t.Lane[i])
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// depth is how many callbacks operation i is in.
func (t *Timeline) depth(i int) int {
	depth := 0
	for p := t.Operations[i].Parent; p != history.NoParent && depth < len(t.Operations); depth++ {
		p = t.Operations[t.at[p]].Parent
	}
	return depth
}
