package sync

import (
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Map is a map in which every operation except Range is one step. It is for maps
// that are built on a sync.Map. It is a list in the order of insertion, which is
// also the order of Range. The zero value is empty. It must not be copied after first use. An
// operation that stores or deletes synchronizes before every operation that sees
// its effect.
type Map struct {
	noCopy noCopy

	first, last *entry
	_           [4]uint64 // the size of the real type
}

// entry is a key that is present, and its value.
type entry struct {
	key, value any
	next       *entry
}

func (m *Map) at() unsafe.Pointer { return unsafe.Pointer(&m.first) }

// These functions tell the race detector who has seen whose changes. Threads that
// store to an entry synchronize through its address, and threads that delete
// entries through the address of the map. noteStore and noteDelete come right after
// a change, observeStores and observeDeletes right after a read.
func (m *Map) noteStore(e *entry)     { raceReleaseMerge(unsafe.Pointer(e)) }
func (m *Map) observeStores(e *entry) { raceAcquire(unsafe.Pointer(e)) }
func (m *Map) noteDelete()            { raceReleaseMerge(unsafe.Pointer(m)) }
func (m *Map) observeDeletes()        { raceAcquire(unsafe.Pointer(m)) }

// checkHashable panics as the real map does if key is not hashable.
func checkHashable(key any) { _ = map[any]struct{}(nil)[key] }

// find returns the entry of key and the entry before it. Each may be nil.
//
//go:norace
func (m *Map) find(key any) (e, before *entry) {
	for e = m.first; e != nil && e.key != key; e = e.next {
		before = e
	}
	return e, before
}

//go:norace
func (m *Map) add(key, value any) {
	e := &entry{key: key, value: value}
	if m.last == nil {
		m.first = e
	} else {
		m.last.next = e
	}
	m.last = e
	m.observeDeletes() // the key is absent because of them
	m.noteStore(e)
}

//go:norace
func (m *Map) remove(e, before *entry) {
	if before == nil {
		m.first = e.next
	} else {
		before.next = e.next
	}
	if m.last == e {
		m.last = before
	}
	m.observeStores(e)
	m.noteDelete()
}

// Load returns the value of key and whether key is present.
//
//go:norace
func (m *Map) Load(key any) (value any, ok bool) {
	checkHashable(key)
	beginStep(sched.Load, m.at())
	defer endStep()
	e, _ := m.find(key)
	if e == nil {
		m.observeDeletes()
		return nil, false
	}
	m.observeStores(e)
	return e.value, true
}

// Store sets the value of key.
func (m *Map) Store(key, value any) { m.Swap(key, value) }

// Swap sets the value of key. It returns the old value and whether key was present.
//
//go:norace
func (m *Map) Swap(key, value any) (previous any, loaded bool) {
	checkHashable(key)
	beginStep(sched.Update, m.at())
	defer endStep()
	e, _ := m.find(key)
	if e == nil {
		m.add(key, value)
		return nil, false
	}
	previous, e.value = e.value, value
	m.observeStores(e)
	m.noteStore(e)
	return previous, true
}

// LoadOrStore returns the value of key. If key is absent it stores value and
// returns that.
//
//go:norace
func (m *Map) LoadOrStore(key, value any) (actual any, loaded bool) {
	checkHashable(key)
	beginStep(sched.CompareAndSwap, m.at())
	defer endStep()
	if e, _ := m.find(key); e != nil {
		sched.Failed()
		m.observeStores(e)
		return e.value, true
	}
	m.add(key, value)
	return value, false
}

// LoadAndDelete deletes key. It returns the value that key had and whether key was
// present.
//
//go:norace
func (m *Map) LoadAndDelete(key any) (value any, loaded bool) {
	checkHashable(key)
	beginStep(sched.CompareAndSwap, m.at())
	defer endStep()
	e, before := m.find(key)
	if e == nil {
		sched.Failed()
		m.observeDeletes()
		return nil, false
	}
	m.remove(e, before)
	return e.value, true
}

// Delete deletes key.
func (m *Map) Delete(key any) { m.LoadAndDelete(key) }

// CompareAndSwap sets the value of key to new if it is old, and reports whether it
// did. It panics if old is not comparable with the value.
//
//go:norace
func (m *Map) CompareAndSwap(key, old, new any) (swapped bool) {
	checkHashable(key)
	beginStep(sched.CompareAndSwap, m.at())
	defer endStep()
	e, _ := m.find(key)
	if !m.holds(e, old) {
		sched.Failed()
		return false
	}
	e.value = new
	m.noteStore(e)
	return true
}

// CompareAndDelete deletes key if its value is old, and reports whether it did. It
// panics if old is not comparable with the value.
//
//go:norace
func (m *Map) CompareAndDelete(key, old any) (deleted bool) {
	checkHashable(key)
	beginStep(sched.CompareAndSwap, m.at())
	defer endStep()
	e, before := m.find(key)
	if !m.holds(e, old) {
		sched.Failed()
		return false
	}
	m.remove(e, before)
	return true
}

// holds reports whether e is not nil and has the value old.
//
//go:norace
func (m *Map) holds(e *entry, old any) bool {
	if e == nil {
		m.observeDeletes()
		return false
	}
	m.observeStores(e)
	return e.value == old
}

// Clear deletes all keys.
//
//go:norace
func (m *Map) Clear() {
	beginStep(sched.Update, m.at())
	for e := m.first; e != nil; e = e.next {
		m.observeStores(e)
	}
	m.first, m.last = nil, nil
	m.noteDelete()
	endStep()
}

// Range calls f for the keys that are present at its start, until f returns false.
// One step lists the keys. Another step before each call of f skips a key that has
// been deleted since and reads the value of any other, as the real map also sees
// changes on its way.
func (m *Map) Range(f func(key, value any) bool) {
	for _, e := range m.snapshot() {
		if value, ok := m.current(e); ok && !f(e.key, value) {
			return
		}
	}
}

// snapshot returns all entries, in one step.
//
//go:norace
func (m *Map) snapshot() []*entry {
	beginStep(sched.Load, m.at())
	var all []*entry
	for e := m.first; e != nil; e = e.next {
		all = append(all, e)
	}
	m.observeDeletes()
	endStep()
	return all
}

// current returns the value of e, in one step, unless e has been removed.
//
//go:norace
func (m *Map) current(e *entry) (value any, ok bool) {
	beginStep(sched.Load, m.at())
	for x := m.first; x != nil; x = x.next {
		if x == e {
			m.observeStores(e)
			value, ok = e.value, true
		}
	}
	if !ok {
		m.observeDeletes()
	}
	endStep()
	return value, ok
}
