package sched

import "slices"

// A loop that waits for another thread calls Yield in each round. Taken as an
// ordinary step it would make endless executions out of rounds that change
// nothing. So a yielding thread is suspended until another round could go
// differently:
//
//	state      until                                                  then
//	ready      the thread has read nothing since its last Yield,      it may go
//	           operation or own write
//	suspended  something that it has read since is written, where a   it may go
//	           write between the read and the Yield counts
//	           nobody else may go                                     woken
//	woken      at once                                                it may go
//
// Its own write makes a round that changed something, so what it read before
// does not count. A thread that is ready or woken remains so: nothing that
// others do suspends it. A Pause conflicts with writes to what it waits for; a
// woken one conflicts with nothing, but comes after all that happened before.
//
// All suspended threads are woken together, so that waking is no choice. After
// Limits.Wakes times in a row the execution is livelocked. An operation that
// begins starts the count again.
//
// The rule drops executions in which a thread goes round once more for
// nothing. It is exact for a loop whose rounds have no effect; since nobody has
// shown that here, an execution in which a thread was suspended says so.

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

// waits returns what t has read since its last Yield, each location once, as
// it was read first.
func (s *Scheduler) waits(t *thread) []Wait {
	from := len(s.arena)
	for _, w := range t.reads {
		if !slices.ContainsFunc(s.arena[from:], func(v Wait) bool { return v.Location == w.Location }) {
			s.arena = append(s.arena, w)
		}
	}
	return s.arena[from:len(s.arena):len(s.arena)]
}

// suspended reports whether t waits for a write that has not come.
func (s *Scheduler) suspended(t *thread) bool {
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

// wake ends the wait of all suspended threads. It reports whether there were
// any.
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
