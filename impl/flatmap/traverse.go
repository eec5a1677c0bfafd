package flatmap

import (
	"iter"
	"math/bits"
	"slices"
	"sync/atomic"
	"unsafe"
)

// A traversal visits one class of keys after another: the keys whose hashes are the
// same modulo the size of the root when the traversal began. A class is one chain, or
// what became of it in later tables. It is copied while none of its keys is
// deleted, so that no key changes its slot and is copied twice. The visits follow.
// During them no table is referenced, as that would keep all later tables alive.

// Range calls f for each key of the map and its value, until f returns false. It
// visits every key that is present throughout, and no key twice; it may or may not
// visit other keys. f may call any method, as it runs without a lock.
//
// Each visit is a Load of the key, between the call of Range and that of f.
func (m *Map[K, V]) Range(f func(key K, value V) bool) {
	t := m.root.Load()
	if t == nil {
		return
	}
	mask, origin, kinds := t.mask, t.origin, t.kinds
	var b batch
	var pairs []pair // of a class that fill cannot copy
	for class := uint64(0); class <= mask; {
		t := m.root.Load()
		if t == nil || t.origin != origin {
			return // Clear has deleted the rest
		}
		if t.mask == mask {
			class = b.fill(t, class) // the common case
		}
		if b.n == 0 && class <= mask {
			b.forget()
			pairs = t.copyClass(class, mask, slices.Grow(pairs[:0], 4*slots))
			for _, p := range pairs { // t is no longer referenced
				if !f(decodeKey[K](p.key, kinds.key), decode[V](p.value, kinds.value)) {
					return
				}
			}
			clear(pairs[:cap(pairs)])
			class++
		}
		if !visit(&b, kinds, f) {
			return
		}
	}
}

// visit calls f for the entries of b, and empties b. It returns false if f does. It
// decodes common kinds inline, as a decoder for all kinds would cost a call for each entry.
func visit[K comparable, V any](b *batch, of kinds, f func(key K, value V) bool) bool {
	n := b.n
	b.n = 0
	if of.key == word && of.value == word {
		for i := range n {
			i %= batchSize
			if !f(fromBits[K](b.keys.words[i]), fromBits[V](b.values.words[i])) {
				return false
			}
		}
		return true
	}
	if of.key == pointer && of.value == pointer {
		for i := range n {
			i %= batchSize
			if !f(*(*K)(unsafe.Pointer(&b.keys.pointers[i])), *(*V)(unsafe.Pointer(&b.values.pointers[i]))) {
				return false
			}
		}
	} else {
		for i := range n {
			i %= batchSize
			var key K
			switch of.key {
			case text:
				s := raw{b.keys.words[i], b.keys.pointers[i]}.text()
				key = *(*K)(unsafe.Pointer(&s))
			case word:
				key = fromBits[K](b.keys.words[i])
			default:
				key = dereferenceKey[K](b.keys.pointers[i], of.key)
			}
			var value V
			if of.value == word {
				value = fromBits[V](b.values.words[i])
			} else {
				value = dereference[V](b.values.pointers[i], of.value)
			}
			if !f(key, value) {
				return false
			}
		}
	}
	b.forget()
	return true
}

// pair is a key and its value, as raw contents of their slots.
type pair struct{ key, value raw }

// batch is a copy of the entries of several chains. Copying one chain at a time would
// be slower, as the processor mispredicts the end of each short loop over its entries.
type batch struct {
	n            uint64
	keys, values column
}

// column has the keys or the values of a batch. Words and pointers are in separate
// arrays, as most kinds need only one of the two.
type column struct {
	words    [batchSize]uint64
	pointers [batchSize]unsafe.Pointer
}

// forget sets all pointers to nil, so that the batch keeps nothing alive.
func (e *batch) forget() {
	e.keys.pointers, e.values.pointers = [batchSize]unsafe.Pointer{}, [batchSize]unsafe.Pointer{}
}

// batchSize is the maximum number of entries that a traversal holds, unless a single
// chain has more. It is a power of two, so that indices need no bounds checks.
const batchSize = 32

// fill copies the entries of successive chains, beginning with that of class. It stops
// at a chain for which there is no room, that has moved, or of which a key was deleted
// meanwhile, and returns the class of that chain. It also copies free slots, to be
// overwritten by the next entry: a branch or a loop would cost more.
func (e *batch) fill(t *table, class uint64) uint64 {
	k := t.kinds
	for n := uint64(0); class <= t.mask; class++ {
		first := t.at(class)
		guard := first.guard.Load()
		for b := first; ; b = t.chainedTo(b.guard.Load()) {
			state := b.state.Load()
			if state&moved != 0 || n > batchSize-slots {
				return class
			}
			n0 := n % batchSize
			n1 := (n0 + state>>7&1) % batchSize
			n2 := (n1 + state>>15&1) % batchSize
			n3 := (n2 + state>>23&1) % batchSize
			n4 := (n3 + state>>31&1) % batchSize
			n5 := (n4 + state>>39&1) % batchSize
			n = n5 + state>>47&1
			if k.key == word {
				from, to := (*[slots]uint64)(b.key(0)), &e.keys.words
				to[n0] = atomic.LoadUint64(&from[0])
				to[n1] = atomic.LoadUint64(&from[1])
				to[n2] = atomic.LoadUint64(&from[2])
				to[n3] = atomic.LoadUint64(&from[3])
				to[n4] = atomic.LoadUint64(&from[4])
				to[n5] = atomic.LoadUint64(&from[5])
			} else {
				to := &e.keys.pointers
				to[n0] = atomic.LoadPointer(pointerIn(b.key(0)))
				to[n1] = atomic.LoadPointer(pointerIn(b.key(1)))
				to[n2] = atomic.LoadPointer(pointerIn(b.key(2)))
				to[n3] = atomic.LoadPointer(pointerIn(b.key(3)))
				to[n4] = atomic.LoadPointer(pointerIn(b.key(4)))
				to[n5] = atomic.LoadPointer(pointerIn(b.key(5)))
			}
			if k.key == text {
				lengths, to := atomic.LoadUint64(b.lengths()), &e.keys.words
				to[n0] = lengths & 0xff
				to[n1] = lengths >> 8 & 0xff
				to[n2] = lengths >> 16 & 0xff
				to[n3] = lengths >> 24 & 0xff
				to[n4] = lengths >> 32 & 0xff
				to[n5] = lengths >> 40 & 0xff
			}
			if k.value == word {
				from, to := (*[slots]uint64)(b.value(0)), &e.values.words
				to[n0] = atomic.LoadUint64(&from[0])
				to[n1] = atomic.LoadUint64(&from[1])
				to[n2] = atomic.LoadUint64(&from[2])
				to[n3] = atomic.LoadUint64(&from[3])
				to[n4] = atomic.LoadUint64(&from[4])
				to[n5] = atomic.LoadUint64(&from[5])
			} else {
				to := &e.values.pointers
				to[n0] = atomic.LoadPointer(pointerIn(b.value(0)))
				to[n1] = atomic.LoadPointer(pointerIn(b.value(1)))
				to[n2] = atomic.LoadPointer(pointerIn(b.value(2)))
				to[n3] = atomic.LoadPointer(pointerIn(b.value(3)))
				to[n4] = atomic.LoadPointer(pointerIn(b.value(4)))
				to[n5] = atomic.LoadPointer(pointerIn(b.value(5)))
			}
			if state&chained == 0 {
				break
			}
		}
		if first.guard.Load() != guard {
			return class
		}
		e.n = n
	}
	return class
}

// copyClass appends the entries whose hash modulo mask+1 is class. It copies each
// chain while none of its keys is deleted.
func (t *table) copyClass(class, mask uint64, pairs []pair) []pair {
	finest := max(mask, t.mask)
	for c := class; c <= finest; c += mask + 1 {
		copied, ok := t.copyChain(c, finest, pairs)
		if !ok {
			copied = t.next.Load().copyClass(c, finest, pairs)
		}
		pairs = copied
	}
	return pairs
}

// appendPairs appends the entries of a bucket to pairs.
func (t *table) appendPairs(pairs []pair, b *bucket, state uint64) []pair {
	for set := state & allTags; set != 0; set &= set - 1 {
		i := lowest(set)
		pairs = append(pairs, pair{t.loadKey(b, i), load(b.value(i), t.kinds.value)})
	}
	return pairs
}

// copyChain appends the entries of a chain whose hash modulo mask+1 is class, while
// none of its keys is deleted. It returns false if the chain has moved.
func (t *table) copyChain(class, mask uint64, pairs []pair) ([]pair, bool) {
	first := t.at(class)
	for range 3 {
		guard := first.guard.Load()
		copied, ok := t.appendChain(first, pairs)
		if !ok {
			return pairs, false
		}
		if first.guard.Load() == guard {
			return t.only(copied, len(pairs), class, mask), true
		}
	}
	// Writers were faster each time, so exclude them.
	if !first.lockOld() {
		return pairs, false
	}
	copied, _ := t.appendChain(first, pairs)
	first.mutex().Unlock()
	return t.only(copied, len(pairs), class, mask), true
}

// appendChain appends the entries of a chain, or returns false if the chain has moved.
func (t *table) appendChain(first *bucket, pairs []pair) (_ []pair, ok bool) {
	ok = true
	t.chain(first, func(b *bucket, state uint64) bool {
		ok = state&moved == 0
		pairs = t.appendPairs(pairs, b, state)
		return ok
	})
	return pairs, ok
}

// only removes the entries of pairs[from:] whose hash modulo mask+1 is not class. In a
// table with fewer buckets, a chain contains several classes.
func (t *table) only(pairs []pair, from int, class, mask uint64) []pair {
	if t.mask >= mask {
		return pairs
	}
	kept := slices.DeleteFunc(pairs[from:], func(p pair) bool { return t.rehash(p.key)&mask != class })
	return pairs[:from+len(kept)]
}

// All returns an iterator over keys and values, as visited by Range. Each use of it
// is a new traversal.
func (m *Map[K, V]) All() iter.Seq2[K, V] {
	return m.Range
}

// Keys returns an iterator over keys, as visited by Range.
func (m *Map[K, V]) Keys() iter.Seq[K] {
	return func(yield func(K) bool) {
		m.Range(func(key K, _ V) bool { return yield(key) })
	}
}

// Values returns an iterator over values, as visited by Range.
func (m *Map[K, V]) Values() iter.Seq[V] {
	return func(yield func(V) bool) {
		m.Range(func(_ K, value V) bool { return yield(value) })
	}
}

// Len returns the number of keys. It counts them, reading one cache line per bucket,
// and is exact if no write is in progress.
func (m *Map[K, V]) Len() int {
	t := m.root.Load()
	if t == nil {
		return 0
	}
	n := 0
	for class := range t.size() {
		n += t.count(class, t.mask)
	}
	return n
}

// count returns the number of entries whose hash modulo mask+1 is class. In a table
// with fewer buckets, a chain contains several classes: count returns the number of
// all its entries for the first of these classes, and 0 for the others.
func (t *table) count(class, mask uint64) (n int) {
	if class > t.mask {
		return 0
	}
	mask = min(mask, t.mask)
	t.chain(t.at(class), func(_ *bucket, state uint64) bool {
		if state&moved != 0 {
			next := t.next.Load()
			finest := max(mask, next.mask)
			for c := class; c <= finest; c += mask + 1 {
				n += next.count(c, finest)
			}
			return false
		}
		n += bits.OnesCount64(state & allTags)
		return true
	})
	return n
}
