package atomic_test

import (
	"reflect"
	"testing"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/shim/sync/atomic"
)

// step is the part of a step that the tests compare.
type step struct {
	kind        sched.Kind
	mask        uint8
	writes      bool
	read, wrote any
}

type inOrder struct{}

func (inOrder) Choose(_ *sched.Scheduler, enabled sched.Threads) int { return enabled.First() }

// steps runs f as the only thread of an execution, and returns its steps.
func steps(t *testing.T, f func()) (all []step, panics int) {
	t.Helper()
	if raceDetector {
		t.Skip("the race detector would take the scheduler for part of the program: run without -race")
	}
	s := sched.New(1, sched.Limits{})
	defer s.Close()
	s.Observe(nil)
	s.Run([]func(){f}, inOrder{})
	for i, o := range s.Observations() {
		e := &s.Trace()[i]
		all = append(all, step{e.Kind, e.Mask, e.Writes, o.Read, o.Wrote})
	}
	return all, len(s.Panics())
}

const (
	half = 0x0f
	full = 0xff
)

// expected returns the steps of testMethods. n converts to the integer type.
func expected[T any](mask uint8, n func(int) T) []step {
	return []step{
		{sched.Store, mask, true, nil, n(4)},
		{sched.Load, mask, false, n(4), nil},
		{sched.Update, mask, true, n(4), n(6)}, // Swap
		{sched.Update, mask, true, n(6), n(7)}, // Add
		{sched.Update, mask, true, n(7), n(3)}, // And
		{sched.Update, mask, true, n(3), n(11)},
		{sched.CompareAndSwap, mask, true, n(11), n(1)},
		{sched.CompareAndSwap, mask, false, n(1), nil},
	}
}

// word is the interface of the integer types.
type word[T any] interface {
	Load() T
	Store(T)
	Swap(T) T
	Add(T) T
	And(T) T
	Or(T) T
	CompareAndSwap(_, _ T) bool
}

func testMethods[T comparable](t *testing.T, mask uint8, w word[T], n func(int) T) {
	t.Helper()
	var got []T
	var swapped [2]bool
	all, _ := steps(t, func() {
		w.Store(n(4))
		got = []T{w.Load(), w.Swap(n(6)), w.Add(n(1)), w.And(n(3)), w.Or(n(8))}
		swapped = [2]bool{w.CompareAndSwap(n(11), n(1)), w.CompareAndSwap(n(11), n(2))}
	})
	if want := []T{n(4), n(4), n(7), n(7), n(3)}; !reflect.DeepEqual(got, want) || swapped != [2]bool{true, false} || w.Load() != n(1) {
		t.Errorf("%T: returned %v, %v, left %v; want %v, true and false, 1", w, got, swapped, w.Load(), want)
	}
	if want := expected(mask, n); !reflect.DeepEqual(all, want) {
		t.Errorf("%T: steps\n%v, want\n%v", w, all, want)
	}
}

// functions turns functions such as AddInt32 into methods.
type functions[T any] struct {
	at             *T
	load           func(*T) T
	store          func(*T, T)
	swap           func(*T, T) T
	add, and, or   func(*T, T) T
	compareAndSwap func(*T, T, T) bool
}

func (f functions[T]) Load() T                        { return f.load(f.at) }
func (f functions[T]) Store(v T)                      { f.store(f.at, v) }
func (f functions[T]) Swap(v T) T                     { return f.swap(f.at, v) }
func (f functions[T]) Add(v T) T                      { return f.add(f.at, v) }
func (f functions[T]) And(v T) T                      { return f.and(f.at, v) }
func (f functions[T]) Or(v T) T                       { return f.or(f.at, v) }
func (f functions[T]) CompareAndSwap(old, new T) bool { return f.compareAndSwap(f.at, old, new) }

func TestMethodsAreOneStepWithItsValues(t *testing.T) {
	testMethods(t, half, new(atomic.Int32), func(i int) int32 { return int32(i) })
	testMethods(t, half, new(atomic.Uint32), func(i int) uint32 { return uint32(i) })
	testMethods(t, full, new(atomic.Int64), func(i int) int64 { return int64(i) })
	testMethods(t, full, new(atomic.Uint64), func(i int) uint64 { return uint64(i) })
	testMethods(t, full, new(atomic.Uintptr), func(i int) uintptr { return uintptr(i) })
}

func TestFunctionsAreOneStepWithItsValues(t *testing.T) {
	type aligned[T any] struct {
		_ [0]uint64
		v T
	}
	testMethods(t, half, functions[int32]{&new(aligned[int32]).v, atomic.LoadInt32, atomic.StoreInt32, atomic.SwapInt32,
		atomic.AddInt32, atomic.AndInt32, atomic.OrInt32, atomic.CompareAndSwapInt32}, func(i int) int32 { return int32(i) })
	testMethods(t, half, functions[uint32]{&new(aligned[uint32]).v, atomic.LoadUint32, atomic.StoreUint32, atomic.SwapUint32,
		atomic.AddUint32, atomic.AndUint32, atomic.OrUint32, atomic.CompareAndSwapUint32}, func(i int) uint32 { return uint32(i) })
	testMethods(t, full, functions[int64]{new(int64), atomic.LoadInt64, atomic.StoreInt64, atomic.SwapInt64,
		atomic.AddInt64, atomic.AndInt64, atomic.OrInt64, atomic.CompareAndSwapInt64}, func(i int) int64 { return int64(i) })
	testMethods(t, full, functions[uint64]{new(uint64), atomic.LoadUint64, atomic.StoreUint64, atomic.SwapUint64,
		atomic.AddUint64, atomic.AndUint64, atomic.OrUint64, atomic.CompareAndSwapUint64}, func(i int) uint64 { return uint64(i) })
	testMethods(t, full, functions[uintptr]{new(uintptr), atomic.LoadUintptr, atomic.StoreUintptr, atomic.SwapUintptr,
		atomic.AddUintptr, atomic.AndUintptr, atomic.OrUintptr, atomic.CompareAndSwapUintptr}, func(i int) uintptr { return uintptr(i) })
}

// reference is the interface that Bool, Pointer and Value share.
type reference[T any] interface {
	Load() T
	Store(T)
	Swap(T) T
	CompareAndSwap(_, _ T) bool
}

func testReference[T comparable](t *testing.T, mask uint8, w reference[T], a, b T) {
	t.Helper()
	all, _ := steps(t, func() {
		w.Store(a)
		w.Load()
		w.Swap(b)
		w.CompareAndSwap(a, b)
		w.CompareAndSwap(b, a)
	})
	want := []step{
		{sched.Store, mask, true, nil, a},
		{sched.Load, mask, false, a, nil},
		{sched.Update, mask, true, a, b},
		{sched.CompareAndSwap, mask, false, b, nil},
		{sched.CompareAndSwap, mask, true, b, a},
	}
	if !reflect.DeepEqual(all, want) || w.Load() != a {
		t.Errorf("%T: left %v; steps\n%v, want\n%v", w, w.Load(), all, want)
	}
}

func TestBoolPointerAndValueAreOneStepWithItsValues(t *testing.T) {
	one, two := 1, 2
	testReference(t, half, new(atomic.Bool), true, false)
	testReference(t, full, new(atomic.Pointer[int]), &one, &two)
	testReference[any](t, full, new(atomic.Value), 1, 2)
	testReference(t, full, functions[unsafe.Pointer]{at: new(unsafe.Pointer), load: atomic.LoadPointer, store: atomic.StorePointer,
		swap: atomic.SwapPointer, compareAndSwap: atomic.CompareAndSwapPointer}, unsafe.Pointer(&one), unsafe.Pointer(&two))
}

// The counts are derived by hand. Among the programs are an increment that is not
// atomic, and one by a compare-and-swap loop.
func TestNumberOfClasses(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector would take the scheduler for part of the program: run without -race")
	}
	var x *atomic.Int64
	for name, c := range map[string]struct {
		body    func()
		classes int
	}{
		"load and store": {func() { x.Store(x.Load() + 1) }, 4},
		"loop": {func() {
			for {
				if v := x.Load(); x.CompareAndSwap(v, v+1) {
					return
				}
			}
		}, 4},
		"add":  {func() { x.Add(1) }, 2},
		"load": {func() { x.Load() }, 1},
	} {
		r, err := search.Run(search.Program{Setup: func() { x = new(atomic.Int64) }, Threads: []func(){c.body, c.body}},
			search.Options{Distinct: true})
		if err != nil || r.Classes != c.classes || !r.Coverage.Complete() {
			t.Errorf("%s: %d classes (%v), want %d", name, r.Classes, err, c.classes)
		}
	}
}

func TestValuePanicsAsTheRealOneDoes(t *testing.T) {
	for name, f := range map[string]func(v *atomic.Value){
		"nil":             func(v *atomic.Value) { v.Store(nil) },
		"swap nil":        func(v *atomic.Value) { v.Swap(nil) },
		"another type":    func(v *atomic.Value) { v.Store(1); v.Store("x") },
		"incomparable":    func(v *atomic.Value) { v.Store([]int{}); v.CompareAndSwap([]int{}, []int{}) },
		"compare types":   func(v *atomic.Value) { v.CompareAndSwap(1, "x") },
		"compare and nil": func(v *atomic.Value) { v.CompareAndSwap(1, nil) },
	} {
		if _, panics := steps(t, func() { f(new(atomic.Value)) }); panics != 1 {
			t.Errorf("%s: no panic", name)
		}
	}
}

func BenchmarkLoadOutside(b *testing.B) {
	var x atomic.Int64
	for b.Loop() {
		x.Load()
	}
}

func BenchmarkLoadInside(b *testing.B) {
	const loads = 1000
	var x atomic.Int64
	s := sched.New(1, sched.Limits{})
	defer s.Close()
	body := []func(){func() {
		for range loads {
			x.Load()
		}
	}}
	b.ReportAllocs()
	for b.Loop() {
		s.Run(body, inOrder{})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*loads), "ns/load")
}
