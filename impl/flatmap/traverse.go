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
	var b batch
	var pairs []pair // of classes that are not found by fill
	for class := uint64(0); class <= mask; {
		t := m.root.Load()
		if t == nil || t.origin != origin {
			return // Clear has deleted what is left
		}
		if t.mask == mask {
			class = b.fill(t, class) // most are found here
		}
		if b.n == 0 && class <= mask {
			b.forget()
			pairs = t.copyClass(class, mask, slices.Grow(pairs[:0], 4*slots))
			for _, p := range pairs { // t is held no more
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

// visit calls f for the entries of b, and forgets them. It returns false if f does.
// What decodes all kinds would be a call: the most frequent ones are decoded here.
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

// pair is a key and its value, as they lie in their slots.
type pair struct{ key, value raw }

// batch is what was in the slots of some chains. So many are copied at once because
// a loop over the entries of each chain ends where no processor expects it.
type batch struct {
	n            uint64
	keys, values column
}

// column is keys or values, each as a raw: words and pointers apart, as only
// one of the two is written where the other has no use.
type column struct {
	words    [batchSize]uint64
	pointers [batchSize]unsafe.Pointer
}

// forget lets go of what was copied, be it in use or not.
func (e *batch) forget() {
	e.keys.pointers, e.values.pointers = [batchSize]unsafe.Pointer{}, [batchSize]unsafe.Pointer{}
}

// batchSize is how many entries a traversal holds at most, or those of one chain
// if that has more; a power of two, for indices without checks.
const batchSize = 32

// fill copies the entries of chains, from that of class on, and returns the class
// of the first that it has not copied: there is no room for it, or it has moved, or a
// key of it was deleted meanwhile. It looks at free slots, too: to decide each
// time, or to loop, costs more.
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
