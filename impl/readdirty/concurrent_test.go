package readdirty_test

import (
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
)

// A token is a value that names the key it belongs to. Each is stored once.
type token struct{ key, goroutine, serial int }

// A worker is one goroutine of a test. It records what it puts into the map and what
// the map gives back.
type worker struct {
	t       *testing.T
	m       anyMap
	r       *rand.Rand
	id      int
	silent  bool // also call methods that do not return the value they displace
	in, out []token
}

// fresh returns a new token for key.
func (w *worker) fresh(key int) token {
	return token{key, w.id, len(w.in)}
}

// took records that the map gave a value back, and checks that it belongs to key.
func (w *worker) took(key int, value any, ok bool) {
	if ok {
		w.seen(key, value)
		w.out = append(w.out, value.(token))
	}
}

// seen checks that a value belongs to key.
func (w *worker) seen(key int, value any) {
	if got, ok := value.(token); !ok || got.key != key {
		w.t.Errorf("key %d has the value %v", key, value)
	}
}

// step calls a method that every version has.
func (w *worker) step(key int) {
	v := w.fresh(key)
	switch w.r.IntN(6) {
	case 0:
		if value, ok := w.m.Load(key); ok {
			w.seen(key, value)
		}
	case 1, 2:
		value, loaded := w.m.LoadOrStore(key, v)
		if w.seen(key, value); !loaded {
			w.in = append(w.in, v)
		}
	case 3:
		for key, value := range pairs(w.t, w.m) {
			w.seen(key.(int), value)
		}
	case 4:
		if w.silent {
			w.in = append(w.in, v)
			w.m.Store(key, v)
		}
	case 5:
		if w.silent {
			w.m.Delete(key)
		}
	}
}

// stepNew calls a method that only later versions have.
func (w *worker) stepNew(key int) {
	if m, ok := w.m.(loadAndDeleter); ok && w.r.IntN(2) == 0 {
		value, ok := m.LoadAndDelete(key)
		w.took(key, value, ok)
		return
	}
	if m, ok := w.m.(clearer); ok && w.silent && w.r.IntN(8) == 0 {
		m.Clear()
	}
	m, ok := w.m.(swapper)
	if !ok {
		return
	}
	v := w.fresh(key)
	current, found := w.m.Load(key)
	switch w.r.IntN(3) {
	case 0:
		w.in = append(w.in, v)
		value, ok := m.Swap(key, v)
		w.took(key, value, ok)
	case 1:
		if found && m.CompareAndSwap(key, current, v) {
			w.in = append(w.in, v)
			w.took(key, current, true)
		}
	case 2:
		w.took(key, current, found && m.CompareAndDelete(key, current))
	}
}

// balance checks that each value that the map gave back was put in and came out only
// once. Unless some values were displaced silently, it also checks that the other
// values are still in the map.
func balance(t *testing.T, m anyMap, workers []*worker, silent bool) {
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
	for key, value := range pairs(t, m) {
		if loaded, _ := m.Load(key); loaded != value {
			t.Errorf("at rest Range visits %v, Load returns %v", value, loaded)
		}
		leave(value.(token))
	}
	if len(inside) != 0 && !silent {
		t.Errorf("%d values were lost, among them one of %v", len(inside), inside)
	}
}

// TestEveryValueLeavesTheMapOnce runs three goroutines on three keys. Every round
// begins with a fresh map, where promotions are most frequent. The operations are
// fixed, and the schedules differ between runs.
//
// Clauses: S1, S4
func TestEveryValueLeavesTheMapOnce(t *testing.T) {
	const rounds, goroutines, keys, steps = 150, 3, 3, 40
	for _, v := range append([]version{toolchain}, versions...) {
		for _, silent := range []bool{false, true} {
			t.Run(v.name+map[bool]string{true: "/silent"}[silent], func(t *testing.T) {
				for round := range uint64(rounds) {
					m := v.new()
					workers := make([]*worker, goroutines)
					start := make(chan struct{})
					var wg sync.WaitGroup
					for id := range workers {
						w := &worker{t: t, m: m, id: id, silent: silent,
							r: rand.New(rand.NewPCG(round, uint64(id)))}
						workers[id] = w
						wg.Go(func() {
							<-start
							for range steps {
								w.step(w.r.IntN(keys))
								w.stepNew(w.r.IntN(keys))
							}
						})
					}
					close(start)
					wg.Wait()
					if balance(t, m, workers, silent); t.Failed() {
						t.Fatalf("in round %d", round)
					}
				}
			})
		}
	}
}

// TestGoroutinesWithKeysOfTheirOwnDoNotNoticeEachOther gives each goroutine keys of
// its own. It must get the results that it would get from a map of its own, although
// the misses and traversals of the others promote dirty during its calls. Few keys
// make promotions frequent.
func TestGoroutinesWithKeysOfTheirOwnDoNotNoticeEachOther(t *testing.T) {
	const rounds, goroutines, keys, steps = 250, 3, 2, 200
	for _, v := range versions {
		t.Run(v.name, func(t *testing.T) {
			methods := slices.DeleteFunc(alphabet(v.new()), func(name string) bool { return name == "Clear" })
			for round := range uint64(rounds) {
				m := v.new()
				var wg sync.WaitGroup
				for id := range goroutines {
					wg.Go(func() {
						r, own := rand.New(rand.NewPCG(round, uint64(id))), plain{}
						for range steps {
							o := draw(r, methods, keys, false)
							o.key = [2]any{id, o.key}
							if got, want := o.onOwn(t, m), o.onOwn(t, own); !reflect.DeepEqual(got, want) {
								t.Errorf("round %d: %+v = %v, want %v", round, o, got, want)
								return
							}
						}
					})
				}
				wg.Wait()
			}
		})
	}
}

// onOwn is on, except that a Range keeps only the visits to keys of the goroutine that
// o.key belongs to.
func (o operation) onOwn(t *testing.T, m anyMap) []any {
	results := o.on(t, m)
	if o.method == "Range" {
		maps.DeleteFunc(results[0].(map[any]any), func(key, _ any) bool {
			return key.([2]any)[0] != o.key.([2]any)[0]
		})
	}
	return results
}

// TestRangeNeverMissesAResident checks that Range visits a key that is present
// throughout, whatever happens to other keys. Here the key moves between read and
// dirty.
//
// Clauses: T1
func TestRangeNeverMissesAResident(t *testing.T) {
	forEachVersion(t, func(t *testing.T, m anyMap) {
		m.Store("resident", 1)
		var wg sync.WaitGroup
		for id := range 2 {
			wg.Go(func() {
				for i := range 1000 {
					m.Store(id, i)
					m.Load(id)
					m.Delete(id)
				}
			})
		}
		wg.Go(func() {
			for range 1000 {
				if pairs(t, m)["resident"] != 1 {
					t.Error("Range did not visit the resident key")
					return
				}
			}
		})
		wg.Wait()
	})
}
