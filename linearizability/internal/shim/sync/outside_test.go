package sync_test

import (
	"reflect"
	real "sync"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/shim/sync"
)

// copyCond copies a Cond behind the back of go vet.
func copyCond(to, from *sync.Cond) { reflect.ValueOf(to).Elem().Set(reflect.ValueOf(from).Elem()) }

// goroutines runs f in n real goroutines and waits for them.
func goroutines(n int, f func(i int)) {
	var g real.WaitGroup
	for i := range n {
		g.Go(func() { f(i) })
	}
	g.Wait()
}

const rounds = 300

func TestMutexesExcludeRealGoroutines(t *testing.T) {
	var m sync.Mutex
	var rw sync.RWMutex
	a, b := 0, 0
	goroutines(4, func(i int) {
		for range rounds {
			m.Lock()
			a++
			m.Unlock()
			if m.TryLock() {
				a--
				a++
				m.Unlock()
			}
			if i%2 == 0 {
				rw.Lock()
				b++
				rw.Unlock()
				if rw.TryLock() {
					b++
					b--
					rw.Unlock()
				}
			} else {
				rw.RLock()
				_ = b
				rw.RUnlock()
				if rw.TryRLock() {
					_ = b
					rw.RUnlock()
				}
			}
		}
	})
	if a != 4*rounds || b != 2*rounds {
		t.Errorf("counted %d and %d, want %d and %d", a, b, 4*rounds, 2*rounds)
	}
}

func TestCondAndWaitGroupWorkWithRealGoroutines(t *testing.T) {
	var m sync.Mutex
	c := sync.NewCond(&m)
	var g sync.WaitGroup
	items, got := 0, 0
	for range 4 {
		g.Go(func() {
			for range rounds {
				m.Lock()
				for items == 0 {
					c.Wait()
				}
				items--
				got++
				m.Unlock()
			}
		})
	}
	for range 4 * rounds {
		m.Lock()
		items++
		m.Unlock()
		c.Signal()
	}
	goroutines(3, func(int) { g.Wait() })
	g.Wait()
	if got != 4*rounds {
		t.Errorf("%d items were taken, want %d", got, 4*rounds)
	}
	ready := false
	for range 3 {
		g.Go(func() {
			m.Lock()
			for !ready {
				c.Wait()
			}
			m.Unlock()
		})
	}
	m.Lock()
	ready = true
	c.Broadcast()
	m.Unlock()
	g.Wait()
}

func TestPoolMapAndOnceWorkWithRealGoroutines(t *testing.T) {
	p := sync.Pool{New: func() any { return new(int) }}
	var m sync.Map
	var o sync.Once
	calls := 0
	goroutines(4, func(i int) {
		for r := range rounds {
			x := p.Get().(*int)
			*x++
			p.Put(x)
			o.Do(func() { calls++ })
			_ = calls
			y, _ := m.LoadOrStore(r%5, new(int))
			m.CompareAndSwap(r%5, y, new(int))
			m.LoadAndDelete(i)
			m.Range(func(_, v any) bool { _ = *v.(*int); return true })
		}
	})
	if calls != 1 {
		t.Errorf("%d calls, want one", calls)
	}
}

// The same random operations have the same results on the real map.
func TestMapAgreesWithTheRealMap(t *testing.T) {
	type syncMap interface {
		Load(any) (any, bool)
		Store(any, any)
		Swap(any, any) (any, bool)
		LoadOrStore(any, any) (any, bool)
		LoadAndDelete(any) (any, bool)
		Delete(any)
		CompareAndSwap(_, _, _ any) bool
		CompareAndDelete(_, _ any) bool
		Clear()
		Range(func(_, _ any) bool)
	}
	run := func(m syncMap) (log []any) {
		note := func(x ...any) { log = append(log, x...) }
		x := uint32(1)
		for range 2000 {
			x = x*1664525 + 1013904223
			k, v, w := any(int(x>>8%4)), any(int(x>>12%3)), any(int(x>>16%3))
			var a any
			var ok bool
			switch x >> 24 % 10 {
			case 0:
				a, ok = m.Load(k)
			case 1:
				m.Store(k, v)
			case 2:
				a, ok = m.Swap(k, v)
			case 3:
				a, ok = m.LoadOrStore(k, v)
			case 4:
				a, ok = m.LoadAndDelete(k)
			case 5:
				m.Delete(k)
			case 6:
				ok = m.CompareAndSwap(k, v, w)
			case 7:
				ok = m.CompareAndDelete(k, v)
			case 8:
				if x>>20%16 == 0 {
					m.Clear()
				}
			case 9:
				sum := 0
				m.Range(func(k, v any) bool { sum += 100*k.(int) + v.(int); return true })
				a = sum
			}
			note(a, ok)
		}
		return log
	}
	if got, want := run(new(sync.Map)), run(new(real.Map)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMapRangesInTheOrderOfInsertion(t *testing.T) {
	var m sync.Map
	for _, k := range []int{3, 1, 2, 4} {
		m.Store(k, k)
	}
	m.Delete(4)
	m.Delete(3)
	m.Store(3, 3)
	var got []any
	m.Range(func(k, _ any) bool { got = append(got, k); return len(got) < 3 })
	if want := []any{1, 2, 3}; !reflect.DeepEqual(got, want) {
		t.Errorf("ranged over %v, want %v", got, want)
	}
}

func TestOnceFuncPanicsAgain(t *testing.T) {
	calls := 0
	f := sync.OnceFunc(func() { calls++; panic("no") })
	for range 2 {
		func() {
			defer func() {
				if r := recover(); r != "no" {
					t.Errorf("panicked with %v, want no", r)
				}
			}()
			f()
		}()
	}
	a, b := sync.OnceValues(func() (int, string) { calls++; return calls, "x" })()
	if c := sync.OnceValue(func() int { return 7 }); calls != 2 || a != 2 || b != "x" || c() != 7 || c() != 7 {
		t.Errorf("%d calls, values %d %s, %d", calls, a, b, c())
	}
}
