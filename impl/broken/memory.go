package broken

import "sync"

// The maps of this file break M1 and M2. What they return is right: only the
// race detector can judge them.

// M1AbsentByLen breaks M1: Load sees by the length of a channel that the map is
// empty, and takes no lock. The length is no data race, and nothing
// synchronizes with it: whoever sees so that a key is gone is not ordered after
// the Delete or Clear that took it.
//
// After sync.Map of Go 1.24 to 1.26.8 (go#81187), where a Delete lacks an edge.
// Shown, under -race only, by a plain write before a Delete of the only key,
// and a plain read of it after a Load that found nothing.
type M1AbsentByLen struct {
	core
	once     sync.Once
	nonempty chan struct{} // has a token if the map has a key
}

// Load looks at the entries only if there are any.
func (m *M1AbsentByLen) Load(key any) (value any, ok bool) {
	m.once.Do(m.begin)
	_ = (map[any]struct{})(nil)[key] // a key that cannot be hashed panics
	if len(m.nonempty) == 0 {
		return nil, false
	}
	return m.core.Load(key)
}

// begin makes the channel follow the entries.
func (m *M1AbsentByLen) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.nonempty = make(chan struct{}, 1)
	m.changed = m.follow
	m.follow()
}

// follow adds or takes the token. mu must be held exclusively, so neither waits.
func (m *M1AbsentByLen) follow() {
	switch full := len(m.nonempty) == 1; {
	case len(m.entries) > 0 && !full:
		m.nonempty <- struct{}{}
	case len(m.entries) == 0 && full:
		<-m.nonempty
	}
}

// M2CountsLoads breaks M2: Load counts itself in a plain field, which nobody
// reads.
//
// After statistics added to a map that was right. Shown, under -race only, by
// two Loads at once.
type M2CountsLoads struct {
	core
	loads int
}

// Load counts itself.
func (m *M2CountsLoads) Load(key any) (value any, ok bool) {
	m.loads++
	return m.core.Load(key)
}

// M2LenUnlocked breaks M2: Len reads the length of the table without the lock.
//
// After "reading one word is atomic". Shown, under -race only, by a Len beside a
// Store.
type M2LenUnlocked struct{ core }

// Len takes no lock.
func (m *M2LenUnlocked) Len() int { return len(m.entries) }
