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
func (m *Map[K, V]) resize(t *table[K, V], n uint64) {
	if n < minBuckets || n > maxBuckets || m.root.Load() != t || !t.resized.CompareAndSwap(false, true) {
		return
	}
	t.next.Store(newTable(n, t))
}

// help moves the chain of hash from t to next, and some more.
func (m *Map[K, V]) help(t, next *table[K, V], hash uint64) {
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

// finish moves what is left of t, however much that is, and returns the table
// that took its place.
func (m *Map[K, V]) finish(t, next *table[K, V]) {
	steps := min(t.size(), next.size())
	for u := range steps {
		m.step(t, next, steps, u)
	}
	m.root.CompareAndSwap(t, next) // the last step's own may be yet to come
}

// step takes one step of the move of t to next, unless it was taken.
//
// Old chains are locked in ascending order, and marked in descending order: if
// the first one is moved, all are.
func (m *Map[K, V]) step(t, next *table[K, V], steps, u uint64) {
	var old [2]*bucket // a table shrinks by half at a time
	n := int(max(t.size()/steps, 1))
	for i := range n {
		old[i] = t.at(u + uint64(i)*steps)
		state, ok := t.lockOld(old[i])
		if !ok {
			return // the first: with its lock held, no other can be moved
		}
		t.moveChain(next, old[i], state)
	}
	for i := n - 1; i >= 0; i-- {
		t.leave(old[i])
	}
	if t.done.Add(1) == steps {
		m.root.CompareAndSwap(t, next)
	}
}

// moveChain copies a chain that the caller has locked to next, where nobody sees
// it yet.
func (t *table[K, V]) moveChain(next *table[K, V], first *bucket, state uint64) {
	for b := first; ; {
		for set := state & allTags; set != 0; set &= set - 1 {
			i := lowest(set)
			hash := t.hashOf(t.unsharedKey(b, i))
			to, j := next.append(next.at(hash), tagOf(hash))
			t.copySlot(b, i, to, j)
		}
		if state&chained == 0 {
			return
		}
		b = t.chainedTo(b.guard.Load())
		state = b.state.Load()
	}
}

// append finds a free slot in a chain that nobody else sees, and gives it a tag.
func (t *table[K, V]) append(first *bucket, tag uint64) (*bucket, uintptr) {
	for b := first; ; b = t.chainedTo(*unshared(&b.guard)) {
		state := unshared(&b.state)
		if f := t.kinds.free(*state); f != 0 {
			i := lowest(f)
			*state |= tagAt(tag, i)
			return b, i
		}
		if *state&chained == 0 {
			index, _ := t.newChained()
			*unshared(&b.guard) |= index
			*state |= chained
		}
	}
}

// unsharedKey is loadKey for who holds the lock: no writer is there.
func (t *table[K, V]) unsharedKey(b *bucket, i uintptr) (k raw) {
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
func (t *table[K, V]) copySlot(from *bucket, i uintptr, to *bucket, j uintptr) {
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

// leave marks a chain moved, which unlocks it, and lets go of what was in it.
// Who still reads it finds the guard changed, or what was there.
func (t *table[K, V]) leave(first *bucket) {
	was := first.state.Swap(moved)
	if was&waiting != 0 {
		t.waiters.wake()
	}
	if !t.kinds.references() {
		return
	}
	first.invalidate()
	for b, state := first, was; ; {
		for set := state & allTags; set != 0; set &= set - 1 {
			t.release(b, lowest(set))
		}
		if state&chained == 0 {
			return
		}
		b = t.chainedTo(b.guard.Load())
		state = b.state.Load()
	}
}

// thin begins to move t to a table half as large if few of its slots are in use.
// A writer calls it that has emptied the bucket of hash; which is often where
// many buckets hold none or one.
//
// It looks at some buckets only, and in large tables at one of sixteen calls: a
// table that is about an eighth full is found out soon.
func (m *Map[K, V]) thin(t *table[K, V], hash uint64) {
	const look = 32
	if t.size() <= minBuckets || t.size() > look && hash>>40&15 != 0 || m.root.Load() != t || t.next.Load() != nil {
		return
	}
	n := min(t.size(), look)
	used := 0
	for i := range n {
		t.chain(t.at(hash+i), func(_ *bucket, state uint64) bool {
			used += bits.OnesCount64(state & allTags)
			return true
		})
	}
	if used*8 <= int(n)*slots {
		m.resize(t, t.size()/2)
	}
}
