package broken

import (
	"cmp"
	"slices"
	"sync"
)

// core is the right map that every broken one embeds and of which it overrides
// what it breaks. It keeps every clause but R4 (a built-in map never shrinks)
// and P1 (a Load waits for a writer).
//
// A traversal goes from the oldest entry to the newest, so that nothing about
// a broken map depends on the order of a built-in one.
type core struct {
	mu sync.RWMutex

	// entries has one entry a key, several for NaN; nil until the first store.
	// It and all entries are guarded by mu.
	entries map[any]*entry

	// linked counts the entries ever linked, to number them.
	linked int

	// changed, if set, is called after each change with mu held.
	changed func()
}

// entry is a key and its value. An overwritten key keeps the older instance.
type entry struct {
	key, value any
	number     int
	beside     any // what a broken map keeps with the entry
}

// find returns key's entry or nil; it panics if key cannot be hashed. mu must
// be held.
func (m *core) find(key any) *entry { return m.entries[key] }

// has reports whether key is present with a value equal to want; it panics if
// the comparison does. mu must be held.
func (m *core) has(key, want any) bool {
	e := m.find(key)
	return e != nil && e.value == want
}

// put sets the value of key. mu must be held exclusively.
func (m *core) put(key, value any) {
	if e := m.find(key); e != nil {
		e.value = value
		m.note()
		return
	}
	m.link(&entry{key: key, value: value})
}

// link adds e under its key, which must be absent, as the newest entry. mu
// must be held exclusively.
func (m *core) link(e *entry) {
	if m.entries == nil {
		m.entries = map[any]*entry{}
	}
	m.linked++
	e.number = m.linked
	m.entries[e.key] = e
	m.note()
}

// unlink removes key, if it is there. mu must be held exclusively.
func (m *core) unlink(key any) {
	delete(m.entries, key)
	m.note()
}

// empty removes every entry. mu must be held exclusively.
func (m *core) empty() {
	clear(m.entries)
	m.note()
}

func (m *core) note() {
	if m.changed != nil {
		m.changed()
	}
}

// pairs returns a copy of every entry from the oldest to the newest, without
// what is beside it. mu must be held.
func (m *core) pairs() []entry {
	pairs := make([]entry, 0, len(m.entries))
	for _, e := range m.entries {
		pairs = append(pairs, entry{key: e.key, value: e.value, number: e.number})
	}
	slices.SortFunc(pairs, func(a, b entry) int { return cmp.Compare(a.number, b.number) })
	return pairs
}

// snapshot is pairs for callers without mu.
func (m *core) snapshot() []entry {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.pairs()
}

// lookup is find for callers without mu.
func (m *core) lookup(key any) *entry {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.find(key)
}

// Load returns the value of key, or nil and false.
func (m *core) Load(key any) (value any, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if e := m.find(key); e != nil {
		return e.value, true
	}
	return nil, false
}

// Store sets the value of key.
func (m *core) Store(key, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(key, value)
}

// LoadOrStore returns the value of key and true, or stores value and returns
// it with false.
func (m *core) LoadOrStore(key, value any) (actual any, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.find(key); e != nil {
		return e.value, true
	}
	m.put(key, value)
	return value, false
}

// LoadAndDelete deletes key and returns the value it had, or nil and false.
func (m *core) LoadAndDelete(key any) (value any, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.find(key)
	if e == nil {
		return nil, false
	}
	m.unlink(key)
	return e.value, true
}

// Delete deletes key.
func (m *core) Delete(key any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unlink(key)
}

// Swap sets the value of key and returns the one it had, or nil and false.
func (m *core) Swap(key, value any) (previous any, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.find(key); e != nil {
		previous, loaded = e.value, true
	}
	m.put(key, value)
	return previous, loaded
}

// CompareAndSwap sets the value of key to new if it is old.
func (m *core) CompareAndSwap(key, old, new any) (swapped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.has(key, old) {
		return false
	}
	m.put(key, new)
	return true
}

// CompareAndDelete deletes key if its value is old.
func (m *core) CompareAndDelete(key, old any) (deleted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.has(key, old) {
		return false
	}
	m.unlink(key)
	return true
}

// Clear deletes every key.
func (m *core) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.empty()
}

// Len returns the number of keys.
func (m *core) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.entries)
}

// Range calls f, without a lock, for each key that was there when it began,
// until f returns false.
func (m *core) Range(f func(key, value any) bool) {
	for _, p := range m.snapshot() {
		if !f(p.key, p.value) {
			return
		}
	}
}
