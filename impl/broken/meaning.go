package broken

import (
	"fmt"
	"reflect"
	"strings"
	"unsafe"
)

// The maps in this file break S2 to S9. Most of them do so in results that a
// single goroutine sees.

// S2FoldedByLength breaks S2: Store writes its value to every present key that is
// as long as the given one.
//
// Modelled on hash tables that compare hashes instead of keys. Shown by two keys
// of equal length: Store(a), Store(b), Load(a).
type S2FoldedByLength struct{ core }

// Store sets the value of all keys that are as long as key.
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

// S2EvictsNeighbour breaks S2: Store of a new key removes the keys that end with
// the same letter.
//
// Modelled on tables with room for one key per hash. Shown by Store("conn-1"),
// Store("conn-11"), Load("conn-1"). Ten consecutive keys never collide.
type S2EvictsNeighbour struct{ core }

// Store sets the value of key and removes other keys with its last letter.
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

// S3NilIsAbsent breaks S3: Load reports a key with a nil value as absent.
//
// Modelled on maps that mark a deleted entry with a nil value. Shown by
// Store(k, nil), Load(k).
type S3NilIsAbsent struct{ core }

// Load takes nil for absent.
func (m *S3NilIsAbsent) Load(key any) (value any, ok bool) {
	value, _ = m.core.Load(key)
	return value, value != nil
}

// S3ValueWithFalse breaks S3: Load of an absent key returns false together with
// the value where its search ended, that of the newest key.
//
// Modelled on haxmap v1.4.0, which returns a value with ok=false. Shown by
// Store(a), Load(b).
type S3ValueWithFalse struct{ core }

// Load returns a value even if the key is absent.
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

// S4OverwritesLoaded breaks S4: LoadOrStore returns the present value and true,
// but stores the new value as well.
//
// Modelled on maps that implement LoadOrStore as an upsert. Shown by
// Store(k, 1), LoadOrStore(k, 2), Load(k).
type S4OverwritesLoaded struct{ core }

// LoadOrStore always stores.
func (m *S4OverwritesLoaded) LoadOrStore(key, value any) (actual any, loaded bool) {
	if actual, loaded = m.Swap(key, value); loaded {
		return actual, true
	}
	return value, false
}

// S4SwapReturnsNew breaks S4: Swap returns the value that it stored instead of
// the one that it displaced.
//
// Modelled on maps whose Swap returns what LoadOrStore would. Shown by
// Store(k, 1), Swap(k, 2).
type S4SwapReturnsNew struct{ core }

// Swap returns value.
func (m *S4SwapReturnsNew) Swap(key, value any) (previous any, loaded bool) {
	if _, loaded = m.core.Swap(key, value); loaded {
		return value, true
	}
	return nil, false
}

// S4DeletedSaysFalse breaks S4: LoadAndDelete deletes the key and returns its
// value, but with false.
//
// Modelled on haxmap v1.4.0, which returns a value with ok=false. Shown by
// Store(k), LoadAndDelete(k).
type S4DeletedSaysFalse struct{ core }

// LoadAndDelete always returns false.
func (m *S4DeletedSaysFalse) LoadAndDelete(key any) (value any, loaded bool) {
	value, _ = m.core.LoadAndDelete(key)
	return value, false
}

// S5FailedSwapDeletes breaks S5: CompareAndSwap with an old value that does not
// match deletes the key.
//
// Modelled on maps that remove the entry in order to compare it. Shown by
// Store(k, 1), CompareAndSwap(k, 2, 3), Load(k).
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

// S5FailedSwapStores breaks S5: CompareAndSwap of a present key stores even if
// the old value does not match. Its result is right.
//
// Modelled on maps that swap first and then compare what they displaced. Shown
// by Store(k, 1), CompareAndSwap(k, 2, 3), Load(k).
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

// S5AbsentNilDeletes breaks S5: CompareAndDelete(k, nil) of an absent key reports
// that it deleted the key.
//
// Modelled on comparing m[k] with old, which succeeds for an absent key. Shown
// by this single call on an empty map.
type S5AbsentNilDeletes struct{ core }

// CompareAndDelete takes absent for nil.
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
// v and reports success.
//
// Modelled on comparing m[k] with old, which succeeds for an absent key. Shown
// by this single call on an empty map.
type S5AbsentNilSwaps struct{ core }

// CompareAndSwap takes absent for nil.
func (m *S5AbsentNilSwaps) CompareAndSwap(key, old, new any) (swapped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if absent := m.find(key) == nil; absent && old != nil || !absent && !m.has(key, old) {
		return false
	}
	m.put(key, new)
	return true
}

// S6RemovesFirst breaks S6: CompareAndDelete removes the entry, compares, and
// puts it back if the values differ. If the comparison panics the entry is not
// put back, so the call has an effect.
//
// Modelled on sync.Map in Go 1.24 to 1.27, where the same panic leaves a lock
// held. Shown by Store(k, []int), CompareAndDelete(k, []int), Load(k).
type S6RemovesFirst struct{ core }

// CompareAndDelete removes the entry before it compares.
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
// pointers to equal values match, and slices do not panic.
//
// Modelled on tests that compare values this way. Shown by Store(k, []int),
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
// returns false instead of panicking.
//
// Modelled on a fix for a lock left held that recovers without panicking again.
// Shown by Store(k, []int), CompareAndSwap(k, []int, v).
type S6SwallowsPanic struct{ core }

// CompareAndSwap recovers from its comparison.
func (m *S6SwallowsPanic) CompareAndSwap(key, old, new any) (swapped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.find(key) // still panics if key cannot be hashed
	defer func() { _ = recover() }()
	if !m.has(key, old) {
		return false
	}
	m.put(key, new)
	return true
}

// S6ComparesBoxes breaks S6: CompareAndSwap compares the words of the interfaces,
// so only the very box that was stored matches, and not an equal one.
//
// Modelled on maps that store a pointer to the value and compare that. Shown by
// Store(k, v), CompareAndSwap(k, v', w), where v' is a separately made equal of v.
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

// words returns the type word and the data word of an interface.
func words(x *any) [2]unsafe.Pointer { return *(*[2]unsafe.Pointer)(unsafe.Pointer(x)) }

// S7NaNFound breaks S7: Load(NaN) returns the value of the oldest NaN key.
//
// Modelled on maps that compare keys bit by bit. Shown by Store(NaN), Load(NaN).
type S7NaNFound struct{ core }

// Load takes any NaN for any other.
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

// S7NaNOverwritten breaks S7: Store of NaN overwrites the present NaN key instead
// of adding one.
//
// Modelled on maps that compare keys bit by bit. Shown by two Store(NaN), Len.
type S7NaNOverwritten struct{ core }

// Store takes any NaN for any other.
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
// nothing instead of panicking.
//
// Modelled on maps that recover in every method. Shown by Store([]int{}, v).
type S7SwallowsUnhashable struct{ core }

// Store recovers from hashing the key.
func (m *S7SwallowsUnhashable) Store(key, value any) {
	defer func() { _ = recover() }()
	m.core.Store(key, value)
}

// S7PanicHasEffect breaks S7: Store counts a key before it hashes it, so a key
// that cannot be hashed stays counted.
//
// Modelled on haxmap v1.4.0, whose Len is wrong at rest. Shown by
// Store([]int{}, v), which panics, and Len.
type S7PanicHasEffect struct {
	core
	begun int // Stores that have begun and not ended
}

// Store counts itself until it ends, which it may not do.
func (m *S7PanicHasEffect) Store(key, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begun++
	m.put(key, value)
	m.begun--
}

// Len counts the Stores in progress.
func (m *S7PanicHasEffect) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.entries) + m.begun
}

// S7ClearKeepsNaN breaks S7: Clear deletes key by key, which NaN keys survive.
//
// Modelled on Go before the built-in clear, which had no other way. Shown by
// Store(NaN), Clear, Len.
type S7ClearKeepsNaN struct{ core }

// Clear deletes the keys that can be found.
func (m *S7ClearKeepsNaN) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.pairs() {
		m.unlink(p.key)
	}
}

// S8KeepsBoth breaks S8: Store over a present key keeps the new instance of the
// key together with the old one, until the key is deleted.
//
// Modelled on maps that hold the key in the table and again in the entry. Shown
// by a Store with an equal but distinct key: neither instance is released.
type S8KeepsBoth struct{ core }

// Store keeps the new instance of the key as well.
func (m *S8KeepsBoth) Store(key, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.find(key); e != nil {
		e.extra = key
	}
	m.put(key, value)
}

// S8KeepsNeither breaks S8: Store over a present key that is a string replaces
// both instances with a copy.
//
// Modelled on maps that intern strings. Shown by a Store with an equal but
// distinct key: both instances are released although the key is present.
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

// S9NeedsNew breaks S9: every method of the zero value panics. Also, vet does not
// report copies, since the lock is behind a pointer.
//
// Modelled on maps with a constructor, such as haxmap and most others. Shown by
// any call on new(S9NeedsNew).
type S9NeedsNew struct{ *core }

// NewS9NeedsNew returns an empty map.
func NewS9NeedsNew() *S9NeedsNew { return &S9NeedsNew{new(core)} }

// S9NilTable breaks S9: the zero value can be read, but its Store panics.
//
// Modelled on structs around a built-in map that the constructor makes. Shown by
// Store on new(S9NilTable).
type S9NilTable struct{ core }

// NewS9NilTable returns an empty map.
func NewS9NilTable() *S9NilTable { return &S9NilTable{core{entries: map[any]*entry{}}} }

// Store relies on the table having been made.
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
