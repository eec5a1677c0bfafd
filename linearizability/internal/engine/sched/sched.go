// Package sched runs the threads of a program one at a time, and lets a
// strategy choose who goes next.
//
//	sched.go      this introduction; what a program calls
//	event.go      a step, and when two of them conflict
//	scheduler.go  an execution: who may go, who goes, how it ended
//	thread.go     a thread is a coroutine, used again and again
//	memory.go     words, the parts of them in use, and mutexes
//	waiting.go    Yield: when a spinning thread may go on
//	alone.go      code that runs outside of executions, and is bounded all the same
//	observe.go    what steps read and wrote, and where in the source they are
//	watch.go      what a watchdog may look at
//	race_on.go    what the race detector is told
//	view.go       what a strategy may look at
//
// # What a program calls
//
// A program declares each visible operation right before it: [Before] an
// atomic load, store or read-modify-write, [Lock], [TryLock], [Unlock],
// [Yield]. Everything between two of these is one thread's own business, so it
// makes one step with the operation before it. Go's atomics are sequentially
// consistent; therefore a program without data races has exactly the
// behaviours of the interleavings of its steps. That it has no data race is
// for others to check.
//
// Outside [Scheduler.Run] each of these functions does nothing, so that the
// same code prepares a program's state and reads its outcome. Mutexes have a
// state of their own therefore: one that cannot be had although Lock returned
// was locked before the execution; see [Stuck].
//
// # How threads take turns
//
// A thread is a coroutine (iter.Pull). The choice of the next thread is taken
// inside the one that runs, and control changes hands only if another one is
// chosen. One execution runs at a time in a process: Run waits for its turn.
// While it runs, no other goroutine may call what is declared here.
//
// # How an execution ends
//
//	Completed   every thread has returned, panicked or called runtime.Goexit
//	Deadlocked  nobody may go, and somebody waits for a mutex
//	Livelocked  nobody has gone on but by being woken, Limits.Wakes times
//	StepLimit   Limits.Steps steps were taken, and somebody may go
//	Stopped     the strategy said so
//
// What has not returned by then is unwound by a panic with a value of its own.
// While a thread is unwound, locks are granted, so that deferred unlocking
// works; every other operation panics again.
package sched

import "unsafe"

// running is the thread whose turn it is; nil outside an execution.
var running *thread

// Running reports whether the caller is a thread of an execution. A mutex that
// works in both worlds asks this first.
func Running() bool { return running != nil }

// Unwinding reports whether the caller's execution is over and the caller is
// being unwound: whoever recovers from panics must then panic again.
func Unwinding() bool { return running != nil && running.over() }

// Before declares that the caller is about to access size bytes at p, which lie
// within an aligned word of 8 bytes. k is Load, Store, Update or
// CompareAndSwap.
func Before(k Kind, p unsafe.Pointer, size uintptr) {
	if t := running; t != nil {
		t.reach(k, p, size)
	}
}

// Failed declares that the compare-and-swap that the caller just made swapped
// nothing, and so was a load.
func Failed() {
	if t := running; t != nil && !t.alone && !t.s.unwinding {
		t.s.failed(t)
	}
}

// mutexSize is how much of a mutex stands for it: a part that never straddles
// two words.
const mutexSize = 4

// Lock locks the mutex at p. The caller waits while it is locked.
func Lock(p unsafe.Pointer) {
	if t := running; t != nil {
		t.reach(Acquire, p, mutexSize)
	}
}

// TryLock locks the mutex at p, unless it is locked, and reports whether it
// did. Outside an execution it reports true.
func TryLock(p unsafe.Pointer) bool {
	t := running
	if t == nil {
		return true
	}
	t.reach(TryAcquire, p, mutexSize)
	return t.alone || t.granted
}

// Unlock unlocks the mutex at p, whoever locked it. It panics if the mutex is
// not locked.
func Unlock(p unsafe.Pointer) {
	t := running
	if t == nil {
		return
	}
	t.reach(Release, p, mutexSize)
	if !t.alone && !t.granted && !t.s.unwinding {
		panic("sched: unlock of unlocked mutex")
	}
}

// Hold makes the mutex at p locked from the beginning, which is no step: p is
// new, and the caller alone knows it. So somebody who finds, in the middle of a
// step, that it has to wait can leave a locked mutex for others to unlock.
func Hold(p unsafe.Pointer) {
	if t := running; t != nil && !t.alone && !t.s.unwinding {
		m := &t.s.memory
		m.locations[m.locate(p, mutexSize)].held = true
	}
}

// Yield is runtime.Gosched. The caller waits until something that it has read
// since its last Yield is written, or nobody else may go: see waiting.go.
func Yield() {
	if t := running; t != nil {
		t.reach(Pause, nil, 0)
	}
}

// Operation declares that the caller begins another operation of its program.
// What it read before does not count for the next Yield.
func Operation() {
	if t := running; t != nil && !t.alone && !t.s.unwinding {
		t.operation++
		t.fresh = true
	}
}

// Steps returns how many steps the caller has taken in this execution.
func Steps() int {
	if t := running; t != nil {
		return int(t.steps)
	}
	return 0
}

// Stuck declares that the caller cannot have a mutex that nobody in this
// execution holds. It does not return: the execution is deadlocked.
func Stuck() {
	t := running
	if t == nil {
		panic("sched: Stuck outside an execution")
	}
	t.stuck()
}

// Forget lets go of what the execution has touched, which is kept alive for it.
// No thread of it may touch anything after that.
func Forget() {
	if t := running; t != nil {
		t.s.memory.release()
	}
}
