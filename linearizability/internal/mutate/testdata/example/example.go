// Package example has something for each operator.
package example

import (
	"sync"
	"sync/atomic"
)

type node struct {
	next, dead atomic.Pointer[node]
	value, old int
}

type Map struct {
	mu      sync.RWMutex
	root    atomic.Pointer[node]
	entries map[int]int
	misses  int
}

func (m *Map) Load(k int) (v int, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok = m.entries[k]
	return v, true
}

func (m *Map) Swap(n *node) bool {
	old := m.root.Load()
	if n.dead.Load() != nil || old.expunged() {
		return false
	}
	for !m.root.CompareAndSwap(old, n) {
		old = m.root.Load()
	}
	return n.value == old.old
}

func (m *Map) Delete(k int) {
	m.mu.Lock()
	if m.entries == nil {
		m.entries = map[int]int{}
	}
	delete(m.entries, k)
	m.entries[k+1] = k
	m.mu.Unlock()
	if m.misses++; m.misses < 3 {
		m.unlink(&node{value: 1})
	}
}

func (m *Map) unlink(n *node) {
	n.next.Store(n.next.Load().next.Load())
	n.dead.Store(nil)
}

func (m *Map) find(k int) (i *Map) { return m }

func (m *Map) drop(k int) {
	i := m.find(k)
	i.mu.Unlock()
}

func (n *node) expunged() bool { return n == nil }
