package broken

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// The maps in this file break P1 to P3. Some of them block for ever. Judge them
// in a process of their own.

// P1LoadLocks breaks P1, which it promises: Load takes the writers' lock.
//
// Modelled on every map behind a single lock. Shown, only by exploration, by a
// Load while a Store is suspended with the lock held.
type P1LoadLocks struct{ core }

// Load waits for writers and for other Loads.
func (m *P1LoadLocks) Load(key any) (value any, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.find(key); e != nil {
		return e.value, true
	}
	return nil, false
}

// P1MissLocks breaks P1, which it promises: Load finds a present key without a
// lock, but takes the writers' lock if the key is absent.
//
// Modelled on sync.Map in Go 1.9 to 1.23, whose Load takes the mutex if the key
// is not in read. Shown, only by exploration, by two Loads of an absent key, the
// second while a Store is suspended with the lock held. After the first Load,
// every write costs O(n).
type P1MissLocks struct {
	core
	read atomic.Pointer[map[any]any] // the contents of entries, maintained from the first Load on
}

// Load waits for writers if the key is absent.
func (m *P1MissLocks) Load(key any) (value any, ok bool) {
	if read := m.read.Load(); read != nil {
		if value, ok = (*read)[key]; ok {
			return value, true
		}
	}
	return m.loadLocked(key)
}

func (m *P1MissLocks) loadLocked(key any) (value any, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.changed == nil {
		m.changed = m.publish
		m.publish()
	}
	if e := m.find(key); e != nil {
		return e.value, true
	}
	return nil, false
}

// publish stores a new copy of the entries in read. mu must be held
// exclusively.
func (m *P1MissLocks) publish() {
	read := make(map[any]any, len(m.entries))
	for key, e := range m.entries {
		read[key] = e.value
	}
	m.read.Store(&read)
}

// P1LoadSpins breaks P1, which it promises: Load spins while a Store is in
// progress.
//
// Modelled on sequence locks, whose readers wait for an even number. Shown, only
// by exploration, by a Load while a Store is suspended.
type P1LoadSpins struct {
	core
	storing atomic.Int64
}

// Load spins until no Store is in progress.
func (m *P1LoadSpins) Load(key any) (value any, ok bool) {
	for m.storing.Load() > 0 {
		runtime.Gosched()
	}
	return m.core.Load(key)
}

// Store makes Loads spin.
func (m *P1LoadSpins) Store(key, value any) {
	m.storing.Add(1)
	defer m.storing.Add(-1)
	m.core.Store(key, value)
}

// P2LockOrder breaks P2: Swap locks index and then mu, and Clear locks them in
// the opposite order, so that each can wait for the other.
//
// Modelled on sharded maps whose whole-map operations lock the shards in another
// order. Shown by a Swap concurrent with a Clear.
type P2LockOrder struct {
	core
	index sync.Mutex
}

// Swap locks index, then mu.
func (m *P2LockOrder) Swap(key, value any) (previous any, loaded bool) {
	m.index.Lock()
	defer m.index.Unlock()
	runtime.Gosched()
	return m.core.Swap(key, value)
}

// Clear locks mu, then index.
func (m *P2LockOrder) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	runtime.Gosched()
	m.index.Lock()
	defer m.index.Unlock()
	m.empty()
}

// P2LostWakeup breaks P2: a Store that finds another Store in progress goes to
// sleep without checking again, and misses a wake-up that happens in between.
// Then it sleeps for ever.
//
// Modelled on hand-written locks of a flag and a condition variable. Shown by two
// concurrent Stores, one of which never returns unless a third Store wakes it.
type P2LostWakeup struct {
	core
	gate  sync.Mutex
	awake sync.Cond // uses gate
	busy  bool      // a Store is in progress; guarded by gate
}

// Store waits until no other Store is in progress.
func (m *P2LostWakeup) Store(key, value any) {
	for !m.enter() {
		runtime.Gosched()
		m.sleep()
	}
	defer m.leave()
	runtime.Gosched()
	m.core.Store(key, value)
}

func (m *P2LostWakeup) enter() bool {
	m.gate.Lock()
	defer m.gate.Unlock()
	if m.awake.L == nil {
		m.awake.L = &m.gate
	}
	if m.busy {
		return false
	}
	m.busy = true
	return true
}

// sleep should check whether m is still busy.
func (m *P2LostWakeup) sleep() {
	m.gate.Lock()
	defer m.gate.Unlock()
	m.awake.Wait()
}

func (m *P2LostWakeup) leave() {
	m.gate.Lock()
	defer m.gate.Unlock()
	m.busy = false
	m.awake.Signal()
}

// P2ClearKeepsLock breaks P2: Clear of an empty map returns with the lock held,
// and the next call blocks for ever.
//
// Modelled on early returns in methods that unlock by hand. Shown by two Clears.
type P2ClearKeepsLock struct{ core }

// Clear has nothing to do if the map is empty.
func (m *P2ClearKeepsLock) Clear() {
	m.mu.Lock()
	if len(m.entries) == 0 {
		return
	}
	m.empty()
	m.mu.Unlock()
}

// P3ComparePanic breaks P3, and with it S6: a comparison that panics in
// CompareAndDelete leaves the lock held.
//
// Modelled on sync.Map in Go 1.24 to 1.27. Shown by Store(k, []int),
// CompareAndDelete(k, []int), and any other call, which blocks for ever.
type P3ComparePanic struct{ core }

// CompareAndDelete unlocks at the end, which it may not reach.
func (m *P3ComparePanic) CompareAndDelete(key, old any) (deleted bool) {
	e := m.lookup(key) // panics here, without the lock, if key cannot be hashed
	if e == nil {
		return false
	}
	m.mu.Lock()
	if deleted = m.has(key, old); deleted {
		m.unlink(key)
	}
	m.mu.Unlock()
	return deleted
}

// P3HashPanic breaks P3, and with it S7: Store of a key that cannot be hashed
// panics with the lock held.
//
// Modelled on maps that lock before they hash. Shown by Store([]int{}, v), and
// any other call, which blocks for ever.
type P3HashPanic struct{ core }

// Store unlocks at the end, which it may not reach.
func (m *P3HashPanic) Store(key, value any) {
	m.mu.Lock()
	m.put(key, value)
	m.mu.Unlock()
}
