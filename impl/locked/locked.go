// Package locked is a Go map behind a read-write mutex. It is evidently correct, so
// the other maps are judged by it. Use it if few goroutines share the map, or if
// simple code matters more than speed:
//
//	var ages locked.Map[string, int] // the zero value is ready
//	ages.Store("Ada", 36)
//	age, ok := ages.Load("Ada")
//	fmt.Println(age, ok, ages.Len()) // 36 true 1
//
// Every method locks the mutex, operates on one built-in map, and unlocks. Four
// decisions need a reason:
//
//   - Every method defers its unlock. Hashing a key or comparing two values can
//     panic, as an interface may contain a slice. Both happen before the map is
//     changed, so such a call has no effect and leaves the mutex unlocked.
//   - Range copies the pairs under the lock, and calls the function without it. So
//     the function may call any method, and no pair is visited twice. Ranging over
//     a Go map that changes meanwhile would not promise that.
//   - CompareAndSwap and CompareAndDelete lock exclusively from the start. The
//     shared lock would do if they fail, but it cannot be upgraded if they succeed.
//   - The first Store makes the table and Clear drops it. So the zero value is an
//     empty map, and a cleared map is a zero value again.
//
// The map releases memory promptly: at rest it references only what a traversal
// would visit, because the built-in map zeroes deleted slots. Overwriting replaces
// the key too, where equal keys can be distinct (strings, interfaces, and types
// that contain them). A Range in progress references the pairs that it copied.
//
// It does not promise more. A Load waits for a writer, even for one that is itself
// waiting. A built-in map never shrinks, so the table keeps the size of the largest
// number of keys since it was made, until Clear drops it.
package locked

import (
	"iter"
	"sync"
)

// Map is a map from K to V that is safe for concurrent use by multiple
// goroutines. The zero value is an empty map, ready for use. A Map must not be
// copied after first use.
//
// A write synchronizes before every operation that observes its effect. Store,
// LoadOrStore, LoadAndDelete, Delete, Swap, CompareAndSwap, CompareAndDelete and
// Clear lock exclusively. They are ordered with every other operation, whether or
// not they change anything. Traversals, and writes that grow the table, take time
// O(n). All other operations take time O(1).
//
// A key that is not equal to itself (NaN) behaves as in a Go map: every Store
// adds it again, no lookup finds it, a traversal visits every copy, and only Clear
// removes them. A key whose dynamic type cannot be hashed panics, without
// effect.
type Map[K comparable, V any] struct {
	mu      sync.RWMutex
	entries map[K]V // nil until the first store, and again after Clear; guarded by mu
}

// Load returns the value of key. If the map has no such key, it returns V's
// zero value and false.
func (m *Map[K, V]) Load(key K) (value V, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	value, ok = m.entries[key]
	return value, ok
}

// Store sets the value of key.
//
// It linearizes at the assignment to the table.
func (m *Map[K, V]) Store(key K, value V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(key, value)
}

// LoadOrStore returns the value of key and true if the map has the key.
// Otherwise it stores value and returns value and false.
//
// It linearizes at the lookup if the key is found, and otherwise at the assignment
// to the table.
func (m *Map[K, V]) LoadOrStore(key K, value V) (actual V, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if current, ok := m.entries[key]; ok {
		return current, true
	}
	m.put(key, value)
	// Do not look the key up again: a NaN that was just stored is not found.
	return value, false
}

// LoadAndDelete deletes key and returns the previous value. If the map has no
// such key, it returns V's zero value and false.
//
// It linearizes at the removal from the table, or at the lookup if it fails.
func (m *Map[K, V]) LoadAndDelete(key K) (value V, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, loaded = m.entries[key]
	delete(m.entries, key)
	return value, loaded
}

// Delete deletes key, if the map has it.
//
// It linearizes at the removal from the table.
func (m *Map[K, V]) Delete(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
}

// Swap sets the value of key and returns the previous value. If the map had no
// such key, it returns V's zero value and false.
//
// It linearizes at the assignment to the table.
func (m *Map[K, V]) Swap(key K, value V) (previous V, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	previous, loaded = m.entries[key]
	m.put(key, value)
	return previous, loaded
}

// CompareAndSwap sets the value of key to new if the map has the key with a
// value equal to old, and reports whether it did. If the comparison panics, so
// does CompareAndSwap, without effect. An absent key never matches, and no values
// are compared.
//
// It linearizes at the assignment to the table, or at the lookup if it fails.
func (m *Map[K, V]) CompareAndSwap(key K, old, new V) (swapped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.has(key, old) {
		return false
	}
	m.put(key, new)
	return true
}

// CompareAndDelete deletes key if the map has it with a value equal to old,
// and reports whether it did. If the comparison panics, so does
// CompareAndDelete, without effect. An absent key never matches, and no values
// are compared.
//
// It linearizes at the removal from the table, or at the lookup if it fails.
func (m *Map[K, V]) CompareAndDelete(key K, old V) (deleted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.has(key, old) {
		return false
	}
	delete(m.entries, key)
	return true
}

// Clear deletes every key.
//
// It linearizes when it drops the table.
func (m *Map[K, V]) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	// The built-in clear would also release the keys and values, but it walks the
	// whole table under the lock and keeps its size. Dropping the table is safe,
	// as no reference to it is used without the lock.
	m.entries = nil
}

// Len returns the number of keys.
func (m *Map[K, V]) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.entries)
}

// Range calls f for each key and value that the map has at one instant, early
// in the call, in no particular order, until f returns false. Later changes of
// the map do not affect the visits.
//
// f runs without a lock: it may call any method, panic, or exit its goroutine.
// A nil f panics unless the map is empty.
func (m *Map[K, V]) Range(f func(key K, value V) bool) {
	for _, p := range m.pairs() {
		if !f(p.key, p.value) {
			return
		}
	}
}

// All returns an iterator over keys and values, as visited by Range. Each use of it
// is a new traversal.
func (m *Map[K, V]) All() iter.Seq2[K, V] {
	return m.Range
}

// Keys returns an iterator over keys, as visited by Range.
func (m *Map[K, V]) Keys() iter.Seq[K] {
	return func(yield func(K) bool) {
		m.Range(func(key K, _ V) bool { return yield(key) })
	}
}

// Values returns an iterator over values, as visited by Range.
func (m *Map[K, V]) Values() iter.Seq[V] {
	return func(yield func(V) bool) {
		m.Range(func(_ K, value V) bool { return yield(value) })
	}
}

// put sets the value of key. mu must be held exclusively.
func (m *Map[K, V]) put(key K, value V) {
	if m.entries == nil {
		m.entries = make(map[K]V)
	}
	m.entries[key] = value
}

// has reports whether key is present with a value equal to want. mu must be
// held, at least shared.
func (m *Map[K, V]) has(key K, want V) bool {
	current, ok := m.entries[key]
	return ok && any(current) == any(want)
}

// pair is a key and its value, as copied by Range.
type pair[K comparable, V any] struct {
	key   K
	value V
}

// pairs returns all keys and values of the map at one instant.
func (m *Map[K, V]) pairs() []pair[K, V] {
	m.mu.RLock()
	defer m.mu.RUnlock()
	pairs := make([]pair[K, V], 0, len(m.entries))
	for key, value := range m.entries {
		pairs = append(pairs, pair[K, V]{key, value})
	}
	return pairs
}
