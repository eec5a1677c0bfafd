package sched

import (
	"runtime"
	"unsafe"
)

// Observation is what is known of a step beyond its event.
type Observation struct {
	// Step is the index of the event in the trace.
	Step int
	// Address is what was touched; nil for a Pause.
	Address unsafe.Pointer
	// Callers are program counters, the innermost first: see runtime.Callers.
	Callers []uintptr
	// Read and Wrote are the values, where the caller told them.
	Read, Wrote any
}

// observing says that the execution that runs is observed. That costs time.
var observing bool

// look is called with the address that the next step touches, right before it:
// every thread waits at a step of its own then.
var look func(unsafe.Pointer)

// callersKept is how many frames of a step are kept.
const callersKept = 12

// Observe makes the next execution, and only that, note observations. Before
// each step it calls f, if there is one, with the address that is touched.
func (s *Scheduler) Observe(f func(unsafe.Pointer)) { s.observe, look = true, f }

// PendingPlace is what is known of [Scheduler.Pending] beyond its event.
func (s *Scheduler) PendingPlace(t int) Observation { return s.threads[t].place }

// Observations returns those of the latest execution, one a step, in order.
func (s *Scheduler) Observations() []Observation { return s.observations }

// Observing reports whether values are of interest: see [Saw].
func Observing() bool { return observing && running != nil && !running.alone && !running.s.unwinding }

// Saw tells what the caller's latest step read and wrote, nil for nothing. It
// is called right after the access.
func Saw(read, wrote any) {
	if !Observing() {
		return
	}
	s := running.s
	if n := len(s.observations); n > 0 && n == len(s.trace) && s.trace[n-1].Thread == running.id {
		s.observations[n-1].Read, s.observations[n-1].Wrote = read, wrote
	}
}

// note remembers where t's next step is.
func (t *thread) note(p unsafe.Pointer) {
	pcs := make([]uintptr, callersKept)
	t.place = Observation{Address: p, Callers: pcs[:runtime.Callers(4, pcs)]}
}

// observed appends what is known of the step that t takes now.
func (s *Scheduler) observed(t *thread) {
	t.place.Step = len(s.trace) - 1
	s.observations = append(s.observations, t.place)
	if look != nil {
		look(t.place.Address)
	}
}
