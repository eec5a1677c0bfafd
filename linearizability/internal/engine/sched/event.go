package sched

import (
	"math/bits"
	"slices"
)

// Kind is what a step does.
type Kind uint8

// What a step may do, and what counts as a write: a write to a location
// conflicts with everything that touches it, a read only with writes.
//
//	Load            reads
//	Store           writes
//	Update          writes: a read-modify-write that always writes
//	CompareAndSwap  writes if it swaps, otherwise reads
//	Acquire         writes the mutex; may not go while it is locked
//	TryAcquire      writes the mutex if it locks it, otherwise reads
//	Release         writes the mutex
//	Pause           reads what its thread has read since the last one; see waiting.go
//
// That a failure reads is sound: only a write can turn it into a success, and
// the write conflicts with it.
const (
	Load Kind = iota
	Store
	Update
	CompareAndSwap
	Acquire
	TryAcquire
	Release
	Pause
)

var kindNames = [...]string{
	"load", "store", "update", "compare-and-swap", "lock", "try-lock", "unlock", "yield",
}

func (k Kind) String() string { return kindNames[k] }

// MayWrite reports whether a step of this kind can be a write.
func (k Kind) MayWrite() bool { return k != Load && k != Pause }

// Event is a step: one that was taken, or the next one of a thread.
type Event struct {
	// Waits are what a Pause waits for; nothing if it was woken. They are
	// valid until the scheduler runs again: see Clone.
	Waits []Wait
	// Location numbers what is touched, in the order of first use in the
	// execution; -1 for a Pause. Two locations overlap if they have the same
	// Word and their Masks have a bit, which is a byte, in common.
	Location, Word int32
	// Index counts the steps of the thread, from 1.
	Index int32
	// Operation counts the calls of [Operation] by the thread.
	Operation int32
	// After is how many steps had been taken when a Pause was woken.
	After  int32
	Thread uint8
	Kind   Kind
	Mask   uint8
	// Writes says whether the step wrote; of a step not taken, whether it may.
	Writes bool
	// Woken says that a Pause ended because nobody else could go.
	Woken bool
}

// Wait is a location that was read before a Pause, first by the step At of the
// trace.
type Wait struct {
	Location, Word, At int32
	version            uint32
	Mask               uint8
}

// declare makes e the next step of t, which touches nothing as yet.
func (e *Event) declare(t *thread, k Kind) {
	if e.Waits != nil {
		e.Waits = nil
	}
	e.Location, e.Word = -1, -1
	e.Index, e.Operation, e.After = t.steps+1, t.operation, 0
	e.Thread, e.Kind, e.Mask = t.id, k, 0
	e.Writes, e.Woken = k.MayWrite(), false
}

// set is *e = *f, one field after the other: what was just written in small
// parts is slow to read as a whole, and this is done for every step.
func (e *Event) set(f *Event) {
	if e.Waits != nil || f.Waits != nil {
		e.Waits = f.Waits
	}
	e.Location, e.Word = f.Location, f.Word
	e.Index, e.Operation, e.After = f.Index, f.Operation, f.After
	e.Thread, e.Kind, e.Mask = f.Thread, f.Kind, f.Mask
	e.Writes, e.Woken = f.Writes, f.Woken
}

// Copy makes e an event like f that stays valid.
func (e *Event) Copy(f *Event) {
	e.set(f)
	if f.Waits != nil {
		e.Waits = slices.Clone(f.Waits)
	}
}

// Clone returns an event that stays valid.
func (e *Event) Clone() (c Event) {
	c.Copy(e)
	return c
}

// Same reports whether e and f are the same step as far as a thread declares
// it: the thread, the kind, the location.
func (e *Event) Same(f *Event) bool {
	return e.Thread == f.Thread && e.Kind == f.Kind && e.Location == f.Location && e.Mask == f.Mask
}

// Conflict reports whether the order of a and b matters. Two steps of one
// thread are not asked about.
//
// A compare-and-swap that failed is a read to whoever touches the same bytes.
// To whoever touches some of them it is a write still: take a step that reads
// the lower half of a word, and one that writes the upper half and so makes a
// compare-and-swap of the word fail. The two do not conflict, but the first one
// conflicts with a compare-and-swap that the second one did not get at.
func Conflict(a, b *Event) bool {
	switch {
	case !a.Kind.MayWrite() && !b.Kind.MayWrite():
		return false
	case a.Kind == Pause:
		return awaits(a.Waits, b)
	case b.Kind == Pause:
		return awaits(b.Waits, a)
	case a.Location == b.Location:
		return a.Writes || b.Writes
	}
	return a.Word == b.Word && a.Mask&b.Mask != 0
}

func awaits(waits []Wait, e *Event) bool {
	for i := range waits {
		w := &waits[i]
		if w.Word == e.Word && w.Mask&e.Mask != 0 && (e.Writes || w.Location != e.Location) {
			return true
		}
	}
	return false
}

// MaxThreads is how many threads a program may have.
const MaxThreads = 64

// Threads is a set of threads.
type Threads uint64

// Only returns the set of thread t.
func Only(t int) Threads { return 1 << t }

// Has reports whether t is in the set.
func (s Threads) Has(t int) bool { return s>>t&1 != 0 }

// First returns the lowest thread of a set that is not empty.
func (s Threads) First() int { return bits.TrailingZeros64(uint64(s)) }

// Len returns the number of threads in the set.
func (s Threads) Len() int { return bits.OnesCount64(uint64(s)) }

// Rest returns the set without its lowest thread.
func (s Threads) Rest() Threads { return s & (s - 1) }
