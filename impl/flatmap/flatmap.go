// Package flatmap is a concurrent hash map to use: its readers never wait, and
// what it is told to forget it lets go of at once.
//
// # Layout
//
// A table is a row of buckets of 128 bytes, two cache lines, with room for six
// entries each. Keys and values lie in the bucket itself:
//
//	Map ──► table ──► ┌────────┐
//	        mask      │bucket 0│
//	        seed      ├────────┤   state guard  k0 k1 k2 k3 k4 k5   lock lengths  v0 v1 v2 v3 v4 v5
//	        next      │bucket 1│ =   │     │    └── 6 keys ─────┘               └── 6 values ───┘
//	                  ├────────┤     │     └ number of the next bucket of the chain; how
//	                  │  …     │     │       often a slot of the chain has become free
//	                  └────────┘     └ a tag of seven bits of hash for each slot in use;
//	                                   chained, moved
//
// A slot has eight bytes. An integer or a pointer is in its slot itself, so a
// table of these costs nothing beside, and the garbage collector does not look
// into one without pointers. A string's bytes are pointed to, its length is
// elsewhere in the bucket. Other keys, and values of more than eight bytes, are
// copied to a box once, and the slot points to that. (See kind.go.)
//
// # Reading
//
// Load never waits. It reads guard, then state; then, where a tag fits, key and
// value; then guard again. Each slot is one word, so what it reads was there;
// and if guard has not changed, key and value were there together: a slot gets
// another key only after its tag was cleared and guard counted up, in this
// order. Who reads guard after that reads state later, and finds the tag not set,
// or all of the new entry.
//
// A miss needs no second look, but at nil: within a table a key never moves to another
// slot without having been deleted between, and a move leaves nil.
//
// # Writing
//
// Every write locks the mutex in the first bucket of the key's chain, for some ten
// instructions that run no code of others and allocate next to nothing: comparisons
// that can panic, hashing and the function of Compute run without a lock. Readers
// do not see the lock, nor the line it is in unless a tag fits.
//
//	insert     write key and value; set the tag
//	overwrite  write the value
//	delete     clear the tag; count guard up; set key and value to nil, if they are
//	           pointers
//
// # Growth and shrinkage
//
// A table that has chained an eighth as many buckets as it has grows to twice the
// size, one that is about an eighth full shrinks to half. The next table
// hangs off the old one, and the writers that come along move a few chains each,
// those of their own key first (resize.go): no operation does more than a
// bounded amount of this. A chain that has moved says so, and keeps nothing.
//
// # What deletion releases
//
// A deleted key and its value, and a value that was overwritten, are reachable
// from the map no more when the call returns; whatever grows, shrinks or is
// traversed meanwhile. A traversal in progress holds some entries that it has copied:
// 32 at most, or those of one chain. The table itself shrinks as keys are deleted.
//
// docs/flatmap.md has the invariants, the arguments and what was explored.
package flatmap

import (
	"fmt"
	"hash/maphash"
	"runtime"
	"strings"
	"sync/atomic"
	"unsafe"
)

// Map is a map from K to V that goroutines may use at the same time. The zero
// value is an empty map, ready for use; a Map must not be copied after first
// use.
//
// A write synchronizes before every operation that observes its effect. Store,
// Swap, Clear and Grow are writes; so are LoadOrStore and Compute when they
// store, LoadAndDelete, Delete, CompareAndSwap, CompareAndDelete and Compute when
// they find what they change. Otherwise these are reads, as are Load, Len and
// each visit of a traversal.
//
// Load is lock-free and never waits: where others delete keys from the same bucket,
// chain one to it or move it, it may have to look again. The other methods lock one bucket for a
// moment; they take time O(1), beside Len, Grow and traversals, which take O(n).
//
// Two keys are one if they are ==, and the map keeps the instance that it was
// given first. A key that is not equal to itself (NaN) is added by every Store
// and found by none. A key that cannot be hashed panics, without effect.
type Map[K comparable, V any] struct {
	_ [0]*K // no conversion makes this another Map
	_ [0]*V
	core
}

// core is what all maps have, whatever their types.
type core struct {
	root      atomic.Pointer[table]       // nil: empty
	computing atomic.Pointer[computation] // see Compute
}

// Load returns the value of key. If the map has no such key it returns V's zero
// value and false. It never waits.
//
// Linearizes where the key's tag is read, or at the write of the value that it
// returns, if that comes later; a miss, where the tags are read.
func (m *Map[K, V]) Load(key K) (value V, ok bool) {
	k := key // apart, so that key itself can stay in a register
	var bits uint64
	if unsafe.Sizeof(key) <= slotSize {
		bits = bitsOf(&k)
	}
	t := m.root.Load()
	if t == nil {
		return m.search(key)
	}
	// Most keys are found here, at the first tag that fits, or are not there. What
	// is left is for search, which knows nothing of this: to keep it would cost more.
	if inline[K](t) {
		hash := hashWord(bits, t.seed)
		b := t.at(hash)
		guard := b.guard.Load()
		state := b.state.Load()
		if set := matching(state, tagOf(hash)); set != 0 {
			i := lowest(set)
			if loadBits(b.key(i), t.kinds.key) == bits {
				if t.kinds.value == word {
					v := atomic.LoadUint64((*uint64)(b.value(i)))
					if b.guard.Load() == guard {
						return fromBits[V](v), true
					}
				} else {
					v := atomic.LoadPointer(pointerIn(b.value(i)))
					if b.guard.Load() == guard {
						return dereference[V](v, t.kinds.value), true
					}
				}
			}
		} else if state&(chained|moved) == 0 {
			return value, false
		}
	} else if isText[K](t) {
		hash := hashString(*(*string)(unsafe.Pointer(&k)), t.seed)
		b := t.at(hash)
		guard := b.guard.Load()
		state := b.state.Load()
		if set := matching(state, tagOf(hash)); set != 0 {
			i := lowest(set)
			found := raw{atomic.LoadUint64(b.lengths()) >> (8 * i) & 0xff, atomic.LoadPointer(pointerIn(b.key(i)))}
			v := load(b.value(i), t.kinds.value)
			if b.guard.Load() == guard && found.isText(*(*string)(unsafe.Pointer(&k))) {
				return decode[V](v, t.kinds.value), true
			}
		} else if state&(chained|moved) == 0 {
			return value, false
		}
	}
	return m.search(key)
}

// search is Load for all keys.
func (m *Map[K, V]) search(key K) (value V, ok bool) {
	t := m.root.Load()
	if t == nil {
		mustHash(key)
		return value, false
	}
	v, _, ok := lookup(t, &key)
	if !ok {
		return value, false
	}
	return decode[V](v, t.kinds.value), true
}

// lookup returns the value of key, as it lies in its slot, and the key's hash. It
// follows chains and moves.
//
// A miss needs no look at guard again: within a table no key changes its slot
// without having been deleted. But nil may be what a move has left of any key.
func lookup[K comparable](t *table, key *K) (v raw, hash uint64, ok bool) {
	bits, hash := hashOf(t, key)
	tag := tagOf(hash)
again:
	first := t.at(hash)
	guard := first.guard.Load()
	for b := first; ; {
		state := b.state.Load()
		if state&moved != 0 {
			t = t.next.Load()
			goto again
		}
		for set := matching(state, tag); set != 0; set &= set - 1 {
			i := lowest(set)
			if inline[K](t) {
				if k := loadBits(b.key(i), t.kinds.key); k != bits {
					if k == 0 && first.guard.Load() != guard {
						goto again
					}
					continue
				}
			}
			k, v := t.loadKey(b, i), load(b.value(i), t.kinds.value)
			if first.guard.Load() != guard {
				goto again
			}
			if inline[K](t) || is(t, k, key) {
				return v, hash, true
			}
		}
		if state&chained == 0 {
			return raw{}, hash, false
		}
		b = t.chainedTo(b.guard.Load())
	}
}

// mustHash panics if key cannot be hashed.
func mustHash[K comparable](key K) { maphash.Comparable(process, key) }

// table returns the root, and makes it if there is none.
func (m *Map[K, V]) table() *table {
	t := m.root.Load()
	if t == nil {
		t = m.firstTable()
	}
	return t
}

func (m *Map[K, V]) firstTable() *table {
	for {
		m.root.CompareAndSwap(nil, firstTable[K, V](minBuckets))
		if t := m.root.Load(); t != nil {
			return t
		}
	}
}

// insert puts a key that is not there into a chain that the caller has locked,
// and unlocks it.
func (m *core) insert(t *table, first *bucket, state uint64, key raw, hash uint64, value raw) {
	b, s := first, state
	for free(s) == 0 && s&chained != 0 {
		b = t.chainedTo(b.guard.Load())
		s = b.state.Load()
	}
	if free(s) == 0 {
		index, next := t.newChained()
		if next == nil {
			first.mutex().Unlock()
			panic(full)
		}
		t.fill(next, 0, key, value)
		next.state.Store(tagAt(tagOf(hash), 0))
		b.guard.Store(b.guard.Load() | index)
		s |= chained
	} else {
		i := lowest(free(s))
		if t.kinds.references() {
			t.fill(b, i, key, value)
		} else {
			// fill does the same, but that would be a call.
			atomic.StoreUint64((*uint64)(b.key(i)), key.word)
			atomic.StoreUint64((*uint64)(b.value(i)), value.word)
		}
		s |= tagAt(tagOf(hash), i)
	}
	b.state.Store(s)
	first.mutex().Unlock()
	if s&chained != 0 && t.crowded() {
		m.grow(t, hash)
	}
}

const full = "flatmap: a map is full: its table has as many buckets as a table can have"

// remove empties a slot of a chain that the caller has locked, and unlocks it.
func (m *core) remove(t *table, first, b *bucket, i uintptr, hash uint64) {
	b.state.Store(b.state.Load() &^ tagAt(0xff, i))
	first.invalidate()
	if t.kinds.references() {
		t.release(b, i)
	}
	empty := first.state.Load()&allTags == 0
	first.mutex().Unlock()
	if empty {
		m.thin(t, first, hash)
	}
}

// release lets go of what is in a slot that is not in use.
func (t *table) release(b *bucket, i uintptr) {
	if t.kinds.value != word {
		atomic.StorePointer(pointerIn(b.value(i)), nil)
	}
	if t.kinds.key != word {
		atomic.StorePointer(pointerIn(b.key(i)), nil)
	}
}

// Store sets the value of key.
//
// Linearizes at the write of the value's slot, or where the new key's tag is
// set.
func (m *Map[K, V]) Store(key K, value V) {
	t := m.root.Load()
	if t == nil {
		t = m.firstTable()
	}
	var v raw
	switch t.kinds.value {
	case word: // encode does the same, but that would be a call
		v.word = bitsOf(&value)
	case pointer:
		v.pointer = *(*unsafe.Pointer)(unsafe.Pointer(&value))
	default:
		v.pointer = box(value)
	}
	t, first, state, hash, b, i := seek(&m.core, t, &key)
	if b == nil {
		var k raw
		if t.kinds.key == word {
			k.word = bitsOf(&key)
		} else {
			k = encodeKey(t, &key, hash)
		}
		m.insert(t, first, state, k, hash, v)
		return
	}
	store(b.value(i), t.kinds.value, v)
	first.mutex().Unlock()
}

// Swap sets the value of key and returns the value it had. If the map had no
// such key it returns V's zero value and false.
//
// Linearizes as Store does.
func (m *Map[K, V]) Swap(key K, value V) (previous V, loaded bool) {
	t := m.table()
	v := encode(value, t.kinds.value)
	t, first, state, hash, b, i := seek(&m.core, t, &key)
	if b == nil {
		m.insert(t, first, state, encodeKey(t, &key, hash), hash, v)
		return previous, false
	}
	old := load(b.value(i), t.kinds.value)
	store(b.value(i), t.kinds.value, v)
	first.mutex().Unlock()
	return decode[V](old, t.kinds.value), true
}

// LoadOrStore returns the value of key and true if the map has the key;
// otherwise it stores value and returns it with false.
//
// Linearizes as Load does if that finds the key, which never waits; else where
// the bucket is locked, or the new key's tag is set.
func (m *Map[K, V]) LoadOrStore(key K, value V) (actual V, loaded bool) {
	t := m.root.Load()
	if t == nil {
		t = m.firstTable()
	}
	absent := false
	if inline[K](t) && t.kinds.value == word {
		// Load does the same, but that would be a call.
		bits := bitsOf(&key)
		hash := hashWord(bits, t.seed)
		b := t.at(hash)
		guard := b.guard.Load()
		state := b.state.Load()
		if set := matching(state, tagOf(hash)); set != 0 {
			i := lowest(set)
			if loadBits(b.key(i), t.kinds.key) == bits {
				v := atomic.LoadUint64((*uint64)(b.value(i)))
				if b.guard.Load() == guard {
					return fromBits[V](v), true
				}
			}
		} else {
			absent = state&(chained|moved) == 0
		}
	}
	if !absent {
		if v, ok := m.Load(key); ok {
			return v, true
		}
	}
	v := encode(value, t.kinds.value)
	t, first, state, hash, b, i := seek(&m.core, t, &key)
	if b == nil {
		m.insert(t, first, state, encodeKey(t, &key, hash), hash, v)
		return value, false
	}
	old := load(b.value(i), t.kinds.value)
	first.mutex().Unlock()
	return decode[V](old, t.kinds.value), true
}

// LoadAndDelete deletes key and returns the value it had. If the map has no such
// key it returns V's zero value and false.
//
// Linearizes where the key's tag is cleared, or where the bucket is locked.
func (m *Map[K, V]) LoadAndDelete(key K) (value V, loaded bool) {
	t := m.root.Load()
	if t == nil {
		mustHash(key)
		return value, false
	}
	t, first, _, hash, b, i := seek(&m.core, t, &key)
	if b == nil {
		first.mutex().Unlock()
		return value, false
	}
	old := load(b.value(i), t.kinds.value)
	m.remove(t, first, b, i, hash)
	return decode[V](old, t.kinds.value), true
}

// Delete deletes key, if the map has it.
//
// Linearizes as LoadAndDelete does.
func (m *Map[K, V]) Delete(key K) { m.LoadAndDelete(key) }

// CompareAndSwap sets the value of key to new if it is old, and reports whether
// it did. Values are compared by ==. It panics if they cannot be, and changes
// nothing then.
//
// Linearizes at the write of the value's slot; where it is not old, as Load.
func (m *Map[K, V]) CompareAndSwap(key K, old, new V) (swapped bool) {
	t := m.root.Load()
	if t == nil {
		mustHash(key)
		return false
	}
	if t.kinds.plain && t.kinds.value == word {
		// seekEqual does the same, with more calls.
		_, first, _, _, b, i := seek(&m.core, t, &key)
		if b != nil && loadBits(b.value(i), word) == bitsOf(&old) {
			atomic.StoreUint64((*uint64)(b.value(i)), bitsOf(&new))
			swapped = true
		}
		first.mutex().Unlock()
		return swapped
	}
	v := encode(new, t.kinds.value)
	t, first, b, i, _ := m.seekEqual(t, &key, old)
	if b == nil {
		return false
	}
	store(b.value(i), t.kinds.value, v)
	first.mutex().Unlock()
	return true
}

// CompareAndDelete deletes key if its value is old, and reports whether it did.
// Values are compared by ==. It panics if they cannot be, and changes nothing
// then.
//
// Linearizes where the key's tag is cleared; where the value is not old, as Load.
func (m *Map[K, V]) CompareAndDelete(key K, old V) (deleted bool) {
	t := m.root.Load()
	if t == nil {
		mustHash(key)
		return false
	}
	t, first, b, i, hash := m.seekEqual(t, &key, old)
	if b == nil {
		return false
	}
	m.remove(t, first, b, i, hash)
	return true
}

// seekEqual is seek for a key whose value is old. If it is not, the bucket is nil
// and nothing is locked.
//
// Values are compared without the lock where that runs code of others, or
// panics: what was compared is there still if the slot is the same.
func (m *Map[K, V]) seekEqual(t *table, key *K, old V) (_ *table, first, b *bucket, i uintptr, hash uint64) {
	for {
		var want raw
		if t.kinds.plain {
			want = encode(old, t.kinds.value)
		} else {
			r, _, ok := lookup(t, key)
			if !ok || any(decode[V](r, t.kinds.value)) != any(old) {
				return t, nil, nil, 0, 0
			}
			want = r
		}
		t, first, _, hash, b, i := seek(&m.core, t, key)
		if b != nil && load(b.value(i), t.kinds.value) == want {
			return t, first, b, i, hash
		}
		first.mutex().Unlock()
		if b == nil || t.kinds.plain {
			return t, nil, nil, 0, 0
		}
	}
}

// Compute sets the value of key to the one that f returns with true, or deletes
// the key if f returns false. It returns what the key has then. f is told the
// value that the key has, and whether it has one.
//
// No lock is held while f runs: f may use the map, and may panic. If the key was
// changed meanwhile, Compute calls f again, with what the key has then: f must
// have no other effect that counts, and be quick where others change the same
// key. If f itself changes the key whenever it is called, there is no end to
// that: its call that does so panics, after some attempts.
//
// Linearizes as Store, Delete or, where f leaves an absent key absent, as Load.
func (m *Map[K, V]) Compute(key K, f func(old V, loaded bool) (new V, keep bool)) (actual V, ok bool) {
	for attempt := 0; ; attempt++ {
		t := m.table()
		origin := t.origin
		was, hash, loaded := lookup(t, &key)
		var old V
		if loaded {
			old = decode[V](was, t.kinds.value)
		}
		value, keep := m.compute(f, old, loaded, hash, attempt)
		if !keep && !loaded {
			return actual, false
		}
		// The table was not held while f ran: it would hold all that come after it.
		if t = m.root.Load(); t == nil || t.origin != origin {
			continue // Clear
		}
		var v raw
		if keep {
			v = encode(value, t.kinds.value)
		}
		t, first, state, hash, b, i := seek(&m.core, t, &key)
		switch {
		case (b != nil) != loaded, loaded && load(b.value(i), t.kinds.value) != was:
			first.mutex().Unlock()
			continue
		case !keep:
			m.remove(t, first, b, i, hash)
			return actual, false
		case loaded:
			store(b.value(i), t.kinds.value, v)
			first.mutex().Unlock()
		default:
			m.insert(t, first, state, encodeKey(t, &key, hash), hash, v)
		}
		return value, true
	}
}

// compute calls f. From some attempt on it makes known who does so: if f changes
// the key itself, there is no end to attempts, but seek finds out.
func (m *Map[K, V]) compute(f func(V, bool) (V, bool), old V, loaded bool, hash uint64, attempt int) (V, bool) {
	if attempt >= patience && m.computing.Load() == nil && m.computing.CompareAndSwap(nil, &computation{hash, goroutine()}) {
		defer m.computing.Store(nil)
	}
	return f(old, loaded)
}

// patience is how often Compute calls its function before it looks whether that
// changes the key.
const patience = 1 << 10

// computation is a call of the function of a Compute.
type computation struct {
	hash      uint64 // of the key
	goroutine string
}

// goroutine returns the number of the goroutine that calls it, as a text.
func goroutine() string {
	var b [64]byte
	number, _, _ := strings.Cut(string(b[:runtime.Stack(b[:], false)]), "[")
	return number
}

// forbid panics if the caller is the function of c and about to change the key.
func (c *computation) forbid(hash uint64) {
	if c.hash == hash && c.goroutine == goroutine() {
		panic("flatmap: the function given to Compute changes the key that it computes, whenever it is called: there is no end to that")
	}
}

// Clear deletes all keys, at one instant.
//
// Linearizes where the root is set to nil. A write that has found the old root
// comes before it, even if its effect on the old table is later: both are in
// progress, and nobody who comes after sees that table.
func (m *Map[K, V]) Clear() { m.root.Store(nil) }

// Grow makes room for n entries in all, so that the map hardly has to grow before.
// It does not shrink the map. It panics if n is negative or more than a table can
// have: 400 million, or 12 million where pointers have four bytes.
//
// It moves all entries at once, one chain after the other; other operations go
// on meanwhile.
func (m *Map[K, V]) Grow(n int) {
	const each = 3 // of the slots of a bucket: few chains
	if n < 0 || n > maxBuckets*each {
		panic(fmt.Sprintf("flatmap: Grow(%d): want from 0 to %d", n, maxBuckets*each))
	}
	buckets := uint64(minBuckets)
	for buckets*each < uint64(n) {
		buckets *= 2
	}
	for {
		t := m.root.Load()
		if t == nil {
			if m.root.CompareAndSwap(nil, firstTable[K, V](buckets)) {
				return
			}
			continue
		}
		if next := t.next.Load(); next != nil {
			m.finish(t, next)
			continue
		}
		if t.size() >= buckets {
			return
		}
		m.resize(t, buckets)
		runtime.Gosched() // somebody else may be about to
	}
}
