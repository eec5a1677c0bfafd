package search

import "github.com/mapspec/mapspec/linearizability/internal/engine/sched"

// To reverse a race between the steps e and f, the search goes back to before e.
// There it must explore the steps that do not depend on e, and then f. Any thread
// that can begin this sequence is an initial. If one of the initials is already
// planned or explored, there is nothing to do. (Abdulla and others 2017,
// algorithm 1)
//
// The second step counts as a write if it may write: a compare-and-swap that
// failed after the first step may succeed before it. That makes initials rarer
// than they could be, so the search explores more rather than less.

// reverse plans the exploration of an initial at the node before the race.
func (x *depthFirst) reverse(trace []sched.Event, r *race) {
	n := &x.path[r.first]
	planned := n.todo | n.sleepers()
	x.collectSequence(trace, r)
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
		if planned.Has(t) {
			return
		}
		if choice == none {
			choice = t
		}
	}
	if !n.enabled.Has(choice) {
		panic("search: a thread whose step depends on nothing is not enabled: the conflicts are wrong")
	}
	n.todo |= sched.Only(choice)
}

// collectSequence sets x.sequence to the steps between the two steps of the race
// that do not happen after the first, followed by the second.
func (x *depthFirst) collectSequence(trace []sched.Event, r *race) {
	x.sequence = x.sequence[:0]
	for d := r.first + 1; d < r.second; d++ {
		if !x.order.precedes(trace, r.first, d) {
			x.sequence = append(x.sequence, &trace[d])
		}
	}
	x.sequence = append(x.sequence, &r.event)
}

// dependsOnEarlier reports whether the i-th step of x.sequence, the first of its
// thread there, conflicts with a step before it.
func (x *depthFirst) dependsOnEarlier(i int) bool {
	for _, e := range x.sequence[:i] {
		if sched.Conflict(e, x.sequence[i]) {
			return true
		}
	}
	return false
}
