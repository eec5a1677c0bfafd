package flatmap_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mapspec/mapspec/impl/flatmap"
)

// A token is a value that names the key it belongs to. Each is stored once.
type token struct{ key, goroutine, serial int }

// number returns a token as a word.
func (t token) number() uint64 { return uint64(t.key)<<40 | uint64(t.goroutine)<<32 | uint64(t.serial) }

func tokenOf(n uint64) token { return token{int(n >> 40), int(n >> 32 & 0xff), int(n & (1<<32 - 1))} }

// types converts numbers and tokens to the keys and values of a map.
type types[K comparable, V any] struct {
	key     func(i int) K
	value   func(t token) V
	tokenOf func(v V) token
}

// A worker is one goroutine of a test. It records what it puts into the map and what the map
// gives back.
type worker[K comparable, V any] struct {
	types[K, V]
	t       *testing.T
	m       *flatmap.Map[K, V]
	r       *rand.Rand
	id      int
	keys    int
	silent  bool // also call methods that do not return the value they displace
	in, out []token
}

// put returns a value that is about to be stored.
func (w *worker[K, V]) put(key int) V {
	t := token{key, w.id, len(w.in)}
	w.in = append(w.in, t)
	return w.value(t)
}

// unput records that the last value was not stored.
func (w *worker[K, V]) unput() { w.in = w.in[:len(w.in)-1] }

// took records that the map gave a value back, and checks that it belongs to key.
func (w *worker[K, V]) took(key int, value V, ok bool) {
	if ok {
		w.out = append(w.out, w.seen(key, value))
	}
}

// seen checks that a value belongs to key.
func (w *worker[K, V]) seen(key int, value V) token {
	t := w.tokenOf(value)
	if t.key != key {
		w.t.Errorf("key %d has the value %v", key, t)
	}
	return t
}

// step calls one method on a key. Storing and deleting are equally likely, except for bias.
func (w *worker[K, V]) step(key, method, bias int) {
	k := w.key(key)
	current, found := w.m.Load(k)
	if found {
		w.seen(key, current)
	}
	if bias != 0 && w.r.IntN(3) > 0 {
		method = 1 + bias // LoadOrStore or LoadAndDelete
	}
	switch method {
	case 0, 2:
		value, loaded := w.m.LoadOrStore(k, w.put(key))
		if loaded {
			w.unput()
		}
		w.seen(key, value)
	case 1, 3:
		value, loaded := w.m.LoadAndDelete(k)
		w.took(key, value, loaded)
	case 4:
		value, loaded := w.m.Swap(k, w.put(key))
		w.took(key, value, loaded)
	case 5:
		swapped := found && w.m.CompareAndSwap(k, current, w.put(key))
		if found && !swapped {
			w.unput()
		}
		w.took(key, current, swapped)
	case 6:
		w.took(key, current, found && w.m.CompareAndDelete(k, current))
	case 7, 8:
		w.compute(key, k, method == 7)
	case 9:
		w.whole()
	}
	if w.silent {
		w.stepSilently(key, method)
	}
}

// compute replaces or deletes the value of a key. Only the last call of its function counts.
func (w *worker[K, V]) compute(key int, k K, keep bool) {
	v := w.put(key)
	var was V
	var had bool
	w.m.Compute(k, func(old V, loaded bool) (V, bool) {
		was, had = old, loaded
		return v, keep
	})
	if !keep {
		w.unput()
	}
	w.took(key, was, had)
}

// whole calls a method that concerns all keys.
func (w *worker[K, V]) whole() {
	switch w.r.IntN(8) {
	case 0:
		w.m.Grow(w.r.IntN(2 * w.keys))
	case 1:
		if n := w.m.Len(); n < 0 {
			w.t.Errorf("Len = %d", n)
		}
	case 2:
		for key, value := range contentsNow(w.t, w.m) {
			if t := w.tokenOf(value); w.key(t.key) != key {
				w.t.Errorf("Range visited %v with the value %v", key, t)
			}
		}
	}
}

// contentsNow is contents while others write.
func contentsNow[K comparable, V any](t *testing.T, m *flatmap.Map[K, V]) map[K]V {
	visited := map[K]V{}
	for key, value := range m.All() {
		if _, ok := visited[key]; ok {
			t.Errorf("Range visited %v twice", key)
		}
		visited[key] = value
	}
	return visited
}

// stepSilently calls a method that does not return the value it displaces.
func (w *worker[K, V]) stepSilently(key, method int) {
	switch k := w.key(key); method {
	case 0:
		w.m.Store(k, w.put(key))
	case 1:
		w.m.Delete(k)
	case 9:
		if w.r.IntN(20) == 0 {
			w.m.Clear()
		}
	}
}

// balance checks that each value that the map gave back was put in and came out only once.
// Unless some values were displaced silently, it also checks that the other values are still
// in the map.
func balance[K comparable, V any](t *testing.T, m *flatmap.Map[K, V], workers []*worker[K, V], silent bool) {
	t.Helper()
	inside := map[token]bool{}
	for _, w := range workers {
		for _, v := range w.in {
			inside[v] = true
		}
	}
	leave := func(v token) {
		if !inside[v] {
			t.Errorf("%v left the map twice, or was never there", v)
		}
		delete(inside, v)
	}
	for _, w := range workers {
		for _, v := range w.out {
			leave(v)
		}
	}
	for key, value := range contents(t, m) {
		v := workers[0].tokenOf(value)
		if loaded, ok := m.Load(key); !ok || workers[0].tokenOf(loaded) != v {
			t.Errorf("at rest Range visits %v, Load returns %v, %v", v, loaded, ok)
		}
		leave(v)
	}
	if len(inside) != 0 && !silent {
		t.Errorf("%d values were lost, among them one of %v", len(inside), inside)
	}
}

// everyValue runs goroutines with a fresh map per round: on a few keys, which meet in one
// bucket, and on many keys, which make the table grow and shrink. The operations are fixed,
// and the schedules differ between runs.
func everyValue[K comparable, V any](t *testing.T, types types[K, V]) {
	t.Helper()
	t.Run(fmt.Sprintf("%T/%T", types.key(0), types.value(token{})), func(t *testing.T) {
		const goroutines = 4
		for _, load := range []struct{ keys, rounds, steps int }{{3, 60, 60}, {10, 40, 100}, {600, 4, 2000}} {
			if testing.Short() {
				load.rounds = max(1, load.rounds/12)
			}
			for round := range 2 * load.rounds {
				silent := round%2 == 1
				m := new(flatmap.Map[K, V])
				workers := make([]*worker[K, V], goroutines)
				start := make(chan struct{})
				var wg sync.WaitGroup
				for id := range workers {
					w := &worker[K, V]{types: types, t: t, m: m, id: id, keys: load.keys, silent: silent,
						r: rand.New(rand.NewPCG(uint64(round), uint64(id)))}
					workers[id] = w
					wg.Go(func() {
						<-start
						for n := range load.steps {
							bias := 0
							if load.keys > 10 {
								bias = 1 + n*4/load.steps%2 // all store for a while, and then delete
							}
							w.step(w.r.IntN(load.keys), w.r.IntN(10), bias)
						}
					})
				}
				close(start)
				wg.Wait()
				if balance(t, m, workers, silent); t.Failed() {
					t.Fatalf("in round %d with %d keys", round, load.keys)
				}
			}
		}
	})
}

// unique returns strings of several lengths, different for different numbers.
func unique(i int) string {
	if i == 0 {
		return ""
	}
	n := []int{1, 5, 8, 12, 16, 17, 40, 254, 255, 300}[i%10]
	s := strconv.Itoa(i)
	return s + strings.Repeat("x", max(0, n-len(s)))
}

func sameToken(t token) token { return t }

// Clauses: S1, S4, T5
func TestEveryValueLeavesTheMapOnce(t *testing.T) {
	everyValue(t, types[int, uint64]{integer, token.number, tokenOf})
	everyValue(t, types[string, token]{unique, sameToken, sameToken})
	everyValue(t, types[*int, *token]{
		func(i int) *int { return &ints[i] },
		func(t token) *token { return &t },
		func(t *token) token { return *t },
	})
	everyValue(t, types[[2]int, uint64]{func(i int) [2]int { return [2]int{i, -i} }, token.number, tokenOf})
	everyValue(t, types[any, any]{mixedOnce, func(t token) any { return t }, func(v any) token { return v.(token) }})
	everyValue(t, types[string, uint64]{unique, token.number, tokenOf})
}

// mixedOnce returns different keys for different numbers, unlike mixed.
func mixedOnce(i int) any {
	switch i % 4 {
	case 0:
		return i
	case 1:
		return unique(i)
	case 2:
		return &ints[i]
	}
	return [2]any{i, float64(i)}
}

// churn stores and deletes n keys, starting with number from, until stop is set.
func churn[K comparable, V any](m *flatmap.Map[K, V], key func(i int) K, value func(t token) V, from, n int, stop *atomic.Bool) {
	for !stop.Load() {
		for i := from; i < from+n && !stop.Load(); i++ {
			m.Store(key(i), value(token{key: i}))
		}
		for i := from; i < from+n; i++ {
			m.Delete(key(i))
		}
	}
}

// Clauses: S1
func TestCountersLoseNothing(t *testing.T) {
	counters(t, integer)
	counters(t, unique)
	counters(t, func(i int) [1]int { return [1]int{i} })
}

func counters[K comparable](t *testing.T, key func(i int) K) {
	const goroutines, hot = 6, 3
	steps := 4000
	if testing.Short() {
		steps = 1000
	}
	var m flatmap.Map[K, int]
	var harvest atomic.Int64
	var stop atomic.Bool
	var background, wg sync.WaitGroup
	background.Go(func() { churn(&m, key, func(token) int { return -1 << 30 }, hot, 1000, &stop) })
	for id := range goroutines {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(id), 9))
			for range steps {
				k := key(r.IntN(hot))
				switch r.IntN(8) {
				case 0:
					n, _ := m.LoadAndDelete(k)
					harvest.Add(int64(n))
				case 1:
					n, _ := m.Swap(k, 0)
					harvest.Add(int64(n))
				case 2, 3, 4:
					m.Compute(k, func(old int, _ bool) (int, bool) { return old + 1, true })
					harvest.Add(-1)
				default:
					for {
						if n, loaded := m.LoadOrStore(k, 1); !loaded || m.CompareAndSwap(k, n, n+1) {
							break
						}
					}
					harvest.Add(-1)
				}
			}
		})
	}
	wg.Wait()
	stop.Store(true)
	background.Wait()
	for _, n := range contents(t, &m) {
		harvest.Add(int64(n))
	}
	if n := harvest.Load(); n != 0 {
		t.Errorf("%T: %+d of %d counts", key(0), n, goroutines*steps)
	}
}

// Clauses: S1, T1, T6
func TestResidentsAreFoundAndVisitedOnce(t *testing.T) {
	residents(t, types[int, uint64]{integer, token.number, tokenOf})
	residents(t, types[string, token]{unique, sameToken, sameToken})
	residents(t, types[[1]int, uint64]{func(i int) [1]int { return [1]int{i} }, token.number, tokenOf})
	var places [4096]byte
	residents(t, types[*byte, token]{func(i int) *byte { return &places[i] }, sameToken, sameToken})
}

func residents[K comparable, V any](t *testing.T, types types[K, V]) {
	const n, others = 150, 900
	traversals := 200
	if testing.Short() {
		traversals = 20
	}
	var m flatmap.Map[K, V]
	numbers := map[K]int{}
	for i := range n + 2*others {
		numbers[types.key(i)] = i
	}
	for i := range n {
		m.Store(types.key(i), types.value(token{key: i}))
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	for id := range 2 {
		wg.Go(func() { churn(&m, types.key, types.value, n+id*others, others, &stop) })
	}
	wg.Go(func() {
		for i := 0; !stop.Load(); i++ { // a write that changes only the value
			m.Store(types.key(i%n), types.value(token{key: i % n, serial: i & 0xffff}))
			if i%500 == 0 {
				m.Grow(2000)
			}
		}
	})
	for round := range traversals {
		found := 0
		for key, value := range contentsNow(t, &m) {
			i, known := numbers[key]
			if !known || types.tokenOf(value).key != i {
				t.Errorf("Range visited %v with the value %v", key, value)
			}
			if i < n {
				found++
			}
		}
		if found != n {
			t.Errorf("traversal %d visited %d of %d residents", round, found, n)
		}
		for i := range n {
			if _, ok := m.Load(types.key(i)); !ok {
				t.Errorf("after traversal %d Load does not find resident %d of type %T", round, i, types.key(i))
			}
		}
		if t.Failed() {
			break
		}
	}
	stop.Store(true)
	wg.Wait()
	if got := len(contents(t, &m)); got != n { // and compares with Len
		t.Errorf("%d keys at rest, want %d", got, n)
	}
}

// TestWhatWasWrittenBeforeAWriteIsSeenAfterItIsObserved writes a plain variable before an operation
// and reads it
// after another operation has observed the first. With -race the verdict does not depend on the
// schedule.
//
// Clauses: M1
func TestWhatWasWrittenBeforeAWriteIsSeenAfterItIsObserved(t *testing.T) {
	handsOver(t, integer, func(i int) int { return i })
	handsOver(t, unique, unique)
	handsOver(t, address, address)
	handsOver(t, func(i int) [1]int { return [1]int{i} }, integer)
}

func handsOver[K comparable, V comparable](t *testing.T, key func(i int) K, value func(i int) V) {
	const k, others = 1, 300
	type mapOf = flatmap.Map[K, V]
	there := func(m *mapOf) bool { _, ok := m.Load(key(k)); return ok }
	gone := func(m *mapOf) bool { return !there(m) }
	isTwo := func(m *mapOf) bool { v, _ := m.Load(key(k)); return v == value(2) }
	deletes := func(m *mapOf) bool { _, ok := m.LoadAndDelete(key(k)); return ok }
	visits := func(m *mapOf) (ok bool) {
		for x := range m.Keys() {
			ok = ok || x == key(k)
		}
		return ok
	}
	for name, c := range map[string]struct {
		present  bool
		write    func(m *mapOf)
		observed func(m *mapOf) bool
	}{
		"Store, Load":           {false, func(m *mapOf) { m.Store(key(k), value(2)) }, there},
		"Store over, Load":      {true, func(m *mapOf) { m.Store(key(k), value(2)) }, isTwo},
		"Store, Range":          {false, func(m *mapOf) { m.Store(key(k), value(2)) }, visits},
		"Store, LoadAndDelete":  {false, func(m *mapOf) { m.Store(key(k), value(2)) }, deletes},
		"LoadOrStore, Load":     {false, func(m *mapOf) { m.LoadOrStore(key(k), value(2)) }, there},
		"Swap, Load":            {true, func(m *mapOf) { m.Swap(key(k), value(2)) }, isTwo},
		"CompareAndSwap, Load":  {true, func(m *mapOf) { m.CompareAndSwap(key(k), value(1), value(2)) }, isTwo},
		"CompareAndSwap, twice": {true, func(m *mapOf) { m.CompareAndSwap(key(k), value(1), value(2)) }, func(m *mapOf) bool { return m.CompareAndSwap(key(k), value(2), value(1)) }},
		"Compute, Load":         {false, func(m *mapOf) { m.Compute(key(k), func(V, bool) (V, bool) { return value(2), true }) }, there},
		"Store, Compute": {false, func(m *mapOf) { m.Store(key(k), value(2)) }, func(m *mapOf) (ok bool) {
			m.Compute(key(k), func(_ V, loaded bool) (v V, keep bool) { ok = loaded; return v, false })
			return ok
		}},
		"Delete, Load":           {true, func(m *mapOf) { m.Delete(key(k)) }, gone},
		"Compute, absent":        {true, func(m *mapOf) { m.Compute(key(k), func(V, bool) (v V, keep bool) { return v, false }) }, gone},
		"CompareAndDelete, Load": {true, func(m *mapOf) { m.CompareAndDelete(key(k), value(1)) }, gone},
		"Delete, LoadOrStore":    {true, func(m *mapOf) { m.Delete(key(k)) }, func(m *mapOf) bool { _, ok := m.LoadOrStore(key(k), value(1)); return !ok }},
		"Clear, Load":            {true, func(m *mapOf) { m.Clear() }, gone},
		"Clear, CompareAndSwap":  {true, func(m *mapOf) { m.Clear() }, func(m *mapOf) bool { return !m.CompareAndSwap(key(k), value(1), value(1)) }},
	} {
		for range 4 {
			m, word := new(mapOf), 0
			if c.present {
				m.Store(key(k), value(1))
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				for i := range others { // moves the table meanwhile
					m.Store(key(k+1+i), value(3))
				}
			})
			wg.Go(func() {
				runtime.Gosched()
				word = 1
				c.write(m)
			})
			for !c.observed(m) {
				runtime.Gosched()
			}
			if word != 1 {
				t.Errorf("%T, %s: the write was observed, but not what came before it", key(k), name)
			}
			wg.Wait()
		}
	}
}
