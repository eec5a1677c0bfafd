package locked_test

import (
	"math"
	"os/exec"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/impl/locked"
)

// recovered calls f and returns the value it panics with, or nil.
func recovered(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}

// contents returns what Range visits. It fails the test if Range visits a key twice.
func contents[K comparable, V any](t *testing.T, m *locked.Map[K, V]) map[K]V {
	t.Helper()
	visited := map[K]V{}
	m.Range(func(key K, value V) bool {
		if _, ok := visited[key]; ok {
			t.Errorf("Range visited %v twice", key)
		}
		visited[key] = value
		return true
	})
	return visited
}

// letters returns a map with three keys.
func letters() *locked.Map[string, int] {
	m := new(locked.Map[string, int])
	m.Store("a", 1)
	m.Store("b", 2)
	m.Store("c", 3)
	return m
}

// Clauses: S9
func TestZeroValueIsAnEmptyMap(t *testing.T) {
	calls := map[string]func(m *locked.Map[string, int]){
		"Load": func(m *locked.Map[string, int]) {
			if v, ok := m.Load("a"); v != 0 || ok {
				t.Errorf("Load = %v, %v; want 0, false", v, ok)
			}
		},
		"LoadOrStore": func(m *locked.Map[string, int]) {
			if v, loaded := m.LoadOrStore("a", 1); v != 1 || loaded {
				t.Errorf("LoadOrStore = %v, %v; want 1, false", v, loaded)
			}
		},
		"LoadAndDelete": func(m *locked.Map[string, int]) {
			if v, loaded := m.LoadAndDelete("a"); v != 0 || loaded {
				t.Errorf("LoadAndDelete = %v, %v; want 0, false", v, loaded)
			}
		},
		"Swap": func(m *locked.Map[string, int]) {
			if v, loaded := m.Swap("a", 1); v != 0 || loaded {
				t.Errorf("Swap = %v, %v; want 0, false", v, loaded)
			}
		},
		"CompareAndSwap": func(m *locked.Map[string, int]) {
			if m.CompareAndSwap("a", 0, 1) {
				t.Error("CompareAndSwap matched an absent key with a zero value")
			}
		},
		"CompareAndDelete": func(m *locked.Map[string, int]) {
			if m.CompareAndDelete("a", 0) {
				t.Error("CompareAndDelete matched an absent key with a zero value")
			}
		},
		"Store":  func(m *locked.Map[string, int]) { m.Store("a", 1) },
		"Delete": func(m *locked.Map[string, int]) { m.Delete("a") },
		"Clear":  func(m *locked.Map[string, int]) { m.Clear() },
		"Range":  func(m *locked.Map[string, int]) { m.Range(nil) },
		"Len": func(m *locked.Map[string, int]) {
			if n := m.Len(); n != 0 {
				t.Errorf("Len = %d, want 0", n)
			}
		},
	}
	for name, call := range calls {
		m := new(locked.Map[string, int])
		call(m)
		if m.Store("z", 26); contents(t, m)["z"] != 26 {
			t.Errorf("after %s a Store has no effect", name)
		}
	}
}

// Clauses: S3
func TestNilValueIsNotAbsence(t *testing.T) {
	var m locked.Map[string, any]
	m.Store("a", nil)
	if v, ok := m.Load("a"); v != nil || !ok {
		t.Errorf("Load = %v, %v; want nil, true", v, ok)
	}
	if !m.CompareAndSwap("a", nil, 1) || !m.CompareAndSwap("a", 1, nil) || !m.CompareAndDelete("a", nil) {
		t.Error("nil is not equal to nil")
	}
}

// Clauses: S7
func TestNaNIsAddedAtEveryStoreAndRemovedByClearAlone(t *testing.T) {
	var m locked.Map[float64, int]
	nan := math.NaN()
	m.Store(nan, 1)
	if v, loaded := m.LoadOrStore(nan, 2); v != 2 || loaded {
		t.Errorf("LoadOrStore = %v, %v; want 2, false", v, loaded)
	}
	if v, loaded := m.Swap(nan, 3); v != 0 || loaded {
		t.Errorf("Swap = %v, %v; want 0, false", v, loaded)
	}
	if _, ok := m.Load(nan); ok {
		t.Error("Load found a NaN")
	}
	m.Delete(nan)
	if _, loaded := m.LoadAndDelete(nan); loaded || m.CompareAndSwap(nan, 1, 4) || m.CompareAndDelete(nan, 1) {
		t.Error("a NaN was found")
	}
	if got := slices.Sorted(m.Values()); m.Len() != 3 || !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("%d keys with the values %v, want 3 with 1, 2, 3", m.Len(), got)
	}
	m.Clear()
	if n := m.Len(); n != 0 {
		t.Errorf("%d keys after Clear", n)
	}
}

// Clauses: S7, P3
func TestKeyThatCannotBeHashedPanicsWithoutEffect(t *testing.T) {
	var m locked.Map[any, int]
	bad := any([]int{1})
	calls := map[string]func(){
		"Load":             func() { m.Load(bad) },
		"Store":            func() { m.Store(bad, 1) },
		"LoadOrStore":      func() { m.LoadOrStore(bad, 1) },
		"LoadAndDelete":    func() { m.LoadAndDelete(bad) },
		"Delete":           func() { m.Delete(bad) },
		"Swap":             func() { m.Swap(bad, 1) },
		"CompareAndSwap":   func() { m.CompareAndSwap(bad, 1, 2) },
		"CompareAndDelete": func() { m.CompareAndDelete(bad, 1) },
	}
	for stored := range 20 { // from no table to one larger than a single group
		for name, call := range calls {
			if recovered(call) == nil {
				t.Errorf("%s of a slice did not panic with %d keys stored", name, stored)
			}
		}
		m.Store(stored, stored) // would hang if the lock were still held
		if n := len(contents(t, &m)); n != stored+1 || m.Len() != n {
			t.Errorf("%d keys, Len %d; want %d", n, m.Len(), stored+1)
		}
	}
}

// Clauses: S6, P3
func TestComparisonThatPanicsChangesNothing(t *testing.T) {
	var m locked.Map[string, any]
	slice := any([]int{1})
	m.Store("k", slice)
	if recovered(func() { m.CompareAndSwap("k", slice, 1) }) == nil {
		t.Error("CompareAndSwap of slices did not panic")
	}
	if recovered(func() { m.CompareAndDelete("k", slice) }) == nil {
		t.Error("CompareAndDelete of slices did not panic")
	}
	if m.CompareAndSwap("k", 1, 2) || m.CompareAndDelete("k", "x") {
		t.Error("a slice was equal to something of another type")
	}
	if m.CompareAndSwap("absent", slice, 1) || m.CompareAndDelete("absent", slice) {
		t.Error("an absent key matched")
	}
	if got := contents(t, &m); !reflect.DeepEqual(got, map[string]any{"k": slice}) {
		t.Errorf("the map is %v, want it unchanged", got)
	}
	m.Store("k", 2) // would hang if the lock were still held
	m.Clear()
}

// TestComparisonOfSlicesPanicsForPresentKeysOnly has a value type that is not
// comparable.
//
// Clauses: S6
func TestComparisonOfSlicesPanicsForPresentKeysOnly(t *testing.T) {
	var m locked.Map[string, []int]
	m.Store("k", nil)
	if recovered(func() { m.CompareAndSwap("k", nil, []int{1}) }) == nil {
		t.Error("CompareAndSwap of slices did not panic")
	}
	if m.CompareAndDelete("absent", nil) {
		t.Error("an absent key matched")
	}
	if m.Delete("k"); m.Len() != 0 {
		t.Error("Delete left the key")
	}
}

// Clauses: T4
func TestNilFunctionPanicsUnlessTheMapIsEmpty(t *testing.T) {
	m := new(locked.Map[string, int])
	m.Range(nil)
	m.Store("a", 1)
	if recovered(func() { m.Range(nil) }) == nil {
		t.Error("Range(nil) did not panic on a map with a key")
	}
	m.Store("a", 2)
	if m.Clear(); recovered(func() { m.Range(nil) }) != nil {
		t.Error("Range(nil) panicked on a map that was cleared")
	}
}

// Clauses: T4, P3
func TestRangeFunctionMayPanicOrEndItsGoroutine(t *testing.T) {
	m := letters()
	if recovered(func() { m.Range(func(string, int) bool { panic("mine") }) }) != "mine" {
		t.Error("the panic did not reach the caller of Range")
	}
	m.Store("d", 4)
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.Range(func(string, int) bool { runtime.Goexit(); return true })
		t.Error("Range returned after Goexit")
	}()
	<-done
	if m.Store("e", 5); m.Len() != 5 {
		t.Errorf("Len = %d, want 5", m.Len())
	}
}

func TestRangeStopsWhenToldTo(t *testing.T) {
	visits := 0
	letters().Range(func(string, int) bool { visits++; return visits < 2 })
	if visits != 2 {
		t.Errorf("%d visits, want 2", visits)
	}
}

// Clauses: T3
func TestRangeFunctionMayCallEveryMethod(t *testing.T) {
	m, visited := letters(), map[string]int{}
	m.Range(func(key string, value int) bool {
		visited[key] = value
		m.Load(key)
		m.LoadAndDelete(key)
		m.LoadOrStore(key, 10)
		m.CompareAndSwap(key, 10, 11)
		m.Swap(key+key, 12)
		m.CompareAndDelete(key, 11)
		m.Range(func(key string, _ int) bool { m.Delete(key); return true })
		for range m.All() {
			m.Store("z", m.Len())
		}
		m.Clear()
		return true
	})
	want := map[string]int{"a": 1, "b": 2, "c": 3}
	if !reflect.DeepEqual(visited, want) {
		t.Errorf("Range visited %v, want the keys present when it began, %v", visited, want)
	}
	if m.Len() != 0 {
		t.Errorf("Len = %d after Clear, want 0", m.Len())
	}
}

// Clauses: T2
func TestSequencesBeginWhenInvokedAndRepeat(t *testing.T) {
	m := new(locked.Map[string, int])
	all, keys, values := m.All(), m.Keys(), m.Values()
	for round := 1; round <= 3; round++ {
		m.Store(strings.Repeat("x", round), round)
		sum := 0
		for key, value := range all {
			if len(key) != value {
				t.Errorf("%q has the value %d", key, value)
			}
			sum += value
		}
		if want := round * (round + 1) / 2; sum != want {
			t.Errorf("All gave the sum %d, want %d", sum, want)
		}
		if got := slices.Sorted(keys); len(got) != round || len(got[round-1]) != round {
			t.Errorf("Keys gave %v in round %d", got, round)
		}
		if got := slices.Sorted(values); len(got) != round || got[round-1] != round {
			t.Errorf("Values gave %v in round %d", got, round)
		}
	}
}

func TestSequencesMayBeLeftEarly(t *testing.T) {
	m := letters()
	count := 0
	for range m.All() {
		count++
		break
	}
	for range m.Keys() {
		count++
		break
	}
	for range m.Values() {
		count++
		break
	}
	if m.Clear(); count != 3 {
		t.Errorf("%d visits, want one per sequence", count)
	}
}

// Clauses: S9
func TestVetSeesCopies(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a package and runs go vet on it, some seconds: run without -short")
	}
	out, err := exec.Command("go", "vet", "./testdata/copied").CombinedOutput()
	if want := "passes lock by value"; err == nil || !strings.Contains(string(out), want) {
		t.Errorf("go vet does not say %q: %v\n%s", want, err, out)
	}
}
