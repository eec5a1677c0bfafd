package sync

import (
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Map is a map in which each operation is one step: for maps that are built from
// another one. It is a list in the order of insertion, which Range follows. The
// zero value is empty. It must not be copied after first use. What stores a
// value, or deletes, synchronizes before what sees that.
type Map struct {
	noCopy noCopy

	first, last *entry
	_           [4]uint64 // as the real one
}

// entry is a key that is there. The race detector knows what its writers did by
// its address; and what those who deleted did by that of the map.
type entry struct {
	key, value any
	next       *entry
}

func (m *Map) at() unsafe.Pointer { return unsafe.Pointer(&m.first) }

// wrote and deleted are called after a change was made, saw and missed by who
// has seen one.
func (m *Map) wrote(e *entry) { raceReleaseMerge(unsafe.Pointer(e)) }
func (m *Map) saw(e *entry)   { raceAcquire(unsafe.Pointer(e)) }
func (m *Map) deleted()       { raceReleaseMerge(unsafe.Pointer(m)) }
func (m *Map) missed()        { raceAcquire(unsafe.Pointer(m)) }

// hashable panics as the real map does if key cannot be one.
func hashable(key any) { _ = map[any]struct{}(nil)[key] }

// find returns the entry of key and the one before it.
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
	m.missed() // it comes after a Delete that made room for it
	m.wrote(e)
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
	m.saw(e)
	m.deleted()
}

// Load returns the value of key, and whether there is one.
//
//go:norace
func (m *Map) Load(key any) (value any, ok bool) {
	hashable(key)
	begin(sched.Load, m.at())
	defer end()
	e, _ := m.find(key)
	if e == nil {
		m.missed()
		return nil, false
	}
	m.saw(e)
	return e.value, true
}

// Store sets the value of key.
func (m *Map) Store(key, value any) { m.Swap(key, value) }

// Swap sets the value of key, and returns the old one and whether there was one.
//
//go:norace
func (m *Map) Swap(key, value any) (previous any, loaded bool) {
	hashable(key)
	begin(sched.Update, m.at())
	defer end()
	e, _ := m.find(key)
	if e == nil {
		m.add(key, value)
		return nil, false
	}
	previous, e.value = e.value, value
	m.saw(e)
	m.wrote(e)
	return previous, true
}

// LoadOrStore returns the value of key. If there is none it stores the given
// one, and returns that.
//
//go:norace
func (m *Map) LoadOrStore(key, value any) (actual any, loaded bool) {
	hashable(key)
	begin(sched.CompareAndSwap, m.at())
	defer end()
	if e, _ := m.find(key); e != nil {
		sched.Failed()
		m.saw(e)
		return e.value, true
	}
	m.add(key, value)
	return value, false
}

// LoadAndDelete deletes key, and returns the value it had and whether it had
// one.
//
//go:norace
func (m *Map) LoadAndDelete(key any) (value any, loaded bool) {
	hashable(key)
	begin(sched.CompareAndSwap, m.at())
	defer end()
	e, before := m.find(key)
	if e == nil {
		sched.Failed()
		m.missed()
		return nil, false
	}
	m.remove(e, before)
	return e.value, true
}

// Delete deletes key.
func (m *Map) Delete(key any) { m.LoadAndDelete(key) }

// CompareAndSwap sets the value of key if it is old, and reports whether it was.
// It panics if old cannot be compared with the value.
//
//go:norace
func (m *Map) CompareAndSwap(key, old, new any) (swapped bool) {
	hashable(key)
	begin(sched.CompareAndSwap, m.at())
	defer end()
	e, _ := m.find(key)
	if !m.has(e, old) {
		sched.Failed()
		return false
	}
	e.value = new
	m.wrote(e)
	return true
}

// CompareAndDelete deletes key if its value is old, and reports whether it was.
// It panics if old cannot be compared with the value.
//
//go:norace
func (m *Map) CompareAndDelete(key, old any) (deleted bool) {
	hashable(key)
	begin(sched.CompareAndSwap, m.at())
	defer end()
	e, before := m.find(key)
	if !m.has(e, old) {
		sched.Failed()
		return false
	}
	m.remove(e, before)
	return true
}

// has reports whether e is there and has the value old.
//
//go:norace
func (m *Map) has(e *entry, old any) bool {
	if e == nil {
		m.missed()
		return false
	}
	m.saw(e)
	return e.value == old
}

// Clear deletes all keys.
//
//go:norace
func (m *Map) Clear() {
	begin(sched.Update, m.at())
	for e := m.first; e != nil; e = e.next {
		m.saw(e)
	}
	m.first, m.last = nil, nil
	m.deleted()
	end()
}

// Range calls f for each key and value that is there when Range is called, until
// f returns false. That is one step; the real map may see changes of other
// threads, and of f, on its way.
func (m *Map) Range(f func(key, value any) bool) {
	for _, e := range m.snapshot() {
		if value, ok := m.current(e); ok && !f(e.key, value) {
			return
		}
	}
}

// snapshot returns the entries that there are, in one step.
//
//go:norace
func (m *Map) snapshot() []*entry {
	begin(sched.Load, m.at())
	var all []*entry
	for e := m.first; e != nil; e = e.next {
		all = append(all, e)
	}
	m.missed()
	end()
	return all
}

// current returns what entry e holds, in one step, unless it is gone.
//
//go:norace
func (m *Map) current(e *entry) (value any, ok bool) {
	begin(sched.Load, m.at())
	for x := m.first; x != nil; x = x.next {
		if x == e {
			m.saw(e)
			value, ok = e.value, true
		}
	}
	if !ok {
		m.missed()
	}
	end()
	return value, ok
}
