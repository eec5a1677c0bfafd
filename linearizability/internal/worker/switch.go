package worker

import (
	"fmt"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
)

// switches says why threads take turns.
type switches struct {
	x       search.Execution
	stall   *search.Stall
	next    []int         // of each step, the next one of its thread; -1 if there is none
	holders []map[int]int // after each step, the thread that holds each mutex, by location
}

func newSwitches(x search.Execution, stall *search.Stall) *switches {
	s := &switches{x: x, stall: stall, next: make([]int, len(x.Trace))}
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
		now := make(map[int]int, len(held))
		for l, t := range held {
			now[l] = t
		}
		s.holders = append(s.holders, now)
	}
	return s
}

// after says why the thread of step d does not take the next one, "" if it
// does. name names what a step touches.
func (s *switches) after(d int, name func(thread, step int) string) string {
	e := &s.x.Trace[d]
	last := d == len(s.x.Trace)-1
	if !last && s.x.Trace[d+1].Thread == e.Thread {
		return ""
	}
	thread := int(e.Thread)
	next := s.next[d]
	if next < 0 {
		switch {
		case s.stall != nil && s.stall.Thread == thread:
			return "is stopped for ever"
		case !s.x.Blocked.Has(thread):
			return "has ended"
		}
	}
	kind, location := s.coming(thread, next)
	switch kind {
	case sched.Acquire:
		if holder, held := s.holders[d][location]; held {
			return fmt.Sprintf("waits for %s, which goroutine %d has", name(thread, next), holder)
		}
	case sched.Pause:
		return "yields"
	}
	if last {
		return ""
	}
	return "is preempted"
}

// coming is the step of the thread that comes next: step d of the trace, or one
// that it never took.
func (s *switches) coming(thread, d int) (sched.Kind, int) {
	if d >= 0 {
		return s.x.Trace[d].Kind, int(s.x.Trace[d].Location)
	}
	e, _ := s.x.Pending(thread)
	return e.Kind, int(e.Location)
}

// forEver says what a thread that did not end waits for.
func (s *switches) forEver(thread int) string {
	e, _ := s.x.Pending(thread)
	switch {
	case s.x.Ending == sched.StepLimit:
		return "goes on and on"
	case e.Kind == sched.Pause:
		return "waits for ever for a write"
	}
	if holder, held := s.holders[len(s.holders)-1][int(e.Location)]; held {
		return fmt.Sprintf("waits for ever: goroutine %d has it", holder)
	}
	return "waits for ever"
}
