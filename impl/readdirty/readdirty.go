// Package readdirty is the algorithm of sync.Map from Go 1.9 to Go 1.23, written
// anew: one core, and an exported type for each version that differs. It is a
// subject for the checkers: it shows how a map can return correct results for
// years and still keep what was deleted. Do not use it; use sync.Map or flatmap.
//
//	var m readdirty.Go1150 // the zero value is ready
//	m.Store("resident", 1)
//	m.Store("fresh", 2) // repeated with a new key each time, these two lines
//	m.Delete("fresh")   // keep every key reachable
//
// # Layout
//
// There are two built-in maps from keys to entries. read is used without a lock.
// dirty is guarded by mu and has the keys that were added since:
//
//	mu      guards dirty and misses, and every change of read
//
//	read ──► index, never changed once published
//	         amended: true       "dirty has keys that I lack"
//	         entries  "a" ───┬──────► entry ──► "apple"
//	                  "b" ───│┬─────► entry ──► nil        deleted
//	                  "c" ───││─────► entry ──► expunged   deleted, not in dirty
//	                         ││
//	dirty ──►         "a" ───┘│       the same entry as in read
//	                  "b" ────┘       the same entry as in read
//	                  "d" ──────────► entry ──► "date"     new since
//
//	misses  counts the calls that read could not answer
//
// An operation on a key in read needs only the entry's one atomic word. A key that
// is not in read costs a lookup in dirty, under mu. Three steps move keys:
//
//   - refill: the first new key after a promotion makes a new dirty. It copies the
//     entries of read, except deleted ones, which it expunges.
//   - promote: once misses has reached len(dirty), or when a traversal finds read
//     amended, dirty becomes read, dirty becomes nil, and misses becomes zero.
//     Only this step and Clear drop expunged keys.
//   - revive: a store to an expunged key changes expunged back to nil and adds the
//     entry to dirty. Otherwise the next promotion would lose it.
//
// The invariants, whenever mu is free:
//
//  1. If read is not amended, dirty is nil, or both maps are empty.
//  2. If read is amended, each of its keys is in dirty with the same entry,
//     unless that entry is expunged. Then the key is not in dirty.
//  3. A promoted map has no expunged entry, as only refill expunges entries.
//
// # What deletion releases
//
// A key in read cannot be removed from it: its entry becomes nil. The value is
// released at once; the key only by a promotion after a refill that expunged it.
// This holds for every version. They differ in what happens to a key that is only
// in dirty:
//
//	version  operation          the key in dirty  the entry           a miss
//	1.14     Delete             removed           left as it is       no
//	1.15.0   Delete             stays             becomes nil         counted
//	1.15.2   Delete             removed           becomes nil         counted
//	1.23     Delete             removed           becomes nil         counted
//	1.23     CompareAndDelete   stays             becomes nil, if     counted
//	                                              the values match
//
// (Delete includes LoadAndDelete.) The rules below implement this table. Apart
// from that, the versions differ only in their methods.
//
// If the key stays and another key is resident, the loop above makes dirty grow as
// fast as misses. The misses never catch up, and every key ever stored remains.
// Without the resident key each deletion promotes, and one key remains. Counting
// misses also has an effect of its own: of a thousand deletions in a row, the 500th
// promotes dirty, and the later ones find their keys in read.
//
// The key instance follows the entry: a store to an existing or deleted key keeps
// the old instance, so a traversal may return an instance that was once deleted. If
// the key was expunged, dirty gets the new instance, and so does read after the
// next promotion.
//
// # Linearization
//
// An operation that has found an entry completes on that entry, even if the key
// leaves the maps meanwhile. Then it overlaps the step that removed the key, and
// linearizes next to that step:
//
//   - dropped by a promotion: the entry stays expunged. An operation that sees this
//     finds the key absent, as it was during the promotion. (A store starts again
//     under mu.)
//   - dropped by Clear: just before the Clear, in the order in which the
//     operations access the entry.
//   - removed from dirty by a deletion: just before the removal if the operation
//     sees the value, or takes it by CompareAndDelete; otherwise just after.
//
// The comments on the methods name the point in all other cases.
package readdirty

import (
	"sync"
	"sync/atomic"
)

// core is the algorithm. It is the underlying type of the exported types, so they
// have its fields, under the same names. The zero value is an empty map. A core must
// not be copied after first use.
type core struct {
	// mu guards every access to dirty and misses, and every store to read.
	mu sync.Mutex

	// read is the index that is searched without a lock.
	//
	//	value     meaning                              who may change it, to what
	//	nil       empty, not amended: the zero value   holder of mu: an amended index
	//	an index  its entries, and dirty's if amended  holder of mu: the same entries, amended;
	//	                                               dirty, not amended; the empty index
	//
	// Once an index is stored here, neither it nor its map is written to.
	read atomic.Pointer[index]

	// dirty has every key that is not expunged, provided that read is amended.
	dirty map[any]*entry

	// misses counts the calls that had to look into dirty, since it was made or since
	// Clear. Loads and deletions count (see rule) even if the key is absent.
	// LoadOrStore and CompareAndSwap count if the key is present. Store and Swap never count.
	misses int
}

// index is a map of entries, and a flag that says whether dirty has more.
type index struct {
	entries map[any]*entry
	amended bool // dirty has keys that entries lacks
}

// rule is what an operation does to a key that is not in read while read is
// amended. The versions differ only in their rules.
type rule uint8

const (
	take   rule = 1 << iota // continue with the key's entry, after mu is released
	remove                  // remove the key from dirty
	miss                    // count a miss, whether or not the key is present
)

const (
	loadRule                = take | miss
	delete114Rule           = remove
	delete1150Rule          = take | miss // a Load's rule: the bug
	delete1152Rule          = take | remove | miss
	compareAndDelete123Rule = take | miss // the same bug again
)

// published returns the index in read.
func (m *core) published() index {
	if ix := m.read.Load(); ix != nil {
		return *ix
	}
	return index{}
}

// find returns key's entry, or nil if the operation need not continue with one.
func (m *core) find(key any, r rule) *entry {
	ix := m.published()
	if e, ok := ix.entries[key]; ok || !ix.amended {
		return e
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	// A promotion may have happened in between. Then read has the answer, and
	// dirty must not change: removing the key there but not in read would
	// break invariant 2.
	ix = m.published()
	if e, ok := ix.entries[key]; ok || !ix.amended {
		return e
	}
	e := m.dirty[key]
	if r&remove != 0 {
		delete(m.dirty, key)
	}
	if r&miss != 0 {
		m.missed()
	}
	if r&take == 0 {
		return nil
	}
	return e
}

// load returns the value of key.
func (m *core) load(key any) (value any, ok bool) {
	if e := m.find(key, loadRule); e != nil {
		return e.load()
	}
	return nil, false
}

// delete deletes key and returns the previous value. With delete114Rule, it returns
// that value only if the key was in read.
//
// It linearizes, for a key
//   - in read: when its entry becomes nil, or is seen to have no value;
//   - only in dirty, and removed: at the removal, even if the entry becomes nil
//     later, as no later operation finds it;
//   - only in dirty, and left there: as for a key in read;
//   - in neither: at the load of read if that is not amended, and otherwise at the
//     lookup in dirty.
func (m *core) delete(key any, r rule) (value any, loaded bool) {
	if e := m.find(key, r); e != nil {
		return contents(e.erase())
	}
	return nil, false
}

// compareAndDelete deletes key if its value equals old. It panics if the
// comparison does, and does not hold mu then.
//
// It linearizes as delete does for a key that is left in dirty. If the values
// differ, it linearizes when it reads the value.
func (m *core) compareAndDelete(key, old any) (deleted bool) {
	e := m.find(key, compareAndDelete123Rule)
	return e != nil && e.replace(old, nil)
}

// swap sets the value of key and returns the previous value.
//
// It linearizes when the entry's word is swapped, or, for a key in neither map,
// when the new entry is added to dirty.
func (m *core) swap(key, value any) (previous any, loaded bool) {
	box := &value
	if e, ok := m.published().entries[key]; ok {
		if previous, ok := e.swap(box); ok {
			return contents(previous)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e, _ := m.storable(key)
	if e == nil {
		m.insert(key, box)
		return nil, false
	}
	was, _ := e.swap(box)
	return contents(was)
}

// loadOrStore returns the value of key, or stores value if it has none.
//
// It linearizes when it reads a value in the entry's word or changes it from nil,
// or, for a key in neither map, when the new entry is added to dirty.
func (m *core) loadOrStore(key, value any) (actual any, loaded bool) {
	if e, ok := m.published().entries[key]; ok {
		if actual, loaded, ok := e.loadOrStore(value); ok {
			return actual, loaded
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e, inRead := m.storable(key)
	if e == nil {
		box := value // &value would cost an allocation on every path
		m.insert(key, &box)
		return value, false
	}
	actual, loaded, _ = e.loadOrStore(value)
	if !inRead {
		m.missed()
	}
	return actual, loaded
}

// compareAndSwap sets the value of key to new if it equals old. It panics if
// the comparison does, and unlocks mu.
//
// It linearizes when the entry's word is changed. If it fails, it linearizes when
// the word is read, or as delete does for a key in neither map.
func (m *core) compareAndSwap(key, old, new any) (swapped bool) {
	ix := m.published()
	if e, ok := ix.entries[key]; ok {
		return e.replace(old, &new)
	}
	if !ix.amended {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.published().entries[key]; ok {
		return e.replace(old, &new)
	}
	e, ok := m.dirty[key]
	if !ok {
		return false
	}
	swapped = e.replace(old, &new)
	m.missed()
	return swapped
}

// clear deletes every key.
//
// It linearizes when the empty index is published: that is not amended, so later
// operations ignore dirty. On an empty map, it linearizes at the load of read.
func (m *core) clear() {
	if ix := m.published(); len(ix.entries) == 0 && !ix.amended {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if ix := m.published(); len(ix.entries) > 0 || ix.amended {
		m.read.Store(&index{})
	}
	// Clear dirty in place, to be reused by the next new key. Its table keeps its size.
	clear(m.dirty)
	m.misses = 0
}

// traverse calls f for each key that has a value, until f returns false.
func (m *core) traverse(f func(key, value any) bool) {
	for key, e := range m.whole().entries {
		value, ok := e.load()
		if ok && !f(key, value) {
			return
		}
	}
}

// whole returns an index that is not amended, promoting dirty if necessary.
func (m *core) whole() index {
	if ix := m.published(); !ix.amended {
		return ix
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.published().amended {
		m.promote()
	}
	return m.published()
}

// storable returns key's entry, and whether it is in read. The entry is not expunged, and
// is in dirty if dirty exists. If key is in neither map, the entry is nil. mu must be
// held; until it is released, the entry is not expunged again.
func (m *core) storable(key any) (e *entry, inRead bool) {
	if e, ok := m.published().entries[key]; ok {
		if e.revive() {
			m.dirty[key] = e
		}
		return e, true
	}
	return m.dirty[key], false
}

// insert adds a key that is in neither map. mu must be held.
func (m *core) insert(key any, box *any) {
	if ix := m.published(); !ix.amended {
		m.refill(ix)
		m.read.Store(&index{entries: ix.entries, amended: true})
	}
	e := new(entry)
	e.box.Store(box)
	m.dirty[key] = e
}

// refill makes dirty from the index in read. mu must be held.
func (m *core) refill(ix index) {
	if m.dirty != nil {
		return // Clear emptied both maps, and kept this one for reuse
	}
	m.dirty = make(map[any]*entry, len(ix.entries))
	for key, e := range ix.entries {
		if !e.expunge() {
			m.dirty[key] = e
		}
	}
}

// missed counts a miss, and promotes dirty once there have been as many misses as
// dirty has keys, which pays for copying it. mu must be held.
func (m *core) missed() {
	m.misses++
	if m.misses >= len(m.dirty) {
		m.promote()
	}
}

// promote publishes dirty as the new read. mu must be held.
func (m *core) promote() {
	m.read.Store(&index{entries: m.dirty})
	m.dirty = nil
	m.misses = 0
}
