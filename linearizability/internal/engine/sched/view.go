package sched

// Trace returns the steps of the execution, the latest or the current one. It
// is valid until the next one starts.
func (s *Scheduler) Trace() []Event { return s.trace }

// Pending returns the next step of a thread that has not ended. After an
// execution it is the one that a thread in Blocked did not come to take.
func (s *Scheduler) Pending(t int) *Event { return &s.threads[t].pending }

// Blocked returns the threads that had not ended when the latest execution did.
func (s *Scheduler) Blocked() Threads { return s.blocked }

// Panics returns the panics that ended threads, in the order in which they
// happened.
func (s *Scheduler) Panics() []Panic { return s.panics }

// Exits returns the threads that called runtime.Goexit.
func (s *Scheduler) Exits() Threads { return s.exits }

// Waited reports whether a thread was suspended by a Yield, so that rounds of
// its loop may have been left out.
func (s *Scheduler) Waited() bool { return s.waited }

// Locations returns how many locations the execution has used.
func (s *Scheduler) Locations() int { return len(s.memory.locations) }

// NextOverlap goes round the locations that overlap l: it returns the one after
// i, and l after the last.
func (s *Scheduler) NextOverlap(i, l int32) int32 {
	mask := s.memory.locations[l].mask
	for {
		if i = s.memory.locations[i].next; i == l || s.memory.locations[i].mask&mask != 0 {
			return i
		}
	}
}

// Stalled reports whether thread t was stopped for ever: see [Scheduler.Stall].
func (s *Scheduler) Stalled(t int) bool {
	return s.stall[0] == t && int(s.threads[t].steps) >= s.stall[1]
}
