// Package loses has a map of one entry whose Swap looks and stores in two steps:
// of two at once, both may say that nothing was there.
package loses

import "sync/atomic"

type entry struct {
	key   string
	value int
}

type Map struct{ e atomic.Pointer[entry] }

func (m *Map) Load(key string) (int, bool) {
	if e := m.e.Load(); e != nil && e.key == key {
		return e.value, true
	}
	return 0, false
}

func (m *Map) Store(key string, value int) { m.e.Store(&entry{key, value}) }

func (m *Map) Swap(key string, value int) (int, bool) {
	previous, loaded := m.Load(key)
	m.Store(key, value)
	return previous, loaded
}
