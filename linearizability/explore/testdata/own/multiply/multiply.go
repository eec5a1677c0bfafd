// Package multiply has a map that hashes by itself. Store loses what another
// key's Store does meanwhile, if the two share a bucket.
package multiply

import "sync/atomic"

// Map is a map from strings.
type Map[V any] struct {
	buckets [16]atomic.Pointer[entry[V]]
}

type entry[V any] struct {
	key   string
	value V
	next  *entry[V]
}

// hash is FNV-1a, which no colliding keys are tried on.
func hash(key string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 1099511628211
	}
	return h
}

func (m *Map[V]) bucket(key string) *atomic.Pointer[entry[V]] { return &m.buckets[hash(key)%16] }

func (m *Map[V]) Load(key string) (value V, ok bool) {
	for e := m.bucket(key).Load(); e != nil; e = e.next {
		if e.key == key {
			return e.value, true
		}
	}
	return value, false
}

func (m *Map[V]) Store(key string, value V) {
	b := m.bucket(key)
	b.Store(&entry[V]{key, value, without(b.Load(), key)})
}

func (m *Map[V]) Delete(key string) {
	b := m.bucket(key)
	for old := b.Load(); !b.CompareAndSwap(old, without(old, key)); {
		old = b.Load()
	}
}

func without[V any](e *entry[V], key string) *entry[V] {
	switch {
	case e == nil:
		return nil
	case e.key == key:
		return e.next
	}
	return &entry[V]{e.key, e.value, without(e.next, key)}
}
