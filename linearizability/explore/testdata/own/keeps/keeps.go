// Package keeps has a map that leaves its lock behind.
package keeps

import "sync"

type Map struct {
	mu sync.Mutex
	m  map[string]int
}

func (m *Map) Load(key string) (int, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.m[key]
	return v, ok
}

func (m *Map) Store(key string, value int) {
	m.mu.Lock()
	if m.m == nil {
		m.m = map[string]int{}
	}
	m.m[key] = value
}

func (m *Map) Range(f func(string, int) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, v := range m.m {
		if !f(k, v) {
			return
		}
	}
}
