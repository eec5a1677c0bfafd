package sync

import (
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// RWMutex is a mutex that any number of readers hold, or one writer. The zero
// value is unlocked. It must not be copied after first use. Unlock synchronizes
// before a Lock or RLock that follows it, RUnlock before a Lock that follows it;
// readers are not ordered among themselves.
//
// A writer that waits keeps new readers out. So a reader that locks once more
// waits for a writer that waits for it.
type RWMutex struct {
	w gate // one writer at a time gets further than this

	// What a step on readers touches:
	//
	//	readers  writer  waiting     meaning
	//	n        false   empty       n readers are in
	//	n > 0    true    the writer  it waits for n readers; more
	//	                 and readers readers wait behind it
	//	0        true    readers     the writer is in
	//
	// The ticket of the writer, if it waits, is the first of the line: it has
	// waited since before the readers were kept out.
	readers int32
	writer  bool
	waiting line
}

// The race detector knows what writers did by one address, and what readers did
// by another one.
func (rw *RWMutex) byWriters() unsafe.Pointer { return unsafe.Pointer(&rw.readers) }
func (rw *RWMutex) byReaders() unsafe.Pointer { return unsafe.Pointer(&rw.waiting) }

func (rw *RWMutex) begin(k sched.Kind) { begin(k, unsafe.Pointer(&rw.readers)) }

// RLock locks rw for reading. The caller waits while a writer holds it, or
// waits for it.
func (rw *RWMutex) RLock() {
	if t := rw.enter(); t != nil {
		t.wait()
	}
	raceAcquire(rw.byWriters())
}

// enter returns the ticket to wait with, if any. After the wait the reader is
// in: the writer has counted it.
//
//go:norace
func (rw *RWMutex) enter() (t *ticket) {
	rw.begin(sched.Update)
	if rw.writer {
		t = rw.waiting.join()
	} else {
		rw.readers++
	}
	end()
	return t
}

// TryRLock locks rw for reading unless it would have to wait, and reports
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
	rw.begin(sched.CompareAndSwap)
	in := !rw.writer
	if in {
		rw.readers++
	} else {
		sched.Failed()
	}
	end()
	return in
}

// RUnlock undoes one RLock. It panics if no reader is in.
func (rw *RWMutex) RUnlock() {
	raceReleaseMerge(rw.byReaders())
	if t := rw.exit(); t != nil {
		t.release()
	}
}

// exit returns the ticket of the writer that waited for this reader, if any.
//
//go:norace
func (rw *RWMutex) exit() (writer *ticket) {
	rw.begin(sched.Update)
	if rw.readers == 0 {
		end()
		panic("sync: RUnlock of unlocked RWMutex")
	}
	rw.readers--
	if rw.readers == 0 && rw.writer {
		writer = rw.waiting.leave()
	}
	end()
	return writer
}

// Lock locks rw for writing. The caller waits while anybody holds it.
func (rw *RWMutex) Lock() {
	rw.w.lock()
	if t := rw.announce(); t != nil {
		t.wait()
	}
	raceAcquire(rw.byWriters())
	raceAcquire(rw.byReaders())
}

// announce keeps new readers out. It returns the ticket to wait with if there
// are readers in.
//
//go:norace
func (rw *RWMutex) announce() (t *ticket) {
	rw.begin(sched.Update)
	rw.writer = true
	if rw.readers > 0 {
		t = rw.waiting.join()
	}
	end()
	return t
}

// TryLock locks rw for writing unless it would have to wait, and reports whether
// it did.
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
	rw.begin(sched.CompareAndSwap)
	in := rw.readers == 0
	if in {
		rw.writer = true
	} else {
		sched.Failed()
	}
	end()
	return in
}

// Unlock undoes Lock. It panics if no writer is in. The readers that wait get in
// before the next writer.
func (rw *RWMutex) Unlock() {
	raceRelease(rw.byWriters())
	rw.admit().release()
	rw.w.unlock()
}

// admit counts the readers that wait as readers that are in, and returns them.
//
//go:norace
func (rw *RWMutex) admit() line {
	rw.begin(sched.Update)
	if !rw.writer || rw.readers > 0 {
		end()
		panic("sync: Unlock of unlocked RWMutex")
	}
	rw.writer = false
	rw.readers = rw.waiting.len()
	readers := rw.waiting.leaveAll()
	end()
	return readers
}

// RLocker returns a Locker whose Lock is RLock and whose Unlock is RUnlock.
func (rw *RWMutex) RLocker() Locker { return (*reader)(rw) }

type reader RWMutex

func (r *reader) Lock()   { (*RWMutex)(r).RLock() }
func (r *reader) Unlock() { (*RWMutex)(r).RUnlock() }
