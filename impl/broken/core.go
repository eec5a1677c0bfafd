package broken

import (
	"cmp"
	"slices"
	"sync"
)

// core is the correct map that every broken map embeds. A broken map overrides
// the methods that it breaks. core keeps every clause except R4 (a built-in map
// never shrinks) and P1 (a Load waits for a writer).
//
// A traversal visits entries from the oldest to the newest, so that nothing
// about a broken map depends on the iteration order of a built-in map.
type core struct {
	mu sync.RWMutex

	// entries has one entry per key, or several for NaN. It is nil until the
	// first store. mu guards it and all entries.
	entries map[any]*entry

	// linked is the number of entries ever linked, used to number them.
	linked int

	// changed, if not nil, is called after each change with mu held.
	changed func()
}

// entry is a key and its value. Overwriting a key keeps its older instance.
type entry struct {
	key, value any
	number     int
	extra      any // what a broken map adds to the entry
}

// find returns key's entry or nil. It panics if key cannot be hashed. mu must
// be held.
func (m *core) find(key any) *entry { return m.entries[key] }

// has reports whether key is present with a value equal to want. It panics if
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

// link adds e as the newest entry. Its key must be absent. mu must be held
// exclusively.
func (m *core) link(e *entry) {
	if m.entries == nil {
		m.entries = map[any]*entry{}
	}
	m.linked++
	e.number = m.linked
	m.entries[e.key] = e
	m.note()
}

// unlink removes key if it is present. mu must be held exclusively.
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

// pairs returns a copy of every entry, from the oldest to the newest, without
// its extra. mu must be held.
func (m *core) pairs() []entry {
	pairs := make([]entry, 0, len(m.entries))
	for _, e := range m.entries {
		pairs = append(pairs, entry{key: e.key, value: e.value, number: e.number})
	}
	slices.SortFunc(pairs, func(a, b entry) int { return cmp.Compare(a.number, b.number) })
	return pairs
}

// snapshot is pairs for callers that do not hold mu.
func (m *core) snapshot() []entry {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.pairs()
}

// lookup is find for callers that do not hold mu.
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

// LoadOrStore returns the value of key and true, or stores and returns value
// with false.
func (m *core) LoadOrStore(key, value any) (actual any, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.find(key); e != nil {
		return e.value, true
	}
	m.put(key, value)
	return value, false
}

// LoadAndDelete deletes key and returns its value, or nil and false.
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

// Swap sets the value of key and returns the previous one, or nil and false.
func (m *core) Swap(key, value any) (previous any, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.find(key); e != nil {
		previous, loaded = e.value, true
	}
	m.put(key, value)
	return previous, loaded
}

// CompareAndSwap sets the value of key to new if its value is old.
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

// Range calls f without holding a lock for each key that was present when Range
// was called, until f returns false.
func (m *core) Range(f func(key, value any) bool) {
	for _, p := range m.snapshot() {
		if !f(p.key, p.value) {
			return
		}
	}
}
