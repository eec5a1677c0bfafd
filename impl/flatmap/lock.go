package flatmap

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// mutex returns the lock of the chain that begins with b.
func (b *bucket) mutex() *sync.Mutex {
	return (*sync.Mutex)(unsafe.Add(unsafe.Pointer(b), lockAt))
}

// lock locks the chain of hash in t, or in the table that took its place, and
// returns that table, the first bucket and its state. It takes part in moves that
// it meets.
func (m *Map[K, V]) lock(t *table[K, V], hash uint64) (*table[K, V], *bucket, uint64) {
	if c := m.computing.Load(); c != nil {
		c.forbid(hash)
	}
	for {
		if next := t.next.Load(); next != nil {
			m.help(t, next, hash)
			t = next
			continue
		}
		b := t.at(hash)
		atomic.LoadUint64((*uint64)(b.key(slots - 1))) // fetches the other cache line meanwhile
		// A move that begins now waits for this lock.
		b.mutex().Lock()
		if state := b.state.Load(); state&moved == 0 {
			return t, b, state
		}
		b.mutex().Unlock()
	}
}

// lockOld locks a chain whose table is moved; or returns false, if it has moved
// already.
func (b *bucket) lockOld() bool {
	b.mutex().Lock()
	if b.state.Load()&moved != 0 {
		b.mutex().Unlock()
		return false
	}
	return true
}
