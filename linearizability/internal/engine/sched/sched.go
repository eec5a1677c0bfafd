// Package sched runs the threads of a program one at a time and lets a strategy
// choose which thread runs next. It is the runtime below the rewritten copies of
// maps: their atomics and locks call it, so that an exploration can force every
// interleaving. Loom (src/rt) and dscheck (tracedAtomic.ml) are built the same
// way.
//
// # What a program calls
//
// A program declares each visible operation right before it happens: [Before]
// declares an atomic load, store or read-modify-write, and [Lock], [TryLock],
// [Unlock] and [Yield] declare themselves. The code between two declarations
// concerns one thread only, so it forms one step together with the operation
// before it. Go's atomics are sequentially consistent. A program without data
// races therefore has exactly the behaviours of the interleavings of its steps.
// This package does not check that there are no data races.
//
// Outside [Scheduler.Run] these functions do nothing, so that the same code can
// prepare a program's state and read its outcome. A mutex therefore needs a
// state of its own as well. If that state says locked although [Lock] returned,
// then the mutex was locked before the execution: see [BlockForever].
//
// # How threads take turns
//
// A thread is a coroutine (iter.Pull). The running thread itself asks the
// strategy who is next, and switches coroutines only if the answer is another
// thread. A process runs one execution at a time: Run waits for its turn. While
// an execution runs, no goroutine outside it may call this package.
//
// # How an execution ends
//
//	Completed   every thread has returned, panicked or called runtime.Goexit
//	Deadlocked  no thread can run, and at least one waits for a mutex
//	Livelocked  Limits.Wakes times in a row, threads could run only because
//	            they were woken
//	StepLimit   Limits.Steps steps were taken, and a thread can still run
//	Stopped     the strategy ended the execution
//
// Threads that have not returned by then are unwound by a panic with a private
// value. While a thread is unwound, locking and unlocking succeed, so that its
// deferred functions work. Every other operation panics again.
package sched

import "unsafe"

// running is the thread whose turn it is, or nil outside an execution.
var running *thread

// Running reports whether the caller is a thread of an execution. A mutex that
// works inside and outside executions asks this first.
func Running() bool { return running != nil }

// Unwinding reports whether the caller's execution has ended and the caller is
// being unwound. A caller that recovers from a panic must then panic again.
func Unwinding() bool { return running != nil && running.s.unwinding }

// Before declares that the caller is about to access size bytes at p, which must
// lie within one aligned word of 8 bytes. k is Load, Store, Update or
// CompareAndSwap.
func Before(k Kind, p unsafe.Pointer, size uintptr) {
	if t := running; t != nil {
		t.reach(k, p, size)
	}
}

// Failed declares that the compare-and-swap that the caller has just made did
// not swap, and so was a load.
func Failed() {
	if t := running; t != nil && !t.alone && !t.s.unwinding {
		t.s.markFailed(t)
	}
}

// mutexSize is how many bytes represent a mutex: the size of a part that never
// straddles two words.
const mutexSize = 4

// Lock locks the mutex at p. The caller waits while it is locked.
func Lock(p unsafe.Pointer) {
	if t := running; t != nil {
		t.reach(Acquire, p, mutexSize)
	}
}

// TryLock locks the mutex at p unless it is locked, and reports whether it did.
// Outside an execution it reports true.
func TryLock(p unsafe.Pointer) bool {
	t := running
	if t == nil {
		return true
	}
	t.reach(TryAcquire, p, mutexSize)
	return t.alone || t.granted
}

// Unlock unlocks the mutex at p, even if another thread locked it. It panics if
// the mutex is not locked.
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

// Hold makes the mutex at p locked from the start. It is not a step, so p must
// be new and known to the caller only. A thread that finds in the middle of a
// step that it has to wait can thus leave a locked mutex behind, for another
// thread to unlock.
func Hold(p unsafe.Pointer) {
	if t := running; t != nil && !t.alone && !t.s.unwinding {
		m := &t.s.memory
		m.locations[m.locate(p, mutexSize)].held = true
	}
}

// Yield is runtime.Gosched. The caller waits until something that it has read
// since its last Yield is written, or until no other thread can run. waiting.go
// has the details.
func Yield() {
	if t := running; t != nil {
		t.reach(Pause, nil, 0)
	}
}

// Operation declares that the caller begins the next operation of its program.
// Its next Yield does not wait for anything that it read before.
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

// BlockForever declares that the caller waits for a mutex that no thread of this
// execution can unlock. It does not return, and the execution ends as a
// deadlock.
func BlockForever() {
	t := running
	if t == nil {
		panic("sched: BlockForever outside an execution")
	}
	t.blockForever()
}

// Forget releases the memory that the execution has touched, which is otherwise
// kept reachable until the execution ends. Its threads must not touch memory
// after that.
func Forget() {
	if t := running; t != nil {
		t.s.memory.release()
	}
}
