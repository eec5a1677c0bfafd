// Package slow has a map whose smallest programs have more interleavings than
// anybody can wait for.
package slow

import (
	"sync/atomic"
	"time"

	"example.com/own/plain"
)

type Map struct {
	*plain.Map[string, int]
	n atomic.Int64
}

func New() *Map { return &Map{Map: plain.New[string, int]()} }

func (m *Map) Load(key string) (int, bool) {
	for range 500 {
		m.n.Add(1)
	}
	return m.Map.Load(key)
}

// Swap cannot be explored.
func (m *Map) Swap(key string, value int) (int, bool) {
	time.Sleep(1)
	old, ok := m.Map.Load(key)
	m.Map.Store(key, value)
	return old, ok
}
