package main

import (
	"fmt"
	"math/rand/v2"
)

// A keyKind says what the keys are, and with them the values: int to int,
// *cell to *cell, and string to int. The strings have 16 bytes, and no two
// equal ones share them.
type keyKind string

const (
	intKeys     keyKind = "int"
	pointerKeys keyKind = "pointer"
	stringKeys  keyKind = "string"
)

var keyKinds = []keyKind{intKeys, pointerKeys, stringKeys}

// A cell is what pointers point to.
type cell struct{ a, b int }

// A mix is what the goroutines do to the map.
type mix string

const (
	loadHit       mix = "hit"            // Load of keys that are present
	loadMiss      mix = "miss"           // Load of keys that are absent
	zipfHit       mix = "zipf"           // Load of keys that are present, a few of them most of the time
	traverse      mix = "range"          // Range over all; an operation is an entry
	overwrite     mix = "overwrite"      // Store to keys that are present
	loadOrStore   mix = "loadorstore"    // LoadOrStore of keys that are present
	swapHot       mix = "cas"            // Load and CompareAndSwap of one key until it is incremented
	churnDisjoint mix = "churn-disjoint" // Store a new key, Delete an old one; every goroutine has its own
	mixed90       mix = "90-5-5"         // Load, Store, Delete in these parts, half of the keys present
	mixed75       mix = "75-12-13"       // likewise
	churnShared   mix = "churn-shared"   // Store and Delete, half of the keys present
)

// mixes are in the order in which one map can serve them: those that change
// which keys are present are last.
var mixes = []mix{
	loadHit, loadMiss, zipfHit, traverse, overwrite, loadOrStore, swapHot, churnDisjoint, mixed90, mixed75, churnShared,
}

// steady reports whether m leaves those keys present that the map was filled
// with, and no others but a goroutine's own.
func (m mix) steady() bool { return m != mixed90 && m != mixed75 && m != churnShared }

const (
	maxProcs  = 2
	ownKeys   = 1 << 12 // of each goroutine, for churnDisjoint
	ownLive   = 1 << 10 // that many of them are in the map at a time
	valueMask = 1<<8 - 1
	diceMask  = 1<<13 - 1
)

// A workload is the keys and values of the operations on maps of one size.
type workload[K, V comparable] struct {
	size   int
	fill   []K // each key once, in random order
	hits   []K // this and the next three have a power of two as length
	misses []K
	zipf   []K
	mixed  []K // of twice as many keys as the map is filled with
	passes int // operation i is in pass i>>passes over such a sequence
	own    [maxProcs][]K
	values [valueMask + 1]V
	dice   [diceMask + 1]uint8 // 0 to 99
}

// newWorkload makes the keys from key, which is given numbers below
// universe(size) and returns a fresh instance at each call if keys have
// instances; and the values from value. Keys and values are determined by seed.
func newWorkload[K, V comparable](seed uint64, size int, key func(int) K, value func(*rand.Rand) V) *workload[K, V] {
	random := rand.New(rand.NewPCG(seed, uint64(size)))
	w := &workload[K, V]{size: size, passes: 16}
	permutation := random.Perm(size)
	for _, i := range permutation {
		w.fill = append(w.fill, key(i))
	}
	// Long enough to be learnt by no branch predictor; for large maps long
	// enough to reach all of them.
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

// universe is the number of different keys of a workload.
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

// randomInt returns a value that an interface holds in a box: the runtime has
// boxes ready for those below 256.
func randomInt(r *rand.Rand) int { return 256 + r.IntN(1<<30) }

// scramble is the finalizer of MurmurHash3, a bijection.
func scramble(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// sizeName writes 10000 as 10k.
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

// die is rolled for operation i. It does not fall the same way each time that
// the keys begin anew.
func (w *workload[K, V]) die(i int) uint8 {
	return w.dice[(i+i>>w.passes*4999)&diceMask]
}

// thresholds returns the die from which on the operation is a Store, and that
// from which on it is a Delete.
func (m mix) thresholds() (store, del uint8) {
	if m == mixed90 {
		return 90, 95
	}
	return 75, 87
}
