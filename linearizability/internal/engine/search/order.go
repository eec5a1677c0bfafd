package search

import (
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// order is the happens-before of an execution: the order of each thread, and
// that of conflicting steps. Each step has a clock: for each thread, how many of
// its steps happen before this one or are this one.
type order struct {
	threads  int
	clocks   []int32 // threads a step
	previous []int32 // the step of the same thread before this one, or none
	latest   []int32 // a thread
	places   []place
	readers  []int32 // threads a place: the latest read
	failures []int32 // threads a place: the latest compare-and-swap that failed
	before   []int32 // scratch: steps that happen directly before one
	reversal []int32 // scratch: those of them that could come after it
	races    []race
}

// place is what has happened to a location.
//
//	write    the latest write, or none
//	acquire  the latest one that locked the mutex, or none
//	read     the threads that have read since write
//	failed   those of them whose compare-and-swap failed
type place struct {
	write, acquire int32
	read, failed   sched.Threads
}

const none = -1

// race is a pair of steps of different threads that conflict, with nothing
// between them that orders them; and second could have come first.
type race struct {
	first int
	// second is a step of the trace, or its length for one that was pending at
	// the end: a thread that waits for a mutex.
	second int
	event  sched.Event // second, as declared
}

func newOrder(threads int) *order {
	return &order{threads: threads, latest: make([]int32, threads)}
}

func (o *order) clock(d int) []int32 { return o.clocks[d*o.threads : (d+1)*o.threads] }

// precedes reports whether the step first is, or happens before, the step d.
func (o *order) precedes(trace []sched.Event, first, d int) bool {
	e := &trace[first]
	return o.clock(d)[e.Thread] >= e.Index
}

// read computes the clocks of the steps from fresh on, and finds their races.
// Steps before are the same as in the execution that was read before.
func (o *order) read(s *sched.Scheduler, fresh int) {
	trace := s.Trace()
	o.clocks = slices.Grow(o.clocks[:0], len(trace)*o.threads)[:len(trace)*o.threads]
	o.previous = slices.Grow(o.previous[:0], len(trace))[:len(trace)]
	n := s.Locations()
	o.places = slices.Grow(o.places[:0], n)[:n]
	o.readers = slices.Grow(o.readers[:0], n*o.threads)[:n*o.threads]
	o.failures = slices.Grow(o.failures[:0], n*o.threads)[:n*o.threads]
	for i := range o.places {
		o.places[i] = place{write: none, acquire: none}
	}
	for i := range o.latest {
		o.latest[i] = none
	}
	o.races = o.races[:0]
	for d := range trace {
		e := &trace[d]
		o.previous[d] = o.latest[e.Thread]
		if d >= fresh {
			o.predecessors(s, e, d)
			o.stamp(e, d)
			o.findRaces(trace, e, d)
		}
		o.note(e, int32(d))
	}
}

// stamp computes the clock of e, the step d, from what is before it.
func (o *order) stamp(e *sched.Event, d int) {
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

// note makes e, the step d, known to the steps after it.
func (o *order) note(e *sched.Event, d int32) {
	o.latest[e.Thread] = d
	switch {
	case e.Kind == sched.Pause:
		for i := range e.Waits {
			o.noteRead(e.Waits[i].Location, e.Thread, d)
		}
	case !e.Writes:
		o.noteRead(e.Location, e.Thread, d)
		if e.Kind.MayWrite() {
			o.places[e.Location].failed |= sched.Only(int(e.Thread))
			o.failures[int(e.Location)*o.threads+int(e.Thread)] = d
		}
	default:
		p := &o.places[e.Location]
		p.write, p.read, p.failed = d, 0, 0
		if e.Kind == sched.Acquire || e.Kind == sched.TryAcquire {
			p.acquire = d
		}
	}
}

func (o *order) noteRead(location int32, thread uint8, d int32) {
	o.places[location].read |= sched.Only(int(thread))
	o.readers[int(location)*o.threads+int(thread)] = d
}

// predecessors finds the steps that happen directly before e, the step d, and
// those of them that could come after it. What conflicts is told at
// [sched.Conflict].
//
//	e                    directly before it             could come after it
//	read                 the write                      the same
//	write                the write, reads since         the same
//	lock                 the unlock, reads since        the lock before, reads since
//	yield, not woken     the write of each location     the same, if there were two writes:
//	                     that it waits for              each of them would do
//	yield, woken         everything before it was woken nothing
func (o *order) predecessors(s *sched.Scheduler, e *sched.Event, d int) {
	o.before, o.reversal = o.before[:0], o.reversal[:0]
	if e.Kind == sched.Pause {
		o.beforePause(s, e, d)
		return
	}
	for l := e.Location; ; {
		p := &o.places[l]
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
			o.each(o.readers, l, p.read)
		case other:
			o.each(o.failures, l, p.failed)
		}
		if l = s.NextOverlap(l, e.Location); l == e.Location {
			return
		}
	}
}

// each adds the steps that list has for the threads at location l.
func (o *order) each(list []int32, l int32, threads sched.Threads) {
	for r := threads; r != 0; r = r.Rest() {
		d := list[int(l)*o.threads+r.First()]
		o.before = append(o.before, d)
		o.reversal = append(o.reversal, d)
	}
}

func (o *order) beforePause(s *sched.Scheduler, e *sched.Event, d int) {
	if e.Woken {
		for b := e.After - 1; b >= 0; b-- {
			o.before = append(o.before, b)
		}
		return
	}
	choice := wakers(s.Trace()[:d], e) > 1
	for i := range e.Waits {
		w := e.Waits[i].Location
		for l := w; ; {
			p := &o.places[l]
			if p.write != none {
				o.before = append(o.before, p.write)
				if choice {
					o.reversal = append(o.reversal, p.write)
				}
			}
			if l != w {
				o.each(o.failures, l, p.failed)
			}
			if l = s.NextOverlap(l, w); l == w {
				break
			}
		}
	}
}

// wakers counts the steps of trace that ended the wait of e: writes to what it
// waits for since it was read.
func wakers(trace []sched.Event, e *sched.Event) int {
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

// findRaces appends the races that end in e, which is the step d.
func (o *order) findRaces(trace []sched.Event, e *sched.Event, d int) {
	between := o.before
	if e.Kind == sched.Acquire {
		between = o.reversal // the unlock is between, and goes with its lock
	}
	for i, a := range o.reversal {
		first := &trace[a]
		if first.Thread == e.Thread || o.knows(o.previous[d], first) ||
			slices.Contains(o.reversal[:i], a) || o.ordered(trace, int(a), between) {
			continue
		}
		o.races = append(o.races, race{first: int(a), second: d, event: declared(e)})
	}
}

// knows reports whether first is, or happens before, the step d.
func (o *order) knows(d int32, first *sched.Event) bool {
	return d != none && o.clock(int(d))[first.Thread] >= first.Index
}

// ordered reports whether the step a happens before one of between: then the
// two are not next to each other, and it is not a that has to be passed.
func (o *order) ordered(trace []sched.Event, a int, between []int32) bool {
	for _, b := range between {
		if int(b) != a && o.precedes(trace, a, int(b)) {
			return true
		}
	}
	return false
}

// declared returns e as it was before it was taken: it may write.
func declared(e *sched.Event) sched.Event {
	f := *e
	f.Writes = f.Kind.MayWrite()
	return f
}

// blockedRaces appends the races of threads that wait for a mutex at the end.
func (o *order) blockedRaces(s *sched.Scheduler) {
	trace := s.Trace()
	for r := s.Blocked(); r != 0; r = r.Rest() {
		t := r.First()
		e := s.Pending(t)
		if e.Kind != sched.Acquire || s.Stalled(t) {
			continue
		}
		a := o.places[e.Location].acquire
		if a == none || int(trace[a].Thread) == t || o.knows(o.latest[t], &trace[a]) {
			continue
		}
		o.races = append(o.races, race{first: int(a), second: len(trace), event: declared(e)})
	}
}
