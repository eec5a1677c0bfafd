// Package search runs a small program under a scheduler of its own, in every
// interleaving that matters, or in a sample of them.
//
//	search.go     this introduction; programs, options, Run
//	result.go     what an exploration says: counts, coverage, a failure
//	engine.go     executions one after the other, whatever the strategy
//	depthfirst.go depth first: the path, sleep sets, the divergence guard
//	order.go      happens-before in an execution, and its races
//	source.go     reversing a race: source sets
//	class.go      the key of an equivalence class
//	pct.go        sampling: priorities that change a few times
//	schedule.go   a schedule as a string, and its replay
//
// # What matters
//
// Two executions that differ in the order of steps that do not conflict are
// equivalent (Mazurkiewicz 1986): threads see the same values and end in the
// same state. One execution a class is enough for whatever depends on these.
// It is not enough for linearizability, where it also matters which operation
// returned before which was called: that is judged for a class as a whole,
// elsewhere.
//
// # How classes are found
//
// Dynamic partial order reduction (Flanagan and Godefroid, POPL 2005): run an
// execution; for each pair of steps that conflict and have nothing between
// them that orders them, a race, go back to before the first and arrange for
// the second to come before it. Source sets say which threads will do as a
// beginning, and sleep sets keep a branch from doing again what an earlier one
// has done (Abdulla, Aronis, Jonsson and Sagonas, JACM 2017).
//
//	SourceSets   every class; besides, some executions are begun that sleep
//	             sets cut short, as they could only repeat a class
//	Exhaustive   every interleaving: for tests
//
// The same paper's wakeup trees avoid the executions that are cut short. They
// have to compare steps of different executions, and are right only if they
// know where a step goes and whether it will write. Here a location has a number
// by first use in its execution, and a compare-and-swap that is moved may turn
// out differently; a tree that errs on either loses classes.
//
// Sampling (Burckhardt and others, ASPLOS 2010) is for programs that are too
// large: see [Sample].
//
// # Steps that may not go
//
// A thread may not lock a mutex that is locked. So the unlock before a lock is
// not a step that it races with; the lock before is. A thread that waits for a
// mutex when everything ends takes part in races as if it had locked it:
// otherwise some deadlocks would be missed. How Yield waits is told in package
// sched.
package search

import (
	"time"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Program is what is explored. It must do the same whenever the same threads
// take the same steps: no random numbers, no iteration over a Go map, no other
// goroutines.
type Program struct {
	// Setup makes the state afresh; it is called before each execution.
	Setup func()
	// Threads run at the same time, at most sched.MaxThreads of them. Their
	// visible operations are declared to package sched.
	Threads []func()
	// Check judges an execution that was not cut short by sleep sets. Without
	// it, a panic is a failure. A deadlock and a livelock are failures anyway.
	Check func(Execution) error
	// Stall, if any, is a thread that is stopped for ever. Deadlock and livelock
	// are no failures then.
	Stall *Stall
}

// Execution is what Check may look at, until it returns.
type Execution struct {
	Ending sched.Ending
	// Trace are the steps in the order in which they were taken.
	Trace []sched.Event
	// Blocked are the threads that had not ended when the execution did.
	Blocked sched.Threads
	// Panics ended threads; Exits are the threads that called runtime.Goexit.
	Panics []sched.Panic
	Exits  sched.Threads
	// Observations are those of Options.Observe, one a step.
	Observations []sched.Observation

	engine *Engine
}

// Clocks returns, for each step of the trace, how many steps of each thread
// happen before it or are it: as many numbers as there are threads, one step
// after the other. All conflicts order, those of a read before a write included.
func (x Execution) Clocks() []int32 { return x.engine.clocks() }

// Pending returns the step that a thread in Blocked did not come to take.
// Its Step of the observation is of no meaning.
func (x Execution) Pending(t int) (sched.Event, sched.Observation) {
	return x.engine.sched.Pending(t).Clone(), x.engine.sched.PendingPlace(t)
}

// Schedule returns the schedule of the execution.
func (x Execution) Schedule() Schedule { return scheduleOf(x.Trace) }

// Strategy says how to search.
type Strategy uint8

// The strategies of Run: see the introduction.
const (
	SourceSets Strategy = iota
	Exhaustive
	// Preemptions is Exhaustive among the executions with at most
	// Options.Preemptions switches away from a thread that may go on
	// (Musuvathi and Qadeer, PLDI 2007).
	Preemptions
)

// Options bound an exploration. The zero value is a good choice.
type Options struct {
	Strategy Strategy
	// MaxExecutions bounds executions, those cut short included; 0: no bound.
	MaxExecutions int
	// Timeout bounds the time, 0: no bound.
	Timeout time.Duration
	// Stop, if any, is asked before each execution whether to end. The bound is
	// then Halted.
	Stop func() bool
	// Limits bound one execution.
	Limits sched.Limits
	// KeepGoing explores on after a failure.
	KeepGoing bool
	// Distinct counts classes by their keys. It takes some 40 bytes of memory
	// a class; without it memory does not grow.
	Distinct bool
	// Preemptions is for the strategy of this name.
	Preemptions int
	// Observe collects what steps read and wrote; that takes time. Look, if any,
	// is called before each step with the address that it touches, nil for a
	// Pause.
	Observe bool
	Look    func(unsafe.Pointer)
}

// Stall stops Thread for ever when it has taken After steps.
type Stall struct{ Thread, After int }

// Run explores p. The error is a [*DivergenceError].
//
// The time is proportional to the number of executions, which is exponential
// in the number of conflicting steps. The memory is that of one execution, times
// the number of threads.
func Run(p Program, o Options) (Result, error) {
	e := New(len(p.Threads), o)
	defer e.Close()
	return e.Run(p)
}

var strategyNames = [...]string{"source sets", "exhaustive", "preemptions"}

func (s Strategy) String() string { return strategyNames[s] }
