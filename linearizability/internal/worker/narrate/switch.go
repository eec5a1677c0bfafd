package narrate

import (
	"fmt"
	"maps"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
)

// turns says why threads take turns.
type turns struct {
	x       search.Execution
	stall   *search.Stall
	next    []int         // of each step, the next one of its thread; -1 if there is none
	holders []map[int]int // after each step, the thread that holds each mutex, by location
}

func newTurns(x search.Execution, stall *search.Stall) *turns {
	s := &turns{x: x, stall: stall, next: make([]int, len(x.Trace))}
	last := map[uint8]int{}
	held := map[int]int{}
	for d, e := range x.Trace {
		if before, ok := last[e.Thread]; ok {
			s.next[before] = d
		}
		last[e.Thread], s.next[d] = d, -1
		switch {
		case e.Kind == sched.Acquire, e.Kind == sched.TryAcquire && e.Writes:
			held[int(e.Location)] = int(e.Thread)
		case e.Kind == sched.Release:
			delete(held, int(e.Location))
		}
		s.holders = append(s.holders, maps.Clone(held))
	}
	return s
}

// texts are the reasons as people read them. That of Waits goes on.
var texts = map[counterexample.Reason]string{
	counterexample.Ended: "has ended", counterexample.Preempted: "is preempted", counterexample.Yields: "yields",
	counterexample.Stopped: "is stopped for ever",
}

// after says why the thread of step d does not take the next one; "" if it does.
// name names what a step touches.
func (s *turns) after(d int, name func(thread, step int) string) (counterexample.Reason, string) {
	r, holder := s.reason(d)
	if r == counterexample.Waits {
		return r, fmt.Sprintf("waits for %s, which goroutine %d has", name(int(s.x.Trace[d].Thread), s.next[d]), holder)
	}
	return r, texts[r]
}

// reason is after as a value. For Waits it also returns who holds the lock.
func (s *turns) reason(d int) (r counterexample.Reason, holder int) {
	thread, next := int(s.x.Trace[d].Thread), s.next[d]
	last := d == len(s.x.Trace)-1
	switch {
	case !last && int(s.x.Trace[d+1].Thread) == thread:
		return "", 0
	case next < 0 && s.stall != nil && s.stall.Thread == thread:
		return counterexample.Stopped, 0
	case next < 0 && !s.x.Blocked.Has(thread):
		return counterexample.Ended, 0
	}
	kind, location := s.coming(thread, next)
	switch kind {
	case sched.Acquire:
		if holder, held := s.holders[d][location]; held {
			return counterexample.Waits, holder
		}
	case sched.Pause:
		return counterexample.Yields, 0
	}
	if last {
		return "", 0
	}
	return counterexample.Preempted, 0
}

// coming is the next step of the thread: step d of the trace, or, if d is
// negative, one that it never took.
func (s *turns) coming(thread, d int) (sched.Kind, int) {
	if d >= 0 {
		return s.x.Trace[d].Kind, int(s.x.Trace[d].Location)
	}
	e, _ := s.x.Pending(thread)
	return e.Kind, int(e.Location)
}

// never says what a thread that did not end waits for.
func (s *turns) never(thread int) (counterexample.Reason, string) {
	kind, location := s.coming(thread, -1)
	switch {
	case s.x.Ending == sched.StepLimit:
		return counterexample.Spins, "goes on and on"
	case kind == sched.Pause:
		return counterexample.Yields, "waits for ever for a write"
	}
	if holder, held := s.holders[len(s.holders)-1][location]; held {
		return counterexample.Waits, fmt.Sprintf("waits for ever: goroutine %d has it", holder)
	}
	return counterexample.Waits, "waits for ever"
}
