package atomic

import (
	std "sync/atomic"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// number is the value and the methods of an integer type. Next to it, each integer
// type has an empty array of the real type: it sets the alignment, and go vet
// reports copies because of it.
type number[T integer] struct{ v T }

// Load returns the value.
func (x *number[T]) Load() T { return load(&x.v) }

// Store sets the value.
func (x *number[T]) Store(val T) { store(&x.v, val) }

// Swap sets the value and returns the old one.
func (x *number[T]) Swap(new T) (old T) { return swap(&x.v, new) }

// CompareAndSwap sets the value to new if it is old, and reports whether it did.
func (x *number[T]) CompareAndSwap(old, new T) (swapped bool) {
	return compareAndSwap(&x.v, old, new)
}

// Add adds delta and returns the new value.
func (x *number[T]) Add(delta T) (new T) { return add(&x.v, delta) }

// And clears the bits that are not in mask, and returns the old value.
func (x *number[T]) And(mask T) (old T) { return and(&x.v, mask) }

// Or sets the bits that are in mask, and returns the old value.
func (x *number[T]) Or(mask T) (old T) { return or(&x.v, mask) }

// Int32 is an atomic int32. It must not be copied after first use.
type Int32 struct {
	_ [0]std.Int32
	number[int32]
}

// Int64 is an atomic int64. It must not be copied after first use.
type Int64 struct {
	_ [0]std.Int64
	number[int64]
}

// Uint32 is an atomic uint32. It must not be copied after first use.
type Uint32 struct {
	_ [0]std.Uint32
	number[uint32]
}

// Uint64 is an atomic uint64. It must not be copied after first use.
type Uint64 struct {
	_ [0]std.Uint64
	number[uint64]
}

// Uintptr is an atomic uintptr. It must not be copied after first use.
type Uintptr struct {
	_ [0]std.Uintptr
	number[uintptr]
}

// Bool is an atomic bool. It must not be copied after first use.
type Bool struct{ v std.Bool }

func (x *Bool) before(k sched.Kind) { sched.Before(k, unsafe.Pointer(&x.v), unsafe.Sizeof(x.v)) }

// Load returns the value.
func (x *Bool) Load() bool {
	x.before(sched.Load)
	v := x.v.Load()
	if sched.Observing() {
		sched.RecordValues(v, nil)
	}
	return v
}

// Store sets the value.
func (x *Bool) Store(val bool) {
	x.before(sched.Store)
	x.v.Store(val)
	if sched.Observing() {
		sched.RecordValues(nil, val)
	}
}

// Swap sets the value and returns the old one.
func (x *Bool) Swap(new bool) (old bool) {
	x.before(sched.Update)
	old = x.v.Swap(new)
	if sched.Observing() {
		sched.RecordValues(old, new)
	}
	return old
}

// CompareAndSwap sets the value to new if it is old, and reports whether it did.
func (x *Bool) CompareAndSwap(old, new bool) (swapped bool) {
	x.before(sched.CompareAndSwap)
	swapped = x.v.CompareAndSwap(old, new)
	if !swapped {
		sched.Failed()
	}
	if sched.Observing() {
		if swapped {
			sched.RecordValues(old, new)
		} else {
			sched.RecordValues(x.v.Load(), nil)
		}
	}
	return swapped
}
