package flatmap_test

import (
	"flag"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mapspec/mapspec/impl/flatmap"
)

var soak = flag.Duration("soak", time.Second, "how long TestSoak runs")

// TestSoak has goroutines fill and empty a map repeatedly. After each round the map is empty, and the
// heap must be as large as after the first.
//
//	go test ./impl/flatmap -run TestSoak -soak 10m -timeout 0 -v
func TestSoak(t *testing.T) {
	const rounds, slack = 20, 512 << 10
	total := *soak
	if testing.Short() {
		total = min(total, 200*time.Millisecond)
	}
	var words flatmap.Map[int, int]
	var texts flatmap.Map[string, *record]
	var boxes flatmap.Map[[2]int, any]
	var operations atomic.Int64
	var first, last runtime.MemStats
	for round := range rounds {
		until := time.Now().Add(total / rounds)
		var wg sync.WaitGroup
		for id := range 3 {
			seed := uint64(round*10 + id)
			wg.Go(func() { soakRound(t, &words, integer, integer, seed, until, &operations) })
			wg.Go(func() { soakRound(t, &texts, fromBuffer, onStack, seed, until, &operations) })
			wg.Go(func() { soakRound(t, &boxes, pair, boxed, seed, until, &operations) })
		}
		wg.Wait()
		empty(t, &words, integer, integer)
		empty(t, &texts, fromBuffer, onStack)
		empty(t, &boxes, pair, boxed)
		runtime.GC()
		runtime.GC()
		if runtime.ReadMemStats(&last); round == 1 { // after the first round, which warms up
			first = last
		}
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	t.Logf("%v, %d operations: HeapAlloc from %d to %d, HeapInuse from %d to %d, Sys from %d to %d, %d collections", total, operations.Load(),
		first.HeapAlloc, last.HeapAlloc, first.HeapInuse, last.HeapInuse, first.Sys, last.Sys, last.NumGC)
	if grown := int64(last.HeapAlloc) - int64(first.HeapAlloc); grown > slack {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	if grown := int64(last.HeapInuse) - int64(first.HeapInuse); grown > 8*slack {
		t.Errorf("the heap in use has grown by %d bytes", grown)
	}
	runtime.KeepAlive(&words)
	runtime.KeepAlive(&texts)
	runtime.KeepAlive(&boxes)
}

func pair(i int) [2]int { return [2]int{i, 1} }
func boxed(i int) any   { return i }

const soakKeys = 20_000

// soakRound performs all operations at random.
func soakRound[K comparable, V any](t *testing.T, m *flatmap.Map[K, V], key func(i int) K, value func(i int) V, seed uint64, until time.Time, operations *atomic.Int64) {
	r := rand.New(rand.NewPCG(seed, 13))
	n := 0
	for stores := 8; time.Now().Before(until); stores = 11 - stores { // 8 or 3 of 10
		for range 500 + r.IntN(20_000) {
			if n++; n%256 == 0 && !time.Now().Before(until) {
				break
			}
			k := key(r.IntN(soakKeys))
			store := r.IntN(10) < stores
			switch p := r.IntN(1000); {
			case p == 0 && n%64 == 0:
				m.Clear()
			case p == 1 && n%8 == 0:
				m.Grow(r.IntN(soakKeys))
			case p == 2 && n%8 == 0:
				visits := 0
				for range m.All() {
					visits++
				}
				if visits > soakKeys {
					t.Errorf("%d visits with %d keys", visits, soakKeys)
				}
			case p < 300:
				m.Load(k)
			case p < 400:
				m.Compute(k, func(old V, loaded bool) (V, bool) { return value(p), store })
			case store && p < 500:
				m.LoadOrStore(k, value(p))
			case store && p < 600:
				m.Swap(k, value(p))
			case store:
				m.Store(k, value(p))
			default:
				m.LoadAndDelete(k)
			}
		}
	}
	operations.Add(int64(n))
}

// empty deletes all keys one by one. A large table may contain few keys, as after Clear and Grow, so a
// few keys come and go until the table has had the writes that it needs in order to shrink.
func empty[K comparable, V any](t *testing.T, m *flatmap.Map[K, V], key func(i int) K, value func(i int) V) {
	t.Helper()
	for key := range m.Keys() {
		m.Delete(key)
	}
	for i := range soakKeys / 40 { // two writes each: clause R4, docs/flatmap.md
		m.Store(key(i), value(i))
		m.Delete(key(i))
	}
	if n := m.Len(); n != 0 {
		t.Errorf("%d keys when all are deleted", n)
	}
}
