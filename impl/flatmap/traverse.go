package flatmap

import (
	"iter"
	"math/bits"
	"slices"
	"sync/atomic"
	"unsafe"
)

// A traversal goes through the classes of keys whose hashes are the same modulo
// the size that the root had when it began: one chain each, or what became of it
// in later tables. A class is copied while no key of it is deleted, so that
// none changes its slot and is there twice, and visited afterwards. Meanwhile
// no table is held, as that would hold all that come after it.

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
	var chain [2]content
	var buffer [4 * slots]pair
	pairs := buffer[:0]
	for class := range mask + 1 {
		t := m.root.Load()
		if t == nil || t.origin != origin {
			return // Clear has deleted what is left
		}
		chain[0].keys, chain[0].values = [8]unsafe.Pointer{}, [8]unsafe.Pointer{} // hold nothing that was visited
		if t.mask == mask {
			// Most are found here.
			if buckets, ok := t.copyShort(t.at(class), &chain); ok {
				for j := range buckets {
					c := &chain[j&1]
					for set := c.set; set != 0; set &= set - 1 {
						i := lowest(set) % 8
						// This is decodeKey and decode, without calls.
						var key K
						switch kinds.key {
						case word:
							key = fromBits[K](c.keyWords[i])
						case text:
							s := raw{c.lengths >> (8 * i) & 0xff, c.keys[i]}.text()
							key = *(*K)(unsafe.Pointer(&s))
						default:
							key = dereferenceKey[K](c.keys[i], kinds.key)
						}
						var value V
						if kinds.value == word {
							value = fromBits[V](c.valueWords[i])
						} else {
							value = dereference[V](c.values[i], kinds.value)
						}
						if !f(key, value) {
							return
						}
					}
				}
				if buckets > 1 {
					chain[1] = content{}
				}
				continue
			}
			chain[1] = content{}
		}
		pairs = t.copyClass(class, mask, pairs[:0])
		for _, p := range pairs {
			if !f(decodeKey[K](p.key, kinds.key), decode[V](p.value, kinds.value)) {
				return
			}
		}
		clear(pairs[:cap(pairs)])
	}
}

// content is what was in the slots of a bucket: words and pointers apart, as
// each of the arrays is a slot's copy without a look at its kind.
type content struct {
	set                  uint64    // the tags
	keyWords, valueWords [8]uint64 // eight, for indices without checks
	keys, values         [8]unsafe.Pointer
	lengths              uint64
}

// copyShort copies the entries of a chain of one or two buckets, and returns how many;
// unless it is longer or moved, or a key of it is deleted meanwhile.
func (t *table) copyShort(first *bucket, to *[2]content) (buckets int, ok bool) {
	guard := first.guard.Load()
	state := first.state.Load()
	if state&moved != 0 {
		return 0, false
	}
	to[0].copy(first, state, t.kinds)
	buckets = 1
	if state&chained != 0 {
		b := t.chainedTo(first.guard.Load())
		state = b.state.Load()
		if state&chained != 0 {
			return 0, false
		}
		to[1].copy(b, state, t.kinds)
		buckets = 2
	}
	return buckets, first.guard.Load() == guard
}

// copy copies the entries of a bucket.
func (c *content) copy(b *bucket, state uint64, k kinds) {
	c.set = state & allTags
	if k.key == text {
		c.lengths = atomic.LoadUint64(b.lengths())
	}
	for set := c.set; set != 0; set &= set - 1 {
		i := lowest(set) % 8
		if k.key == word {
			c.keyWords[i] = atomic.LoadUint64((*uint64)(b.key(i)))
		} else {
			c.keys[i] = atomic.LoadPointer(pointerIn(b.key(i)))
		}
		if k.value == word {
			c.valueWords[i] = atomic.LoadUint64((*uint64)(b.value(i)))
		} else {
			c.values[i] = atomic.LoadPointer(pointerIn(b.value(i)))
		}
	}
}

// rangeWords is Range for keys and values that are words. It copies some chains
// at a time.
func (m *Map[K, V]) rangeWords(mask uint64, origin *origin, f func(key K, value V) bool) {
	var b batch
	var buffer [4 * slots]pair
	pairs := buffer[:0]
	for class := range mask + 1 {
		t := m.root.Load()
		if t == nil || t.origin != origin {
			break
		}
		if t.mask == mask && b.add(t, t.at(class)) {
			if b.n > batchSize-3*slots && !visitWords(&b, f) {
				return
			}
			continue
		}
		pairs = t.copyClass(class, mask, pairs[:0])
		for _, p := range pairs {
			if !f(fromBits[K](p.key.word), fromBits[V](p.value.word)) {
				return
			}
		}
	}
	visitWords(&b, f)
}

// batch is entries of several chains.
type batch struct {
	n            uint64
	keys, values [batchSize]uint64
}

// batchSize is a power of two, for indices without checks.
const batchSize = 64

// add adds the entries of a chain, unless there is no room for them or the chain has
// moved, or a key of it is deleted meanwhile.
func (e *batch) add(t *table, first *bucket) bool {
	guard, n := first.guard.Load(), e.n
	for b := first; ; b = t.chainedTo(b.guard.Load()) {
		state := b.state.Load()
		if state&moved != 0 || n > batchSize-slots {
			return false
		}
		n = e.addBucket(b, state, n)
		if state&chained == 0 {
			break
		}
	}
	if first.guard.Load() != guard {
		return false
	}
	e.n = n
	return true
}

// addBucket adds the entries of a bucket to the first n. It looks at free slots, too,
// without a loop: to decide each time costs more.
func (e *batch) addBucket(b *bucket, state, n uint64) uint64 {
	keys, values := (*[slots]uint64)(b.key(0)), (*[slots]uint64)(b.value(0))
	e.keys[n%batchSize], e.values[n%batchSize] = atomic.LoadUint64(&keys[0]), atomic.LoadUint64(&values[0])
	n += state >> 7 & 1
	e.keys[n%batchSize], e.values[n%batchSize] = atomic.LoadUint64(&keys[1]), atomic.LoadUint64(&values[1])
	n += state >> 15 & 1
	e.keys[n%batchSize], e.values[n%batchSize] = atomic.LoadUint64(&keys[2]), atomic.LoadUint64(&values[2])
	n += state >> 23 & 1
	e.keys[n%batchSize], e.values[n%batchSize] = atomic.LoadUint64(&keys[3]), atomic.LoadUint64(&values[3])
	n += state >> 31 & 1
	e.keys[n%batchSize], e.values[n%batchSize] = atomic.LoadUint64(&keys[4]), atomic.LoadUint64(&values[4])
	n += state >> 39 & 1
	e.keys[n%batchSize], e.values[n%batchSize] = atomic.LoadUint64(&keys[5]), atomic.LoadUint64(&values[5])
	return n + state>>47&1
}

// visitWords calls f for the entries of e, and forgets them. It returns false if f
// does.
func visitWords[K comparable, V any](e *batch, f func(key K, value V) bool) bool {
	for i := range e.n {
		if !f(fromBits[K](e.keys[i]), fromBits[V](e.values[i])) {
			return false
		}
	}
	e.n = 0
	return true
}

// copyClass appends the entries whose hash modulo mask+1 is class. No
// key is deleted while a chain is copied.
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

// appendPairs appends the entries of a bucket.
func (t *table) appendPairs(pairs []pair, b *bucket, state uint64) []pair {
	for set := state & allTags; set != 0; set &= set - 1 {
		i := lowest(set)
		pairs = append(pairs, pair{t.loadKey(b, i), load(b.value(i), t.kinds.value)})
	}
	return pairs
}

// copyChain appends the entries of a chain whose hash modulo mask+1 is class,
// while no key of it is deleted, or returns false if the chain has moved.
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
	// Writers have been quicker.
	if !first.lockOld() {
		return pairs, false
	}
	copied, _ := t.appendChain(first, pairs)
	first.mutex().Unlock()
	return t.only(copied, len(pairs), class, mask), true
}

// appendChain appends the entries of a chain, or returns false if it has moved.
func (t *table) appendChain(first *bucket, pairs []pair) (_ []pair, ok bool) {
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
func (t *table) only(pairs []pair, from int, class, mask uint64) []pair {
	if t.mask >= mask {
		return pairs
	}
	kept := slices.DeleteFunc(pairs[from:], func(p pair) bool { return t.rehash(p.key)&mask != class })
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
