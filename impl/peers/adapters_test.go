package main

import (
	"maps"
	"math/rand/v2"
	"testing"
)

// TestAdaptersAreMaps compares every adapter with a Go map.
func TestAdaptersAreMaps(t *testing.T) {
	for _, p := range peers() {
		t.Run(p.name, func(t *testing.T) {
			t.Run("int", func(t *testing.T) { compareWithMap(t, p.ints.new(), keyOfInt, func(i int) int { return i }) })
			t.Run("string", func(t *testing.T) {
				compareWithMap(t, p.strings.new(), keyOfString, func(i int) int { return i })
			})
			if p.pointers != nil {
				keys, values := make([]cell, 300), make([]cell, 5000)
				compareWithMap(t, p.pointers.new(), func(i int) *cell { return &keys[i] }, func(i int) *cell { return &values[i] })
			}
		})
	}
}

func compareWithMap[K, V comparable](t *testing.T, m table[K, V], key func(int) K, value func(int) V) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 1))
	want := map[K]V{}
	swaps, _ := m.(swapper[K, V])
	for i := range 5000 {
		k, v := key(random.IntN(300)), value(i)
		present, there := want[k]
		switch random.IntN(5) {
		case 0:
			if got, ok := m.Load(k); ok != there || ok && got != present {
				t.Fatalf("operation %d: Load is %v, %v, want %v, %v", i, got, ok, present, there)
			}
		case 1:
			m.Store(k, v)
			want[k] = v
		case 2:
			m.Delete(k)
			delete(want, k)
		case 3:
			if !there {
				present = v
				want[k] = v
			}
			if got, ok := m.LoadOrStore(k, v); ok != there || got != present {
				t.Fatalf("operation %d: LoadOrStore is %v, %v, want %v, %v", i, got, ok, present, there)
			}
		case 4:
			if swaps == nil {
				continue
			}
			old := present
			if i%2 == 0 {
				old = value(4999) // of no entry before the last one
			}
			swap := there && old == present
			if swap {
				want[k] = v
			}
			if got := swaps.CompareAndSwap(k, old, v); got != swap {
				t.Fatalf("operation %d: CompareAndSwap is %v, want %v", i, got, swap)
			}
		}
	}
	got := map[K]V{}
	m.Range(func(k K, v V) bool { got[k] = v; return true })
	if !maps.Equal(got, want) {
		t.Errorf("Range visits %d entries, want %d, or other ones", len(got), len(want))
	}
	visited := 0
	m.Range(func(K, V) bool { visited++; return visited < 10 })
	if visited != 10 {
		t.Errorf("Range goes on after false: %d visited, want 10", visited)
	}
}

// TestDriversPerformTheirMix checks the results of every driver and mix, and the map that
// it leaves behind.
func TestDriversPerformTheirMix(t *testing.T) {
	for _, kind := range keyKinds {
		make := filler(kind, 1, small)
		for _, p := range peers() {
			for _, m := range mixes {
				if !p.serves(m, kind, 1) {
					continue
				}
				run := make(p)
				done, found := run(m, 0, 0, 3000)
				if done < 3000 {
					t.Errorf("%s, %s keys, %s: %d operations", p.name, kind, m, done)
				}
				if err := m.check(done, found); err != nil {
					t.Errorf("%s, %s keys: %v", p.name, kind, err)
				}
				if reads := m == mixed90 || m == mixed75; reads && (found < done/4 || found > done*3/4) {
					t.Errorf("%s, %s keys, %s: %d of %d found", p.name, kind, m, found, done)
				}
				if steady(m) {
					if _, found := run(loadHit, 0, 0, 1000); found != 1000 {
						t.Errorf("%s, %s keys: after %s, %d of 1000 keys are there", p.name, kind, m, found)
					}
				}
			}
		}
	}
}

func TestWorkloadIsDeterminedBySeed(t *testing.T) {
	a, b, c := stringWorkload(1, small), stringWorkload(1, small), stringWorkload(2, small)
	if a.hits[77] != b.hits[77] || a.values != b.values || a.dice != b.dice {
		t.Error("two workloads of one seed differ")
	}
	if a.hits[77] == c.hits[77] {
		t.Error("two seeds have the same keys")
	}
}

func TestSizesHaveNames(t *testing.T) {
	for n, want := range map[int]string{7: "7", 100: "100", 10_000: "10k", 1_500: "1500", 1_000_000: "1M"} {
		if got := sizeName(n); got != want {
			t.Errorf("sizeName(%d) is %s, want %s", n, got, want)
		}
	}
}

// steady reports whether m leaves exactly those keys present that the map was filled with,
// except for keys of a goroutine's own.
func steady(m mix) bool { return m != mixed90 && m != mixed75 && m != churnShared }
