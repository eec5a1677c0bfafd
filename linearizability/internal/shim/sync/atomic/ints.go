package atomic

import (
	std "sync/atomic"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Int32 is an atomic int32. The zero value is zero. It must not be copied after
// first use.
type Int32 struct{ v std.Int32 }

func (x *Int32) at() *int32 { return (*int32)(unsafe.Pointer(&x.v)) }

// Load returns the value.
func (x *Int32) Load() int32 { return load(x.at()) }

// Store sets the value.
func (x *Int32) Store(val int32) { store(x.at(), val) }

// Swap sets the value and returns the old one.
func (x *Int32) Swap(new int32) (old int32) { return swap(x.at(), new) }

// CompareAndSwap sets the value if it is old, and reports whether it was.
func (x *Int32) CompareAndSwap(old, new int32) (swapped bool) {
	return compareAndSwap(x.at(), old, new)
}

// Add adds delta and returns the new value.
func (x *Int32) Add(delta int32) (new int32) { return add(x.at(), delta) }

// And clears the bits that mask has not, and returns the old value.
func (x *Int32) And(mask int32) (old int32) { return and(x.at(), mask) }

// Or sets the bits of mask and returns the old value.
func (x *Int32) Or(mask int32) (old int32) { return or(x.at(), mask) }

// Int64 is an atomic int64. The zero value is zero. It must not be copied after
// first use.
type Int64 struct{ v std.Int64 }

func (x *Int64) at() *int64 { return (*int64)(unsafe.Pointer(&x.v)) }

// Load returns the value.
func (x *Int64) Load() int64 { return load(x.at()) }

// Store sets the value.
func (x *Int64) Store(val int64) { store(x.at(), val) }

// Swap sets the value and returns the old one.
func (x *Int64) Swap(new int64) (old int64) { return swap(x.at(), new) }

// CompareAndSwap sets the value if it is old, and reports whether it was.
func (x *Int64) CompareAndSwap(old, new int64) (swapped bool) {
	return compareAndSwap(x.at(), old, new)
}

// Add adds delta and returns the new value.
func (x *Int64) Add(delta int64) (new int64) { return add(x.at(), delta) }

// And clears the bits that mask has not, and returns the old value.
func (x *Int64) And(mask int64) (old int64) { return and(x.at(), mask) }

// Or sets the bits of mask and returns the old value.
func (x *Int64) Or(mask int64) (old int64) { return or(x.at(), mask) }

// Uint32 is an atomic uint32. The zero value is zero. It must not be copied after
// first use.
type Uint32 struct{ v std.Uint32 }

func (x *Uint32) at() *uint32 { return (*uint32)(unsafe.Pointer(&x.v)) }

// Load returns the value.
func (x *Uint32) Load() uint32 { return load(x.at()) }

// Store sets the value.
func (x *Uint32) Store(val uint32) { store(x.at(), val) }

// Swap sets the value and returns the old one.
func (x *Uint32) Swap(new uint32) (old uint32) { return swap(x.at(), new) }

// CompareAndSwap sets the value if it is old, and reports whether it was.
func (x *Uint32) CompareAndSwap(old, new uint32) (swapped bool) {
	return compareAndSwap(x.at(), old, new)
}

// Add adds delta and returns the new value.
func (x *Uint32) Add(delta uint32) (new uint32) { return add(x.at(), delta) }

// And clears the bits that mask has not, and returns the old value.
func (x *Uint32) And(mask uint32) (old uint32) { return and(x.at(), mask) }

// Or sets the bits of mask and returns the old value.
func (x *Uint32) Or(mask uint32) (old uint32) { return or(x.at(), mask) }

// Uint64 is an atomic uint64. The zero value is zero. It must not be copied after
// first use.
type Uint64 struct{ v std.Uint64 }

func (x *Uint64) at() *uint64 { return (*uint64)(unsafe.Pointer(&x.v)) }

// Load returns the value.
func (x *Uint64) Load() uint64 { return load(x.at()) }

// Store sets the value.
func (x *Uint64) Store(val uint64) { store(x.at(), val) }

// Swap sets the value and returns the old one.
func (x *Uint64) Swap(new uint64) (old uint64) { return swap(x.at(), new) }

// CompareAndSwap sets the value if it is old, and reports whether it was.
func (x *Uint64) CompareAndSwap(old, new uint64) (swapped bool) {
	return compareAndSwap(x.at(), old, new)
}

// Add adds delta and returns the new value.
func (x *Uint64) Add(delta uint64) (new uint64) { return add(x.at(), delta) }

// And clears the bits that mask has not, and returns the old value.
func (x *Uint64) And(mask uint64) (old uint64) { return and(x.at(), mask) }

// Or sets the bits of mask and returns the old value.
func (x *Uint64) Or(mask uint64) (old uint64) { return or(x.at(), mask) }

// Uintptr is an atomic uintptr. The zero value is zero. It must not be copied after
// first use.
type Uintptr struct{ v std.Uintptr }

func (x *Uintptr) at() *uintptr { return (*uintptr)(unsafe.Pointer(&x.v)) }

// Load returns the value.
func (x *Uintptr) Load() uintptr { return load(x.at()) }

// Store sets the value.
func (x *Uintptr) Store(val uintptr) { store(x.at(), val) }

// Swap sets the value and returns the old one.
func (x *Uintptr) Swap(new uintptr) (old uintptr) { return swap(x.at(), new) }

// CompareAndSwap sets the value if it is old, and reports whether it was.
func (x *Uintptr) CompareAndSwap(old, new uintptr) (swapped bool) {
	return compareAndSwap(x.at(), old, new)
}

// Add adds delta and returns the new value.
func (x *Uintptr) Add(delta uintptr) (new uintptr) { return add(x.at(), delta) }

// And clears the bits that mask has not, and returns the old value.
func (x *Uintptr) And(mask uintptr) (old uintptr) { return and(x.at(), mask) }

// Or sets the bits of mask and returns the old value.
func (x *Uintptr) Or(mask uintptr) (old uintptr) { return or(x.at(), mask) }

// Bool is an atomic bool. The zero value is false. It must not be copied after
// first use.
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

// CompareAndSwap sets the value if it is old, and reports whether it was.
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
