package flatmap

import (
	"iter"
	"math/bits"
	"slices"
)

// A traversal goes through the classes of keys whose hashes are the same modulo
// the size that the root had when it began: one chain each, or what became of it
// in later tables. Keys of one class are copied at one instant, so that none is
// there twice, and visited afterwards.

// pair is a key and its value, as they lie in their slots.
type pair struct{ key, value raw }

// Range calls f for the keys of the map and their values, until it returns
// false.
func (m *Map[K, V]) Range(f func(key K, value V) bool) {
	t := m.root.Load()
	if t == nil {
		return
	}
	var buffer [2 * slots]pair
	pairs := buffer[:0]
	for class := range t.size() {
		var ok bool
		if pairs, ok = t.copyBucket(t.at(class), pairs[:0]); !ok {
			pairs = t.copyClass(class, t.mask, pairs[:0])
		}
		for i := range pairs {
			var key K
			if t.inline() {
				key = decode[K](pairs[i].key, t.kinds.key)
			} else {
				key = t.decodeKey(pairs[i].key)
			}
			if !f(key, decode[V](pairs[i].value, t.kinds.value)) {
				return
			}
		}
	}
}

// copyBucket appends the entries of a bucket to pairs, unless it is chained,
// moved or written meanwhile.
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

// copyClass appends the entries whose hash modulo mask+1 is class. Each chain
// that has some is copied at one instant.
func (t *table[K, V]) copyClass(class, mask uint64, pairs []pair) []pair {
	first := t.at(class)
	for attempt := 0; ; attempt++ {
		if attempt > 2 { // writers have been quicker
			state, ok := t.lockOld(first)
			if !ok {
				break
			}
			copied, _ := t.copyChain(first, pairs)
			t.unlock(first, state)
			return t.only(copied, len(pairs), class, mask)
		}
		guard := first.guard.Load()
		copied, ok := t.copyChain(first, pairs)
		if !ok {
			break
		}
		if first.guard.Load() == guard {
			return t.only(copied, len(pairs), class, mask)
		}
	}
	next := t.next.Load()
	finest := max(mask, next.mask)
	for c := class; c <= finest; c += mask + 1 {
		pairs = next.copyClass(c, finest, pairs)
	}
	return pairs
}

// copyChain appends the entries of a chain, or returns false if it has moved.
func (t *table[K, V]) copyChain(first *bucket, pairs []pair) (_ []pair, ok bool) {
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

// All returns a traversal of keys and values.
func (m *Map[K, V]) All() iter.Seq2[K, V] {
	return m.Range
}

// Keys returns a traversal of keys.
func (m *Map[K, V]) Keys() iter.Seq[K] {
	return func(yield func(K) bool) {
		m.Range(func(key K, _ V) bool { return yield(key) })
	}
}

// Values returns a traversal of values.
func (m *Map[K, V]) Values() iter.Seq[V] {
	return func(yield func(V) bool) {
		m.Range(func(_ K, value V) bool { return yield(value) })
	}
}

// Len returns the number of keys.
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
