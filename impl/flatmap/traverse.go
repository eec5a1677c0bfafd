package flatmap

import (
	"iter"
	"math/bits"
	"slices"
	"sync/atomic"
)

// A traversal goes through the classes of keys whose hashes are the same modulo
// the size that the root had when it began: one chain each, or what became of it
// in later tables. A class is copied while no key of it is deleted, so that
// none changes its slot and is there twice, and visited afterwards.

// pair is a key and its value, as they lie in their slots.
type pair struct{ key, value raw }

// Range calls f for the keys of the map and their values, until it returns
// false. It visits each key that is there throughout, none twice, and others or
// not. f may call any method: no lock is held.
//
// Each visit is a Load, within the call of Range and before that of f.
func (m *Map[K, V]) Range(f func(key K, value V) bool) {
	t := m.root.Load()
	if t == nil {
		return
	}
	mask, origin, kinds := t.mask, t.origin, t.kinds
	if kinds.key == word && kinds.value == word {
		m.rangeWords(mask, origin, f)
		return
	}
	var buffer [2 * slots]pair
	pairs := buffer[:0]
	for class := range mask + 1 {
		var ok bool
		if pairs, ok = m.copyClass(origin, class, mask, pairs[:0]); !ok {
			return
		}
		for i := range pairs {
			if !f(decodeKey[K](pairs[i].key, kinds.key), decode[V](pairs[i].value, kinds.value)) {
				return
			}
		}
	}
}

// rangeWords is Range for keys and values that are words. It copies some buckets
// at a time.
func (m *Map[K, V]) rangeWords(mask uint64, origin *origin, f func(key K, value V) bool) {
	var b batch[K, V]
	var buffer [2 * slots]pair
	pairs := buffer[:0]
	for class := range mask + 1 {
		t := m.root.Load()
		switch {
		case t != nil && t.origin == origin && t.mask == mask && b.add(t.at(class)):
			if b.n <= len(b.keys)-slots {
				continue
			}
		default:
			var ok bool
			if pairs, ok = m.copyClass(origin, class, mask, pairs[:0]); !ok {
				return
			}
			for _, p := range pairs {
				if !f(decode[K](p.key, word), decode[V](p.value, word)) {
					return
				}
			}
		}
		if !b.visit(f) {
			return
		}
	}
	b.visit(f)
}

// batch is entries of several buckets.
type batch[K comparable, V any] struct {
	n      int
	keys   [64]K
	values [64]V
}

// add adds the entries of a bucket, unless it is chained or moved, or a key
// of it is deleted meanwhile. It looks at free slots, too: to decide each time costs more.
func (e *batch[K, V]) add(b *bucket) bool {
	guard := b.guard.Load()
	state := b.state.Load()
	if state&(chained|moved) != 0 {
		return false
	}
	n := e.n
	for i := range uintptr(slots) {
		e.keys[n&63] = fromBits[K](atomic.LoadUint64((*uint64)(b.key(i))))
		e.values[n&63] = fromBits[V](atomic.LoadUint64((*uint64)(b.value(i))))
		n += int(state >> (8*i + 7) & 1)
	}
	if b.guard.Load() != guard {
		return false
	}
	e.n = n
	return true
}

// visit calls f for the entries, and forgets them. It returns false if f does.
func (e *batch[K, V]) visit(f func(key K, value V) bool) bool {
	for i := range e.n {
		if !f(e.keys[i], e.values[i]) {
			return false
		}
	}
	e.n = 0
	return true
}

// copyClass is that of the root; or false, if the map was cleared meanwhile,
// which has deleted what is left. While f runs no table is held: it would hold
// all that come after it.
func (m *Map[K, V]) copyClass(origin *origin, class, mask uint64, pairs []pair) (_ []pair, ok bool) {
	t := m.root.Load()
	if t == nil || t.origin != origin {
		return nil, false
	}
	return t.copyClass(class, mask, pairs), true
}

// copyClass appends the entries whose hash modulo mask+1 is class. No
// key is deleted while a chain is copied.
func (t *table[K, V]) copyClass(class, mask uint64, pairs []pair) []pair {
	if t.mask == mask {
		// Most are found here.
		if copied, ok := t.copyBucket(t.at(class), pairs); ok {
			return copied
		}
	}
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

// copyBucket appends the entries of a bucket to pairs, unless it is chained
// or moved, or a key of it is deleted meanwhile.
func (t *table[K, V]) copyBucket(b *bucket, pairs []pair) ([]pair, bool) {
	guard := b.guard.Load()
	state := b.state.Load()
	if state&(chained|moved) != 0 {
		return pairs, false
	}
	pairs = t.appendPairs(pairs, b, state)
	return pairs, b.guard.Load() == guard
}

// appendPairs appends the entries of a bucket.
func (t *table[K, V]) appendPairs(pairs []pair, b *bucket, state uint64) []pair {
	for set := state & allTags; set != 0; set &= set - 1 {
		i := lowest(set)
		pairs = append(pairs, pair{t.loadKey(b, i), load(b.value(i), t.kinds.value)})
	}
	return pairs
}

// copyChain appends the entries of a chain whose hash modulo mask+1 is class,
// while no key of it is deleted, or returns false if the chain has moved.
func (t *table[K, V]) copyChain(class, mask uint64, pairs []pair) ([]pair, bool) {
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
	// Writers have been quicker.
	if !first.lockOld() {
		return pairs, false
	}
	copied, _ := t.appendChain(first, pairs)
	first.mutex().Unlock()
	return t.only(copied, len(pairs), class, mask), true
}

// appendChain appends the entries of a chain, or returns false if it has moved.
func (t *table[K, V]) appendChain(first *bucket, pairs []pair) (_ []pair, ok bool) {
	ok = true
	t.chain(first, func(b *bucket, state uint64) bool {
		ok = state&moved == 0
		pairs = t.appendPairs(pairs, b, state)
		return ok
	})
	return pairs, ok
}

// only removes those of pairs, from the one with number from, whose hash modulo
// mask+1 is not class: a table of fewer buckets has other classes in a chain.
func (t *table[K, V]) only(pairs []pair, from int, class, mask uint64) []pair {
	if t.mask >= mask {
		return pairs
	}
	kept := slices.DeleteFunc(pairs[from:], func(p pair) bool { return t.hashOf(p.key)&mask != class })
	return pairs[:from+len(kept)]
}

// All returns a traversal of keys and values, as by Range. It begins anew whenever
// it is used.
func (m *Map[K, V]) All() iter.Seq2[K, V] {
	return m.Range
}

// Keys returns a traversal of keys, as by Range.
func (m *Map[K, V]) Keys() iter.Seq[K] {
	return func(yield func(K) bool) {
		m.Range(func(key K, _ V) bool { return yield(key) })
	}
}

// Values returns a traversal of values, as by Range.
func (m *Map[K, V]) Values() iter.Seq[V] {
	return func(yield func(V) bool) {
		m.Range(func(_ K, value V) bool { return yield(value) })
	}
}

// Len returns the number of keys. It counts them, a cache line for six, and is
// exact if no write is in progress.
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

// count returns the number of entries whose hash modulo mask+1 is class; or, in a
// table of fewer buckets, those of all classes in the same chain for the first
// of them, and 0 for others.
func (t *table[K, V]) count(class, mask uint64) (n int) {
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
