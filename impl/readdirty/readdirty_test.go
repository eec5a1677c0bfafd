package readdirty_test

import (
	"os/exec"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mapspec/mapspec/impl/readdirty"
)

// anyMap has the methods that every version has.
type anyMap interface {
	Load(key any) (value any, ok bool)
	Store(key, value any)
	LoadOrStore(key, value any) (actual any, loaded bool)
	Delete(key any)
	Range(f func(key, value any) bool)
}

type (
	loadAndDeleter interface {
		LoadAndDelete(key any) (value any, loaded bool)
	}
	swapper interface {
		Swap(key, value any) (previous any, loaded bool)
		CompareAndSwap(key, old, new any) (swapped bool)
		CompareAndDelete(key, old any) (deleted bool)
	}
	clearer interface{ Clear() }
)

// A version is a map to test.
type version struct {
	name string
	new  func() anyMap
}

var (
	go114     = version{"1.14", func() anyMap { return new(readdirty.Go114) }}
	go1150    = version{"1.15.0", func() anyMap { return new(readdirty.Go1150) }}
	go1152    = version{"1.15.2", func() anyMap { return new(readdirty.Go1152) }}
	go123     = version{"1.23", func() anyMap { return new(readdirty.Go123) }}
	toolchain = version{"toolchain", func() anyMap { return new(sync.Map) }}

	versions = []version{go114, go1150, go1152, go123}
)

// forEachVersion runs a test for each version.
func forEachVersion(t *testing.T, test func(t *testing.T, m anyMap)) {
	for _, v := range versions {
		t.Run(v.name, func(t *testing.T) { test(t, v.new()) })
	}
}

// pairs returns what Range visits. It fails the test if Range visits a key twice.
func pairs(t *testing.T, m anyMap) map[any]any {
	t.Helper()
	visited := map[any]any{}
	m.Range(func(key, value any) bool {
		if _, ok := visited[key]; ok {
			t.Errorf("Range visited %v twice", key)
		}
		visited[key] = value
		return true
	})
	return visited
}

// recovered calls f and returns the value it panics with, or nil.
func recovered(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}

func TestEachVersionHasItsMethodsAndNoOthers(t *testing.T) {
	want114 := []string{"Delete", "Load", "LoadOrStore", "Range", "Store"}
	want115 := append([]string{"LoadAndDelete"}, want114...)
	want123 := append([]string{"Clear", "CompareAndDelete", "CompareAndSwap", "Swap"}, want115...)
	for v, want := range map[reflect.Type][]string{
		reflect.TypeFor[*readdirty.Go114]():  want114,
		reflect.TypeFor[*readdirty.Go1150](): want115,
		reflect.TypeFor[*readdirty.Go1152](): want115,
		reflect.TypeFor[*readdirty.Go123]():  want123,
	} {
		var got []string
		for m := range v.Methods() {
			got = append(got, m.Name)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%v has %v, want %v", v, got, want)
		}
	}
}

// Clauses: S9
func TestZeroValueIsAnEmptyMap(t *testing.T) {
	forEachVersion(t, func(t *testing.T, m anyMap) {
		if v, ok := m.Load("a"); v != nil || ok {
			t.Errorf("Load = %v, %v; want nil, false", v, ok)
		}
		m.Delete("a")
		m.Range(nil) // is not called on an empty map
		if c, ok := m.(clearer); ok {
			c.Clear()
		}
		m.Store("a", nil)
		if v, ok := m.Load("a"); v != nil || !ok {
			t.Errorf("Load of a stored nil = %v, %v; want nil, true", v, ok)
		}
	})
}

// TestComparisonThatPanicsChangesNothing covers both ways to compare: CompareAndSwap
// holds mu for a key that is only in dirty, and does not for a key in read.
// CompareAndDelete never holds mu.
//
// Clauses: S6, P3
func TestComparisonThatPanicsChangesNothing(t *testing.T) {
	slice, other := any([]int{1}), any([]int{2})
	for _, promoted := range []bool{false, true} {
		m := new(readdirty.Go123)
		m.Store("k", slice)
		if promoted {
			m.Range(func(_, _ any) bool { return true })
		}
		if recovered(func() { m.CompareAndSwap("k", slice, 1) }) == nil {
			t.Errorf("promoted=%v: CompareAndSwap of slices did not panic", promoted)
		}
		if recovered(func() { m.CompareAndDelete("k", other) }) == nil {
			t.Errorf("promoted=%v: CompareAndDelete of slices did not panic", promoted)
		}
		if v, ok := m.Load("k"); !ok || !reflect.DeepEqual(v, slice) {
			t.Errorf("promoted=%v: Load = %v, %v; want the value unchanged", promoted, v, ok)
		}
		m.Store("k", 2) // would hang if the mutex were still locked
		m.Store("new", 3)
		if got := pairs(t, m); !reflect.DeepEqual(got, map[any]any{"k": 2, "new": 3}) {
			t.Errorf("promoted=%v: the map is %v afterwards", promoted, got)
		}
	}
}

func TestComparisonWithAnotherTypeDoesNotPanic(t *testing.T) {
	m := new(readdirty.Go123)
	m.Store("k", []int{1})
	if m.CompareAndSwap("k", 1, 2) || m.CompareAndDelete("k", "x") {
		t.Error("a slice was equal to something")
	}
	if m.CompareAndSwap("absent", []int{1}, 2) || m.CompareAndDelete("absent", []int{1}) {
		t.Error("an absent key matched")
	}
}

// Clauses: S7, P3
func TestKeyThatCannotBeHashedPanicsWithoutEffect(t *testing.T) {
	forEachVersion(t, func(t *testing.T, m anyMap) {
		bad := any([]int{1})
		calls := map[string]func(){
			"Load":        func() { m.Load(bad) },
			"Store":       func() { m.Store(bad, 1) },
			"LoadOrStore": func() { m.LoadOrStore(bad, 1) },
			"Delete":      func() { m.Delete(bad) },
		}
		if m, ok := m.(swapper); ok {
			calls["Swap"] = func() { m.Swap(bad, 1) }
			calls["CompareAndSwap"] = func() { m.CompareAndSwap(bad, 1, 2) }
			calls["CompareAndDelete"] = func() { m.CompareAndDelete(bad, 1) }
		}
		for _, stored := range []int{0, 1, 2} { // nothing, only dirty, read and dirty
			for name, call := range calls {
				if recovered(call) == nil {
					t.Errorf("%s of a slice did not panic with %d keys stored", name, stored)
				}
			}
			m.Store(stored, stored)
			if got := pairs(t, m); len(got) != stored+1 {
				t.Errorf("the map is %v, want %d keys", got, stored+1)
			}
		}
	})
}

// Clauses: T4, P3
func TestRangeFunctionMayPanicOrEndItsGoroutine(t *testing.T) {
	forEachVersion(t, func(t *testing.T, m anyMap) {
		m.Store("a", 1)
		if recovered(func() { m.Range(func(_, _ any) bool { panic("mine") }) }) != "mine" {
			t.Error("the panic did not reach the caller of Range")
		}
		m.Store("b", 2)
		done := make(chan struct{})
		go func() {
			defer close(done)
			m.Range(func(_, _ any) bool { runtime.Goexit(); return true })
			t.Error("Range returned after Goexit")
		}()
		<-done
		if recovered(func() { m.Range(nil) }) == nil {
			t.Error("Range(nil) did not panic on a map with keys")
		}
		m.Store("c", 3)
		if got := pairs(t, m); len(got) != 3 {
			t.Errorf("the map is %v, want three keys", got)
		}
	})
}

// Clauses: T3
func TestRangeFunctionMayCallEveryMethod(t *testing.T) {
	forEachVersion(t, func(t *testing.T, m anyMap) {
		for i := range 3 {
			m.Store(i, i)
		}
		visits := 0
		m.Range(func(key, value any) bool {
			visits++
			m.Load(key)
			m.Delete(key)
			m.LoadOrStore(key, value)
			m.Store(key.(int)+10*visits, value)
			m.Range(func(_, _ any) bool { return true })
			if c, ok := m.(clearer); ok {
				c.Clear()
			}
			return true
		})
		// Clear drops the index, but leaves it to a Range in progress.
		if visits != 3 {
			t.Errorf("Range visited %d keys, want 3", visits)
		}
	})
}

func TestVetSeesCopies(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a package and runs go vet on it, some seconds: run without -short")
	}
	out, err := exec.Command("go", "vet", "./testdata/copied").CombinedOutput()
	if err == nil {
		t.Error("go vet accepts copies")
	}
	for _, name := range []string{"Go114", "Go1150", "Go1152", "Go123"} {
		if want := "passes lock by value: github.com/mapspec/mapspec/impl/readdirty." + name + " contains"; !strings.Contains(string(out), want) {
			t.Errorf("go vet does not report %q, but:\n%s", want, out)
		}
	}
}
