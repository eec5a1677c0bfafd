package sched

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// Kind is what a step does.
type Kind uint8

// The kinds of steps. A write to a location conflicts with every access to it. A
// read conflicts with writes only.
//
//	Load            reads
//	Store           writes
//	Update          writes: a read-modify-write that always writes
//	CompareAndSwap  writes if it swaps, otherwise reads
//	Acquire         writes the mutex, and has to wait while the mutex is locked
//	TryAcquire      writes the mutex if it locks it, otherwise reads it
//	Release         writes the mutex
//	Pause           reads what its thread has read since the last Pause: see
//	                waiting.go
//
// Treating a failed attempt as a read is sound: only a write can turn it into a
// success, and a read conflicts with that write.
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

// Event is a step: either one that was taken, or the next one of a thread.
type Event struct {
	// Waits is what a Pause waits for. It is empty if the Pause was woken. It is
	// valid until the scheduler runs again: see Clone.
	Waits []Wait
	// Location is the number of the location that is touched, counted in the
	// order of first use in the execution. It is -1 for a Pause. Two locations
	// overlap if they have the same Word and a common bit in their Masks. Each
	// bit of a Mask is a byte of the word.
	Location, Word int32
	// Index counts the steps of the thread, from 1.
	Index int32
	// Operation counts the calls of the function [Operation] by the thread.
	Operation int32
	// After is the number of steps that had been taken when a Pause was woken.
	After  int32
	Thread uint8
	Kind   Kind
	Mask   uint8
	// Writes says whether the step wrote. For a step that has not been taken it
	// says whether the step may write.
	Writes bool
	// Woken says that a Pause ended because no other thread could run.
	Woken bool
}

// Wait is a location that was read before a Pause. At is the index in the trace
// of the first such read.
type Wait struct {
	Location, Word, At int32
	version            uint32
	Mask               uint8
}

// declare makes e the next step of t. It touches nothing yet.
func (e *Event) declare(t *thread, k Kind) {
	if e.Waits != nil {
		e.Waits = nil
	}
	e.Location, e.Word = -1, -1
	e.Index, e.Operation, e.After = t.steps+1, t.operation, 0
	e.Thread, e.Kind, e.Mask = t.id, k, 0
	e.Writes, e.Woken = k.MayWrite(), false
}

// set is *e = *f, field by field. Every step calls it right after the fields of
// *f were written, and reading many small writes back as large words defeats the
// processor's store forwarding.
func (e *Event) set(f *Event) {
	if e.Waits != nil || f.Waits != nil {
		e.Waits = f.Waits
	}
	e.Location, e.Word = f.Location, f.Word
	e.Index, e.Operation, e.After = f.Index, f.Operation, f.After
	e.Thread, e.Kind, e.Mask = f.Thread, f.Kind, f.Mask
	e.Writes, e.Woken = f.Writes, f.Woken
}

// Copy makes e a copy of f that remains valid when the scheduler runs again.
func (e *Event) Copy(f *Event) {
	e.set(f)
	if f.Waits != nil {
		e.Waits = slices.Clone(f.Waits)
	}
}

// Clone returns a copy of e that remains valid when the scheduler runs again.
func (e *Event) Clone() (c Event) {
	c.Copy(e)
	return c
}

// Same reports whether a thread declares e and f in the same way: with the same
// thread, kind and location.
func (e *Event) Same(f *Event) bool {
	return e.Thread == f.Thread && e.Kind == f.Kind && e.Location == f.Location && e.Mask == f.Mask
}

// Conflict reports whether the order of a and b matters, where a and b are steps
// of different threads.
//
// A failed compare-and-swap counts as a read for steps that access exactly the
// same bytes. For steps that access only some of them it still counts as a
// write. For example, let one step read the lower half of a word, and let
// another write the upper half, which makes a compare-and-swap of the whole word
// fail. The two steps do not conflict with each other. But the first conflicts
// with the compare-and-swap that would have succeeded without the second.
func Conflict(a, b *Event) bool {
	switch {
	case !a.Kind.MayWrite() && !b.Kind.MayWrite():
		return false
	case a.Kind == Pause:
		return endsWait(a.Waits, b)
	case b.Kind == Pause:
		return endsWait(b.Waits, a)
	case a.Location == b.Location:
		return a.Writes || b.Writes
	}
	return a.Word == b.Word && a.Mask&b.Mask != 0
}

// endsWait reports whether e may write what a Pause waits for.
func endsWait(waits []Wait, e *Event) bool {
	for i := range waits {
		w := &waits[i]
		if w.Word == e.Word && w.Mask&e.Mask != 0 && (e.Writes || w.Location != e.Location) {
			return true
		}
	}
	return false
}

// MaxThreads is the largest number of threads that a program may have.
const MaxThreads = 64

// Threads is a set of threads.
type Threads uint64

// String lists the threads, as in "0, 2".
func (s Threads) String() string {
	var names []string
	for r := s; r != 0; r = r.Rest() {
		names = append(names, strconv.Itoa(r.First()))
	}
	return strings.Join(names, ", ")
}

// Only returns the set that contains only thread t.
func Only(t int) Threads { return 1 << t }

// Has reports whether t is in the set.
func (s Threads) Has(t int) bool { return s>>t&1 != 0 }

// First returns the lowest thread of a set that is not empty.
func (s Threads) First() int { return bits.TrailingZeros64(uint64(s)) }

// Len returns the number of threads in the set.
func (s Threads) Len() int { return bits.OnesCount64(uint64(s)) }

// Rest returns the set without its lowest thread.
func (s Threads) Rest() Threads { return s & (s - 1) }
