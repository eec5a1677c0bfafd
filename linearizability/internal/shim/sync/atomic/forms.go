package atomic

import (
	std "sync/atomic"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// LoadInt32 returns *addr.
func LoadInt32(addr *int32) (val int32) { return load(addr) }

// StoreInt32 sets *addr.
func StoreInt32(addr *int32, val int32) { store(addr, val) }

// SwapInt32 sets *addr and returns the old value.
func SwapInt32(addr *int32, new int32) (old int32) { return swap(addr, new) }

// CompareAndSwapInt32 sets *addr to new if it is old, and reports whether it did.
func CompareAndSwapInt32(addr *int32, old, new int32) (swapped bool) {
	return compareAndSwap(addr, old, new)
}

// AddInt32 adds delta to *addr and returns the new value.
func AddInt32(addr *int32, delta int32) (new int32) { return add(addr, delta) }

// AndInt32 clears the bits of *addr that are not in mask, and returns the old value.
func AndInt32(addr *int32, mask int32) (old int32) { return and(addr, mask) }

// OrInt32 sets the bits of *addr that are in mask, and returns the old value.
func OrInt32(addr *int32, mask int32) (old int32) { return or(addr, mask) }

// LoadInt64 returns *addr.
func LoadInt64(addr *int64) (val int64) { return load(addr) }

// StoreInt64 sets *addr.
func StoreInt64(addr *int64, val int64) { store(addr, val) }

// SwapInt64 sets *addr and returns the old value.
func SwapInt64(addr *int64, new int64) (old int64) { return swap(addr, new) }

// CompareAndSwapInt64 sets *addr to new if it is old, and reports whether it did.
func CompareAndSwapInt64(addr *int64, old, new int64) (swapped bool) {
	return compareAndSwap(addr, old, new)
}

// AddInt64 adds delta to *addr and returns the new value.
func AddInt64(addr *int64, delta int64) (new int64) { return add(addr, delta) }

// AndInt64 clears the bits of *addr that are not in mask, and returns the old value.
func AndInt64(addr *int64, mask int64) (old int64) { return and(addr, mask) }

// OrInt64 sets the bits of *addr that are in mask, and returns the old value.
func OrInt64(addr *int64, mask int64) (old int64) { return or(addr, mask) }

// LoadUint32 returns *addr.
func LoadUint32(addr *uint32) (val uint32) { return load(addr) }

// StoreUint32 sets *addr.
func StoreUint32(addr *uint32, val uint32) { store(addr, val) }

// SwapUint32 sets *addr and returns the old value.
func SwapUint32(addr *uint32, new uint32) (old uint32) { return swap(addr, new) }

// CompareAndSwapUint32 sets *addr to new if it is old, and reports whether it did.
func CompareAndSwapUint32(addr *uint32, old, new uint32) (swapped bool) {
	return compareAndSwap(addr, old, new)
}

// AddUint32 adds delta to *addr and returns the new value.
func AddUint32(addr *uint32, delta uint32) (new uint32) { return add(addr, delta) }

// AndUint32 clears the bits of *addr that are not in mask, and returns the old value.
func AndUint32(addr *uint32, mask uint32) (old uint32) { return and(addr, mask) }

// OrUint32 sets the bits of *addr that are in mask, and returns the old value.
func OrUint32(addr *uint32, mask uint32) (old uint32) { return or(addr, mask) }

// LoadUint64 returns *addr.
func LoadUint64(addr *uint64) (val uint64) { return load(addr) }

// StoreUint64 sets *addr.
func StoreUint64(addr *uint64, val uint64) { store(addr, val) }

// SwapUint64 sets *addr and returns the old value.
func SwapUint64(addr *uint64, new uint64) (old uint64) { return swap(addr, new) }

// CompareAndSwapUint64 sets *addr to new if it is old, and reports whether it did.
func CompareAndSwapUint64(addr *uint64, old, new uint64) (swapped bool) {
	return compareAndSwap(addr, old, new)
}

// AddUint64 adds delta to *addr and returns the new value.
func AddUint64(addr *uint64, delta uint64) (new uint64) { return add(addr, delta) }

// AndUint64 clears the bits of *addr that are not in mask, and returns the old value.
func AndUint64(addr *uint64, mask uint64) (old uint64) { return and(addr, mask) }

// OrUint64 sets the bits of *addr that are in mask, and returns the old value.
func OrUint64(addr *uint64, mask uint64) (old uint64) { return or(addr, mask) }

// LoadUintptr returns *addr.
func LoadUintptr(addr *uintptr) (val uintptr) { return load(addr) }

// StoreUintptr sets *addr.
func StoreUintptr(addr *uintptr, val uintptr) { store(addr, val) }

// SwapUintptr sets *addr and returns the old value.
func SwapUintptr(addr *uintptr, new uintptr) (old uintptr) { return swap(addr, new) }

// CompareAndSwapUintptr sets *addr to new if it is old, and reports whether it did.
func CompareAndSwapUintptr(addr *uintptr, old, new uintptr) (swapped bool) {
	return compareAndSwap(addr, old, new)
}

// AddUintptr adds delta to *addr and returns the new value.
func AddUintptr(addr *uintptr, delta uintptr) (new uintptr) { return add(addr, delta) }

// AndUintptr clears the bits of *addr that are not in mask, and returns the old value.
func AndUintptr(addr *uintptr, mask uintptr) (old uintptr) { return and(addr, mask) }

// OrUintptr sets the bits of *addr that are in mask, and returns the old value.
func OrUintptr(addr *uintptr, mask uintptr) (old uintptr) { return or(addr, mask) }

const pointerSize = unsafe.Sizeof(unsafe.Pointer(nil))

// LoadPointer returns *addr.
func LoadPointer(addr *unsafe.Pointer) (val unsafe.Pointer) {
	sched.Before(sched.Load, unsafe.Pointer(addr), pointerSize)
	val = std.LoadPointer(addr)
	if sched.Observing() {
		sched.RecordValues(val, nil)
	}
	return val
}

// StorePointer sets *addr.
func StorePointer(addr *unsafe.Pointer, val unsafe.Pointer) {
	sched.Before(sched.Store, unsafe.Pointer(addr), pointerSize)
	std.StorePointer(addr, val)
	if sched.Observing() {
		sched.RecordValues(nil, val)
	}
}

// SwapPointer sets *addr and returns the old value.
func SwapPointer(addr *unsafe.Pointer, new unsafe.Pointer) (old unsafe.Pointer) {
	sched.Before(sched.Update, unsafe.Pointer(addr), pointerSize)
	old = std.SwapPointer(addr, new)
	if sched.Observing() {
		sched.RecordValues(old, new)
	}
	return old
}

// CompareAndSwapPointer sets *addr to new if it is old, and reports whether it did.
func CompareAndSwapPointer(addr *unsafe.Pointer, old, new unsafe.Pointer) (swapped bool) {
	sched.Before(sched.CompareAndSwap, unsafe.Pointer(addr), pointerSize)
	swapped = std.CompareAndSwapPointer(addr, old, new)
	if !swapped {
		sched.Failed()
	}
	if sched.Observing() {
		if swapped {
			sched.RecordValues(old, new)
		} else {
			sched.RecordValues(std.LoadPointer(addr), nil)
		}
	}
	return swapped
}
