package search

import (
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// happensBefore is the happens-before relation of an execution: the smallest order
// that orders the steps of each thread, and all pairs of conflicting steps. It is
// represented by a vector clock per step, which counts for each thread the steps
// that happen before this one, including this one.
//
// Steps are given by their indexes in the trace.
type happensBefore struct {
	threads   int
	clocks    []int32 // of each step, one number per thread
	previous  []int32 // for each step, the thread's step before it, or none
	latest    []int32 // for each thread, its latest step, or none
	locations []accesses
	readers   []int32 // for each location and thread, the latest read
	failures  []int32 // for each location and thread, the latest failed compare-and-swap
	before    []int32 // scratch: the steps directly before the current one
	reversal  []int32 // scratch: those of them that could come after it
	races     []race
}

// accesses is what has happened at a location.
type accesses struct {
	write   int32         // the latest write, or none
	acquire int32         // the latest step that locked the mutex, or none
	read    sched.Threads // the threads that have read since write
	failed  sched.Threads // those of them whose compare-and-swap failed
}

const none = -1

// race is a pair of steps of different threads that conflict. No step between
// them orders them, and the second could have come first.
type race struct {
	first int
	// second is the length of the trace if the second step is pending at the end,
	// where its thread waits for a mutex.
	second int
	event  sched.Event // the second step, as declared
}

func newHappensBefore(threads int) *happensBefore {
	return &happensBefore{threads: threads, latest: make([]int32, threads)}
}

// clock returns the clock of the step d.
func (o *happensBefore) clock(d int) []int32 { return o.clocks[d*o.threads : (d+1)*o.threads] }

// precedes reports whether the step first happens before the step d, or is d.
func (o *happensBefore) precedes(trace []sched.Event, first, d int) bool {
	e := &trace[first]
	return o.clock(d)[e.Thread] >= e.Index
}

// compute computes the clocks of the steps from fresh on and finds their races.
// The steps before fresh must be the same as in the previous call.
func (o *happensBefore) compute(s *sched.Scheduler, fresh int) {
	trace := s.Trace()
	o.clocks = slices.Grow(o.clocks[:0], len(trace)*o.threads)[:len(trace)*o.threads]
	o.previous = slices.Grow(o.previous[:0], len(trace))[:len(trace)]
	n := s.Locations()
	o.locations = slices.Grow(o.locations[:0], n)[:n]
	o.readers = slices.Grow(o.readers[:0], n*o.threads)[:n*o.threads]
	o.failures = slices.Grow(o.failures[:0], n*o.threads)[:n*o.threads]
	for i := range o.locations {
		o.locations[i] = accesses{write: none, acquire: none}
	}
	for i := range o.latest {
		o.latest[i] = none
	}
	o.races = o.races[:0]
	for d := range trace {
		e := &trace[d]
		o.previous[d] = o.latest[e.Thread]
		if d >= fresh {
			o.findPredecessors(s, e, d)
			o.setClock(e, d)
			o.findRaces(trace, e, d)
		}
		o.record(e, int32(d))
	}
}

// setClock computes the clock of e, the step d, from its predecessors.
func (o *happensBefore) setClock(e *sched.Event, d int) {
	c := o.clock(d)
	if p := o.previous[d]; p == none {
		clear(c)
	} else {
		copy(c, o.clock(int(p)))
	}
	for _, b := range o.before {
		for i, x := range o.clock(int(b)) {
			c[i] = max(c[i], x)
		}
	}
	c[e.Thread] = e.Index
}

// record makes e, the step d, known to the steps after it.
func (o *happensBefore) record(e *sched.Event, d int32) {
	o.latest[e.Thread] = d
	switch {
	case e.Kind == sched.Pause:
		for i := range e.Waits {
			o.recordRead(e.Waits[i].Location, e.Thread, d)
		}
	case !e.Writes:
		o.recordRead(e.Location, e.Thread, d)
		if e.Kind.MayWrite() {
			o.locations[e.Location].failed |= sched.Only(int(e.Thread))
			o.failures[int(e.Location)*o.threads+int(e.Thread)] = d
		}
	default:
		p := &o.locations[e.Location]
		p.write, p.read, p.failed = d, 0, 0
		if e.Kind == sched.Acquire || e.Kind == sched.TryAcquire {
			p.acquire = d
		}
	}
}

func (o *happensBefore) recordRead(location int32, thread uint8, d int32) {
	o.locations[location].read |= sched.Only(int(thread))
	o.readers[int(location)*o.threads+int(thread)] = d
}

// findPredecessors finds the steps that happen directly before e, the step d, and
// those of them that could come after e. [sched.Conflict] says which steps
// conflict.
//
//	e                directly before e               could come after e
//	read             the latest write                the same
//	write            the latest write, reads since   the same
//	lock             the latest unlock, reads since  the lock before it, reads since
//	yield            the latest write to each        the same, if several writes could
//	                 location that it waits for      each have ended the wait
//	yield, woken     all steps before it was woken   none
func (o *happensBefore) findPredecessors(s *sched.Scheduler, e *sched.Event, d int) {
	o.before, o.reversal = o.before[:0], o.reversal[:0]
	if e.Kind == sched.Pause {
		o.findPausePredecessors(s, e, d)
		return
	}
	for l := e.Location; ; {
		p := &o.locations[l]
		if p.write != none {
			o.before = append(o.before, p.write)
			if e.Kind != sched.Acquire {
				o.reversal = append(o.reversal, p.write)
			}
		}
		if e.Kind == sched.Acquire && p.acquire != none {
			o.reversal = append(o.reversal, p.acquire)
		}
		switch other := l != e.Location; {
		case e.Writes || other && e.Kind.MayWrite():
			o.addSteps(o.readers, l, p.read)
		case other:
			o.addSteps(o.failures, l, p.failed)
		}
		if l = s.NextOverlap(l, e.Location); l == e.Location {
			return
		}
	}
}

// addSteps adds the steps that list has for the given threads at location l.
func (o *happensBefore) addSteps(list []int32, l int32, threads sched.Threads) {
	for r := threads; r != 0; r = r.Rest() {
		d := list[int(l)*o.threads+r.First()]
		o.before = append(o.before, d)
		o.reversal = append(o.reversal, d)
	}
}

// findPausePredecessors is findPredecessors for a Pause.
func (o *happensBefore) findPausePredecessors(s *sched.Scheduler, e *sched.Event, d int) {
	if e.Woken {
		for b := e.After - 1; b >= 0; b-- {
			o.before = append(o.before, b)
		}
		return
	}
	choice := countWakers(s.Trace()[:d], e) > 1
	for i := range e.Waits {
		w := e.Waits[i].Location
		for l := w; ; {
			p := &o.locations[l]
			if p.write != none {
				o.before = append(o.before, p.write)
				if choice {
					o.reversal = append(o.reversal, p.write)
				}
			}
			if l != w {
				o.addSteps(o.failures, l, p.failed)
			}
			if l = s.NextOverlap(l, w); l == w {
				break
			}
		}
	}
}

// countWakers counts the steps of trace that could each have ended the wait of e:
// the writes to what it waits for after e's thread has read it.
func countWakers(trace []sched.Event, e *sched.Event) int {
	n := 0
	for d := range trace {
		for _, w := range e.Waits {
			if trace[d].Writes && int(w.At) < d && w.Word == trace[d].Word && w.Mask&trace[d].Mask != 0 {
				n++
				break
			}
		}
	}
	return n
}

// findRaces appends the races whose second step is e, the step d.
func (o *happensBefore) findRaces(trace []sched.Event, e *sched.Event, d int) {
	between := o.before
	if e.Kind == sched.Acquire {
		between = o.reversal // an unlock in between moves with its lock
	}
	for i, a := range o.reversal {
		first := &trace[a]
		if first.Thread == e.Thread || o.knows(o.previous[d], first) ||
			slices.Contains(o.reversal[:i], a) || o.precedesAny(trace, int(a), between) {
			continue
		}
		o.races = append(o.races, race{first: int(a), second: d, event: declared(e)})
	}
}

// knows reports whether first happens before the step d, or is d.
func (o *happensBefore) knows(d int32, first *sched.Event) bool {
	return d != none && o.clock(int(d))[first.Thread] >= first.Index
}

// precedesAny reports whether the step a happens before another step of between.
// If so, that step orders a and the step after it, and these two are not a race.
func (o *happensBefore) precedesAny(trace []sched.Event, a int, between []int32) bool {
	for _, b := range between {
		if int(b) != a && o.precedes(trace, a, int(b)) {
			return true
		}
	}
	return false
}

// declared returns e as its thread declared it, before it was known whether it
// writes.
func declared(e *sched.Event) sched.Event {
	f := *e
	f.Writes = f.Kind.MayWrite()
	return f
}

// addBlockedRaces appends the races of threads that wait for a mutex at the end.
func (o *happensBefore) addBlockedRaces(s *sched.Scheduler) {
	trace := s.Trace()
	for r := s.Blocked(); r != 0; r = r.Rest() {
		t := r.First()
		e := s.Pending(t)
		if e.Kind != sched.Acquire || s.Stalled(t) {
			continue
		}
		a := o.locations[e.Location].acquire
		if a == none || int(trace[a].Thread) == t || o.knows(o.latest[t], &trace[a]) {
			continue
		}
		o.races = append(o.races, race{first: int(a), second: len(trace), event: declared(e)})
	}
}
