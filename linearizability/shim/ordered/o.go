package ordered

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
)

func Map[M ~map[K]V, K comparable, V any](m M) iter.Seq2[K, V] {
	return func(y func(K, V) bool) {
		ks := make([]K, 0, len(m))
		for k := range m {
			ks = append(ks, k)
		}
		slices.SortFunc(ks, func(a, b K) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		for _, k := range ks {
			if v, ok := m[k]; ok && !y(k, v) {
				return
			}
		}
	}
}
