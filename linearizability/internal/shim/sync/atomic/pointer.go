package atomic

import (
	std "sync/atomic"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Pointer is an atomic *T. The zero value is nil. It must not be copied after
// first use.
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

// CompareAndSwap sets the value if it is old, and reports whether it was.
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

// Value holds values of one type, that of the first one stored. The zero value
// holds nothing. It must not be copied after first use.
//
// It is two words; its first one stands for both, since no other access
// overlaps them. The panics are those of the real type.
type Value struct{ v std.Value }

func (v *Value) before(k sched.Kind) { sched.Before(k, unsafe.Pointer(&v.v), pointerSize) }

// Load returns the value stored last, or nil.
func (v *Value) Load() (val any) {
	v.before(sched.Load)
	val = v.v.Load()
	if sched.Observing() {
		sched.RecordValues(val, nil)
	}
	return val
}

// Store sets the value. It panics if val is nil or not of the type of the first
// one.
func (v *Value) Store(val any) {
	v.before(sched.Store)
	v.v.Store(val)
	if sched.Observing() {
		sched.RecordValues(nil, val)
	}
}

// Swap sets the value and returns the old one, or nil. It panics as Store does.
func (v *Value) Swap(new any) (old any) {
	v.before(sched.Update)
	old = v.v.Swap(new)
	if sched.Observing() {
		sched.RecordValues(old, new)
	}
	return old
}

// CompareAndSwap sets the value if it is old, and reports whether it was. It
// panics as Store does, and if old cannot be compared.
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
