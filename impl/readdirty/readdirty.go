// Package readdirty is the algorithm behind Go's sync.Map from Go 1.9 to Go
// 1.23, written anew: one core, and one exported type for each historical
// version that differs. It is here to be judged, and to show how a map can
// return the right results for years and still keep what was deleted. To use a
// map, use another one.
//
// # Layout
//
// There are two built-in maps from keys to entries. read is reached without a
// lock; dirty, behind mu, holds the keys that were added since:
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
// An operation on a key that read has works on the entry's one atomic word,
// whichever maps the entry is in. A key that read lacks costs mu and a look
// into dirty. Three steps move keys from one map to the other:
//
//   - refill: the first new key after a promotion makes dirty anew. It copies
//     every entry of read but the deleted ones, and expunges those, which
//     marks them as missing from dirty.
//   - promote: once misses has reached len(dirty), or when a traversal finds
//     read amended, dirty becomes read, dirty becomes nil, misses zero.
//     Expunged keys are dropped here, and nowhere else but in Clear.
//   - revive: a value for an expunged key turns expunged back into nil and puts
//     the entry into dirty, lest the next promotion lose it.
//
// The invariants, whenever mu is free:
//
//  1. If read is not amended, dirty is nil, or empty together with read.
//  2. If read is amended, each of its keys is in dirty with the same entry,
//     unless that entry is expunged; then the key is not in dirty.
//  3. A promoted map has no expunged entry, as expunging happens in refill only.
//
// # What deletion releases
//
// A key found in read cannot be taken out of it: its entry becomes nil. The
// value is free at once; the key stays until a refill has expunged it and a
// promotion after that has dropped it. Every version does so. A key found in
// dirty alone could be removed at once, and here the versions part:
//
//	version  operation          the key in dirty  the entry           a miss
//	1.14     Delete             removed           left as it is       no
//	1.15.0   Delete             stays             becomes nil         counted
//	1.15.2   Delete             removed           becomes nil         counted
//	1.23     Delete             removed           becomes nil         counted
//	1.23     CompareAndDelete   stays             becomes nil, if     counted
//	                                              the values match
//
// (Delete stands for LoadAndDelete, too.) The rules further down say just this,
// and there is no other difference between the versions but the methods they
// have.
//
// Where the key stays, and one other key is resident, a loop that stores fresh
// keys and deletes each of them makes dirty grow as fast as misses: the misses
// never catch up, and every key ever stored remains. Without a resident each
// deletion promotes, and one key remains. Counting misses has an effect of its
// own: a thousand deletions in a row promote half-way, and those after that find
// their keys in read.
//
// The key instance follows the entry. Overwriting keeps the old instance, even
// a store to a deleted key does, so that a traversal may hand out an instance
// that was deleted once; unless the key was expunged, when dirty, and read
// after the next promotion, gets the new one.
//
// # Linearization
//
// An operation that has got hold of an entry finishes its work on it, though
// the key may leave the maps meanwhile. Since it found the entry there, it
// overlaps the step that took it out, and linearizes next to that step:
//
//   - dropped by a promotion: the entry is expunged for good; whoever sees that
//     saw the key absent, as it was during the promotion. (Stores see it and
//     begin again under mu.)
//   - dropped by Clear: just before the Clear, in the order in which the
//     operations reach the entry.
//   - removed from dirty by a deletion: whoever still sees the value, or takes
//     it by a CompareAndDelete, just before the removal; all others just after.
//
// The comments on the methods name the point in every other case.
package readdirty

import (
	"sync"
	"sync/atomic"
)

// core is the algorithm. The exported types have it as their underlying type,
// so that their fields are these, by these names. Its zero value is an empty
// map; it must not be copied after first use.
type core struct {
	// mu is held for every use of dirty and misses, and every store to read.
	mu sync.Mutex

	// read is the index to look in without a lock.
	//
	//	value     meaning                              who may change it, to what
	//	nil       empty, not amended: the zero value   holder of mu: an amended index
	//	an index  its entries, and dirty's if amended  holder of mu: the same entries, amended;
	//	                                               dirty, not amended; the empty index
	//
	// An index is not written to once it is here, nor is its map.
	read atomic.Pointer[index]

	// dirty has every key that is not expunged, if read is amended.
	dirty map[any]*entry

	// misses counts the calls since dirty was made, or since Clear, that had to
	// look into dirty: loads and deletions (see rule) even if the key was not
	// there, LoadOrStore and CompareAndSwap if it was, Store and Swap never.
	misses int
}

// index is a map of entries, and whether there are others.
type index struct {
	entries map[any]*entry
	amended bool // dirty has keys that entries lacks
}

// rule says what an operation does to a key that read lacks while amended. It
// is what tells the versions apart.
type rule uint8

const (
	take   rule = 1 << iota // go on with the key's entry, after mu is released
	remove                  // remove the key from dirty
	miss                    // count a miss, whether or not the key is there
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

// find returns key's entry, or nil if there is none to go on with.
func (m *core) find(key any, r rule) *entry {
	ix := m.published()
	if e, ok := ix.entries[key]; ok || !ix.amended {
		return e
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	// A promotion may have come between. Then read has the answer, and dirty
	// must be left alone: removing the key there but not in read would break
	// invariant 2.
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

// delete deletes key and returns the value it had; with delete114Rule, only
// that of a key in read.
//
// Linearizes, for a key
//   - in read: when its entry becomes nil, or is seen to have no value;
//   - in dirty only, and removed: at the removal, even if the entry becomes nil
//     later: from there on nobody finds it;
//   - in dirty only, and left there: as for a key in read;
//   - in neither: at the load of read, if that is not amended, else at the
//     lookup in dirty.
func (m *core) delete(key any, r rule) (value any, loaded bool) {
	if e := m.find(key, r); e != nil {
		return contents(e.erase())
	}
	return nil, false
}

// compareAndDelete deletes key if its value equals old. It panics if the
// comparison does; mu is not held then.
//
// Linearizes as delete does with a key that is left in dirty; if it fails, when
// it reads the value that differs.
func (m *core) compareAndDelete(key, old any) (deleted bool) {
	e := m.find(key, compareAndDelete123Rule)
	return e != nil && e.replace(old, nil)
}

// swap sets the value of key and returns the value it had.
//
// Linearizes when the entry's word is swapped, or, for a key in neither map,
// when the new entry enters dirty.
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

// loadOrStore returns the value of key, or stores one if it has none.
//
// Linearizes when the entry's word is read with a value in it or changed from
// nil, or, for a key in neither map, when the new entry enters dirty.
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
		box := value // not &value, which would cost an allocation on every path
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
// the comparison does, and lets go of mu.
//
// Linearizes when the entry's word is changed, or, if it fails, when the word
// is read, or as delete does for a key in neither map.
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
// Linearizes when the empty index is published: it is not amended, so nobody
// looks into dirty from there on. If the map is found empty: at the load of read.
func (m *core) clear() {
	if ix := m.published(); len(ix.entries) == 0 && !ix.amended {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if ix := m.published(); len(ix.entries) > 0 || ix.amended {
		m.read.Store(&index{})
	}
	// In place: the next new key finds dirty made. Its table keeps its size.
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

// whole returns an index that is not amended; a promotion makes one if need be.
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

// storable returns key's entry, ready to take a value and in dirty if there is
// one, and whether read has it; nil if key is in neither map. mu must be held,
// and as long as it is the entry is not expunged again.
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
		return // Clear emptied both maps, and left this one to be used again
	}
	m.dirty = make(map[any]*entry, len(ix.entries))
	for key, e := range ix.entries {
		if !e.expunge() {
			m.dirty[key] = e
		}
	}
}

// missed counts a miss, and promotes dirty once the misses have paid for
// copying it. mu must be held.
func (m *core) missed() {
	m.misses++
	if m.misses >= len(m.dirty) {
		m.promote()
	}
}

// promote makes dirty the map to read. mu must be held.
func (m *core) promote() {
	m.read.Store(&index{entries: m.dirty})
	m.dirty = nil
	m.misses = 0
}
