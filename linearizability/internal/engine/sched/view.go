package sched

// Trace returns the steps of the current execution, or of the latest one. It is
// valid until the next execution starts.
func (s *Scheduler) Trace() []Event { return s.trace }

// Pending returns the next step of a thread that has not ended. After an
// execution it is the step that a thread in Blocked was about to take.
func (s *Scheduler) Pending(t int) *Event { return &s.threads[t].pending }

// Blocked returns the threads that had not ended when the latest execution did.
func (s *Scheduler) Blocked() Threads { return s.blocked }

// Panics returns the panics that ended threads, in the order in which they
// happened.
func (s *Scheduler) Panics() []Panic { return s.panics }

// Exits returns the threads that called runtime.Goexit.
func (s *Scheduler) Exits() Threads { return s.exits }

// Waited reports whether a Yield suspended a thread. The execution may then lack
// rounds of that thread's loop.
func (s *Scheduler) Waited() bool { return s.waited }

// Locations returns the number of locations that the execution has used.
func (s *Scheduler) Locations() int { return len(s.memory.locations) }

// NextOverlap iterates over the locations that overlap l. It returns the one
// after i, and l after the last one.
func (s *Scheduler) NextOverlap(i, l int32) int32 {
	mask := s.memory.locations[l].mask
	for {
		if i = s.memory.locations[i].next; i == l || s.memory.locations[i].mask&mask != 0 {
			return i
		}
	}
}

// Stalled reports whether [Scheduler.Stall] has stopped thread t.
func (s *Scheduler) Stalled(t int) bool {
	return s.stall[0] == t && int(s.threads[t].steps) >= s.stall[1]
}
