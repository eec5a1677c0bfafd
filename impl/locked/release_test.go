package locked_test

import (
	"runtime"
	"strings"
	"testing"
	"unsafe"
	"weak"

	"github.com/mapspec/mapspec/impl/locked"
)

// An object is a key or a value. It has 32 bytes, because objects below 16 bytes
// without pointers share an allocation and are collected together.
type object [4]int

// objects are the instances that were passed to a map, held weakly.
type objects []weak.Pointer[object]

// reachable collects garbage and counts the instances that are alive.
func (o objects) reachable() (n int) {
	runtime.GC()
	for _, w := range o {
		if w.Value() != nil {
			n++
		}
	}
	return n
}

type objectMap = locked.Map[*object, *object]

// fill stores fresh keys and values. It is not inlined, so that no instance remains
// in the caller's frame. The same holds for the other functions here.
//
//go:noinline
//go:noinline
func fill(m *objectMap, n int) (keys, values objects) {
	for range n {
		key, value := new(object), new(object)
		m.Store(key, value)
		keys, values = append(keys, weak.Make(key)), append(values, weak.Make(value))
	}
	return keys, values
}

// each calls f for each pair whose key is alive.
//
//go:noinline
//go:noinline
func each(keys, values objects, f func(key, value *object)) {
	for i, key := range keys {
		f(key.Value(), values[i].Value())
	}
}

// Clauses: R1
func TestDeletedKeysAndValuesAreReleased(t *testing.T) {
	const n = 1000
	for name, del := range map[string]func(m *objectMap, key, value *object){
		"Delete":           func(m *objectMap, key, _ *object) { m.Delete(key) },
		"LoadAndDelete":    func(m *objectMap, key, _ *object) { m.LoadAndDelete(key) },
		"CompareAndDelete": func(m *objectMap, key, value *object) { m.CompareAndDelete(key, value) },
	} {
		t.Run(name, func(t *testing.T) {
			m := new(objectMap)
			residents, residentsValues := fill(m, 2)
			keys, values := fill(m, n)
			half := n / 2
			each(keys[:half], values[:half], func(key, value *object) { del(m, key, value) })
			if k, v := keys.reachable(), values.reachable(); k != n-half || v != n-half {
				t.Errorf("half deleted: %d keys and %d values reachable, want %d", k, v, n-half)
			}
			each(keys[half:], values[half:], func(key, value *object) { del(m, key, value) })
			if k, v := keys.reachable(), values.reachable(); k != 0 || v != 0 {
				t.Errorf("all deleted: %d keys and %d values reachable, want none", k, v)
			}
			if k, v := residents.reachable(), residentsValues.reachable(); k != 2 || v != 2 {
				t.Errorf("the probe is broken: it sees %d and %d of 2 residents", k, v)
			}
			runtime.KeepAlive(m)
		})
	}
}

// Clauses: R1
func TestOverwrittenValuesAreReleased(t *testing.T) {
	const n = 100
	for name, set := range map[string]func(m *objectMap, key, value *object){
		"Store":          func(m *objectMap, key, _ *object) { m.Store(key, nil) },
		"Swap":           func(m *objectMap, key, _ *object) { m.Swap(key, nil) },
		"CompareAndSwap": func(m *objectMap, key, value *object) { m.CompareAndSwap(key, value, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			m := new(objectMap)
			keys, values := fill(m, n)
			each(keys, values, func(key, value *object) { set(m, key, value) })
			if k, v := keys.reachable(), values.reachable(); k != n || v != 0 {
				t.Errorf("%d keys and %d values reachable, want %d and none", k, v, n)
			}
			runtime.KeepAlive(m)
		})
	}
}

// Clauses: R1
func TestClearedKeysAndValuesAreReleased(t *testing.T) {
	m := new(objectMap)
	keys, values := fill(m, 1000)
	m.Clear()
	if k, v := keys.reachable(), values.reachable(); k != 0 || v != 0 {
		t.Errorf("%d keys and %d values reachable, want none", k, v)
	}
	runtime.KeepAlive(m)
}

// TestPausedRangePinsOnlyWhatItBeganWith checks that a Range in progress pins only the
// entries that were present when it began, and that it pins nothing after it returns.
//
// Clauses: R2
func TestPausedRangePinsOnlyWhatItBeganWith(t *testing.T) {
	const n, churned = 10, 10_000
	m := new(objectMap)
	keys, values := fill(m, n)
	m.Range(func(_, _ *object) bool {
		m.Clear()
		k, v := fill(m, churned)
		each(k, v, func(key, _ *object) { m.Delete(key) })
		if k, v := k.reachable(), v.reachable(); k != 0 || v != 0 {
			t.Errorf("while Range is paused: %d keys and %d values that came and went", k, v)
		}
		if k := keys.reachable(); k > n {
			t.Errorf("while Range is paused: %d keys of its own, want at most %d", k, n)
		}
		return false
	})
	if k, v := keys.reachable(), values.reachable(); k != 0 || v != 0 {
		t.Errorf("after Range has returned: %d keys and %d values, want none", k, v)
	}
	runtime.KeepAlive(m)
}

// TestOverwritingReplacesTheKeyInstance checks that the map keeps the newer of two
// equal strings and releases the older.
//
// Clauses: S8
func TestOverwritingReplacesTheKeyInstance(t *testing.T) {
	m := new(locked.Map[string, int])
	older := storeClone(m, 1)
	newer := storeClone(m, 2)
	runtime.GC()
	if older.Value() != nil || newer.Value() == nil || m.Len() != 1 {
		t.Errorf("older reachable: %v, newer reachable: %v, Len %d; want false, true, 1",
			older.Value() != nil, newer.Value() != nil, m.Len())
	}
	runtime.KeepAlive(m)
}

//go:noinline
func storeClone(m *locked.Map[string, int], value int) weak.Pointer[byte] {
	key := strings.Clone("a key of more than thirty-two bytes, to be sure")
	m.Store(key, value)
	return weak.Make(unsafe.StringData(key))
}
