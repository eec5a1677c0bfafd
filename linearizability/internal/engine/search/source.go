package search

import "github.com/mapspec/mapspec/linearizability/internal/engine/sched"

// A race between the steps e and f is reversed by going back to before e and
// taking there what does not depend on e, then f. Any thread that could start
// this sequence, an initial, will do as a beginning: if one of them is planned or
// was explored, nothing is to be done. (Abdulla and others 2017, algorithm 1)
//
// The second step is taken to write if it may: a compare-and-swap that failed
// after the first may succeed before it. So it is an initial more rarely than it
// might be, and more is explored rather than less.

// reverse makes sure that the node before the race has an initial to explore.
func (x *search) reverse(trace []sched.Event, r *race) {
	n := &x.path[r.first]
	done := n.todo | n.sleepers()
	x.between(trace, r)
	var seen sched.Threads
	choice := none
	for i, e := range x.sequence {
		t := int(e.Thread)
		if seen.Has(t) {
			continue
		}
		seen |= sched.Only(t)
		if x.dependsOnEarlier(i) {
			continue
		}
		if done.Has(t) {
			return
		}
		if choice == none {
			choice = t
		}
	}
	if !n.enabled.Has(choice) {
		panic("search: a step that depends on nothing may not go: the conflicts are wrong")
	}
	n.todo |= sched.Only(choice)
}

// between sets x.sequence to the steps between those of the race that do not
// happen after its first, and its second.
func (x *search) between(trace []sched.Event, r *race) {
	x.sequence = x.sequence[:0]
	for d := r.first + 1; d < r.second; d++ {
		if !x.order.precedes(trace, r.first, d) {
			x.sequence = append(x.sequence, &trace[d])
		}
	}
	x.sequence = append(x.sequence, &r.event)
}

// dependsOnEarlier reports whether the i-th step of x.sequence, the first of
// its thread there, conflicts with one before it.
func (x *search) dependsOnEarlier(i int) bool {
	for _, e := range x.sequence[:i] {
		if sched.Conflict(e, x.sequence[i]) {
			return true
		}
	}
	return false
}
