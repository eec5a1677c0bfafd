// Package ordered iterates over built-in maps in a fixed order. In the rewritten copy
// of a map it replaces range over a built-in map, as a map must behave in the same way
// in every execution.
package ordered

import (
	"bytes"
	"iter"
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
)

// entry is a key, its value at the start of the iteration, and its form to sort by.
type entry[K comparable, V any] struct {
	key   K
	value V
	form  []byte
}

// Map iterates over m in the order of the [hashing.Form] of its keys. Like Form, it
// panics if a key contains a pointer without an ordinal. It keeps Go's promises about
// range over a map: it skips a key that is deleted before it is reached, and reads the
// value of a key when it reaches the key. It skips keys that are added meanwhile, which
// Go permits. It visits NaNs, in no particular order if there are several, as nothing
// distinguishes them.
//
// Map takes time O(n log n) and memory O(n).
func Map[M ~map[K]V, K comparable, V any](m M) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, e := range sorted(m) {
			v, present := m[e.key]
			if isNaN(e.key) {
				v, present = e.value, len(m) > 0 // only clear can delete a NaN
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

// isNaN reports whether k differs from itself, so that no lookup finds it.
func isNaN[K comparable](k K) bool { return !equal(k, k) }

func equal[K comparable](a, b K) bool { return a == b }
