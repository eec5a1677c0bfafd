package readdirty_test

import "testing"

// benchmark runs op on a promoted map of 1,024 keys, in one goroutine per processor.
func benchmark(b *testing.B, op func(m anyMap, i int)) {
	const keys = 1024
	for _, v := range append([]version{toolchain}, versions...) {
		b.Run(v.name, func(b *testing.B) {
			m := v.new()
			for i := range keys {
				m.Store(i, i)
			}
			m.Range(func(_, _ any) bool { return true })
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i = (i + 1) % keys {
					op(m, i)
				}
			})
		})
	}
}

func BenchmarkLoadHit(b *testing.B) {
	benchmark(b, func(m anyMap, i int) { m.Load(i) })
}

func BenchmarkStoreOverwrite(b *testing.B) {
	benchmark(b, func(m anyMap, i int) { m.Store(i, i) })
}

func BenchmarkLoadOrStoreHit(b *testing.B) {
	benchmark(b, func(m anyMap, i int) { m.LoadOrStore(i, i) })
}

func BenchmarkDeleteStore(b *testing.B) {
	benchmark(b, func(m anyMap, i int) {
		m.Delete(i)
		m.Store(i, i)
	})
}
