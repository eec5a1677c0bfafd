package check

import (
	"slices"
	"testing"
	"time"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// rounds returns n histories of a correct map with 4 clients and 32 operations.
func rounds(n int, keys []int, methods []model.Method) [][]history.Operation {
	list := make([][]history.Operation, n)
	for i := range list {
		s := &simulation{
			choose: seeded(uint64(i)), clients: 4, calls: 32, keys: keys, values: 4, methods: methods,
		}
		list[i] = s.run()
	}
	return list
}

func benchmarkRounds(b *testing.B, list [][]history.Operation, p model.Promise) {
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for _, v := range Operations(list[n%len(list)], Options{Promise: p}) {
			if v.Status != model.OK && v.Status != model.Skipped {
				b.Fatal(v)
			}
		}
		n++
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rounds/s")
}

// BenchmarkRound judges rounds of the stress checker on one hot key.
func BenchmarkRound(b *testing.B) {
	benchmarkRounds(b, rounds(100, []int{0}, onKey), model.Promise{})
}

// BenchmarkWholeRound judges rounds with every operation on three keys, where
// Clear and Len are promised to be strong.
func BenchmarkWholeRound(b *testing.B) {
	methods := append(slices.Clone(onKey), model.Range, model.Keys, model.Clear, model.Len)
	benchmarkRounds(b, rounds(100, []int{0, 1, 2}, methods), strongest)
}

// BenchmarkViolation judges and explains rounds that have no order.
func BenchmarkViolation(b *testing.B) {
	var list [][]history.Operation
	for i, ops := range rounds(400, []int{0}, onKey) {
		spoil(ops, seeded(uint64(i)), []int{0}, 4)
		if Operations(ops, Options{})[0].Status == model.Violation {
			list = append(list, ops)
		}
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if v := Operations(list[n%len(list)], Options{})[0]; v.Status != model.Violation {
			b.Fatal(v)
		}
		n++
	}
}

// benchmarkLong judges one long history repeatedly.
func benchmarkLong(b *testing.B, ops []history.Operation, p model.Promise) {
	b.ReportAllocs()
	for b.Loop() {
		for _, v := range Operations(ops, Options{Promise: p, Timeout: time.Hour}) {
			if v.Status != model.OK && v.Status != model.Skipped {
				b.Fatal(v)
			}
		}
	}
	b.ReportMetric(float64(len(ops)*b.N)/b.Elapsed().Seconds(), "operations/s")
}

// BenchmarkLong judges a million operations on 16 keys by 8 clients.
func BenchmarkLong(b *testing.B) { benchmarkLong(b, millionOps(), model.Promise{}) }

// BenchmarkLongRun judges 200,000 operations on one key by 8 clients, with some
// operation in progress at every instant.
func BenchmarkLongRun(b *testing.B) { benchmarkLong(b, endless(200_000, 1), model.Promise{}) }

// BenchmarkLongWhole judges 200,000 operations on 4 keys by 8 clients, where
// Clear and Len are promised to be strong.
func BenchmarkLongWhole(b *testing.B) {
	s := &simulation{
		choose: seeded(1), clients: 8, calls: 200_000, keys: []int{0, 1, 2, 3}, values: 100,
		methods: append(slices.Clone(onKey), model.Clear, model.Len),
	}
	benchmarkLong(b, s.run(), strongest)
}
