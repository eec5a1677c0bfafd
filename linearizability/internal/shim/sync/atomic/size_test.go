package atomic_test

import (
	"reflect"
	"sync"
	std "sync/atomic"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/shim/sync/atomic"
)

func TestTypesHaveTheSizeAndTheMethodsOfTheRealOnes(t *testing.T) {
	for _, c := range [][2]any{
		{new(atomic.Bool), new(std.Bool)},
		{new(atomic.Int32), new(std.Int32)},
		{new(atomic.Int64), new(std.Int64)},
		{new(atomic.Uint32), new(std.Uint32)},
		{new(atomic.Uint64), new(std.Uint64)},
		{new(atomic.Uintptr), new(std.Uintptr)},
		{new(atomic.Pointer[int]), new(std.Pointer[int])},
		{new(atomic.Value), new(std.Value)},
	} {
		got, want := reflect.TypeOf(c[0]), reflect.TypeOf(c[1])
		if got.Elem().Size() != want.Elem().Size() || got.Elem().Align() != want.Elem().Align() {
			t.Errorf("%v: size %d, alignment %d; want %d and %d", want, got.Elem().Size(), got.Elem().Align(),
				want.Elem().Size(), want.Elem().Align())
		}
		for i := range want.NumMethod() {
			name := want.Method(i).Name
			if m, ok := got.MethodByName(name); !ok || m.Type.NumIn() != want.Method(i).Type.NumIn() {
				t.Errorf("%v lacks the method %s of %v", got, name, want)
			}
		}
	}
}

func TestOperationsAreAtomicForRealGoroutines(t *testing.T) {
	var x, y atomic.Int32
	var g sync.WaitGroup
	for range 4 {
		g.Go(func() {
			for range 1000 {
				x.Add(1)
				for v := y.Load(); !y.CompareAndSwap(v, v+1); v = y.Load() {
				}
			}
		})
	}
	g.Wait()
	if x.Load() != 4000 || y.Load() != 4000 {
		t.Errorf("counted %d and %d, want 4000", x.Load(), y.Load())
	}
}
