package broken

import (
	"fmt"
	"reflect"
	"strings"
	"unsafe"
)

// The maps of this file break S2 to S9, most of them in what one goroutine
// alone is told.

// S2FoldedByLength breaks S2: a Store writes its value to every key that is
// present and as long as its own.
//
// After hash tables that compare hashes and not keys. Shown by two keys of one
// length: Store(a), Store(b), Load(a).
type S2FoldedByLength struct{ core }

// Store sets the value of key, and of the keys of its length.
func (m *S2FoldedByLength) Store(key, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(key, value)
	if key != key {
		return
	}
	for _, e := range m.entries {
		if e.key == e.key && len(fmt.Sprint(e.key)) == len(fmt.Sprint(key)) {
			e.value = value
		}
	}
}

// S2EvictsNeighbour breaks S2: a Store of a new key removes the keys that end
// in the same letter.
//
// After tables with a place for one key a hash. Shown by Store("conn-1"),
// Store("conn-11"), Load("conn-1"): no two of ten keys in a row collide.
type S2EvictsNeighbour struct{ core }

// Store sets the value of key in place of those with its last letter.
func (m *S2EvictsNeighbour) Store(key, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.find(key) == nil && key == key {
		for _, p := range m.pairs() {
			if last(p.key) == last(key) {
				m.unlink(p.key)
			}
		}
	}
	m.put(key, value)
}

func last(key any) byte {
	s := fmt.Sprint(key)
	if s == "" {
		return 0
	}
	return s[len(s)-1]
}

// S3NilIsAbsent breaks S3: Load says that a key with a nil value is not there.
//
// After maps that mark a deleted entry by a nil value. Shown by Store(k, nil),
// Load(k).
type S3NilIsAbsent struct{ core }

// Load takes nil for absent.
func (m *S3NilIsAbsent) Load(key any) (value any, ok bool) {
	value, _ = m.core.Load(key)
	return value, value != nil
}

// S3ValueWithFalse breaks S3: Load of an absent key says false, and returns the
// value at which its search ended, that of the newest key.
//
// After haxmap v1.4.0: a value returned with ok=false. Shown by Store(a),
// Load(b).
type S3ValueWithFalse struct{ core }

// Load returns a value even if there is none.
func (m *S3ValueWithFalse) Load(key any) (value any, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if e := m.find(key); e != nil {
		return e.value, true
	}
	newest := &entry{}
	for _, e := range m.entries {
		if key == key && e.number > newest.number {
			newest = e
		}
	}
	return newest.value, false
}

// S4OverwritesLoaded breaks S4: LoadOrStore returns the value that was there
// and says so, and stores the new one all the same.
//
// After maps that make LoadOrStore of an upsert. Shown by Store(k, 1),
// LoadOrStore(k, 2), Load(k).
type S4OverwritesLoaded struct{ core }

// LoadOrStore stores in any case.
func (m *S4OverwritesLoaded) LoadOrStore(key, value any) (actual any, loaded bool) {
	if actual, loaded = m.Swap(key, value); loaded {
		return actual, true
	}
	return value, false
}

// S4SwapReturnsNew breaks S4: Swap returns the value that it stored, not the
// one that it displaced.
//
// After maps whose Swap returns what LoadOrStore does. Shown by Store(k, 1),
// Swap(k, 2).
type S4SwapReturnsNew struct{ core }

// Swap returns the value it was given.
func (m *S4SwapReturnsNew) Swap(key, value any) (previous any, loaded bool) {
	if _, loaded = m.core.Swap(key, value); loaded {
		return value, true
	}
	return nil, false
}

// S4DeletedSaysFalse breaks S4: LoadAndDelete deletes the key and returns its
// value, and says that there was none.
//
// After haxmap v1.4.0: a value returned with ok=false. Shown by Store(k),
// LoadAndDelete(k).
type S4DeletedSaysFalse struct{ core }

// LoadAndDelete always says false.
func (m *S4DeletedSaysFalse) LoadAndDelete(key any) (value any, loaded bool) {
	value, _ = m.core.LoadAndDelete(key)
	return value, false
}

// S5FailedSwapDeletes breaks S5: a CompareAndSwap of another value than the
// present one deletes the key.
//
// After maps that take the entry out to compare it. Shown by Store(k, 1),
// CompareAndSwap(k, 2, 3), Load(k).
type S5FailedSwapDeletes struct{ core }

// CompareAndSwap deletes the key if it fails.
func (m *S5FailedSwapDeletes) CompareAndSwap(key, old, new any) (swapped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.has(key, old) {
		m.unlink(key)
		return false
	}
	m.put(key, new)
	return true
}

// S5FailedSwapStores breaks S5: CompareAndSwap of a present key stores whether
// or not the value is the old one, and reports rightly which it was.
//
// After maps that swap first and compare what they displaced. Shown by
// Store(k, 1), CompareAndSwap(k, 2, 3), Load(k).
type S5FailedSwapStores struct{ core }

// CompareAndSwap stores even if it fails.
func (m *S5FailedSwapStores) CompareAndSwap(key, old, new any) (swapped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	swapped = m.has(key, old)
	if m.find(key) != nil {
		m.put(key, new)
	}
	return swapped
}

// S5AbsentNilDeletes breaks S5: CompareAndDelete(k, nil) of an absent key says
// that it deleted it.
//
// After the comparison of m[k] with old, which an absent key passes. Shown by
// that one call on an empty map.
type S5AbsentNilDeletes struct{ core }

// CompareAndDelete takes an absent value for nil.
func (m *S5AbsentNilDeletes) CompareAndDelete(key, old any) (deleted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.find(key) == nil {
		return old == nil
	}
	if !m.has(key, old) {
		return false
	}
	m.unlink(key)
	return true
}

// S5AbsentNilSwaps breaks S5: CompareAndSwap(k, nil, v) of an absent key stores
// v and says so.
//
// After the comparison of m[k] with old, which an absent key passes. Shown by
// that one call on an empty map.
type S5AbsentNilSwaps struct{ core }

// CompareAndSwap takes an absent value for nil.
func (m *S5AbsentNilSwaps) CompareAndSwap(key, old, new any) (swapped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if absent := m.find(key) == nil; absent && old != nil || !absent && !m.has(key, old) {
		return false
	}
	m.put(key, new)
	return true
}

// S6RemovesFirst breaks S6: CompareAndDelete takes the entry out, compares, and
// puts it back if the values differ. If the comparison panics it does not come
// to that: the call had an effect.
//
// After sync.Map of Go 1.24 to 1.26, where the same panic leaves a lock
// instead. Shown by Store(k, []int), CompareAndDelete(k, []int), Load(k).
type S6RemovesFirst struct{ core }

// CompareAndDelete compares what it has removed.
func (m *S6RemovesFirst) CompareAndDelete(key, old any) (deleted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.find(key)
	if e == nil {
		return false
	}
	m.unlink(key)
	if e.value != old {
		m.entries[e.key] = e
		return false
	}
	return true
}

// S6DeepEqual breaks S6: CompareAndSwap compares with reflect.DeepEqual, so
// two pointers to equal things match, and slices do not panic.
//
// After tests that compare values so. Shown by Store(k, []int),
// CompareAndSwap(k, []int, v).
type S6DeepEqual struct{ core }

// CompareAndSwap compares deeply.
func (m *S6DeepEqual) CompareAndSwap(key, old, new any) (swapped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.find(key); e == nil || !reflect.DeepEqual(e.value, old) {
		return false
	}
	m.put(key, new)
	return true
}

// S6SwallowsPanic breaks S6: CompareAndSwap of values that cannot be compared
// says false.
//
// After the fix for a lock left behind that recovers from the panic and does
// not panic again. Shown by Store(k, []int), CompareAndSwap(k, []int, v).
type S6SwallowsPanic struct{ core }

// CompareAndSwap recovers from the comparison.
func (m *S6SwallowsPanic) CompareAndSwap(key, old, new any) (swapped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.find(key) // a key that cannot be hashed still panics
	defer func() { _ = recover() }()
	if !m.has(key, old) {
		return false
	}
	m.put(key, new)
	return true
}

// S6ComparesBoxes breaks S6: CompareAndSwap compares the words of the two
// interfaces, so only the very box that was stored matches, not an equal one.
//
// After maps that keep a pointer to the value and compare that. Shown by
// Store(k, v), CompareAndSwap(k, v', w) with v' equal to v and made apart.
type S6ComparesBoxes struct{ core }

// CompareAndSwap compares addresses.
func (m *S6ComparesBoxes) CompareAndSwap(key, old, new any) (swapped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.find(key); e == nil || words(&e.value) != words(&old) {
		return false
	}
	m.put(key, new)
	return true
}

// words returns the type and data words of an interface.
func words(x *any) [2]unsafe.Pointer { return *(*[2]unsafe.Pointer)(unsafe.Pointer(x)) }

// S7NaNFound breaks S7: Load(NaN) returns the value of the oldest NaN key.
//
// After maps that compare keys by their bits. Shown by Store(NaN), Load(NaN).
type S7NaNFound struct{ core }

// Load takes one NaN for another.
func (m *S7NaNFound) Load(key any) (value any, ok bool) {
	if key == key {
		return m.core.Load(key)
	}
	for _, p := range m.snapshot() {
		if p.key != p.key {
			return p.value, true
		}
	}
	return nil, false
}

// S7NaNOverwritten breaks S7: a Store of NaN overwrites the NaN key that is
// there instead of adding one.
//
// After maps that compare keys by their bits. Shown by two Store(NaN), Len.
type S7NaNOverwritten struct{ core }

// Store takes one NaN for another.
func (m *S7NaNOverwritten) Store(key, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.entries {
		if key != key && e.key != e.key {
			e.value = value
			return
		}
	}
	m.put(key, value)
}

// S7SwallowsUnhashable breaks S7: Store of a key that cannot be hashed does
// nothing and says nothing.
//
// After maps that recover in every method. Shown by Store([]int{}, v).
type S7SwallowsUnhashable struct{ core }

// Store recovers from hashing the key.
func (m *S7SwallowsUnhashable) Store(key, value any) {
	defer func() { _ = recover() }()
	m.core.Store(key, value)
}

// S7PanicHasEffect breaks S7: Store counts a key before it hashes it, so that
// each key that cannot be hashed is counted, and stays so.
//
// After haxmap v1.4.0: Len wrong at rest. Shown by Store([]int{}, v), which
// panics, and Len.
type S7PanicHasEffect struct {
	core
	begun int // Stores begun and not ended
}

// Store counts itself until it ends, which it may not.
func (m *S7PanicHasEffect) Store(key, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begun++
	m.put(key, value)
	m.begun--
}

// Len counts the Stores that have begun.
func (m *S7PanicHasEffect) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.entries) + m.begun
}

// S7ClearKeepsNaN breaks S7: Clear deletes key by key, and so no NaN.
//
// After Go before its built-in clear, whose absence left no other way. Shown
// by Store(NaN), Clear, Len.
type S7ClearKeepsNaN struct{ core }

// Clear deletes what can be found.
func (m *S7ClearKeepsNaN) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.pairs() {
		m.unlink(p.key)
	}
}

// S8KeepsBoth breaks S8: a Store over a present key keeps the new instance of
// the key beside the old one, until the key is deleted.
//
// After maps with the key in the table and again in the entry. Shown by a Store
// with an equal but distinct key: neither instance dies.
type S8KeepsBoth struct{ core }

// Store keeps the new instance of the key as well.
func (m *S8KeepsBoth) Store(key, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.find(key); e != nil {
		e.beside = key
	}
	m.put(key, value)
}

// S8KeepsNeither breaks S8: a Store over a present key that is a string puts a
// copy of the key in the place of both instances.
//
// After maps that intern strings. Shown by a Store with an equal but distinct
// key: both instances die though the key is there.
type S8KeepsNeither struct{ core }

// Store copies a key that it overwrites.
func (m *S8KeepsNeither) Store(key, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, isString := key.(string)
	if !isString || m.find(key) == nil {
		m.put(key, value)
		return
	}
	m.unlink(key)
	m.put(strings.Clone(s), value)
}

// S9NeedsNew breaks S9: every method of the zero value panics, and vet does not
// see a copy, since the lock is behind a pointer.
//
// After maps with a constructor, haxmap and most of the others. Shown by any
// call on new(S9NeedsNew).
type S9NeedsNew struct{ *core }

// NewS9NeedsNew returns an empty map.
func NewS9NeedsNew() *S9NeedsNew { return &S9NeedsNew{new(core)} }

// S9NilTable breaks S9: the zero value may be read, but its Store panics.
//
// After structs around a built-in map that their constructor makes. Shown by
// Store on new(S9NilTable).
type S9NilTable struct{ core }

// NewS9NilTable returns an empty map.
func NewS9NilTable() *S9NilTable { return &S9NilTable{core{entries: map[any]*entry{}}} }

// Store relies on the table being there.
func (m *S9NilTable) Store(key, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.find(key) == nil {
		m.entries[key] = &entry{key: key, value: value, number: m.linked + 1}
		m.linked++
		return
	}
	m.put(key, value)
}
