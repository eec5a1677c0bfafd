package flatmap

import (
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// A table is moved to the next one in steps. Step u moves all chains whose
// buckets are u modulo the size of the smaller table: one chain to several in a
// larger table, several to one in a smaller one. So nobody else can reach the
// chains that a step fills until it has marked the old ones moved, and it needs
// no care there. Steps are taken by the writers that come along.
//
// The root is replaced when all steps are done. Only the root is given a next
// table, so a table is complete before it is moved itself.

// share is how many steps a writer takes, beside the one that it needs.
const share = 16

// resize begins to move t to a table of n buckets, unless it is not the root or
// is about to be moved already. The first writers after that see it.
func (m *core) resize(t *table, n uint64) {
	if n < minBuckets || n > maxBuckets || m.root.Load() != t || !t.resized.CompareAndSwap(false, true) {
		return
	}
	defer func() { t.resized.Store(t.next.Load() != nil) }() // there may be no memory
	t.next.Store(t.successor(n))
}

// grow begins to move t, which is crowded, to a larger table; or to one of the
// same size, if few of its slots are in use: where keys come and go, every bucket
// is full at some time, and keeps its chain.
func (m *core) grow(t *table, hash uint64) {
	if m.root.Load() != t || t.next.Load() != nil {
		return
	}
	n := 2 * t.size()
	if !t.rebuilt && t.used(hash, survey)*8 < slots*3 {
		n = t.size()
	}
	m.resize(t, n)
}

// help moves the chain of hash from t to next, and some more.
func (m *core) help(t, next *table, hash uint64) {
	steps := min(t.size(), next.size())
	if t.at(hash).state.Load()&moved == 0 {
		m.step(t, next, steps, hash&(steps-1))
	}
	if t.claimed.Load() >= steps {
		return
	}
	from := t.claimed.Add(share) - share
	for u := from; u < min(from+share, steps); u++ {
		m.step(t, next, steps, u)
	}
}

// finish moves what is left of t, however much that is.
func (m *core) finish(t, next *table) {
	steps := min(t.size(), next.size())
	for u := range steps {
		m.step(t, next, steps, u)
	}
	m.root.CompareAndSwap(t, next) // the last step's own may be yet to come
}

// step takes one step of the move of t to next, unless it was taken. It locks the
// chains in ascending order; no one else holds two locks.
func (m *core) step(t, next *table, steps, u uint64) {
	if !t.at(u).lockOld() {
		return
	}
	for c := u + steps; c < t.size(); c += steps {
		t.at(c).mutex().Lock()
	}
	for c := u; c < t.size(); c += steps {
		t.moveChain(next, t.at(c))
	}
	for c := u; c < t.size(); c += steps {
		t.leave(t.at(c))
	}
	for c := u; c < t.size(); c += steps {
		t.at(c).mutex().Unlock()
	}
	if t.done.Add(1) == steps && m.root.CompareAndSwap(t, next) && next.size() < t.size() {
		m.shrink(next, u) // there may have been more deletions
	}
}

// moveChain copies a chain that the caller has locked to next, where nobody sees
// it yet.
func (t *table) moveChain(next *table, first *bucket) {
	t.chain(first, func(b *bucket, state uint64) bool {
		for set := state & allTags; set != 0; set &= set - 1 {
			i := lowest(set)
			hash := t.rehash(t.unsharedKey(b, i))
			to, j := next.append(next.at(hash), tagOf(hash))
			t.copySlot(b, i, to, j)
		}
		return true
	})
}

// append finds a free slot in a chain that nobody else sees, and gives it a tag.
func (t *table) append(first *bucket, tag uint64) (*bucket, uintptr) {
	for b := first; ; b = t.chainedTo(*unshared(&b.guard)) {
		state := unshared(&b.state)
		if f := free(*state); f != 0 {
			i := lowest(f)
			*state |= tagAt(tag, i)
			return b, i
		}
		if *state&chained == 0 {
			index, _ := t.newChained()
			if index == 0 {
				panic(full)
			}
			*unshared(&b.guard) |= index
			*state |= chained
		}
	}
}

// unsharedKey is loadKey for who holds the lock: no writer is there.
func (t *table) unsharedKey(b *bucket, i uintptr) (k raw) {
	if t.kinds.key == word {
		return raw{word: *(*uint64)(b.key(i))}
	}
	k.pointer = *pointerIn(b.key(i))
	if t.kinds.key == text {
		k.word = *b.lengths() >> (8 * i) & 0xff
	}
	return k
}

// copySlot copies a slot of a locked chain to one that nobody else sees.
func (t *table) copySlot(from *bucket, i uintptr, to *bucket, j uintptr) {
	copyContent(from.key(i), to.key(j), t.kinds.key)
	copyContent(from.value(i), to.value(j), t.kinds.value)
	if t.kinds.key == text {
		*to.lengths() |= tagAt(*from.lengths()>>(8*i)&0xff, j)
	}
}

func copyContent(from, to unsafe.Pointer, k kind) {
	if k == word {
		*(*uint64)(to) = *(*uint64)(from)
		return
	}
	*pointerIn(to) = *pointerIn(from)
}

// unshared is a word that nobody else reads or writes.
func unshared(w *atomic.Uint64) *uint64 { return (*uint64)(unsafe.Pointer(w)) }

// leave marks a chain moved and lets go of what was in it. Who still reads it
// finds what was there, or nil and then the guard changed.
func (t *table) leave(first *bucket) {
	was := first.state.Swap(moved)
	if !t.kinds.references() {
		return
	}
	first.invalidate()
	t.clear(first, was)
}

// clear sets the slots of a chain to nil, in the order that is not that of
// batch.fill, which copies keys and then values, the first one first: so that finds
// nil from some slot on, and not one pattern of thousands.
func (t *table) clear(b *bucket, state uint64) {
	if state&chained != 0 {
		next := t.chainedTo(b.guard.Load())
		t.clear(next, next.state.Load())
	}
	if t.kinds.value != word {
		clearSlots(b.value(0), state)
	}
	if t.kinds.key != word {
		clearSlots(b.key(0), state)
	}
}

// clearSlots sets those of a bucket's slots to nil that have tags, the last one first.
func clearSlots(first unsafe.Pointer, state uint64) {
	for set := state & allTags; set != 0; {
		i := uintptr(bits.Len64(set)-1) >> 3
		set &^= tagAt(0xff, i)
		atomic.StorePointer(pointerIn(unsafe.Add(first, i*slotSize)), nil)
	}
}

// thin calls shrink, sometimes. A writer calls it that has emptied the bucket b,
// of hash: that happens often where many buckets hold none or one. In small
// tables it always does, in others one of sixteen times, as a key and its
// chain's number of deletions will have it.
func (m *core) thin(t *table, b *bucket, hash uint64) {
	if t.size() <= sample || (hash>>40^b.guard.Load()>>indexBits)&15 == 0 {
		m.shrink(t, hash)
	}
}

// shrink begins to move t to a table half as large if no more than about an
// eighth of its slots is in use.
func (m *core) shrink(t *table, hash uint64) {
	if t.size() > minBuckets && m.root.Load() == t && t.next.Load() == nil && t.sparse(hash) {
		m.resize(t, t.size()/2)
	}
}

// sample is how many buckets of a table are looked at to know whether it may be
// sparse, survey how many to be sure: of many small samples one is wrong.
const (
	sample = 32
	survey = 256
)

// sparse reports whether no more than about an eighth of the slots is in use.
func (t *table) sparse(hash uint64) bool {
	return t.used(hash, sample)*8 <= slots && (t.size() <= sample || t.used(hash, survey)*8 <= slots)
}

// used returns how many entries a chain has, on average over some chains: hash says
// which, number how many at most.
func (t *table) used(hash, number uint64) float64 {
	n := min(t.size(), number)
	entries := 0
	for i := range n {
		t.chain(t.at(hash+i*(t.size()/n)), func(_ *bucket, state uint64) bool {
			entries += bits.OnesCount64(state & allTags)
			return true
		})
	}
	return float64(entries) / float64(n)
}
