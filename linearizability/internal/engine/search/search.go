// Package search runs a small program under package sched, in every interleaving
// that can make a difference, or in a sample of them.
//
// # Which executions differ
//
// Two executions are equivalent if they differ only in the order of steps that do
// not conflict (Mazurkiewicz 1986). In equivalent executions the threads see the
// same values and end in the same state. So one execution of each class is enough
// for every property of values and states. It is not enough for linearizability,
// which also depends on which operation returned before which was called. Package
// interval judges that for a class as a whole.
//
// # How the classes are found
//
// Dynamic partial-order reduction (Flanagan and Godefroid, POPL 2005) runs an
// execution and looks for its races. A race is a pair of steps that conflict and
// that no step between them orders. For each race, the search goes back to before
// the first step and plans an execution in which the second step comes before the
// first. Source sets say which threads can begin that execution. Sleep sets
// prevent a branch from repeating what an earlier branch has explored (Abdulla,
// Aronis, Jonsson and Sagonas, JACM 2017).
//
//	SourceSets   explores every class. Some executions are begun and then cut
//	             short, because sleep sets show that they can only repeat a class.
//	Exhaustive   explores every interleaving. It is for tests.
//	Preemptions  explores every interleaving with few preemptions.
//
// The wakeup trees of the same paper avoid the executions that are cut short. They
// compare steps of different executions, and are correct only if they know where
// a step goes and whether it will write. Here the number of a location depends on
// the order of first use in an execution, and a compare-and-swap that is moved may
// turn out differently. A tree that errs about either loses classes.
//
// For programs that are too large for this, [Sample] runs random schedules
// (Burckhardt and others, ASPLOS 2010).
//
// # Threads that cannot run
//
// A thread cannot lock a locked mutex. So a Lock does not race with the Unlock
// before it, but with the Lock before that. A thread that still waits for a mutex
// at the end of an execution takes part in races as if it had locked the mutex.
// Otherwise some deadlocks would be missed. Package sched explains how Yield
// waits.
package search

import (
	"time"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Program is a program to explore. It must be deterministic: whenever the same
// threads take the same steps, it must do the same. So it must not use random
// numbers, iterate over a Go map or start goroutines.
type Program struct {
	// Setup creates the program's state. It is called before each execution.
	Setup func()
	// Threads run concurrently. There may be at most sched.MaxThreads. They
	// declare their visible operations to package sched.
	Threads []func()
	// Check judges an execution that sleep sets did not cut short. If it is nil,
	// a panic is a failure. Deadlocks and livelocks are failures in any case.
	Check func(Execution) error
	// Stall, if not nil, says which thread to stop for ever. Deadlocks and
	// livelocks are then not failures.
	Stall *Stall
}

// Execution is an execution that Check judges. It is valid until Check returns.
type Execution struct {
	Ending sched.Ending
	// Trace is the steps in the order in which they were taken.
	Trace []sched.Event
	// Blocked is the set of threads that had not ended when the execution did.
	Blocked sched.Threads
	// Panics lists the panics that ended threads. Exits is the set of threads
	// that called runtime.Goexit.
	Panics []sched.Panic
	Exits  sched.Threads
	// Observations has one observation per step, with Options.Observe.
	Observations []sched.Observation

	engine *Engine
}

// Clocks returns the vector clocks of the trace, one step after the other. The
// clock of a step has one number per thread: how many steps of that thread happen
// before the step, counting the step itself. Every conflict orders two steps, a
// read before a write included.
func (x Execution) Clocks() []int32 { return x.engine.clocks() }

// Pending returns the step that a thread in Blocked was about to take. The
// observation's Step has no meaning.
func (x Execution) Pending(t int) (sched.Event, sched.Observation) {
	return x.engine.sched.Pending(t).Clone(), x.engine.sched.PendingPlace(t)
}

// Schedule returns the schedule of the execution.
func (x Execution) Schedule() Schedule { return scheduleOf(x.Trace) }

// Strategy says how to search.
type Strategy uint8

// The strategies of Run. The package comment explains the first two.
const (
	SourceSets Strategy = iota
	Exhaustive
	// Preemptions is Exhaustive, limited to executions with at most
	// Options.Preemptions preemptions. A preemption is a switch away from a
	// thread that can still run (Musuvathi and Qadeer, PLDI 2007).
	Preemptions
)

// Options configures an exploration. The zero value is a good choice.
type Options struct {
	Strategy Strategy
	// MaxExecutions bounds the number of executions, including those that are
	// cut short. Zero means no bound.
	MaxExecutions int
	// Timeout bounds the time. Zero means no bound.
	Timeout time.Duration
	// Stop, if not nil, is called before each execution. If it returns true the
	// exploration ends with the bound Halted.
	Stop func() bool
	// Limits bounds each execution.
	Limits sched.Limits
	// KeepGoing continues the exploration after a failure.
	KeepGoing bool
	// Distinct counts the classes. It takes about 40 bytes of memory per class.
	// Without it the memory in use does not grow.
	Distinct bool
	// Preemptions bounds the preemptions in the strategy of that name.
	Preemptions int
	// Observe collects what the steps read and wrote, which takes time. Look, if
	// not nil, is then called before each step with the address that the step
	// touches, or nil for a Pause.
	Observe bool
	Look    func(unsafe.Pointer)
}

// Stall stops Thread for ever once it has taken After steps.
type Stall struct{ Thread, After int }

// Run explores p. The error is a [*DivergenceError] or a [*SetupError].
//
// The time is proportional to the number of executions, which is exponential in
// the number of conflicting steps. The memory is proportional to the number of
// steps in one execution times the number of threads.
func Run(p Program, o Options) (Result, error) {
	e := New(len(p.Threads), o)
	defer e.Close()
	return e.Run(p)
}

var strategyNames = [...]string{"source sets", "exhaustive", "preemptions"}

func (s Strategy) String() string { return strategyNames[s] }
