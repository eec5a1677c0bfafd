package flatmap_test

import (
	"fmt"
	"testing"

	"github.com/mapspec/mapspec/impl/flatmap"
)

// allocationFree checks that no operation on a map of a thousand keys allocates. It uses
// other instances of the keys than the map holds.
func allocationFree[K comparable, V any](t *testing.T, key func(i int) K, value func(i int) V) {
	t.Helper()
	const n = 1000
	var m flatmap.Map[K, V]
	for i := range n {
		m.Store(key(i), value(i))
	}
	var keys [n]K
	for i := range n {
		keys[i] = key(i)
	}
	absent, v, i := key(n), value(1), 0
	for name, call := range map[string]func(k K){
		"Load":             func(k K) { m.Load(k) },
		"Load of nothing":  func(K) { m.Load(absent) },
		"Store":            func(k K) { m.Store(k, v) },
		"Swap":             func(k K) { m.Swap(k, v) },
		"LoadOrStore":      func(k K) { m.LoadOrStore(k, v) },
		"Delete and Store": func(k K) { m.Delete(k); m.Store(k, v) },
		"Delete and LoadOrStore": func(k K) {
			m.LoadAndDelete(k)
			m.LoadOrStore(k, v)
		},
		"CompareAndSwap":   func(k K) { m.CompareAndSwap(k, v, v) },
		"CompareAndDelete": func(k K) { m.CompareAndDelete(k, v); m.Store(k, v) },
		"Compute":          func(k K) { m.Compute(k, func(V, bool) (V, bool) { return v, true }) },
		"Range":            func(K) { m.Range(func(K, V) bool { return false }) },
		"Len":              func(K) { m.Len() },
	} {
		if allocs := testing.AllocsPerRun(n, func() { call(keys[i%n]); i++ }); allocs != 0 {
			t.Errorf("%s of %T to %T allocates %v times", name, absent, v, allocs)
		}
	}
	var empty flatmap.Map[K, V]
	if allocs := testing.AllocsPerRun(100, func() { empty.Load(absent); empty.Delete(absent) }); allocs != 0 {
		t.Errorf("Load and Delete of %T from an empty map allocate %v times", absent, allocs)
	}
}

func TestOperationsThatNeedNoMemoryAllocateNone(t *testing.T) {
	allocationFree(t, integer, integer)
	allocationFree(t, address, address)
	allocationFree(t, func(i int) string { return fmt.Sprint("key-", i) }, integer)
}

// TestLoadOfABoxedKeyAllocatesNothing checks keys that are boxed: storing one allocates, but
// finding it does not.
func TestLoadOfABoxedKeyAllocatesNothing(t *testing.T) {
	var m flatmap.Map[[2]int, [2]int]
	m.Store([2]int{1, 2}, [2]int{3, 4})
	if allocs := testing.AllocsPerRun(100, func() { m.Load([2]int{1, 2}); m.Load([2]int{}) }); allocs != 0 {
		t.Errorf("Load allocates %v times", allocs)
	}
}
