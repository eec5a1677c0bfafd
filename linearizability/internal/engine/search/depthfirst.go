package search

import (
	"fmt"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// search goes through the tree of executions, depth first. It keeps the path:
// one node for each step of the latest execution. The next execution repeats
// the first steps of the path, takes another turn at the last of them, and is
// free from there on.
type search struct {
	strategy    Strategy
	preemptions int // the most that are allowed
	path        []node
	depth       int // steps of the latest execution
	prefix      int // steps that the next one has in common with the path, with the turn
	started     bool
	order       *order
	sequence    []*sched.Event // scratch of source.go
	err         error
}

// node is a state on the path, and what is known of its turns.
//
//	asleep  was explored from here, or before and nothing has conflicted since:
//	        there is nothing new in taking it here
//	todo    is to be explored
type node struct {
	enabled sched.Threads
	event   sched.Event // the turn taken
	asleep  []sched.Event
	todo    sched.Threads
	spent   int // preemptions before this node
}

func newSearch(s Strategy, threads int) *search {
	return &search{strategy: s, order: newOrder(threads)}
}

func (x *search) reset(preemptions int) {
	x.depth, x.prefix, x.started, x.err = 0, 0, false, nil
	x.preemptions = preemptions
}

func (x *search) bound() (Bound, bool) {
	return FewPreemptions, x.strategy == Preemptions
}

// Choose implements [sched.Chooser].
func (x *search) Choose(s *sched.Scheduler, enabled sched.Threads) int {
	d := len(s.Trace())
	if d < x.prefix {
		return x.follow(s, d, enabled)
	}
	for len(x.path) <= d {
		x.path = append(x.path, node{})
	}
	n := &x.path[d]
	n.enabled, n.todo, n.asleep = enabled, 0, n.asleep[:0]
	if d > 0 {
		x.inherit(&x.path[d-1], n, &s.Trace()[d-1])
	}
	return x.turn(s, d)
}

// inherit passes on who sleeps: who does not conflict with the step between.
func (x *search) inherit(from, to *node, step *sched.Event) {
	for i := range from.asleep {
		if !sched.Conflict(&from.asleep[i], step) {
			to.asleep = append(to.asleep, from.asleep[i])
		}
	}
}

func (n *node) sleepers() sched.Threads {
	var t sched.Threads
	for i := range n.asleep {
		t |= sched.Only(int(n.asleep[i].Thread))
	}
	return t
}

// turn chooses at a node seen for the first time.
func (x *search) turn(s *sched.Scheduler, d int) int {
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
		x.spend(s, d)
		if last := lastThread(s, d); last == none || n.spent < x.preemptions || !n.enabled.Has(last) {
			n.todo = n.enabled &^ sched.Only(t)
		}
	}
	return t
}

// spend counts the preemptions before node d.
func (x *search) spend(s *sched.Scheduler, d int) {
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

// lastThread returns who took the step before node d, -1 for nobody.
func lastThread(s *sched.Scheduler, d int) int {
	if d == 0 {
		return none
	}
	return int(s.Trace()[d-1].Thread)
}

// follow repeats the path, and compares: a program that does something else now
// would make nonsense of all that is known of it.
func (x *search) follow(s *sched.Scheduler, d int, enabled sched.Threads) int {
	n := &x.path[d]
	trace := s.Trace()
	if d > 0 && trace[d-1].Writes != x.path[d-1].event.Writes {
		return x.diverge(s, d-1, describe(&x.path[d-1].event), describe(&trace[d-1]))
	}
	if enabled != n.enabled {
		return x.diverge(s, d, fmt.Sprintf("threads %b enabled", n.enabled), fmt.Sprintf("%b", enabled))
	}
	if d < x.prefix-1 {
		return x.repeat(s, d, &n.event)
	}
	for i := range n.asleep { // the last turn is new: what was done instead
		if x.repeat(s, d, &n.asleep[i]) == sched.Stop {
			return sched.Stop
		}
	}
	return int(n.event.Thread)
}

// repeat returns whose step e was, if that is what its thread is about to do.
func (x *search) repeat(s *sched.Scheduler, d int, e *sched.Event) int {
	if p := s.Pending(int(e.Thread)); !p.Same(e) {
		return x.diverge(s, d, describe(e), describe(p))
	}
	return int(e.Thread)
}

func (x *search) diverge(s *sched.Scheduler, d int, want, got string) int {
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

// end notes the execution on the path and plans what its races ask for.
func (x *search) end(s *sched.Scheduler) error {
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
	x.order.read(s, fresh)
	x.order.blockedRaces(s)
	for i := range x.order.races {
		x.reverse(trace, &x.order.races[i])
	}
	return nil
}

// begin takes the deepest node that has another turn to take.
func (x *search) begin() bool {
	if !x.started {
		x.started = true
		return true
	}
	for d := x.depth - 1; d >= 0; d-- {
		n := &x.path[d]
		t, ok := x.another(n)
		if ok {
			n.event.Thread = uint8(t)
			x.prefix = d + 1
			return true
		}
	}
	return false
}

// another ends the turn that n has taken, and returns the next.
func (x *search) another(n *node) (int, bool) {
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
