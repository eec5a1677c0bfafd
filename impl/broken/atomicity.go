package broken

import "runtime"

// The maps in this file break S1. Each of them reads in one critical section and
// writes in another. A single goroutine notices nothing. The Gosched in between
// makes the violation show within a few rounds of two goroutines.

// S1LostSwap breaks S1: Swap reads the old value and stores the new one in two
// steps, so two Swaps can return the same old value, and one update is lost.
//
// Modelled on go#70970, a Swap of an entry that other goroutines were changing.
// Shown by two concurrent Swaps of one key.
type S1LostSwap struct{ core }

// Swap is a Load followed by a Store.
func (m *S1LostSwap) Swap(key, value any) (previous any, loaded bool) {
	previous, loaded = m.Load(key)
	runtime.Gosched()
	m.Store(key, value)
	return previous, loaded
}

// S1TwoDeleters breaks S1: two LoadAndDelete calls on one key both return its
// value.
//
// Modelled on haxmap v1.4.0, where two GetAndDel both succeed. Shown by a Store
// followed by two concurrent LoadAndDelete calls.
type S1TwoDeleters struct{ core }

// LoadAndDelete is a Load followed by a Delete.
func (m *S1TwoDeleters) LoadAndDelete(key any) (value any, loaded bool) {
	value, loaded = m.Load(key)
	runtime.Gosched()
	m.Delete(key)
	return value, loaded
}

// S1TwoStorers breaks S1: two LoadOrStore calls on one key both report that they
// stored.
//
// Modelled on haxmap v1.4.0, where two GetOrSet both do. Shown by two concurrent
// LoadOrStore calls on an absent key.
type S1TwoStorers struct{ core }

// LoadOrStore is a Load, followed by a Store if it found nothing.
func (m *S1TwoStorers) LoadOrStore(key, value any) (actual any, loaded bool) {
	if actual, loaded = m.Load(key); loaded {
		return actual, true
	}
	runtime.Gosched()
	m.Store(key, value)
	return value, false
}

// S1CompareThenSwap breaks S1: CompareAndSwap compares and stores in two steps,
// so two of them, or one and a CompareAndDelete, can succeed on the same value.
//
// Modelled on go#70970. Shown by a Store(v) followed by two concurrent
// CompareAndSwap(v, …) calls.
type S1CompareThenSwap struct{ core }

// CompareAndSwap is a Load, followed by a Store if it found old.
func (m *S1CompareThenSwap) CompareAndSwap(key, old, new any) (swapped bool) {
	if current, ok := m.Load(key); !ok || current != old {
		return false
	}
	runtime.Gosched()
	m.Store(key, new)
	return true
}

// S1CompareThenDelete breaks S1: CompareAndDelete may delete another value than
// the one it compared.
//
// Modelled on go#70970. Shown by a Store(v) and two concurrent
// CompareAndDelete(v), which both succeed, or one and a Store, which is lost.
type S1CompareThenDelete struct{ core }

// CompareAndDelete is a Load, followed by a Delete if it found old.
func (m *S1CompareThenDelete) CompareAndDelete(key, old any) (deleted bool) {
	if current, ok := m.Load(key); !ok || current != old {
		return false
	}
	runtime.Gosched()
	m.Delete(key)
	return true
}

// S1GapInStore breaks S1: Store overwrites a key by removing it and adding it
// again. In between, other goroutines find the key absent.
//
// Modelled on maps that, when growing, remove an entry from one table and later
// add it to the next. Shown by a Store and a concurrent Load, which misses it.
type S1GapInStore struct{ core }

// Store is a Delete followed by a Store.
func (m *S1GapInStore) Store(key, value any) {
	m.Delete(key)
	runtime.Gosched()
	m.core.Store(key, value)
}

// S1LengthAsVersion breaks S1: LoadOrStore looks up the key again only if the
// number of keys has changed since its first lookup. A deletion and a store in
// between leave that number unchanged.
//
// Modelled on optimistic lookups whose version misses a change (ABA). Shown by
// Store(b), then LoadOrStore(a) concurrent with Delete(b), LoadOrStore(a): both
// LoadOrStore calls store. It takes two keys.
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

// look is Load and Len at the same instant.
func (m *S1LengthAsVersion) look(key any) (value any, ok bool, length int) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if e := m.find(key); e != nil {
		return e.value, true, len(m.entries)
	}
	return nil, false, len(m.entries)
}

// S1StoreToDeadEntry breaks S1: Store looks up the entry of the key and writes to
// it later, when it may have left the map. Then the value is lost.
//
// Modelled on skipmap v0.1.4 and go#70970. Shown by a Store concurrent with a
// LoadAndDelete that returns the earlier value: the key should be present
// afterwards, and is not.
type S1StoreToDeadEntry struct{ core }

// Store writes to the entry that it found in an earlier critical section.
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

// S1ReusedEntry breaks S1: Delete keeps the entry for the next new key. A Load
// that has already found the entry returns the value of the new key, or nil.
//
// Modelled on a flat map that reused a slot without a new version when it
// shrank. Shown by a Load(a) concurrent with Delete(a), Store(b, v): it returns v.
type S1ReusedEntry struct {
	core
	free *entry
}

// Load reads the value in another critical section than it looks up the key.
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

// Store uses the free entry for a new key.
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

// Delete keeps the entry, emptied, for the next Store.
func (m *S1ReusedEntry) Delete(key any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.find(key); e != nil {
		m.unlink(key)
		e.key, e.value = nil, nil
		m.free = e
	}
}

// S1StaleLoad breaks S1: Load remembers the key and value that it found last.
// Every write makes it forget them. But a Load that reads the table before a
// write can remember after it, and later Loads return the overwritten value.
//
// Modelled on read caches that are filled outside the lock. Shown by a Load
// concurrent with a Store or Delete, followed by another Load.
type S1StaleLoad struct {
	core
	last *entry // a copy; guarded by mu
}

// Load returns the remembered value if it belongs to key.
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

// recall returns a copy of key's entry, and whether it was remembered.
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
