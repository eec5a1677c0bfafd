package main

import (
	"fmt"
	"math/rand/v2"
)

// A keyKind determines the types of keys and values: int to int, *cell to *cell, or string
// to int. The strings have 16 bytes, and equal strings do not share memory.
type keyKind string

const (
	intKeys     keyKind = "int"
	pointerKeys keyKind = "pointer"
	stringKeys  keyKind = "string"
)

var keyKinds = []keyKind{intKeys, pointerKeys, stringKeys}

// A cell is what pointers point to.
type cell struct{ a, b int }

// A mix is a mixture of operations.
type mix string

const (
	loadHit       mix = "hit"            // Load of present keys
	loadMiss      mix = "miss"           // Load of absent keys
	zipfHit       mix = "zipf"           // Load of present keys, mostly of a few of them
	traverse      mix = "range"          // Range over all entries; an operation is an entry
	overwrite     mix = "overwrite"      // Store to present keys
	loadOrStore   mix = "loadorstore"    // LoadOrStore of present keys
	swapHot       mix = "cas"            // Load and CompareAndSwap of one key until it is incremented
	churnDisjoint mix = "churn-disjoint" // Store a new key and Delete an old one; every goroutine has its own keys
	mixed90       mix = "90-5-5"         // Load, Store and Delete in these percentages, with half of the keys present
	mixed75       mix = "75-12-13"       // the same
	churnShared   mix = "churn-shared"   // Store and Delete, with half of the keys present
)

// mixes are in the order in which one map can serve them: mixes that change which keys are
// present come last.
var mixes = []mix{
	loadHit, loadMiss, zipfHit, traverse, overwrite, loadOrStore, swapHot, churnDisjoint, mixed90, mixed75, churnShared,
}

const (
	maxProcs  = 2
	ownKeys   = 1 << 12 // keys of each goroutine, for churnDisjoint
	ownLive   = 1 << 10 // the number of these in the map at a time
	valueMask = 1<<8 - 1
	diceMask  = 1<<13 - 1
)

// A workload is the keys and values of the operations on maps of one size.
type workload[K, V comparable] struct {
	size   int
	fill   []K // each key once, in random order
	hits   []K // like the next three, its length is a power of two
	misses []K
	zipf   []K
	mixed  []K // drawn from twice as many keys as the map is filled with
	passes int // operation i belongs to pass i>>passes over such a sequence
	own    [maxProcs][]K
	values [valueMask + 1]V
	dice   [diceMask + 1]uint8 // 0 to 99
}

// newWorkload makes the keys and values, which seed determines. key gets a number below
// universe(size). If keys have instances it returns a new one at each call.
func newWorkload[K, V comparable](seed uint64, size int, key func(int) K, value func(*rand.Rand) V) *workload[K, V] {
	random := rand.New(rand.NewPCG(seed, uint64(size)))
	w := &workload[K, V]{size: size, passes: 16}
	permutation := random.Perm(size)
	for _, i := range permutation {
		w.fill = append(w.fill, key(i))
	}
	// Long enough that no branch predictor learns it, and for large maps long enough
	// to reach most of the map.
	for 1<<w.passes < size && w.passes < 20 {
		w.passes++
	}
	sequence := func(next func() int) []K {
		keys := make([]K, 1<<w.passes)
		for i := range keys {
			keys[i] = key(next())
		}
		return keys
	}
	zipf := rand.NewZipf(random, 1.01, 1, uint64(size-1))
	w.hits = sequence(func() int { return random.IntN(size) })
	w.misses = sequence(func() int { return size + random.IntN(size) })
	w.zipf = sequence(func() int { return permutation[zipf.Uint64()] })
	w.mixed = sequence(func() int { return random.IntN(2 * size) })
	for g := range w.own {
		for i := range ownKeys {
			w.own[g] = append(w.own[g], key(2*size+g*ownKeys+i))
		}
	}
	for i := range w.values {
		w.values[i] = value(random)
	}
	for i := range w.dice {
		w.dice[i] = uint8(random.IntN(100))
	}
	return w
}

// universe returns the number of different keys in a workload.
func universe(size int) int { return 2*size + maxProcs*ownKeys }

func intWorkload(seed uint64, size int) *workload[int, int] {
	return newWorkload(seed, size, func(i int) int { return intKey(seed, i) }, randomInt)
}

func pointerWorkload(seed uint64, size int) *workload[*cell, *cell] {
	cells := make([]cell, universe(size))
	return newWorkload(seed, size, func(i int) *cell { return &cells[i] }, func(r *rand.Rand) *cell { return &cell{r.Int(), r.Int()} })
}

func stringWorkload(seed uint64, size int) *workload[string, int] {
	return newWorkload(seed, size, func(i int) string { return stringKey(seed, i) }, randomInt)
}

func intKey(seed uint64, i int) int { return int(scramble(seed + uint64(i))) }

func stringKey(seed uint64, i int) string { return fmt.Sprintf("%016x", scramble(seed+uint64(i))) }

// randomInt returns a value that needs a box in an interface. The runtime has preallocated
// boxes for values below 256.
func randomInt(r *rand.Rand) int { return 256 + r.IntN(1<<30) }

// scramble is the finalizer of MurmurHash3, a bijection.
func scramble(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// sizeName formats 10000 as 10k.
func sizeName(n int) string {
	switch {
	case n >= 1_000_000 && n%1_000_000 == 0:
		return fmt.Sprintf("%dM", n/1_000_000)
	case n >= 1000 && n%1000 == 0:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}

// loads returns the keys that m loads.
func (w *workload[K, V]) loads(m mix) []K {
	switch m {
	case loadMiss:
		return w.misses
	case zipfHit:
		return w.zipf
	}
	return w.hits
}

// die returns the roll of the die for operation i. It differs between passes over the
// keys.
func (w *workload[K, V]) die(i int) uint8 {
	return w.dice[(i+i>>w.passes*4999)&diceMask]
}

// thresholds returns the rolls from which on an operation is a Store and a Delete.
func (m mix) thresholds() (store, del uint8) {
	if m == mixed90 {
		return 90, 95
	}
	return 75, 87
}
