package report

import (
	"slices"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/check"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// A teller knows a counterexample and what was found out about it, for the
// parts of an account.
type teller struct {
	c      counterexample.Counterexample
	ops    []history.Operation // of the history, in the order of their calls
	when   []phase             // of ops
	lane   []int               // of ops: the goroutine that made the call
	at     map[int]int         // identifier: index in ops
	inside map[int][]int       // identifier of a traversal: the calls of its callback, by index

	explained    bool
	explanations []check.Explanation // of the clause
}

// phase is the part of a run that an operation belongs to.
type phase uint8

const (
	together phase = iota // the goroutines of the program run
	first                 // before them: the program's Init
	atRest                // after them: the checker reads the map
)

func newTeller(c counterexample.Counterexample) *teller {
	t := &teller{c: c, ops: c.History.Operations(), at: map[int]int{}, inside: map[int][]int{}}
	t.when = phases(c, t.ops)
	t.lane = lanes(c, t.ops, t.when)
	for i := range t.ops {
		t.at[t.ops[i].ID] = i
		if p := t.ops[i].Parent; p != history.NoParent {
			t.inside[p] = append(t.inside[p], i)
		}
	}
	return t
}

// allOps returns all operations of the program in one list.
func allOps(w model.Witness) []model.Op {
	return slices.Concat(append([][]model.Op{w.Init}, w.Threads...)...)
}

// phases says which operations of the history are those of Init and which are
// reads at rest: what runs before and after the threads does so as client 0,
// and overlaps nothing. Of a history without a program nothing is known.
func phases(c counterexample.Counterexample, ops []history.Operation) []phase {
	when := make([]phase, len(ops))
	outer := outermost(ops, 0)
	begin := c.Begin()
	if len(c.Threads) == 0 || len(outer) < len(begin) {
		return when
	}
	for n, o := range begin {
		if !sameCall(ops[outer[n]].Op, o) || overlapped(ops, outer[n]) {
			return when
		}
	}
	for _, i := range outer[:len(begin)] {
		setPhase(when, ops, i, first)
	}
	rest := outer[len(begin):]
	for _, i := range rest[min(len(c.Threads[0]), len(rest)):] {
		if !overlapped(ops, i) && !ops[i].Op.Method.Writes() {
			setPhase(when, ops, i, atRest)
		}
	}
	return when
}

// outermost returns which of ops client made outside callbacks.
func outermost(ops []history.Operation, client int) []int {
	var list []int
	for i := range ops {
		if ops[i].Client == client && ops[i].Parent == history.NoParent {
			list = append(list, i)
		}
	}
	return list
}

// sameCall reports whether a and b are the same but for what their functions
// do.
func sameCall(a, b model.Op) bool {
	a.Func, b.Func = nil, nil
	return a == b
}

// overlapped reports whether another client has an operation in progress while
// operation i is.
func overlapped(ops []history.Operation, i int) bool {
	o := &ops[i]
	return slices.ContainsFunc(ops, func(p history.Operation) bool {
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

// setPhase notes that operation i, and what its callback called, is in phase p.
func setPhase(when []phase, ops []history.Operation, i int, p phase) {
	when[i] = p
	for j := i + 1; j < len(ops); j++ {
		if ops[j].Client == ops[i].Client && ops[j].Call < end(&ops[i]) {
			when[j] = p
		}
	}
}
