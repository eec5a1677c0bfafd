package flatmap

import (
	"sync"
	"sync/atomic"
)

// lock locks the chain of hash in t, or in the table that took its place, and
// returns that table, the first bucket and its state without the lock. It takes
// part in moves that it meets.
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
		state := b.state.Load()
		switch {
		case state&(locked|moved) == 0:
			atomic.LoadUint64((*uint64)(b.value(slots - 1))) // fetches the other cache line meanwhile
			// A move that begins now waits for this lock.
			if b.state.CompareAndSwap(state, state|locked) {
				return t, b, state
			}
		case state&locked != 0:
			t.waiters.wait(b)
		}
	}
}

// lockOld locks a bucket whose table is moved, and returns its state without the
// lock; or false, if it has moved already.
func (t *table[K, V]) lockOld(b *bucket) (state uint64, ok bool) {
	for {
		state := b.state.Load()
		switch {
		case state&moved != 0:
			return 0, false
		case state&locked != 0:
			t.waiters.wait(b)
		case b.state.CompareAndSwap(state, state|locked):
			return state, true
		}
	}
}

// waiters are writers that wait for a bucket of a table. Locks are held for some
// dozens of instructions, so they pause before they sleep; but a holder may lose
// its processor: who goes on spinning then, keeps it from going on.
type waiters struct {
	mu   sync.Mutex
	cond sync.Cond
}

func (w *waiters) init() { w.cond.L = &w.mu }

// unlock sets the state of a bucket that the caller has locked, and wakes who
// waits for it. The tags in state are seen from then on.
func (w *waiters) unlock(b *bucket, state uint64) {
	if b.state.Swap(state)&waiting != 0 {
		w.wake()
	}
}

// wait returns when b was unlocked, or earlier.
func (w *waiters) wait(b *bucket) {
	pause()
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		state := b.state.Load()
		if state&locked == 0 {
			return
		}
		// Who unlocks sees waiting, and has to lock mu, after Wait has let go of
		// it, to wake.
		if state&waiting != 0 || b.state.CompareAndSwap(state, state|waiting) {
			w.cond.Wait()
			return
		}
	}
}

func (w *waiters) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cond.Broadcast()
}

// pause lets about as much time pass as a lock is held.
//
//go:noinline
func pause() {
	for range 100 {
	}
}
