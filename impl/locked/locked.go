// Package locked is a Go map behind a read-write mutex: the map to judge the
// other maps by, because it is right at a glance.
//
// Every method takes the mutex, does what its sequential meaning says to one
// built-in map, and lets go. Four choices are worth a reason:
//
//   - Every method defers its unlock. Hashing a key and comparing two values
//     can panic (a key or value of interface type may hold a slice); both
//     happen before the map is changed, so such a call has no effect and
//     leaves no lock behind.
//   - Range copies the pairs under the lock and calls the function without
//     it. The function may therefore call any method, Range and Clear
//     included; and no pair is visited twice, which a live range over a Go
//     map that changes meanwhile does not promise.
//   - A CompareAndSwap or CompareAndDelete that fails could do with the
//     shared lock, but would have to let go of it and begin again in order to
//     succeed. It takes the exclusive one from the start.
//   - The table is made by the first Store and dropped by Clear, so the zero
//     value is an empty map, and a cleared map is a zero value again.
//
// What the map lets go of: at rest it holds the keys and values of a
// traversal and no others, because the built-in map zeroes the slots that
// delete empties. An overwritten key is the newer instance afterwards where
// equal keys can be distinct (strings, interfaces, and what contains them).
// A Range in progress pins the pairs that were present when it began, and
// nothing once it has returned.
//
// What it does not promise: a Load waits for a writer, even for one that is
// itself still waiting; and a built-in map never shrinks, so the table keeps
// the size of the largest number of keys it held since it was made. Only
// Clear gives it back.
package locked

import (
	"iter"
	"sync"
)

// Map is a map from K to V that goroutines may use at the same time. The zero
// value is an empty map, ready for use; a Map must not be copied after first
// use.
//
// A write synchronizes before every operation that observes its effect. Store,
// LoadOrStore, LoadAndDelete, Delete, Swap, CompareAndSwap, CompareAndDelete
// and Clear hold the lock exclusively and are ordered with every operation,
// whether or not they change anything. Every operation takes time O(1), but
// for traversals and the growth of the table, which take O(n).
//
// A key that is not equal to itself (NaN) behaves as in a Go map: every Store
// adds it once more, nothing finds it, a traversal visits each, only Clear
// removes them. A key whose dynamic type cannot be hashed panics, without
// effect.
type Map[K comparable, V any] struct {
	mu      sync.RWMutex
	entries map[K]V // nil until the first store, and again after Clear; guarded by mu
}

// Load returns the value of key. If the map has no such key it returns V's
// zero value and false.
func (m *Map[K, V]) Load(key K) (value V, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	value, ok = m.entries[key]
	return value, ok
}

// Store sets the value of key.
//
// Linearizes at the assignment to the table.
func (m *Map[K, V]) Store(key K, value V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(key, value)
}

// LoadOrStore returns the value of key and true if the map has the key;
// otherwise it stores value and returns it with false.
//
// Linearizes at the lookup if the key is found, else at the assignment to the
// table.
func (m *Map[K, V]) LoadOrStore(key K, value V) (actual V, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if current, ok := m.entries[key]; ok {
		return current, true
	}
	m.put(key, value)
	// Not looked up again: a NaN that was just stored is not found.
	return value, false
}

// LoadAndDelete deletes key and returns the value it had. If the map has no
// such key it returns V's zero value and false.
//
// Linearizes at the removal from the table, or at the lookup if it fails.
func (m *Map[K, V]) LoadAndDelete(key K) (value V, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, loaded = m.entries[key]
	delete(m.entries, key)
	return value, loaded
}

// Delete deletes key, if the map has it.
//
// Linearizes at the removal from the table.
func (m *Map[K, V]) Delete(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
}

// Swap sets the value of key and returns the value it had. If the map had no
// such key it returns V's zero value and false.
//
// Linearizes at the assignment to the table.
func (m *Map[K, V]) Swap(key K, value V) (previous V, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	previous, loaded = m.entries[key]
	m.put(key, value)
	return previous, loaded
}

// CompareAndSwap sets the value of key to new if the map has the key with a
// value equal to old, and reports whether it did. It panics, without effect,
// if the comparison does. A key that the map does not have never matches, and
// nothing is compared.
//
// Linearizes at the assignment to the table, or at the lookup if it fails.
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
// and reports whether it did. It panics, without effect, if the comparison
// does. A key that the map does not have never matches, and nothing is
// compared.
//
// Linearizes at the removal from the table, or at the lookup if it fails.
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
// Linearizes when it drops the table.
func (m *Map[K, V]) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	// The built-in clear would release the keys and values as well, but it
	// walks the whole table while everyone waits, and keeps it at its size.
	// Nobody else can have hold of the table: it never leaves the lock.
	m.entries = nil
}

// Len returns the number of keys.
func (m *Map[K, V]) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.entries)
}

// Range calls f for each key and value that the map has at one instant, early
// in the call, in no particular order, until f returns false. What happens to
// the map later has no influence on the visits.
//
// f runs without a lock: it may call any method, panic, or end its goroutine.
// A nil f panics unless the map is empty.
func (m *Map[K, V]) Range(f func(key K, value V) bool) {
	for _, p := range m.pairs() {
		if !f(p.key, p.value) {
			return
		}
	}
}

// All returns the traversal of Range as a sequence. It begins when the
// sequence is invoked, anew at each invocation.
func (m *Map[K, V]) All() iter.Seq2[K, V] {
	return m.Range
}

// Keys returns the traversal of Range as a sequence of the keys alone.
func (m *Map[K, V]) Keys() iter.Seq[K] {
	return func(yield func(K) bool) {
		m.Range(func(key K, _ V) bool { return yield(key) })
	}
}

// Values returns the traversal of Range as a sequence of the values alone.
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
// held.
func (m *Map[K, V]) has(key K, want V) bool {
	current, ok := m.entries[key]
	return ok && any(current) == any(want)
}

// pair is a key and its value, as Range copies them.
type pair[K comparable, V any] struct {
	key   K
	value V
}

// pairs returns what the map holds at one instant.
func (m *Map[K, V]) pairs() []pair[K, V] {
	m.mu.RLock()
	defer m.mu.RUnlock()
	pairs := make([]pair[K, V], 0, len(m.entries))
	for key, value := range m.entries {
		pairs = append(pairs, pair[K, V]{key, value})
	}
	return pairs
}
