package flatmap

import (
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// A table is moved to the next one in steps, by the writers that find it moving.
// Step u moves all chains whose index is u modulo the size of the smaller table:
// one chain to several in a larger table, or several to one in a smaller table. No
// other goroutine can reach the chains that a step fills until the step has marked
// the old ones as moved. So a step fills them without atomic operations.
//
// The last step replaces the root. Only the root is given a next table, so a table is
// complete before it is moved itself.

// share is the number of steps that a writer takes in addition to that of its own chain.
const share = 16

// resize starts moving t to a table of n buckets, unless t is not the root or a move
// has already started. The next writers take the steps.
func (m *core) resize(t *table, n uint64) {
	if n < minBuckets || n > maxBuckets || m.root.Load() != t || !t.resized.CompareAndSwap(false, true) {
		return
	}
	defer func() { t.resized.Store(t.next.Load() != nil) }() // the allocation may panic
	t.next.Store(t.successor(n))
}

// grow starts moving t, which is crowded, to a table twice the size. If few of the
// slots are in use, the new table has the same size: where keys come and go, every
// bucket is full at some time, and then keeps its chain.
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

// help moves the chain of hash from t to next, and then up to share other chains.
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

// finish moves the rest of t, without a bound.
func (m *core) finish(t, next *table) {
	steps := min(t.size(), next.size())
	for u := range steps {
		m.step(t, next, steps, u)
	}
	m.root.CompareAndSwap(t, next) // the goroutine of the last step may not have done it yet
}

// step takes step u of the move of t to next, unless it was already taken. It locks
// the chains in ascending order. No other code holds two locks, so there is no deadlock.
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
		m.shrink(next, u) // keys may have been deleted during the move
	}
}

// moveChain copies a chain that the caller has locked to next, where no other
// goroutine can reach the copy yet.
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

// append takes a free slot in a chain that no other goroutine can reach, and sets its tag.
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

// unsharedKey is loadKey for a caller that holds the lock, which excludes writers.
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

// copySlot copies a slot of a locked chain to one that no other goroutine can reach.
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

// unshared returns a pointer for plain access to a word that no other goroutine accesses.
func unshared(w *atomic.Uint64) *uint64 { return (*uint64)(unsafe.Pointer(w)) }

// leave marks a chain as moved and sets its pointers to nil. A reader that is still
// in the chain finds the old entries, or nil and then a changed guard.
func (t *table) leave(first *bucket) {
	was := first.state.Swap(moved)
	if !t.kinds.references() {
		return
	}
	first.invalidate()
	t.clear(first, was)
}

// clear sets the slots of a chain to nil, in reverse order. batch.fill copies keys
// and then values, each from the first slot on. So it finds nil from some slot on,
// instead of one of thousands of patterns.
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

// clearSlots sets the slots of a bucket that have tags to nil, from last to first.
func clearSlots(first unsafe.Pointer, state uint64) {
	for set := state & allTags; set != 0; {
		i := uintptr(bits.Len64(set)-1) >> 3
		set &^= tagAt(0xff, i)
		atomic.StorePointer(pointerIn(unsafe.Add(first, i*slotSize)), nil)
	}
}

// thin sometimes calls shrink. A writer calls thin when it has emptied bucket b, the
// first of the chain of hash; in a sparse table, that happens often. A small table is
// examined each time, a larger one about every sixteenth time, depending on the hash
// and on how many deletions the chain has seen.
func (m *core) thin(t *table, b *bucket, hash uint64) {
	if t.size() <= sample || (hash>>40^b.guard.Load()>>indexBits)&15 == 0 {
		m.shrink(t, hash)
	}
}

// shrink starts moving t to a table of half the size if at most about an eighth of
// its slots are in use.
func (m *core) shrink(t *table, hash uint64) {
	if t.size() > minBuckets && m.root.Load() == t && t.next.Load() == nil && t.sparse(hash) {
		m.resize(t, t.size()/2)
	}
}

// A table that looks sparse in a sample of its buckets is surveyed to confirm that:
// among many small samples, some are misleading.
const (
	sample = 32
	survey = 256
)

// sparse reports whether at most about an eighth of the slots are in use.
func (t *table) sparse(hash uint64) bool {
	return t.used(hash, sample)*8 <= slots && (t.size() <= sample || t.used(hash, survey)*8 <= slots)
}

// used returns the average number of entries in a chain. It examines at most number
// chains, spread evenly over the table; hash selects the first one.
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
