// Package ordered iterates over built-in maps in an order that is always the
// same: a rewritten copy of a map must do the same in every execution.
package ordered

import (
	"bytes"
	"iter"
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
)

// entry is a key, what to sort it by, and its value when the iteration began.
type entry[K comparable, V any] struct {
	key   K
	value V
	form  []byte
}

// Map iterates over m in the order of [hashing.Form] of its keys, and panics as
// that does: keys with pointers need ordinals. What Go promises of a range over
// a map holds: a key that is deleted before it is reached is left out, a value
// is read when its key is reached, and keys that are added are left out, which
// is one of the two things that may happen to them. NaNs are visited, in any
// order where there are several: nothing tells them apart.
//
// It takes time O(n log n) and memory O(n).
func Map[M ~map[K]V, K comparable, V any](m M) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, e := range sorted(m) {
			v, present := m[e.key]
			if isNaN(e.key) {
				v, present = e.value, len(m) > 0 // only clear deletes a NaN
			}
			if present && !yield(e.key, v) {
				return
			}
		}
	}
}

func sorted[M ~map[K]V, K comparable, V any](m M) []entry[K, V] {
	all := make([]entry[K, V], 0, len(m))
	for k, v := range m {
		e := entry[K, V]{key: k, value: v}
		if len(m) > 1 {
			e.form = hashing.Form(k)
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b entry[K, V]) int { return bytes.Compare(a.form, b.form) })
	return all
}

// isNaN reports whether k is not equal to itself, so that no look-up finds it.
func isNaN[K comparable](k K) bool { return !equal(k, k) }

func equal[K comparable](a, b K) bool { return a == b }
