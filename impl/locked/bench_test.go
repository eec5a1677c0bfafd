package locked_test

import (
	"testing"

	"github.com/mapspec/mapspec/impl/locked"
)

// benchmark runs op on a map of 1,024 keys, in one goroutine and in one per
// processor.
func benchmark(b *testing.B, op func(m *locked.Map[int, int], i int)) {
	const keys = 1024
	m := new(locked.Map[int, int])
	for i := range keys {
		m.Store(i, i)
	}
	b.Run("alone", func(b *testing.B) {
		for i := 0; b.Loop(); i = (i + 1) % keys {
			op(m, i)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i = (i + 1) % keys {
				op(m, i)
			}
		})
	})
}

func BenchmarkLoadHit(b *testing.B) {
	benchmark(b, func(m *locked.Map[int, int], i int) { m.Load(i) })
}

func BenchmarkStoreOverwrite(b *testing.B) {
	benchmark(b, func(m *locked.Map[int, int], i int) { m.Store(i, i) })
}

func BenchmarkLoadOrStoreHit(b *testing.B) {
	benchmark(b, func(m *locked.Map[int, int], i int) { m.LoadOrStore(i, i) })
}

func BenchmarkDeleteStore(b *testing.B) {
	benchmark(b, func(m *locked.Map[int, int], i int) {
		m.Delete(i)
		m.Store(i, i)
	})
}
