package sync

import "unsafe"

// Mutex is a mutual exclusion lock. The zero value is unlocked. It must not be
// copied after first use. Unlock synchronizes before every later Lock and every
// later TryLock that succeeds.
type Mutex struct{ g gate }

// Lock locks m. The caller waits while m is locked.
func (m *Mutex) Lock() {
	m.g.lock()
	raceAcquire(unsafe.Pointer(m))
}

// TryLock locks m unless it is locked, and reports whether it did.
func (m *Mutex) TryLock() bool {
	if !m.g.tryLock() {
		return false
	}
	raceAcquire(unsafe.Pointer(m))
	return true
}

// Unlock unlocks m, even if another thread locked it. In an execution it panics if
// m is not locked.
func (m *Mutex) Unlock() {
	raceRelease(unsafe.Pointer(m))
	m.g.unlock()
}
