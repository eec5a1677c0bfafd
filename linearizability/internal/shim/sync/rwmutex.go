package sync

import (
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// RWMutex is a lock that any number of readers or one writer can hold. The zero
// value is unlocked. It must not be copied after first use. Unlock synchronizes
// before later calls of Lock and RLock, and RUnlock before later calls of Lock.
// Readers are not ordered among themselves.
//
// A waiting writer keeps out new readers. A reader that calls RLock again therefore
// deadlocks with a writer that waits for it.
type RWMutex struct {
	w gate // held by the one writer that has got past it

	// A step touches all three fields, by the address of readers:
	//
	//	readers  writer  waiting      meaning
	//	n        false   empty        n readers hold the lock
	//	n > 0    true    the writer,  the writer waits for n readers, and the
	//	                 readers      readers behind it wait for the writer
	//	0        true    readers      the writer holds the lock
	//
	// A waiting writer's ticket is the first in the queue, as the writer began to
	// wait before it kept out any reader.
	readers int32
	writer  bool
	waiting queue
}

// The race detector learns what writers did from one address, and what readers did
// from another.
func (rw *RWMutex) byWriters() unsafe.Pointer { return unsafe.Pointer(&rw.readers) }
func (rw *RWMutex) byReaders() unsafe.Pointer { return unsafe.Pointer(&rw.waiting) }

func (rw *RWMutex) beginStep(k sched.Kind) { beginStep(k, unsafe.Pointer(&rw.readers)) }

// RLock locks rw for reading. The caller waits while a writer holds rw or waits for
// it.
func (rw *RWMutex) RLock() {
	if t := rw.enter(); t != nil {
		t.wait()
	}
	raceAcquire(rw.byWriters())
}

// enter returns the ticket to wait with, or nil if the reader holds the lock. After
// the wait it holds the lock, too: the writer has counted it.
//
//go:norace
func (rw *RWMutex) enter() (t *ticket) {
	rw.beginStep(sched.Update)
	if rw.writer {
		t = rw.waiting.push()
	} else {
		rw.readers++
	}
	endStep()
	return t
}

// TryRLock locks rw for reading if that is possible without waiting, and reports
// whether it did.
func (rw *RWMutex) TryRLock() bool {
	if !rw.tryEnter() {
		return false
	}
	raceAcquire(rw.byWriters())
	return true
}

//go:norace
func (rw *RWMutex) tryEnter() bool {
	rw.beginStep(sched.CompareAndSwap)
	entered := !rw.writer
	if entered {
		rw.readers++
	} else {
		sched.Failed()
	}
	endStep()
	return entered
}

// RUnlock undoes one RLock. It panics if no reader holds rw.
func (rw *RWMutex) RUnlock() {
	raceReleaseMerge(rw.byReaders())
	if t := rw.exit(); t != nil {
		t.release()
	}
}

// exit returns the ticket of the writer that has waited for this last reader, or
// nil.
//
//go:norace
func (rw *RWMutex) exit() (writer *ticket) {
	rw.beginStep(sched.Update)
	if rw.readers == 0 {
		endStep()
		panic("sync: RUnlock of unlocked RWMutex")
	}
	rw.readers--
	if rw.readers == 0 && rw.writer {
		writer = rw.waiting.pop()
	}
	endStep()
	return writer
}

// Lock locks rw for writing. The caller waits while a reader or writer holds rw.
func (rw *RWMutex) Lock() {
	rw.w.lock()
	if t := rw.announce(); t != nil {
		t.wait()
	}
	raceAcquire(rw.byWriters())
	raceAcquire(rw.byReaders())
}

// announce keeps out new readers. It returns the ticket to wait with, or nil if no
// reader holds the lock.
//
//go:norace
func (rw *RWMutex) announce() (t *ticket) {
	rw.beginStep(sched.Update)
	rw.writer = true
	if rw.readers > 0 {
		t = rw.waiting.push()
	}
	endStep()
	return t
}

// TryLock locks rw for writing if that is possible without waiting, and reports
// whether it did.
func (rw *RWMutex) TryLock() bool {
	if !rw.w.tryLock() {
		return false
	}
	if !rw.tryAnnounce() {
		rw.w.unlock()
		return false
	}
	raceAcquire(rw.byWriters())
	raceAcquire(rw.byReaders())
	return true
}

//go:norace
func (rw *RWMutex) tryAnnounce() bool {
	rw.beginStep(sched.CompareAndSwap)
	locked := rw.readers == 0
	if locked {
		rw.writer = true
	} else {
		sched.Failed()
	}
	endStep()
	return locked
}

// Unlock undoes Lock. It panics if no writer holds rw. The readers that wait get the
// lock before the next writer.
func (rw *RWMutex) Unlock() {
	raceRelease(rw.byWriters())
	rw.admit().release()
	rw.w.unlock()
}

// admit gives the lock to the readers that wait, and returns their tickets.
//
//go:norace
func (rw *RWMutex) admit() queue {
	rw.beginStep(sched.Update)
	if !rw.writer || rw.readers > 0 {
		endStep()
		panic("sync: Unlock of unlocked RWMutex")
	}
	rw.writer = false
	rw.readers = rw.waiting.len()
	readers := rw.waiting.popAll()
	endStep()
	return readers
}

// RLocker returns a Locker whose Lock is RLock and whose Unlock is RUnlock.
func (rw *RWMutex) RLocker() Locker { return (*reader)(rw) }

type reader RWMutex

func (r *reader) Lock()   { (*RWMutex)(r).RLock() }
func (r *reader) Unlock() { (*RWMutex)(r).RUnlock() }
