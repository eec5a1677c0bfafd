package sched

// Alone runs f by itself between executions: nobody else runs, no step is
// recorded, and what f declares only counts, up to Limits.Steps. So whatever
// prepares a state or looks at one ends: the ending is Completed, Deadlocked if
// f met a mutex that is locked, or StepLimit. A panic of f is returned.
func (s *Scheduler) Alone(f func()) (ending Ending, panicked any) {
	turn.Lock()
	defer turn.Unlock()
	t := &s.single
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

func (t *thread) stepAlone() {
	if t.steps++; int(t.steps) > t.s.limits.Steps {
		t.s.ending, t.s.unwinding = StepLimit, true
		panic(unwound{})
	}
}

// Single reports whether the caller runs alone: see [Scheduler.Alone].
func Single() bool { return running != nil && running.alone }
