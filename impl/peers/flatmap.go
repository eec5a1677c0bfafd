package main

import "github.com/mapspec/mapspec/impl/flatmap"

// A flatMap is the candidate: the map that the targets are for.
type flatMap[K, V comparable] struct{ m *flatmap.Map[K, V] }

func newFlatMap[K, V comparable]() table[K, V] { return flatMap[K, V]{new(flatmap.Map[K, V])} }

func (s flatMap[K, V]) Load(k K) (V, bool)                  { return s.m.Load(k) }
func (s flatMap[K, V]) Store(k K, v V)                      { s.m.Store(k, v) }
func (s flatMap[K, V]) Delete(k K)                          { s.m.Delete(k) }
func (s flatMap[K, V]) LoadOrStore(k K, v V) (V, bool)      { return s.m.LoadOrStore(k, v) }
func (s flatMap[K, V]) CompareAndSwap(k K, old, new V) bool { return s.m.CompareAndSwap(k, old, new) }
func (s flatMap[K, V]) Range(f func(K, V) bool)             { s.m.Range(f) }
