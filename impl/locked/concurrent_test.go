package locked_test

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/mapspec/mapspec/impl/locked"
)

const keys = 3

// A token is a value that names the key it belongs to. Each is stored once.
type token struct{ key, goroutine, serial int }

type tokenMap = locked.Map[int, token]

// A worker is one goroutine of a test. It records what it puts into the map and what
// the map gives back.
type worker struct {
	t       *testing.T
	m       *tokenMap
	r       *rand.Rand
	id      int
	silent  bool // also call methods that do not return the value they displace
	in, out []token
}

// took records that the map gave a value back, and checks that it belongs to key.
func (w *worker) took(key int, value token, ok bool) {
	if ok {
		w.seen(key, value)
		w.out = append(w.out, value)
	}
}

// seen checks that a value belongs to key.
func (w *worker) seen(key int, value token) {
	if value.key != key {
		w.t.Errorf("key %d has the value %v", key, value)
	}
}

// step calls one method on a key.
func (w *worker) step(key, method int) {
	v := token{key, w.id, len(w.in)}
	current, found := w.m.Load(key)
	switch method {
	case 0, 1:
		value, loaded := w.m.LoadOrStore(key, v)
		if w.seen(key, value); !loaded {
			w.in = append(w.in, v)
		}
	case 2:
		value, loaded := w.m.LoadAndDelete(key)
		w.took(key, value, loaded)
	case 3:
		w.in = append(w.in, v)
		value, loaded := w.m.Swap(key, v)
		w.took(key, value, loaded)
	case 4:
		if found && w.m.CompareAndSwap(key, current, v) {
			w.in = append(w.in, v)
			w.took(key, current, true)
		}
	case 5:
		w.took(key, current, found && w.m.CompareAndDelete(key, current))
	case 6:
		for key, value := range contents(w.t, w.m) {
			w.seen(key, value)
		}
	case 7:
		if n := w.m.Len(); n < 0 || n > keys {
			w.t.Errorf("Len = %d with %d keys in use", n, keys)
		}
	}
	if w.silent {
		w.stepSilently(key, method)
	}
}

// stepSilently calls a method that does not return the value it displaces.
func (w *worker) stepSilently(key, method int) {
	switch method {
	case 0:
		v := token{key, w.id, len(w.in)}
		w.in = append(w.in, v)
		w.m.Store(key, v)
	case 2:
		w.m.Delete(key)
	case 7:
		w.m.Clear()
	}
}

// balance checks that each value that the map gave back was put in and came out only
// once. Unless some values were displaced silently, it also checks that the other
// values are still in the map.
func balance(t *testing.T, m *tokenMap, workers []*worker, silent bool) {
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
	atRest := contents(t, m)
	for key, value := range atRest {
		if loaded, _ := m.Load(key); loaded != value {
			t.Errorf("at rest Range visits %v, Load returns %v", value, loaded)
		}
		leave(value)
	}
	if m.Len() != len(atRest) {
		t.Errorf("at rest Len = %d, Range visits %d keys", m.Len(), len(atRest))
	}
	if len(inside) != 0 && !silent {
		t.Errorf("%d values were lost, among them one of %v", len(inside), inside)
	}
}

// TestEveryValueLeavesTheMapOnce runs three goroutines on three keys, with a fresh map
// per round. The operations are fixed, and the schedules differ between runs.
//
// Clauses: S1, S4
func TestEveryValueLeavesTheMapOnce(t *testing.T) {
	const rounds, goroutines, steps = 200, 3, 60
	for _, silent := range []bool{false, true} {
		for round := range uint64(rounds) {
			m := new(tokenMap)
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
						w.step(w.r.IntN(keys), w.r.IntN(8))
					}
				})
			}
			close(start)
			wg.Wait()
			if balance(t, m, workers, silent); t.Failed() {
				t.Fatalf("in round %d, silent=%v", round, silent)
			}
		}
	}
}
