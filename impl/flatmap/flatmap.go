// Package flatmap is a concurrent hash map. Its readers never wait, and a deletion
// releases the key and the value before it returns.
//
// Prefer it to sync.Map if keys come and go, if keys and values should be typed, or
// if you need Len, Compute or Grow:
//
//	var hits flatmap.Map[string, int] // the zero value is ready
//	hits.Store("/index.html", 1)
//	n, ok := hits.Load("/index.html")
//	for path, n := range hits.All() { fmt.Println(path, n) }
//
// # Layout
//
// A table is an array of buckets. A bucket has 128 bytes, two cache lines, and
// stores up to six entries in place:
//
//	Map ──► table ──► ┌────────┐
//	        mask      │bucket 0│
//	        seed      ├────────┤   state guard  k0 k1 k2 k3 k4 k5   lock lengths  v0 v1 v2 v3 v4 v5
//	        next      │bucket 1│ =   │     │    └── 6 keys ─────┘               └── 6 values ───┘
//	                  ├────────┤     │     └ index of the next bucket in the chain, and a
//	                  │  …     │     │       count of the slots freed in the chain
//	                  └────────┘     └ a tag for each slot in use: seven bits of the hash;
//	                                   the flags chained and moved
//
// A slot has eight bytes. An integer or a pointer is stored in its slot. The slot of
// a string key points to its bytes, and its length is in the bucket. Other keys, and
// other values with pointers or over eight bytes, are boxed: copied once (kind.go).
//
// # Reading
//
// Load reads guard, then state, then key and value of a slot whose tag matches,
// then guard again. If guard has not changed, key and value belong together: before
// a slot gets another key, its tag is cleared and then guard is incremented. A
// reader of the new guard finds the tag cleared, or the new entry complete.
//
// A miss need not read guard again, unless it saw a nil key. Within a table, a key
// stays in its slot until it is deleted, but moving a chain sets its pointers to nil.
//
// # Writing
//
// A write locks the mutex in the first bucket of the chain for a few instructions.
// They run no code of the caller: hashes, comparisons that can panic, and the
// function of Compute run without the lock. Readers ignore the mutex.
//
//	insert     write key and value; set the tag
//	overwrite  write the value
//	delete     clear the tag; increment guard; set pointers in the slot to nil
//
// # Growth and shrinkage
//
// A table doubles once it has chained an eighth as many buckets as it has, and halves
// when it is about an eighth full. Writers move a few chains each to the next
// table, those of their own key first, so the work of each is bounded (resize.go). A
// chain that has moved is marked, and references nothing.
//
// # What deletion releases
//
// When a write returns, the map no longer references what it deleted or overwrote,
// whatever else is in progress. Only a traversal holds copies of some entries: at
// most 32, or those of one chain. The table shrinks as keys are deleted.
//
// docs/flatmap.md has the invariants, the proofs and what was explored.
package flatmap

import (
	"fmt"
	"hash/maphash"
	"runtime"
	"strings"
	"sync/atomic"
	"unsafe"
)

// Map is a map from K to V that is safe for concurrent use by multiple
// goroutines. The zero value is an empty map, ready for use. A Map must not be
// copied after first use.
//
// A write synchronizes before every operation that observes its effect. Store,
// Swap, Clear and Grow are always writes. LoadOrStore and Compute are writes when
// they store. LoadAndDelete, Delete, CompareAndSwap, CompareAndDelete and Compute are
// writes when they find what they change. All other calls are reads, as are Load,
// Len and each visit of a traversal.
//
// Load is lock-free and never waits. It looks again if other goroutines have meanwhile
// deleted a key from the same bucket, chained another bucket to it, or moved it. The other
// methods lock one bucket briefly. Len, Grow and traversals take time O(n), the others O(1).
//
// Two keys are the same if they are ==, and the map keeps the instance that was
// stored first. A key that is not equal to itself (NaN) is added by every Store
// and never found. A key that cannot be hashed panics, without effect.
type Map[K comparable, V any] struct {
	_ [0]*K // prevents conversion to a Map of other types
	_ [0]*V
	core
}

// core is the part of a Map that does not depend on its types.
type core struct {
	root      atomic.Pointer[table]       // nil: empty
	computing atomic.Pointer[computation] // see Compute
}

// Load returns the value of key, or V's zero value and false if the map has no such
// key. It never waits.
//
// A hit linearizes where it reads the key's tag, or at the write of the value that
// it returns, if that is later. A miss linearizes where it reads the tags.
func (m *Map[K, V]) Load(key K) (value V, ok bool) {
	k := key // a copy, so that key itself can stay in a register
	var bits uint64
	if unsafe.Sizeof(key) <= slotSize {
		bits = bitsOf(&k)
	}
	t := m.root.Load()
	if t == nil {
		return m.search(key)
	}
	// Most calls end here: the first matching tag is that of the key, or no tag
	// matches. search starts over for the rest, as passing it what is known costs more.
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

// search is the general case of Load, for any key.
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

// lookup returns the raw value of key, and the hash of the key. It follows chains
// and moves.
//
// A miss need not read guard again: within a table, a key stays in its slot until
// it is deleted. The exception is a nil key, which a move may have left of any key.
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

// table returns the root, creating it if there is none.
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

// insert adds an absent key to a chain that the caller has locked, and unlocks the
// chain.
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
			// This is fill, without the cost of a call.
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

// remove empties a slot of a chain that the caller has locked, and unlocks the chain.
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

// release sets the pointers in a free slot to nil.
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
// It linearizes at the write to the value's slot, or, for a new key, where its tag
// is set.
func (m *Map[K, V]) Store(key K, value V) {
	t := m.root.Load()
	if t == nil {
		t = m.firstTable()
	}
	var v raw
	switch t.kinds.value {
	case word: // this is encode, without the cost of a call
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

// Swap sets the value of key and returns the previous value. If the map had no
// such key, it returns V's zero value and false.
//
// It linearizes as Store does.
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

// LoadOrStore returns the value of key and true if the map has the key.
// Otherwise it stores value and returns value and false.
//
// If Load finds the key, it linearizes as that Load, and does not wait. Otherwise it
// linearizes where the bucket is locked, or where the new key's tag is set.
func (m *Map[K, V]) LoadOrStore(key K, value V) (actual V, loaded bool) {
	t := m.root.Load()
	if t == nil {
		t = m.firstTable()
	}
	absent := false
	if inline[K](t) && t.kinds.value == word {
		// This is Load, without the cost of a call.
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

// LoadAndDelete deletes key and returns the previous value. If the map has no such
// key, it returns V's zero value and false.
//
// It linearizes where the key's tag is cleared; on a miss, where the bucket is locked.
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
// It linearizes as LoadAndDelete does.
func (m *Map[K, V]) Delete(key K) { m.LoadAndDelete(key) }

// CompareAndSwap sets the value of key to new if it is old, and reports whether
// it did. Values are compared with ==. If they cannot be compared, it panics and
// changes nothing.
//
// It linearizes at the write to the value's slot or, if that is not old, as Load does.
func (m *Map[K, V]) CompareAndSwap(key K, old, new V) (swapped bool) {
	t := m.root.Load()
	if t == nil {
		mustHash(key)
		return false
	}
	if t.kinds.plain && t.kinds.value == word {
		// This is seekEqual, with fewer calls.
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
// Values are compared with ==. If they cannot be compared, it panics and changes
// nothing.
//
// It linearizes where the key's tag is cleared or, if its value is not old, as Load does.
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

// seekEqual is seek for a key whose value is old. If the value is not old, it
// returns a nil bucket and locks nothing.
//
// A comparison that runs code of the caller, or may panic, is done without the lock.
// Its result still holds under the lock if the slot has the same content.
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

// Compute calls f with the value of key, and whether the map has the key. If f
// returns true, Compute stores the new value; otherwise it deletes the key. It
// returns the resulting value, and whether the map has the key then.
//
// f runs without a lock: it may use the map, and may panic. If another goroutine
// changes the key meanwhile, Compute calls f again, with the current value. So f should
// have no effect other than its result, and should be fast if the key is contended.
// If f itself changes the key in every call, Compute can never succeed: after some
// attempts, the write in f panics.
//
// It linearizes as Store or Delete or, if f leaves an absent key absent, as Load.
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
		// Load the root again. Holding t while f runs would keep all later tables alive.
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

// compute calls f. After `patience` attempts it also records the goroutine, so that
// seek can panic if f itself changes the key, which would never end.
func (m *Map[K, V]) compute(f func(V, bool) (V, bool), old V, loaded bool, hash uint64, attempt int) (V, bool) {
	if attempt >= patience && m.computing.Load() == nil && m.computing.CompareAndSwap(nil, &computation{hash, goroutine()}) {
		defer m.computing.Store(nil)
	}
	return f(old, loaded)
}

// patience is the number of attempts after which Compute begins to check whether its
// function changes the key.
const patience = 1 << 10

// computation identifies a running call of the function passed to Compute.
type computation struct {
	hash      uint64 // of the key
	goroutine string
}

// goroutine returns the ID of the calling goroutine, as printed in its stack trace.
func goroutine() string {
	var b [64]byte
	number, _, _ := strings.Cut(string(b[:runtime.Stack(b[:], false)]), "[")
	return number
}

// forbid panics if the function of c is about to change the key that it computes.
func (c *computation) forbid(hash uint64) {
	if c.hash == hash && c.goroutine == goroutine() {
		panic("flatmap: the function given to Compute changes the key that it computes, whenever it is called: there is no end to that")
	}
}

// Clear deletes all keys, atomically.
//
// It linearizes where the root is set to nil. A write that found the old root is
// ordered before it, even if it changes the old table later: both calls are in
// progress then, and no later operation sees the old table.
func (m *Map[K, V]) Clear() { m.root.Store(nil) }

// Grow makes room for n entries in total, so that the table rarely grows before then.
// It never shrinks the map. It panics if n is negative or exceeds the capacity of a
// table: 400 million entries, or 12 million where pointers have four bytes.
//
// Grow moves all entries itself, one chain at a time. Other operations proceed
// meanwhile.
func (m *Map[K, V]) Grow(n int) {
	const each = 3 // entries per bucket, so that few buckets are chained
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
		runtime.Gosched() // another goroutine may be about to attach the next table
	}
}
