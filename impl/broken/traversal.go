package broken

import (
	"iter"
	"runtime"
	"sync/atomic"
)

// The maps in this file break T1 to T6.

// T1VisitsTwice breaks T1: after its first pass, Range visits the entries added
// in the meantime, without checking whether it has visited their keys.
//
// Modelled on a live range over a built-in map that changes, which visited a key
// twice in 709 of 3,000 runs. Shown by Range(f) where f deletes and stores again
// the key it is visiting.
type T1VisitsTwice struct{ core }

// Range makes two passes, the second over the newer entries.
func (m *T1VisitsTwice) Range(f func(key, value any) bool) {
	visited := 0 // the number of the newest entry visited
	for range 2 {
		begin := visited
		for _, p := range m.snapshot() {
			if p.number <= begin {
				continue
			}
			if !f(p.key, p.value) {
				return
			}
			visited = p.number
		}
		runtime.Gosched()
	}
}

// T1MissesResident breaks T1: Range counts through the entries, so if one that
// it has visited is deleted, it skips another.
//
// Modelled on loops over a slice whose body removes elements. Shown by two keys
// and Range(f) where f deletes the first: the second is not visited.
type T1MissesResident struct{ core }

// Range visits the i-th entry at step i.
func (m *T1MissesResident) Range(f func(key, value any) bool) {
	for i := 0; ; i++ {
		pairs := m.snapshot()
		if i >= len(pairs) || !f(pairs[i].key, pairs[i].value) {
			return
		}
	}
}

// T1ForeignValue breaks T1: Range visits a key that was deleted after it began,
// with the value of the key before it.
//
// Modelled on skipmap v0.1.4, whose readers can see half an entry. Shown by two
// keys and Range(f) where f, visiting the first, deletes the second.
type T1ForeignValue struct{ core }

// Range looks up each key again, into one variable.
func (m *T1ForeignValue) Range(f func(key, value any) bool) {
	var value any
	for _, p := range m.snapshot() {
		if p.key != p.key { // cannot be looked up
			value = p.value
		} else if current, ok := m.Load(p.key); ok {
			value = current
		}
		if !f(p.key, value) {
			return
		}
	}
}

// T2AllOnce breaks T2: the sequence that All returns is empty when it is used a
// second time.
//
// Modelled on iterators that remember their position. Shown by one All and two
// loops over it.
type T2AllOnce struct{ core }

// All returns a sequence that works only once.
func (m *T2AllOnce) All() iter.Seq2[any, any] {
	var used atomic.Bool
	return func(yield func(key, value any) bool) {
		if !used.Swap(true) {
			m.Range(yield)
		}
	}
}

// T2KeysAtCall breaks T2: the traversal of Keys begins when Keys is called, not
// when its sequence is used.
//
// Modelled on Keys methods from before iterators, which returned a slice. Shown
// by Keys, Store, and a loop over the sequence.
type T2KeysAtCall struct{ core }

// Keys returns a sequence of the keys that are present now.
func (m *T2KeysAtCall) Keys() iter.Seq[any] {
	pairs := m.snapshot()
	return func(yield func(any) bool) {
		for _, p := range pairs {
			if !yield(p.key) {
				return
			}
		}
	}
}

// T2ValuesSkipNil breaks T2: Values omits nil values, although Range visits their
// keys.
//
// Modelled on maps that mark a deleted entry with a nil value. Shown by
// Store(k, nil) and a loop over Values.
type T2ValuesSkipNil struct{ core }

// Values takes nil for absent.
func (m *T2ValuesSkipNil) Values() iter.Seq[any] {
	return func(yield func(any) bool) {
		m.Range(func(_, value any) bool { return value == nil || yield(value) })
	}
}

// T3LockHeld breaks T3: Range holds the lock while it calls f, and any method
// that f calls blocks for ever.
//
// Modelled on the most common map of all, a built-in one behind a sync.Mutex.
// Shown by Store, and Range(f) where f calls Load.
type T3LockHeld struct{ core }

// Range calls f with the lock held exclusively.
func (m *T3LockHeld) Range(f func(key, value any) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.pairs() {
		if !f(p.key, p.value) {
			return
		}
	}
}

// T3ReadLockHeld breaks T3: Range holds the read lock while it calls f, which
// may read, but blocks for ever if it writes.
//
// Modelled on sharded maps that call back under the sync.RWMutex of a shard.
// Shown by Store, and Range(f) where f calls Store. A Load returns.
type T3ReadLockHeld struct{ core }

// Range calls f with the lock held for reading.
func (m *T3ReadLockHeld) Range(f func(key, value any) bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, p := range m.pairs() {
		if !f(p.key, p.value) {
			return
		}
	}
}

// T4SwallowsPanic breaks T4: Range returns normally although f panicked.
//
// Modelled on libraries that recover from panics of their users' functions. Shown
// by Store, and Range(f) where f panics.
type T4SwallowsPanic struct{ core }

// Range recovers from panics of f.
func (m *T4SwallowsPanic) Range(f func(key, value any) bool) {
	if f == nil {
		m.core.Range(f)
		return
	}
	defer func() { _ = recover() }()
	m.core.Range(f)
}

// T4SwallowsGoexit breaks T4: Range calls f in another goroutine. It passes on a
// panic of f, but a Goexit in f ends only that goroutine.
//
// Modelled on traversals by worker goroutines, where t.FailNow has no effect.
// Shown by Store, and Range(f) where f calls runtime.Goexit: Range returns.
type T4SwallowsGoexit struct{ core }

// Range makes each visit in a new goroutine and waits for it.
func (m *T4SwallowsGoexit) Range(f func(key, value any) bool) {
	for _, p := range m.snapshot() {
		var more bool
		var failure any
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer func() { failure = recover() }()
			more = f(p.key, p.value)
		}()
		<-done
		if failure != nil {
			panic(failure)
		}
		if !more {
			return
		}
	}
}

// T4KeepsLock breaks T4, and with it P3: Range releases the lock to call f and
// takes it back whatever f does. After a panic of f the lock remains held.
//
// Modelled on code that unlocks by hand at an end it may not reach. Shown by
// Store, Range(f) where f panics, and any other call, which blocks for ever.
type T4KeepsLock struct{ core }

// Range defers the Lock but not the Unlock.
func (m *T4KeepsLock) Range(f func(key, value any) bool) {
	m.mu.Lock()
	for _, p := range m.pairs() {
		if !m.unlocked(f, p) {
			break
		}
	}
	m.mu.Unlock()
}

// unlocked calls f without mu, which must be held before and is held afterwards.
func (m *T4KeepsLock) unlocked(f func(key, value any) bool, p entry) bool {
	m.mu.Unlock()
	defer m.mu.Lock()
	return f(p.key, p.value)
}

// T4NilIgnored breaks T4: Range(nil) of a map with keys returns.
//
// Modelled on a well-meant check for nil. Shown by Store, Range(nil).
type T4NilIgnored struct{ core }

// Range ignores a nil f.
func (m *T4NilIgnored) Range(f func(key, value any) bool) {
	if f != nil {
		m.core.Range(f)
	}
}

// T5ClearInHalves breaks T5, having promised an atomic Clear: the older half of
// the keys goes first, and other goroutines see the map between the halves. Each
// key is deleted once during the call, which satisfies the weaker promise.
//
// Modelled on sharded maps. Shown by two keys and a Clear concurrent with
// Load(a), Load(b): a is absent and b is present, though nothing else deletes.
type T5ClearInHalves struct{ core }

// Clear deletes the older half of the keys, then the others.
func (m *T5ClearInHalves) Clear() {
	deleted := m.clearOlder()
	runtime.Gosched()
	m.clearBut(deleted)
}

func (m *T5ClearInHalves) clearOlder() (deleted map[any]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	deleted = map[any]bool{}
	pairs := m.pairs()
	for _, p := range pairs[:len(pairs)/2] {
		m.unlink(p.key)
		deleted[p.key] = true
	}
	return deleted
}

// clearBut deletes every key, but keeps those in deleted that are present again.
func (m *T5ClearInHalves) clearBut(deleted map[any]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	pairs := m.pairs()
	m.empty()
	for _, p := range pairs {
		if deleted[p.key] { // never true for NaN
			m.link(&p)
		}
	}
}

// T5ShrinkingLoop breaks T5 at both levels: Clear does not delete the newer half
// of the keys.
//
// Modelled on loops whose bound shrinks with every deletion. Shown by two keys,
// Clear, Len.
type T5ShrinkingLoop struct{ core }

// Clear counts up to a length that decreases.
func (m *T5ShrinkingLoop) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	left := m.pairs()
	for i := 0; i < len(left); i++ {
		left = left[1:]
	}
	m.empty()
	for _, p := range left {
		m.link(&p)
	}
}

// T6UncountedDelete breaks T6: CompareAndDelete does not decrement the count.
//
// Modelled on haxmap v1.4.0, whose Len is wrong at rest. Shown by Store(k, v),
// CompareAndDelete(k, v), Len.
type T6UncountedDelete struct {
	core
	uncounted atomic.Int64
}

// CompareAndDelete deletes without counting.
func (m *T6UncountedDelete) CompareAndDelete(key, old any) (deleted bool) {
	if deleted = m.core.CompareAndDelete(key, old); deleted {
		m.uncounted.Add(1)
	}
	return deleted
}

// Len includes the keys that CompareAndDelete deleted.
func (m *T6UncountedDelete) Len() int { return m.core.Len() + int(m.uncounted.Load()) }

// T6CountsOverwrites breaks T6: Store increments the count even if it overwrites.
//
// Modelled on haxmap v1.4.0, whose Len is wrong at rest. Shown by two Store(k), Len.
type T6CountsOverwrites struct {
	core
	overwritten atomic.Int64
}

// Store always counts.
func (m *T6CountsOverwrites) Store(key, value any) {
	if _, loaded := m.Swap(key, value); loaded {
		m.overwritten.Add(1)
	}
}

// Len includes the overwrites.
func (m *T6CountsOverwrites) Len() int { return m.core.Len() + int(m.overwritten.Load()) }

// T6CountsLate breaks T6, having promised a linearizable Len: Store and Delete
// count only after they have released the lock. At rest Len is exact.
//
// Modelled on xsync v4.5.0, whose Size returned 2 when at most one key could
// exist. Shown by two goroutines that each store and delete the same key and then
// call Len: it returns 2 or -1.
type T6CountsLate struct {
	core
	uncounted int // entries that are present minus those that are counted; guarded by mu
}

// Store counts a new key late.
func (m *T6CountsLate) Store(key, value any) {
	m.countLate(func() { m.put(key, value) })
}

// Delete counts a deleted key late.
func (m *T6CountsLate) Delete(key any) {
	m.countLate(func() { m.unlink(key) })
}

// countLate calls change with the lock held. It counts the change in the number
// of keys in a second critical section.
func (m *T6CountsLate) countLate(change func()) {
	added := m.uncountedBy(change)
	if added == 0 {
		return
	}
	runtime.Gosched()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.uncounted -= added
}

func (m *T6CountsLate) uncountedBy(change func()) (added int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := len(m.entries)
	change()
	added = len(m.entries) - before
	m.uncounted += added
	return added
}

// Len returns the number of keys counted.
func (m *T6CountsLate) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.entries) - m.uncounted
}
