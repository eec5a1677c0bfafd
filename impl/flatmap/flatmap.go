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
// A miss needs no second look: within a table a key never moves to another slot
// without having been deleted between.
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
// traversed meanwhile. A traversal in progress holds the entries of one chain, or of
// what became of it. The table itself shrinks as keys are deleted.
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
	root      atomic.Pointer[table[K, V]] // nil: empty
	computing atomic.Pointer[computation] // see Compute
}

// Load returns the value of key. If the map has no such key it returns V's zero
// value and false. It never waits.
//
// Linearizes where the key's tag is read, or at the write of the value that it
// returns, if that comes later; a miss, where the tags are read.
func (m *Map[K, V]) Load(key K) (value V, ok bool) {
	t := m.root.Load()
	if t == nil {
		mustHash(key)
		return value, false
	}
	var bits, hash uint64
	if t.inline() {
		bits = bitsOf(&key)
		hash = hashWord(bits, t.seed)
	} else if t.strings() {
		hash = hashString(*(*string)(unsafe.Pointer(&key)), t.seed)
	} else {
		hash = t.hashLong(&key)
	}
	b := t.at(hash)
	guard := b.guard.Load()
	state := b.state.Load()
	set := matching(state, tagOf(hash))
	if set == 0 && state&(chained|moved) == 0 {
		return value, false
	}
	if set != 0 {
		// Most keys are found here, at the first tag. lookup does the same, but
		// that would be a call.
		i := lowest(set)
		if t.inline() {
			if loadBits(b.key(i), t.kinds.key) == bits {
				v := load(b.value(i), t.kinds.value)
				if b.guard.Load() == guard {
					return decode[V](v, t.kinds.value), true
				}
			}
		} else if t.strings() {
			k := raw{atomic.LoadUint64(b.lengths()) >> (8 * i) & 0xff, atomic.LoadPointer(pointerIn(b.key(i)))}
			v := load(b.value(i), t.kinds.value)
			if b.guard.Load() == guard && k.text() == *(*string)(unsafe.Pointer(&key)) {
				return decode[V](v, t.kinds.value), true
			}
		}
	}
	v, ok := t.lookup(&key, bits, hash)
	if !ok {
		return value, false
	}
	return decode[V](v, t.kinds.value), true
}

// lookup returns the value of key, as it lies in its slot. It follows chains and
// moves.
//
// A miss needs no look at guard again: within a table no key changes its slot
// without having been deleted.
func (t *table[K, V]) lookup(key *K, bits, hash uint64) (v raw, ok bool) {
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
			k, v := t.loadKey(b, i), load(b.value(i), t.kinds.value)
			if first.guard.Load() != guard {
				goto again
			}
			if t.is(k, key, bits) {
				return v, true
			}
		}
		if state&chained == 0 {
			return raw{}, false
		}
		b = t.chainedTo(b.guard.Load())
	}
}

// mustHash panics if key cannot be hashed.
func mustHash[K comparable](key K) { maphash.Comparable(process, key) }

// table returns the root, and makes it if there is none.
func (m *Map[K, V]) table() *table[K, V] {
	if t := m.root.Load(); t != nil {
		return t
	}
	return m.firstTable()
}

func (m *Map[K, V]) firstTable() *table[K, V] {
	for {
		m.root.CompareAndSwap(nil, newTable[K, V](minBuckets, nil))
		if t := m.root.Load(); t != nil {
			return t
		}
	}
}

// find returns the slot of key in a chain that the caller has locked, or nil.
func (t *table[K, V]) find(first *bucket, state uint64, key *K, bits, tag uint64) (*bucket, uintptr) {
	for b := first; ; {
		for set := matching(state, tag); set != 0; set &= set - 1 {
			if i := lowest(set); t.is(t.loadKey(b, i), key, bits) {
				return b, i
			}
		}
		if state&chained == 0 {
			return nil, 0
		}
		b = t.chainedTo(b.guard.Load())
		state = b.state.Load()
	}
}

// insert puts a key that is not there into a chain that the caller has locked,
// and unlocks it.
func (m *Map[K, V]) insert(t *table[K, V], first *bucket, state uint64, key *K, hash uint64, value raw) {
	tag := tagOf(hash)
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
		t.fill(next, 0, key, hash, value)
		next.state.Store(tagAt(tag, 0))
		b.guard.Store(b.guard.Load() | index)
		s |= chained
	} else {
		i := lowest(free(s))
		t.fill(b, i, key, hash, value)
		s |= tagAt(tag, i)
	}
	b.state.Store(s)
	first.mutex().Unlock()
	if s&chained != 0 && t.crowded() {
		m.grow(t, hash)
	}
}

const full = "flatmap: a map is full: its table has as many buckets as a table can have"

// fill writes a slot.
func (t *table[K, V]) fill(b *bucket, i uintptr, key *K, hash uint64, value raw) {
	t.storeKey(b, i, t.encodeKey(key, hash))
	store(b.value(i), t.kinds.value, value)
}

// remove empties a slot of a chain that the caller has locked, and unlocks it.
func (m *Map[K, V]) remove(t *table[K, V], first, b *bucket, i uintptr, hash uint64) {
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
func (t *table[K, V]) release(b *bucket, i uintptr) {
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
	// As in Load, words are hashed and found here: the calls would take as long as
	// the rest.
	var bits, hash uint64
	if t.inline() {
		bits = bitsOf(&key)
		hash = hashWord(bits, t.seed)
	} else {
		hash = t.hashLong(&key)
	}
	var v raw
	if t.kinds.value == word {
		v.word = bitsOf(&value)
	} else {
		v = encode(value, t.kinds.value)
	}
	t, first, state := m.lock(t, hash)
	if set := matching(state, tagOf(hash)); set != 0 && t.inline() {
		if i := lowest(set); loadBits(first.key(i), t.kinds.key) == bits {
			store(first.value(i), t.kinds.value, v)
			first.mutex().Unlock()
			return
		}
	}
	b, i := t.find(first, state, &key, bits, tagOf(hash))
	if b == nil {
		m.insert(t, first, state, &key, hash, v)
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
	bits, hash := t.hash(&key)
	v := encode(value, t.kinds.value)
	t, first, state := m.lock(t, hash)
	if b, i := t.find(first, state, &key, bits, tagOf(hash)); b != nil {
		old := load(b.value(i), t.kinds.value)
		store(b.value(i), t.kinds.value, v)
		first.mutex().Unlock()
		return decode[V](old, t.kinds.value), true
	}
	m.insert(t, first, state, &key, hash, v)
	return previous, false
}

// LoadOrStore returns the value of key and true if the map has the key;
// otherwise it stores value and returns it with false.
//
// Linearizes as Load does if that finds the key, which never waits; else where
// the bucket is locked, or the new key's tag is set.
func (m *Map[K, V]) LoadOrStore(key K, value V) (actual V, loaded bool) {
	if v, ok := m.Load(key); ok {
		return v, true
	}
	t := m.table()
	bits, hash := t.hash(&key)
	v := encode(value, t.kinds.value)
	t, first, state := m.lock(t, hash)
	if b, i := t.find(first, state, &key, bits, tagOf(hash)); b != nil {
		old := load(b.value(i), t.kinds.value)
		first.mutex().Unlock()
		return decode[V](old, t.kinds.value), true
	}
	m.insert(t, first, state, &key, hash, v)
	return value, false
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
	var bits, hash uint64
	if t.inline() {
		bits = bitsOf(&key)
		hash = hashWord(bits, t.seed)
	} else {
		hash = t.hashLong(&key)
	}
	t, first, state := m.lock(t, hash)
	b, i := t.find(first, state, &key, bits, tagOf(hash))
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
	bits, hash := t.hash(&key)
	v := encode(new, t.kinds.value)
	t, first, b, i := m.lockEqual(t, &key, bits, hash, old)
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
	bits, hash := t.hash(&key)
	t, first, b, i := m.lockEqual(t, &key, bits, hash, old)
	if b == nil {
		return false
	}
	m.remove(t, first, b, i, hash)
	return true
}

// lockEqual locks the chain of a key whose value is old, and returns what lock
// does and the key's slot. Otherwise the bucket is nil, and nothing is locked.
//
// Values are compared without the lock where that runs code of others, or
// panics: what was compared is there still if the slot is the same.
func (m *Map[K, V]) lockEqual(t *table[K, V], key *K, bits, hash uint64, old V) (_ *table[K, V], first, b *bucket, i uintptr) {
	for {
		var want raw
		if t.kinds.plain {
			want = encode(old, t.kinds.value)
		} else {
			r, ok := t.lookup(key, bits, hash)
			if !ok || any(decode[V](r, t.kinds.value)) != any(old) {
				return t, nil, nil, 0
			}
			want = r
		}
		t, first, state := m.lock(t, hash)
		b, i := t.find(first, state, key, bits, tagOf(hash))
		if b != nil && load(b.value(i), t.kinds.value) == want {
			return t, first, b, i
		}
		first.mutex().Unlock()
		if b == nil || t.kinds.plain {
			return t, nil, nil, 0
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
		bits, hash := t.hash(&key)
		was, loaded := t.lookup(&key, bits, hash)
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
		t, first, state := m.lock(t, hash)
		b, i := t.find(first, state, &key, bits, tagOf(hash))
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
			m.insert(t, first, state, &key, hash, v)
		}
		return value, true
	}
}

// compute calls f. From some attempt on it makes known who does so: if f changes
// the key itself, there is no end to attempts, but lock finds out.
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
			if m.root.CompareAndSwap(nil, newTable[K, V](buckets, nil)) {
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
