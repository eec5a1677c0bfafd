package sched

import (
	"runtime"
	"unsafe"
)

// Observation is what is known about a step in addition to its event.
type Observation struct {
	// Step is the index of the event in the trace.
	Step int
	// Address is the address that was touched. It is nil for a Pause.
	Address unsafe.Pointer
	// Callers are program counters, innermost first: see runtime.Callers.
	Callers []uintptr
	// Read and Wrote are the values that the caller passed to [RecordValues].
	Read, Wrote any
}

// observing says whether the current execution is observed, which makes it
// slower.
var observing bool

// beforeStep is called before each step of an observed execution, with the
// address that the step touches. Every thread then waits at its next step.
var beforeStep func(unsafe.Pointer)

// maxCallers bounds the frames that are kept for a step.
const maxCallers = 12

// Observe makes the next execution, and only that one, collect observations.
// Unless f is nil, it is called before each step with the address that the step
// touches.
func (s *Scheduler) Observe(f func(unsafe.Pointer)) { s.observe, beforeStep = true, f }

// PendingPlace returns what is known about [Scheduler.Pending] in addition to
// its event.
func (s *Scheduler) PendingPlace(t int) Observation { return s.threads[t].place }

// Observations returns the observations of the latest execution, one per step.
func (s *Scheduler) Observations() []Observation { return s.observations }

// Observing reports whether the caller should call [RecordValues].
func Observing() bool { return observing && running != nil && !running.alone && !running.s.unwinding }

// RecordValues records what the caller's latest step read and wrote, with nil
// for nothing. It must be called right after the access.
func RecordValues(read, wrote any) {
	if !Observing() {
		return
	}
	s := running.s
	if n := len(s.observations); n > 0 && n == len(s.trace) && s.trace[n-1].Thread == running.id {
		s.observations[n-1].Read, s.observations[n-1].Wrote = read, wrote
	}
}

// notePlace records where in the source t's next step is.
func (t *thread) notePlace(p unsafe.Pointer) {
	pcs := make([]uintptr, maxCallers)
	t.place = Observation{Address: p, Callers: pcs[:runtime.Callers(4, pcs)]}
}

// observeStep records the observation of the step that t is about to take.
func (s *Scheduler) observeStep(t *thread) {
	t.place.Step = len(s.trace) - 1
	s.observations = append(s.observations, t.place)
	if beforeStep != nil {
		beforeStep(t.place.Address)
	}
}
