package main

import (
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkPeers/KEY/SIZE/MIX/PROCS/PEER performs b.N operations. Unlike the command, it does
// not interleave the peers. It is for profiling.
func BenchmarkPeers(b *testing.B) {
	for _, kind := range keyKinds {
		b.Run(string(kind), func(b *testing.B) {
			for _, size := range sizes {
				b.Run(sizeName(size), func(b *testing.B) { benchmarkSize(b, kind, size) })
			}
		})
	}
}

func benchmarkSize(b *testing.B, kind keyKind, size int) {
	var fill func(peer) runner
	for _, m := range mixes {
		b.Run(string(m), func(b *testing.B) {
			for procs := 1; procs <= maxProcs; procs++ {
				b.Run(strconv.Itoa(procs), func(b *testing.B) {
					for _, p := range peers() {
						if !p.serves(m, kind, procs) {
							continue
						}
						b.Run(p.name, func(b *testing.B) {
							if fill == nil {
								fill = filler(kind, 1, size)
							}
							benchmark(b, fill(p), m, procs)
						})
					}
				})
			}
		})
	}
}

func benchmark(b *testing.B, run runner, m mix, procs int) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	b.ReportAllocs()
	b.ResetTimer()
	before, err := cpuTime()
	if err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	performed := make([]int, procs)
	for g := range procs {
		all.Go(func() { performed[g], _ = run(m, g, g<<14, (b.N+procs-1)/procs) })
	}
	all.Wait()
	after, err := cpuTime()
	if err != nil {
		b.Fatal(err)
	}
	operations := 0
	for _, n := range performed {
		operations += n
	}
	b.ReportMetric(float64((after-before).Nanoseconds())/float64(operations), "cpu-ns/op")
}

// BenchmarkAdapter compares a loop over a Go map with the same loop through an adapter and
// its driver, which should cost nothing.
func BenchmarkAdapter(b *testing.B) {
	w := intWorkload(1, small)
	plain := map[int]int{}
	adapted := newBuiltinMap[int, int]()
	for i, k := range w.fill {
		plain[k] = w.values[i&valueMask]
		adapted.Store(k, w.values[i&valueMask])
	}
	b.Run("plain", func(b *testing.B) {
		found := 0
		for i := range b.N {
			if _, ok := plain[w.hits[i&(len(w.hits)-1)]]; ok {
				found++
			}
		}
		if found != b.N {
			b.Error("a key was not found")
		}
	})
	b.Run("adapted", func(b *testing.B) {
		if _, found := driveBuiltinMapInts(adapted, w, loadHit, 0, 0, b.N); found != b.N {
			b.Error("a key was not found")
		}
	})
}

// BenchmarkFloor measures the least that a write to flatmap.Map costs: the instructions that
// lock, store and unlock, on cached words.
func BenchmarkFloor(b *testing.B) {
	var lock sync.Mutex
	var words [3]atomic.Uint64
	for _, write := range []struct {
		name   string
		stores int
	}{{"overwrite", 1}, {"deletion", 2}, {"insertion", 3}} {
		b.Run(write.name, func(b *testing.B) {
			for i := range b.N {
				lock.Lock()
				for j := range write.stores {
					words[j].Store(uint64(i))
				}
				lock.Unlock()
			}
		})
	}
}
