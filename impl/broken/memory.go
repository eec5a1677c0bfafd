package broken

import "sync"

// The maps in this file break M1 and M2. Their results are right: only the race
// detector can judge them.

// M1AbsentByLen breaks M1: Load learns from the length of a channel that the map
// is empty, and takes no lock. Reading the length is not a data race, but it
// synchronizes with nothing: a goroutine that learns that a key is absent is not
// ordered after the Delete or Clear that removed it.
//
// Modelled on sync.Map in Go 1.24 to 1.27.3 (go#81187), where Delete lacks an
// edge. Shown, only with -race, by a plain write before a Delete of the only key,
// and a plain read of the same variable after a Load that found nothing.
type M1AbsentByLen struct {
	core
	once     sync.Once
	nonempty chan struct{} // has one token if the map has a key
}

// Load looks at the entries only if there are any.
func (m *M1AbsentByLen) Load(key any) (value any, ok bool) {
	m.once.Do(m.begin)
	_ = (map[any]struct{})(nil)[key] // panics if key cannot be hashed
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

// follow adds or removes the token. mu must be held exclusively; neither blocks.
func (m *M1AbsentByLen) follow() {
	switch full := len(m.nonempty) == 1; {
	case len(m.entries) > 0 && !full:
		m.nonempty <- struct{}{}
	case len(m.entries) == 0 && full:
		<-m.nonempty
	}
}

// M2CountsLoads breaks M2: Load increments a plain field, which nothing else
// reads.
//
// Modelled on statistics added to a map that was correct. Shown, only with
// -race, by two concurrent Loads.
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
// Modelled on the belief that "reading one word is atomic". Shown, only with
// -race, by a Len concurrent with a Store.
type M2LenUnlocked struct{ core }

// Len takes no lock.
func (m *M2LenUnlocked) Len() int { return len(m.entries) }
