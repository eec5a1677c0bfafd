package sched

// Alone runs f by itself, between executions: no other thread runs and no step
// is recorded. The steps that f declares are only counted, up to Limits.Steps, so
// that code which prepares a state or looks at one always ends. The ending is
// Completed, Deadlocked if f met a locked mutex, or StepLimit. If f panics, Alone
// returns the panic's value.
func (s *Scheduler) Alone(f func()) (ending Ending, panicked any) {
	turn.Lock()
	defer turn.Unlock()
	t := &s.aloneThread
	*t = thread{s: s, alone: true}
	s.ending, s.unwinding = Completed, false
	running = t
	defer func() {
		running = nil
		r := recover()
		if _, ours := r.(unwound); !ours {
			panicked = r
		}
		ending, s.unwinding = s.ending, false
	}()
	f()
	return
}

// stepAlone counts a step of a thread that runs alone.
func (t *thread) stepAlone() {
	if t.steps++; int(t.steps) > t.s.limits.Steps {
		t.s.ending, t.s.unwinding = StepLimit, true
		panic(unwound{})
	}
}
