// Package atomic stands in for sync/atomic in the rewritten copy of a map. Every
// operation is the real one, and is declared to package sched right before it
// happens. Outside an execution only the real operation happens. The race detector
// sees the real operation in both cases.
//
// The types have the size, alignment, zero value and methods of the real ones, and
// go vet reports copies of them.
//
// A compare-and-swap that does not swap is declared as failed, and so counts as a
// read. One that panics (see [Value]) remains declared as a write. That costs
// executions, but no execution is lost.
package atomic

import (
	std "sync/atomic"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// integer lists the types without ~, so that each is instantiated separately and
// the compiler knows the sizes in the functions below.
type integer interface {
	int32 | int64 | uint32 | uint64 | uintptr
}

func as32[T integer](p *T) *uint32 { return (*uint32)(unsafe.Pointer(p)) }
func as64[T integer](p *T) *uint64 { return (*uint64)(unsafe.Pointer(p)) }

func load[T integer](p *T) (v T) {
	sched.Before(sched.Load, unsafe.Pointer(p), unsafe.Sizeof(*p))
	if unsafe.Sizeof(*p) == 4 {
		v = T(std.LoadUint32(as32(p)))
	} else {
		v = T(std.LoadUint64(as64(p)))
	}
	if sched.Observing() {
		sched.RecordValues(v, nil)
	}
	return v
}

func store[T integer](p *T, v T) {
	sched.Before(sched.Store, unsafe.Pointer(p), unsafe.Sizeof(*p))
	if unsafe.Sizeof(*p) == 4 {
		std.StoreUint32(as32(p), uint32(v))
	} else {
		std.StoreUint64(as64(p), uint64(v))
	}
	if sched.Observing() {
		sched.RecordValues(nil, v)
	}
}

func swap[T integer](p *T, v T) (old T) {
	sched.Before(sched.Update, unsafe.Pointer(p), unsafe.Sizeof(*p))
	if unsafe.Sizeof(*p) == 4 {
		old = T(std.SwapUint32(as32(p), uint32(v)))
	} else {
		old = T(std.SwapUint64(as64(p), uint64(v)))
	}
	if sched.Observing() {
		sched.RecordValues(old, v)
	}
	return old
}

// add returns the new value.
func add[T integer](p *T, d T) (v T) {
	sched.Before(sched.Update, unsafe.Pointer(p), unsafe.Sizeof(*p))
	if unsafe.Sizeof(*p) == 4 {
		v = T(std.AddUint32(as32(p), uint32(d)))
	} else {
		v = T(std.AddUint64(as64(p), uint64(d)))
	}
	if sched.Observing() {
		sched.RecordValues(v-d, v)
	}
	return v
}

// and returns the old value.
func and[T integer](p *T, mask T) (old T) {
	sched.Before(sched.Update, unsafe.Pointer(p), unsafe.Sizeof(*p))
	if unsafe.Sizeof(*p) == 4 {
		old = T(std.AndUint32(as32(p), uint32(mask)))
	} else {
		old = T(std.AndUint64(as64(p), uint64(mask)))
	}
	if sched.Observing() {
		sched.RecordValues(old, old&mask)
	}
	return old
}

// or returns the old value.
func or[T integer](p *T, mask T) (old T) {
	sched.Before(sched.Update, unsafe.Pointer(p), unsafe.Sizeof(*p))
	if unsafe.Sizeof(*p) == 4 {
		old = T(std.OrUint32(as32(p), uint32(mask)))
	} else {
		old = T(std.OrUint64(as64(p), uint64(mask)))
	}
	if sched.Observing() {
		sched.RecordValues(old, old|mask)
	}
	return old
}

func compareAndSwap[T integer](p *T, old, new T) (swapped bool) {
	sched.Before(sched.CompareAndSwap, unsafe.Pointer(p), unsafe.Sizeof(*p))
	if unsafe.Sizeof(*p) == 4 {
		swapped = std.CompareAndSwapUint32(as32(p), uint32(old), uint32(new))
	} else {
		swapped = std.CompareAndSwapUint64(as64(p), uint64(old), uint64(new))
	}
	if !swapped {
		sched.Failed()
	}
	if sched.Observing() {
		if swapped {
			sched.RecordValues(old, new)
		} else {
			sched.RecordValues(failedValue(p), nil)
		}
	}
	return swapped
}

// failedValue returns the value that a failed compare-and-swap has read. In an
// execution no other thread has written since.
func failedValue[T integer](p *T) T {
	if unsafe.Sizeof(*p) == 4 {
		return T(std.LoadUint32(as32(p)))
	}
	return T(std.LoadUint64(as64(p)))
}
