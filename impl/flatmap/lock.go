package flatmap

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// mutex returns the lock of the chain whose first bucket is b.
func (b *bucket) mutex() *sync.Mutex {
	return (*sync.Mutex)(unsafe.Add(unsafe.Pointer(b), lockAt))
}

// seek locks the chain of key in t, or in the table that replaced t, and looks for
// the key. It returns that table, the first bucket and its state, the hash of the
// key, and its bucket and slot. The bucket is nil if the key is absent. If seek finds
// a move in progress, it helps. If key cannot be hashed, it panics and locks nothing.
//
// It is a single function because calls would cost as much as the work itself.
func seek[K comparable](m *core, t *table, key *K) (_ *table, first *bucket, state, hash uint64, b *bucket, i uintptr) {
	var bits uint64
	if inline[K](t) {
		bits = bitsOf(key)
		hash = hashWord(bits, t.seed)
	} else {
		hash = hashLong(t, key)
	}
	if c := m.computing.Load(); c != nil {
		c.forbid(hash)
	}
	for {
		if next := t.next.Load(); next != nil {
			m.help(t, next, hash)
			t = next
			continue
		}
		first = t.at(hash)
		atomic.LoadUint64((*uint64)(first.key(slots - 1))) // prefetches the other cache line
		// A move that begins now waits for this lock before it moves the chain.
		first.mutex().Lock()
		if state = first.state.Load(); state&moved == 0 {
			break
		}
		first.mutex().Unlock()
	}
	tag := tagOf(hash)
	b = first
	for s := state; ; s = b.state.Load() {
		for set := matching(s, tag); set != 0; set &= set - 1 {
			i = lowest(set)
			if inline[K](t) {
				if loadBits(b.key(i), t.kinds.key) == bits {
					return t, first, state, hash, b, i
				}
			} else if is(t, t.loadKey(b, i), key) {
				return t, first, state, hash, b, i
			}
		}
		if s&chained == 0 {
			return t, first, state, hash, nil, 0
		}
		b = t.chainedTo(b.guard.Load())
	}
}

// lockOld locks a chain of a table that is being moved. It returns false, and locks
// nothing, if the chain has already moved.
func (b *bucket) lockOld() bool {
	b.mutex().Lock()
	if b.state.Load()&moved != 0 {
		b.mutex().Unlock()
		return false
	}
	return true
}
