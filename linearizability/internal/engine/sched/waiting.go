package sched

import "slices"

// A loop that waits for another thread calls Yield in every round. If a Yield
// were an ordinary step, rounds that change nothing would make executions
// endless. So a yielding thread is suspended until another round could turn out
// differently:
//
//	state      entered when                                    left when
//	ready      the thread has read nothing since its latest    it runs
//	           Yield, operation or write of its own; or
//	           something that it has read since was written,
//	           even if that was before the Yield
//	suspended  nothing that it has read since was written      it becomes ready
//	                                                           or is woken
//	woken      no other thread can run                         it runs
//
// A thread's own write means that its round did change something. What it read
// before that write therefore does not count. No step of another thread suspends
// a thread that is ready or woken. A Pause conflicts with writes to what it waits
// for. A woken Pause conflicts with nothing, but comes after everything that
// happened before it was woken.
//
// All suspended threads are woken together, so that waking is not a choice. If
// that happens Limits.Wakes times in a row, the execution is livelocked. The
// count restarts when an operation begins.
//
// This rule leaves out executions in which a thread takes another round for
// nothing. It is exact for loops whose rounds have no effect. As nobody has shown
// that for the program at hand, [Scheduler.Waited] tells when a thread was
// suspended.

// notice records what e, the latest step, means for the next Yield of t.
func (s *Scheduler) notice(t *thread, e *Event) {
	if e.Kind == Pause || e.Writes {
		t.reads = t.reads[:0]
		return
	}
	n := len(t.reads)
	t.reads = slices.Grow(t.reads, 1)[:n+1]
	w := &t.reads[n]
	w.Location, w.Word, w.Mask = e.Location, e.Word, e.Mask
	w.At, w.version = int32(s.settled)-1, s.memory.locations[e.Location].version
}

// waits returns what t has read since its latest Yield: the first read of each
// location.
func (s *Scheduler) waits(t *thread) []Wait {
	from := len(s.arena)
	for _, w := range t.reads {
		if !slices.ContainsFunc(s.arena[from:], func(v Wait) bool { return v.Location == w.Location }) {
			s.arena = append(s.arena, w)
		}
	}
	return s.arena[from:len(s.arena):len(s.arena)]
}

// isSuspended reports whether t waits for a write that has not happened yet.
func (s *Scheduler) isSuspended(t *thread) bool {
	if t.ready || len(t.pending.Waits) == 0 {
		return false
	}
	for _, w := range t.pending.Waits {
		if s.memory.locations[w.Location].version != w.version {
			t.ready = true
			return false
		}
	}
	s.waited = true
	return true
}

// wake wakes all suspended threads. It reports whether there were any.
func (s *Scheduler) wake(suspended Threads) bool {
	if suspended == 0 {
		return false
	}
	s.wakes++
	for r := suspended; r != 0; r = r.Rest() {
		t := s.threads[r.First()]
		t.ready = true
		t.pending.Waits = nil
		t.pending.Woken = true
		t.pending.After = int32(len(s.trace))
	}
	return true
}
