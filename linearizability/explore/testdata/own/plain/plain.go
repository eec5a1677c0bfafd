// Package plain has a map that is right, and types that are no maps.
package plain

import "sync"

// Map is a Go map behind a mutex.
type Map[K comparable, V any] struct {
	mu sync.Mutex
	m  map[K]V
}

// New returns an empty map.
func New[K comparable, V any]() *Map[K, V] { return &Map[K, V]{m: map[K]V{}} }

func (m *Map[K, V]) Load(key K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.m[key]
	return v, ok
}

func (m *Map[K, V]) Store(key K, value V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.m[key] = value
}

func (m *Map[K, V]) Delete(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.m, key)
}

// Nil returns no map.
func Nil() *Map[string, int] { return nil }

// Panics returns nothing.
func Panics() *Map[string, int] { panic("no configuration") }

// Endless does not return.
func Endless() *Map[string, int] {
	n := 1
	for n > 0 {
		n |= 1
	}
	return nil
}

// Waits waits for itself.
func Waits() *Map[string, int] {
	m := New[string, int]()
	m.mu.Lock()
	m.mu.Lock()
	return m
}

// List is no map.
type List struct{ all []int }

func (l *List) Append(n int) { l.all = append(l.all, n) }

// Value is a map that is no pointer.
type Value struct{ *Map[string, int] }

func NewValue() Value { return Value{New[string, int]()} }
