package broken

import "runtime"

// The maps of this file break S1. Each looks in one critical section and acts in
// another. One goroutine alone sees nothing; the Gosched between the two makes
// two goroutines see it within a few rounds.

// S1LostSwap breaks S1: Swap reads the old value and stores the new one in two
// steps, so two Swaps return the same old value and one update is lost.
//
// After go#70970: Swap on an entry that others were changing. Shown by two
// Swaps of one key at once.
type S1LostSwap struct{ core }

// Swap is a Load and a Store.
func (m *S1LostSwap) Swap(key, value any) (previous any, loaded bool) {
	previous, loaded = m.Load(key)
	runtime.Gosched()
	m.Store(key, value)
	return previous, loaded
}

// S1TwoDeleters breaks S1: of two LoadAndDelete of one key both return its
// value.
//
// After haxmap v1.4.0, where two GetAndDel both succeed. Shown by a Store, and
// then two LoadAndDelete at once.
type S1TwoDeleters struct{ core }

// LoadAndDelete is a Load and a Delete.
func (m *S1TwoDeleters) LoadAndDelete(key any) (value any, loaded bool) {
	value, loaded = m.Load(key)
	runtime.Gosched()
	m.Delete(key)
	return value, loaded
}

// S1TwoStorers breaks S1: of two LoadOrStore of one key both say that they
// stored.
//
// After haxmap v1.4.0, where two GetOrSet both say so. Shown by two LoadOrStore
// of an absent key at once.
type S1TwoStorers struct{ core }

// LoadOrStore is a Load, and a Store if that found nothing.
func (m *S1TwoStorers) LoadOrStore(key, value any) (actual any, loaded bool) {
	if actual, loaded = m.Load(key); loaded {
		return actual, true
	}
	runtime.Gosched()
	m.Store(key, value)
	return value, false
}

// S1CompareThenSwap breaks S1: CompareAndSwap compares and stores in two steps,
// so that two of them, or one and a CompareAndDelete, succeed on one value.
//
// After go#70970. Shown by a Store(v), and then two CompareAndSwap(v, …) at
// once.
type S1CompareThenSwap struct{ core }

// CompareAndSwap is a Load, and a Store if that found old.
func (m *S1CompareThenSwap) CompareAndSwap(key, old, new any) (swapped bool) {
	if current, ok := m.Load(key); !ok || current != old {
		return false
	}
	runtime.Gosched()
	m.Store(key, new)
	return true
}

// S1CompareThenDelete breaks S1: CompareAndDelete may delete a value that is
// not the one it compared.
//
// After go#70970. Shown by a Store(v), and then two CompareAndDelete(v) at
// once, both of which succeed; or one beside a Store that is lost.
type S1CompareThenDelete struct{ core }

// CompareAndDelete is a Load, and a Delete if that found old.
func (m *S1CompareThenDelete) CompareAndDelete(key, old any) (deleted bool) {
	if current, ok := m.Load(key); !ok || current != old {
		return false
	}
	runtime.Gosched()
	m.Delete(key)
	return true
}

// S1GapInStore breaks S1: Store overwrites a key by removing it and adding it
// again, and in between the key is absent for all others.
//
// After maps that move an entry when they grow: out of one table, later into
// the next. Shown by a Store over a present key beside a Load, which misses it.
type S1GapInStore struct{ core }

// Store is a Delete and a Store.
func (m *S1GapInStore) Store(key, value any) {
	m.Delete(key)
	runtime.Gosched()
	m.core.Store(key, value)
}

// S1LengthAsVersion breaks S1: LoadOrStore looks again only if the number of
// keys has changed since it looked first. A deletion and a store in between
// leave the number as it was.
//
// After optimistic lookups whose version misses a change (ABA). Shown by
// Store(b), and then LoadOrStore(a) beside Delete(b), LoadOrStore(a): both
// store. One key is not enough.
type S1LengthAsVersion struct{ core }

// LoadOrStore takes an unchanged length for an unchanged map.
func (m *S1LengthAsVersion) LoadOrStore(key, value any) (actual any, loaded bool) {
	actual, loaded, length := m.look(key)
	if loaded {
		return actual, true
	}
	runtime.Gosched()
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.find(key); e != nil && len(m.entries) != length {
		return e.value, true
	}
	m.put(key, value)
	return value, false
}

// look is Load and Len at one instant.
func (m *S1LengthAsVersion) look(key any) (value any, ok bool, length int) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if e := m.find(key); e != nil {
		return e.value, true, len(m.entries)
	}
	return nil, false, len(m.entries)
}

// S1StoreToDeadEntry breaks S1: Store finds the key's entry, and writes to it
// later although it may have left the map: the value is lost.
//
// After skipmap v0.1.4 and go#70970. Shown by a Store beside a LoadAndDelete
// that returns the value before it: the key must be there afterwards, and is
// not.
type S1StoreToDeadEntry struct{ core }

// Store writes to the entry that it found in another critical section.
func (m *S1StoreToDeadEntry) Store(key, value any) {
	e := m.lookup(key)
	if e == nil {
		m.core.Store(key, value)
		return
	}
	runtime.Gosched()
	m.mu.Lock()
	defer m.mu.Unlock()
	e.value = value
}

// S1ReusedEntry breaks S1: Delete keeps the entry for the next new key, and a
// Load that has found it meanwhile returns that key's value, or none.
//
// After a flat map whose shrinking reused a slot without a new version. Shown
// by a Load(a) beside Delete(a), Store(b, v), which returns v.
type S1ReusedEntry struct {
	core
	free *entry
}

// Load reads the value in another critical section than the key.
func (m *S1ReusedEntry) Load(key any) (value any, ok bool) {
	e := m.lookup(key)
	if e == nil {
		return nil, false
	}
	runtime.Gosched()
	m.mu.RLock()
	defer m.mu.RUnlock()
	return e.value, true
}

// Store puts a new key into the free entry.
func (m *S1ReusedEntry) Store(key, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.find(key) != nil || m.free == nil {
		m.put(key, value)
		return
	}
	e := m.free
	m.free = nil
	e.key, e.value = key, value
	m.link(e)
}

// Delete keeps the entry, empty, for the next Store.
func (m *S1ReusedEntry) Delete(key any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.find(key); e != nil {
		m.unlink(key)
		e.key, e.value = nil, nil
		m.free = e
	}
}

// S1StaleLoad breaks S1: Load remembers the last key and value that it found.
// Every write makes it forget; but a Load that has read the table before the
// write remembers after it, and later Loads return the overwritten value.
//
// After read caches that are filled outside the lock. Shown by a Load beside a
// Store or Delete, and a Load after both.
type S1StaleLoad struct {
	core
	last *entry // a copy; guarded by mu
}

// Load answers from what it remembers, if that is the key.
func (m *S1StaleLoad) Load(key any) (value any, ok bool) {
	found, remembered := m.recall(key)
	if found == nil {
		return nil, false
	}
	if !remembered {
		runtime.Gosched()
		m.mu.Lock()
		defer m.mu.Unlock()
		m.last = found
	}
	return found.value, true
}

// recall returns a copy of key's entry, and whether it is the remembered one.
func (m *S1StaleLoad) recall(key any) (found *entry, remembered bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changed = func() { m.last = nil }
	if m.last != nil && m.last.key == key {
		return m.last, true
	}
	if e := m.find(key); e != nil {
		return &entry{key: e.key, value: e.value}, false
	}
	return nil, false
}
