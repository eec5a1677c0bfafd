package sync

import "unsafe"

// Mutex is a mutual exclusion lock. The zero value is unlocked. It must not be
// copied after first use. Unlock synchronizes before a Lock or a successful
// TryLock that follows it.
type Mutex struct{ g gate }

// Lock locks m. The caller waits while it is locked.
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

// Unlock unlocks m, whoever locked it. It is wrong to unlock what is not
// locked: in an execution it panics.
func (m *Mutex) Unlock() {
	raceRelease(unsafe.Pointer(m))
	m.g.unlock()
}
