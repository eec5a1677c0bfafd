package atomic

import (
	std "sync/atomic"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Pointer is an atomic *T. It must not be copied after first use.
type Pointer[T any] struct{ v std.Pointer[T] }

func (x *Pointer[T]) before(k sched.Kind) { sched.Before(k, unsafe.Pointer(&x.v), pointerSize) }

// Load returns the value.
func (x *Pointer[T]) Load() *T {
	x.before(sched.Load)
	v := x.v.Load()
	if sched.Observing() {
		sched.RecordValues(v, nil)
	}
	return v
}

// Store sets the value.
func (x *Pointer[T]) Store(val *T) {
	x.before(sched.Store)
	x.v.Store(val)
	if sched.Observing() {
		sched.RecordValues(nil, val)
	}
}

// Swap sets the value and returns the old one.
func (x *Pointer[T]) Swap(new *T) (old *T) {
	x.before(sched.Update)
	old = x.v.Swap(new)
	if sched.Observing() {
		sched.RecordValues(old, new)
	}
	return old
}

// CompareAndSwap sets the value to new if it is old, and reports whether it did.
func (x *Pointer[T]) CompareAndSwap(old, new *T) (swapped bool) {
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

// Value holds values of one type, the type of the value that is stored first. The
// zero value holds nothing. It must not be copied after first use. It panics when
// the real type does.
//
// A Value has two words. The first represents both, as every access to a Value
// touches both.
type Value struct{ v std.Value }

func (v *Value) before(k sched.Kind) { sched.Before(k, unsafe.Pointer(&v.v), pointerSize) }

// Load returns the latest value, or nil if there is none.
func (v *Value) Load() (val any) {
	v.before(sched.Load)
	val = v.v.Load()
	if sched.Observing() {
		sched.RecordValues(val, nil)
	}
	return val
}

// Store sets the value. It panics if val is nil or has another type than the first
// value.
func (v *Value) Store(val any) {
	v.before(sched.Store)
	v.v.Store(val)
	if sched.Observing() {
		sched.RecordValues(nil, val)
	}
}

// Swap sets the value and returns the old one, or nil if there is none. It panics
// when Store does.
func (v *Value) Swap(new any) (old any) {
	v.before(sched.Update)
	old = v.v.Swap(new)
	if sched.Observing() {
		sched.RecordValues(old, new)
	}
	return old
}

// CompareAndSwap sets the value to new if it is old, and reports whether it did. It
// panics when Store does, and if old is not comparable.
func (v *Value) CompareAndSwap(old, new any) (swapped bool) {
	v.before(sched.CompareAndSwap)
	swapped = v.v.CompareAndSwap(old, new)
	if !swapped {
		sched.Failed()
	}
	if sched.Observing() {
		if swapped {
			sched.RecordValues(old, new)
		} else {
			sched.RecordValues(v.v.Load(), nil)
		}
	}
	return swapped
}
