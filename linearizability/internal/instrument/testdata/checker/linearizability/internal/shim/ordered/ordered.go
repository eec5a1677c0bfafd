// Package ordered replaces the order of built-in maps in tests. It sorts keys as
// text.
package ordered

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
)

func Map[M ~map[K]V, K comparable, V any](m M) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, k := range slices.SortedFunc(maps.Keys(m), func(a, b K) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) }) {
			if v, ok := m[k]; ok && !yield(k, v) {
				return
			}
		}
	}
}
