package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
)

// loseNothing lets two goroutines use a map. Each has keys of its own, on which it must find
// what it stored. Both store, delete and traverse shared keys. The error says what was lost.
// With -race this also shows whether the map is race-clean.
func loseNothing[K comparable](t table[K, int], key func(int) K, seed uint64, operations int) error {
	var all sync.WaitGroup
	errs := make([]error, 2)
	for g := range errs {
		all.Go(func() {
			o := owner[K]{t: t, key: key, g: g, random: rand.New(rand.NewPCG(seed, uint64(g))), mine: map[int]int{}}
			for i := 1; i <= operations && errs[g] == nil; i++ {
				if o.random.IntN(2) == 0 {
					o.workOnShared(i)
				} else {
					errs[g] = o.workOnMine(i)
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// keysOfEach is the number of each goroutine's own keys, and of the shared ones. The fewer
// keys, the sooner goroutines meet.
const keysOfEach = 64

// An owner is goroutine g of loseNothing, which is 0 or 1.
type owner[K comparable] struct {
	t      table[K, int]
	key    func(int) K
	g      int
	random *rand.Rand
	mine   map[int]int // what t must contain
}

func (o owner[K]) workOnShared(i int) {
	k := o.key(3*o.random.IntN(keysOfEach) + 2)
	switch o.random.IntN(64) {
	case 0:
		o.t.Range(func(K, int) bool { return true })
	default:
		o.t.Load(k)
	case 1, 2, 3, 4, 5, 6, 7, 8:
		o.t.Store(k, i)
	case 9, 10, 11, 12, 13, 14, 15, 16:
		o.t.Delete(k)
	case 17, 18, 19, 20, 21, 22, 23, 24:
		o.t.LoadOrStore(k, i)
	}
}

func (o owner[K]) workOnMine(i int) error {
	n := 3*o.random.IntN(keysOfEach) + o.g
	k := o.key(n)
	want, present := o.mine[n]
	switch o.random.IntN(4) {
	case 0:
		if v, ok := o.t.Load(k); ok != present || ok && v != want {
			return fmt.Errorf("operation %d of goroutine %d: Load(%d) returns %d, %v, though this goroutine alone writes it, and left %d, %v",
				i, o.g, n, v, ok, want, present)
		}
	case 1:
		o.t.Store(k, i)
		o.mine[n] = i
	case 2:
		o.t.Delete(k)
		delete(o.mine, n)
	case 3:
		if !present {
			want = i
		}
		if v, ok := o.t.LoadOrStore(k, i); ok != present || v != want {
			return fmt.Errorf("operation %d of goroutine %d: LoadOrStore(%d) returns %d, %v, though this goroutine alone writes it, and left %d, %v",
				i, o.g, n, v, ok, want, present)
		}
		o.mine[n] = want
	}
	return nil
}

// growTogether lets two goroutines fill a map and then empty it.
func growTogether[K comparable](t table[K, int], key func(int) K, keys int) error {
	var all sync.WaitGroup
	errs := make([]error, 2)
	for g := range errs {
		all.Go(func() {
			for i := g; i < keys; i += 2 {
				t.Store(key(i), i)
			}
			for i := g; i < keys; i += 2 {
				if v, ok := t.Load(key(i)); !ok || v != i {
					errs[g] = fmt.Errorf("Load(%d) after growth returns %d, %v", i, v, ok)
				}
				t.Delete(key(i))
			}
		})
	}
	all.Wait()
	t.Range(func(K, int) bool {
		errs = append(errs, errors.New("an entry is left after the deletion of all"))
		return false
	})
	return errors.Join(errs...)
}

// incrementTogether lets two goroutines increment one key with CompareAndSwap.
func incrementTogether(t table[int, int], s swapper[int, int], times int) error {
	t.Store(1, 0)
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for i := 0; i < times; {
				if v, _ := t.Load(1); s.CompareAndSwap(1, v, v+1) {
					i++
				}
			}
		})
	}
	all.Wait()
	if v, ok := t.Load(1); v != 2*times || !ok {
		return fmt.Errorf("%d increments make %d, %v", 2*times, v, ok)
	}
	return nil
}

// keyOfInt and keyOfString return test keys. Integers are scattered, so that they are spread
// over an ordered map.
func keyOfInt(i int) int       { return int(scramble(uint64(i))) }
func keyOfString(i int) string { return fmt.Sprintf("%016x", i) }

func TestSoundPeersLoseNothing(t *testing.T) {
	for _, p := range peers() {
		if !p.sound {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			for seed := range uint64(5) {
				if err := loseNothing(p.ints.new(), keyOfInt, seed, 10_000); err != nil {
					t.Errorf("int keys, seed %d: %v", seed, err)
				}
				if err := loseNothing(p.strings.new(), keyOfString, seed, 10_000); err != nil {
					t.Errorf("string keys, seed %d: %v", seed, err)
				}
			}
			if err := growTogether(p.ints.new(), keyOfInt, 20_000); err != nil {
				t.Errorf("int keys: %v", err)
			}
			if err := growTogether(p.strings.new(), keyOfString, 20_000); err != nil {
				t.Errorf("string keys: %v", err)
			}
			m := p.ints.new()
			if s, ok := m.(swapper[int, int]); ok {
				if err := incrementTogether(m, s, 10_000); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestUnsoundPeersLoseSomething checks that unsound peers still fail, or they would have to be
// compared with. It tries often, because goroutines meet by chance.
func TestUnsoundPeersLoseSomething(t *testing.T) {
	if testing.Short() {
		t.Skip("tries until a key is lost, some seconds at worst: run without -short")
	}
	for _, p := range peers() {
		if p.sound || p.role == reference {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			for seed := range uint64(500) {
				if err := loseNothing(p.ints.new(), keyOfInt, seed, 20_000); err != nil {
					t.Logf("int keys, seed %d: %v", seed, err)
					return
				}
			}
			t.Errorf("%s %s: not any more, as 500 attempts show. Is it sound now?", p.name, p.why)
		})
	}
}

// forgetful loses every hundredth Store.
type forgetful struct {
	table[int, int]
	stores *int
}

func (f forgetful) Store(k, v int) {
	if *f.stores++; *f.stores%100 != 0 {
		f.table.Store(k, v)
	}
}

func TestALossIsSeen(t *testing.T) {
	m := forgetful{newBuiltinMap[int, int](), new(int)}
	o := owner[int]{t: m, key: keyOfInt, random: rand.New(rand.NewPCG(1, 1)), mine: map[int]int{}}
	for i := range 100_000 {
		if err := o.workOnMine(i); err != nil {
			return
		}
	}
	t.Error("a map that loses every hundredth Store passes")
}
