package search

import (
	"fmt"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// depthFirst walks the tree of executions depth first. It keeps the path to the
// latest execution: one node per step. The next execution repeats the first steps
// of the path, takes another step at the last of these nodes, and is free from
// there on.
type depthFirst struct {
	strategy    Strategy
	preemptions int // the most that are allowed
	path        []node
	depth       int // the steps of the latest execution
	prefix      int // the nodes that the next execution shares with the path
	started     bool
	order       *happensBefore
	sequence    []*sched.Event // scratch space of source.go
	err         error
}

// node is a state on the path, and what the search knows about the steps that
// threads can take there.
type node struct {
	enabled sched.Threads
	event   sched.Event // the step that the path takes
	// asleep are steps that lead to nothing new here. They were explored from
	// this node, or from an earlier one and no step since has conflicted.
	asleep []sched.Event
	todo   sched.Threads // the threads whose steps are still to be explored
	spent  int           // the preemptions before this node
}

func newDepthFirst(s Strategy, threads int) *depthFirst {
	return &depthFirst{strategy: s, order: newHappensBefore(threads)}
}

func (x *depthFirst) reset(preemptions int) {
	x.depth, x.prefix, x.started, x.err = 0, 0, false, nil
	x.preemptions = preemptions
}

func (x *depthFirst) bound() (Bound, bool) {
	return FewPreemptions, x.strategy == Preemptions
}

// Choose implements [sched.Chooser].
func (x *depthFirst) Choose(s *sched.Scheduler, enabled sched.Threads) int {
	d := len(s.Trace())
	if d < x.prefix {
		return x.followPath(s, d, enabled)
	}
	for len(x.path) <= d {
		x.path = append(x.path, node{})
	}
	n := &x.path[d]
	n.enabled, n.todo, n.asleep = enabled, 0, n.asleep[:0]
	if d > 0 {
		x.inheritSleepers(&x.path[d-1], n, &s.Trace()[d-1])
	}
	return x.chooseFirst(s, d)
}

// inheritSleepers copies the sleeping steps that do not conflict with the step
// between the two nodes.
func (x *depthFirst) inheritSleepers(from, to *node, step *sched.Event) {
	for i := range from.asleep {
		if !sched.Conflict(&from.asleep[i], step) {
			to.asleep = append(to.asleep, from.asleep[i])
		}
	}
}

// sleepers returns the threads whose steps are asleep.
func (n *node) sleepers() sched.Threads {
	var t sched.Threads
	for i := range n.asleep {
		t |= sched.Only(int(n.asleep[i].Thread))
	}
	return t
}

// chooseFirst chooses a thread at a node that is new. It prefers the thread that
// took the step before.
func (x *depthFirst) chooseFirst(s *sched.Scheduler, d int) int {
	n := &x.path[d]
	free := n.enabled &^ n.sleepers()
	if free == 0 {
		return sched.Stop
	}
	t := free.First()
	if d > 0 {
		if last := int(s.Trace()[d-1].Thread); free.Has(last) {
			t = last
		}
	}
	switch {
	case x.strategy == Exhaustive:
		n.todo = n.enabled &^ sched.Only(t)
	case x.strategy == Preemptions:
		x.countPreemptions(s, d)
		if last := lastThread(s, d); last == none || n.spent < x.preemptions || !n.enabled.Has(last) {
			n.todo = n.enabled &^ sched.Only(t)
		}
	}
	return t
}

// countPreemptions counts the preemptions before node d.
func (x *depthFirst) countPreemptions(s *sched.Scheduler, d int) {
	n := &x.path[d]
	n.spent = 0
	if d == 0 {
		return
	}
	before := &x.path[d-1]
	n.spent = before.spent
	last := lastThread(s, d-1)
	if took := int(s.Trace()[d-1].Thread); took != last && last >= 0 && before.enabled.Has(last) {
		n.spent++
	}
}

// lastThread returns the thread that took the step before node d, or none.
func lastThread(s *sched.Scheduler, d int) int {
	if d == 0 {
		return none
	}
	return int(s.Trace()[d-1].Thread)
}

// followPath chooses the thread of node d again. It fails if the program does
// something different this time, as everything that the path says about it would
// then be wrong.
func (x *depthFirst) followPath(s *sched.Scheduler, d int, enabled sched.Threads) int {
	n := &x.path[d]
	trace := s.Trace()
	if d > 0 && trace[d-1].Writes != x.path[d-1].event.Writes {
		return x.diverge(s, d-1, describe(&x.path[d-1].event), describe(&trace[d-1]))
	}
	if enabled != n.enabled {
		return x.diverge(s, d, fmt.Sprintf("a state that enables threads %v", n.enabled), fmt.Sprintf("one that enables %v", enabled))
	}
	if d < x.prefix-1 {
		return x.checkPending(s, d, &n.event)
	}
	// The step of the last node is new. Compare the steps that were taken there
	// before.
	for i := range n.asleep {
		if x.checkPending(s, d, &n.asleep[i]) == sched.Stop {
			return sched.Stop
		}
	}
	return int(n.event.Thread)
}

// checkPending returns the thread of e if e is still that thread's next step.
func (x *depthFirst) checkPending(s *sched.Scheduler, d int, e *sched.Event) int {
	if p := s.Pending(int(e.Thread)); !p.Same(e) {
		return x.diverge(s, d, describe(e), describe(p))
	}
	return int(e.Thread)
}

// diverge records that the program is not deterministic.
func (x *depthFirst) diverge(s *sched.Scheduler, d int, want, got string) int {
	x.err = &DivergenceError{Step: d, Want: want, Got: got, Schedule: scheduleOf(s.Trace()[:d])}
	return sched.Stop
}

func describe(e *sched.Event) string {
	effect := "reads"
	if e.Writes {
		effect = "writes"
	}
	return fmt.Sprintf("a %v by thread %d that %s location %d", e.Kind, e.Thread, effect, e.Location)
}

// end records the execution in the path and plans the reversal of its races.
func (x *depthFirst) end(s *sched.Scheduler) error {
	trace := s.Trace()
	if x.err == nil && len(trace) < x.prefix {
		x.diverge(s, len(trace), describe(&x.path[len(trace)].event), "the end")
	}
	if x.err != nil {
		return x.err
	}
	fresh := max(x.prefix-1, 0)
	for d := fresh; d < len(trace); d++ {
		x.path[d].event.Copy(&trace[d])
	}
	x.depth = len(trace)
	if x.strategy != SourceSets {
		return nil
	}
	x.order.compute(s, fresh)
	x.order.addBlockedRaces(s)
	for i := range x.order.races {
		x.reverse(trace, &x.order.races[i])
	}
	return nil
}

// begin goes back to the deepest node at which another step is to be explored.
func (x *depthFirst) begin() bool {
	if !x.started {
		x.started = true
		return true
	}
	for d := x.depth - 1; d >= 0; d-- {
		n := &x.path[d]
		t, ok := x.nextThread(n)
		if ok {
			n.event.Thread = uint8(t)
			x.prefix = d + 1
			return true
		}
	}
	return false
}

// nextThread ends the exploration of the step that n has taken. It returns the
// next thread to explore there, if there is one.
func (x *depthFirst) nextThread(n *node) (int, bool) {
	if x.strategy == SourceSets {
		n.asleep = append(n.asleep, n.event)
		n.todo &^= n.sleepers()
	}
	if n.todo == 0 {
		return 0, false
	}
	t := n.todo.First()
	n.todo &^= sched.Only(t)
	return t, true
}
