package flatmap_test

import (
	"iter"
	"os/exec"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/impl/flatmap"
)

// recovered calls f and returns the value it panics with, or nil.
func recovered(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}

// contents returns what Range visits. It fails the test if Range visits a key twice or
// Len disagrees.
func contents[K comparable, V any](t *testing.T, m *flatmap.Map[K, V]) map[K]V {
	t.Helper()
	visited := map[K]V{}
	m.Range(func(key K, value V) bool {
		if _, ok := visited[key]; ok {
			t.Errorf("Range visited %v twice", key)
		}
		visited[key] = value
		return true
	})
	if n := m.Len(); n != len(visited) {
		t.Errorf("Len = %d, Range visits %d keys", n, len(visited))
	}
	return visited
}

// letters returns a map with three keys.
func letters() *flatmap.Map[string, int] {
	m := new(flatmap.Map[string, int])
	m.Store("a", 1)
	m.Store("b", 2)
	m.Store("c", 3)
	return m
}

// filled returns a map of n numbers and their negatives that has grown several times.
func filled(n int) *flatmap.Map[int, int] {
	m := new(flatmap.Map[int, int])
	for i := range n {
		m.Store(i, -i)
	}
	return m
}

// intact checks that a map made by filled has not changed, and that no lock is held.
func intact(t *testing.T, what string, m *flatmap.Map[int, int], n int) {
	t.Helper()
	for i := range n {
		if v, loaded := m.Swap(i, -i); v != -i || !loaded { // would hang if a lock were still held
			t.Fatalf("after %s: Swap(%d) = %d, %v", what, i, v, loaded)
		}
	}
	if got := len(contents(t, m)); got != n {
		t.Errorf("after %s: %d keys, want %d", what, got, n)
	}
}

// Clauses: S9
func TestZeroValueIsAnEmptyMap(t *testing.T) {
	type stringMap = flatmap.Map[string, int]
	calls := map[string]func(m *stringMap) (got, want any){
		"Load":             func(m *stringMap) (any, any) { return pack(m.Load("a")), pack(0, false) },
		"LoadOrStore":      func(m *stringMap) (any, any) { return pack(m.LoadOrStore("a", 1)), pack(1, false) },
		"LoadAndDelete":    func(m *stringMap) (any, any) { return pack(m.LoadAndDelete("a")), pack(0, false) },
		"Swap":             func(m *stringMap) (any, any) { return pack(m.Swap("a", 1)), pack(0, false) },
		"CompareAndSwap":   func(m *stringMap) (any, any) { return m.CompareAndSwap("a", 0, 1), false },
		"CompareAndDelete": func(m *stringMap) (any, any) { return m.CompareAndDelete("a", 0), false },
		"Compute": func(m *stringMap) (any, any) {
			return pack(m.Compute("a", func(old int, loaded bool) (int, bool) { return old - 1, !loaded })), pack(-1, true)
		},
		"Compute of nothing": func(m *stringMap) (any, any) {
			return pack(m.Compute("a", func(old int, loaded bool) (int, bool) { return 5, loaded })), pack(0, false)
		},
		"Store":  func(m *stringMap) (any, any) { m.Store("a", 1); return m.Len(), 1 },
		"Delete": func(m *stringMap) (any, any) { m.Delete("a"); return m.Len(), 0 },
		"Clear":  func(m *stringMap) (any, any) { m.Clear(); return m.Len(), 0 },
		"Range":  func(m *stringMap) (any, any) { m.Range(nil); return m.Len(), 0 },
		"Grow":   func(m *stringMap) (any, any) { m.Grow(100); return m.Len(), 0 },
		"Grow to nothing": func(m *stringMap) (any, any) {
			m.Grow(0)
			m.Range(nil)
			return m.Len(), 0
		},
		"Keys":   func(m *stringMap) (any, any) { return len(slices.Collect(m.Keys())), 0 },
		"Values": func(m *stringMap) (any, any) { return len(slices.Collect(m.Values())), 0 },
	}
	for name, call := range calls {
		m := new(stringMap)
		if got, want := call(m); got != want {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
		if m.Store("z", 26); contents(t, m)["z"] != 26 {
			t.Errorf("after %s a Store has no effect", name)
		}
	}
}

// pack combines two results into one value.
func pack(v int, ok bool) any { return [2]any{v, ok} }

// Clauses: S3
func TestNilValueIsNotAbsence(t *testing.T) {
	var m flatmap.Map[string, any]
	m.Store("a", nil)
	if v, ok := m.Load("a"); v != nil || !ok {
		t.Errorf("Load = %v, %v; want nil, true", v, ok)
	}
	if !m.CompareAndSwap("a", nil, 1) || !m.CompareAndSwap("a", 1, nil) || !m.CompareAndDelete("a", nil) {
		t.Error("nil is not equal to nil")
	}
	var p flatmap.Map[*int, *int]
	p.Store(nil, nil)
	if v, ok := p.Load(nil); v != nil || !ok {
		t.Errorf("Load(nil) = %v, %v; want nil, true", v, ok)
	}
	if !p.CompareAndSwap(nil, nil, new(int)) || p.CompareAndDelete(nil, nil) || p.Len() != 1 {
		t.Error("CompareAndSwap of a nil pointer failed, or had no effect")
	}
}

// Clauses: S7, P3
func TestKeyThatCannotBeHashedPanicsWithoutEffect(t *testing.T) {
	for name, bad := range map[string]any{"slice": []int{1}, "function": func() {}, "array": [1]any{map[int]int{}}} {
		var m flatmap.Map[any, int]
		calls := map[string]func(){
			"Load":             func() { m.Load(bad) },
			"Store":            func() { m.Store(bad, 1) },
			"LoadOrStore":      func() { m.LoadOrStore(bad, 1) },
			"LoadAndDelete":    func() { m.LoadAndDelete(bad) },
			"Delete":           func() { m.Delete(bad) },
			"Swap":             func() { m.Swap(bad, 1) },
			"CompareAndSwap":   func() { m.CompareAndSwap(bad, 1, 2) },
			"CompareAndDelete": func() { m.CompareAndDelete(bad, 1) },
			"Compute": func() {
				m.Compute(bad, func(int, bool) (int, bool) { t.Error("the function was called"); return 0, true })
			},
		}
		for stored := range 60 { // from no table to a table that has grown
			for method, call := range calls {
				if stored == 0 {
					m = flatmap.Map[any, int]{} // each on a map without a table
				}
				if recovered(call) == nil {
					t.Errorf("%s of a %s did not panic with %d keys stored", method, name, stored)
				}
			}
			m.Store(stored, stored) // would hang if a lock were still held
			if n := len(contents(t, &m)); n != stored+1 {
				t.Errorf("%d keys, want %d", n, stored+1)
			}
		}
	}
}

// Clauses: S6, P3
func TestComparisonThatPanicsChangesNothing(t *testing.T) {
	var m flatmap.Map[string, any]
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
	m.Store("k", 2) // would hang if a lock were still held
	m.Clear()
}

// TestComparisonOfWhatCannotBeComparedPanicsForPresentKeysOnly has value types that are not
// comparable, including types stored directly in slots.
//
// Clauses: S6
func TestComparisonOfWhatCannotBeComparedPanicsForPresentKeysOnly(t *testing.T) {
	uncomparable(t, []int{1})
	uncomparable(t, func() {})
	uncomparable(t, map[int]int{})
	uncomparable(t, [0]func(){})
	uncomparable(t, struct{ f func() }{})
}

func uncomparable[V any](t *testing.T, value V) {
	t.Helper()
	var m flatmap.Map[string, V]
	var zero V
	for _, v := range []V{value, zero} {
		m.Store("k", v)
		for _, old := range []V{value, zero} {
			if recovered(func() { m.CompareAndSwap("k", old, value) }) == nil {
				t.Errorf("CompareAndSwap of %T did not panic", value)
			}
			if recovered(func() { m.CompareAndDelete("k", old) }) == nil {
				t.Errorf("CompareAndDelete of %T did not panic", value)
			}
		}
		if m.CompareAndSwap("absent", v, v) || m.CompareAndDelete("absent", v) {
			t.Error("an absent key matched")
		}
	}
	if m.Len() != 1 {
		t.Errorf("%d keys, want 1", m.Len())
	}
	if m.Delete("k"); m.Len() != 0 {
		t.Error("Delete left the key")
	}
}

// Clauses: T4, P3
func TestNilFunctionPanicsUnlessThereIsNothingToCallItFor(t *testing.T) {
	m := filled(100)
	for what, call := range map[string]func(){
		"Range":  func() { m.Range(nil) },
		"All":    func() { m.All()(nil) },
		"Keys":   func() { m.Keys()(nil) },
		"Values": func() { m.Values()(nil) },
		"Compute": func() {
			m.Compute(1, nil)
		},
		"Compute of an absent key": func() { m.Compute(-1, nil) },
	} {
		if recovered(call) == nil {
			t.Errorf("%s(nil) did not panic", what)
		}
		intact(t, what, m, 100)
	}
	for i := range 100 {
		m.Delete(i)
	}
	if recovered(func() { m.Range(nil) }) != nil {
		t.Error("Range(nil) panicked on a map whose keys were deleted")
	}
	m.Store(1, 1)
	if m.Clear(); recovered(func() { m.Range(nil) }) != nil {
		t.Error("Range(nil) panicked on a map that was cleared")
	}
}

// Clauses: T4, P3
func TestFunctionsMayPanicOrEndTheirGoroutine(t *testing.T) {
	const n = 100
	m := filled(n)
	for what, call := range map[string]func(end func()){
		"Range": func(end func()) { m.Range(func(int, int) bool { end(); return true }) },
		"All": func(end func()) {
			for range m.All() {
				end()
			}
		},
		"Keys": func(end func()) {
			for range m.Keys() {
				end()
			}
		},
		"Values": func(end func()) {
			for range m.Values() {
				end()
			}
		},
		"Compute": func(end func()) {
			m.Compute(7, func(int, bool) (int, bool) { end(); return 1, true })
		},
		"Compute of an absent key": func(end func()) {
			m.Compute(-7, func(int, bool) (int, bool) { end(); return 1, true })
		},
	} {
		if recovered(func() { call(func() { panic("mine") }) }) != "mine" {
			t.Errorf("the panic did not reach the caller of %s", what)
		}
		intact(t, what, m, n)
		done := make(chan struct{})
		go func() {
			defer close(done)
			call(runtime.Goexit)
			t.Errorf("%s returned after Goexit", what)
		}()
		<-done
		intact(t, what, m, n)
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
		m.Compute(key, func(old int, _ bool) (int, bool) { return old + m.Len() - m.Len(), true })
		m.CompareAndDelete(key, 11)
		m.Grow(100)
		m.Range(func(key string, _ int) bool { m.Delete(key); return true })
		for range m.All() {
			m.Store("z", m.Len())
		}
		m.Clear()
		return true
	})
	// All three keys are in one bucket, so they are copied at the same instant.
	if want := map[string]int{"a": 1, "b": 2, "c": 3}; !reflect.DeepEqual(visited, want) {
		t.Errorf("Range visited %v, want what was there when it began, %v", visited, want)
	}
	if m.Len() != 0 {
		t.Errorf("Len = %d after Clear, want 0", m.Len())
	}
}

// TestRangeVisitsWhatWasThereOnceThoughItsFunctionMakesTheMapGrowAndShrink inserts and
// deletes so many other keys during a Range that the table grows and shrinks.
//
// Clauses: T1, T3
func TestRangeVisitsWhatWasThereOnceThoughItsFunctionMakesTheMapGrowAndShrink(t *testing.T) {
	const n, churn = 200, 400
	m := filled(n)
	var visits [n]int
	calls := 0
	m.Range(func(key, _ int) bool {
		if key < n {
			visits[key]++
		}
		calls++
		for i := n + calls%4*churn; i < n+(calls%4+1)*churn; i++ {
			if calls%8 < 4 {
				m.Store(i, i)
			} else {
				m.Delete(i)
			}
		}
		return true
	})
	for key, count := range visits {
		if count != 1 {
			t.Fatalf("key %d was visited %d times", key, count)
		}
	}
}

func TestComputeMayComputeOtherKeys(t *testing.T) {
	m := filled(0)
	var descend func(key int) int
	descend = func(key int) int {
		v, _ := m.Compute(key, func(int, bool) (int, bool) {
			if key == 0 {
				return 1, true
			}
			return 1 + descend(key-1), true
		})
		return v
	}
	if got := descend(500); got != 501 || m.Len() != 501 { // the map grows several times
		t.Errorf("Compute within Compute returned %d, and %d keys are there; want 501", got, m.Len())
	}
	for key, value := range contents(t, m) {
		if value != key+1 {
			t.Errorf("key %d has the value %d, want %d", key, value, key+1)
		}
	}
}

// TestComputeMayChangeItsOwnKeyNowAndThen checks that the function is called again if it
// changes the key itself.
func TestComputeMayChangeItsOwnKeyNowAndThen(t *testing.T) {
	m, calls := filled(10), 0
	got, ok := m.Compute(3, func(old int, loaded bool) (int, bool) {
		switch calls++; calls {
		case 1:
			m.Store(3, 100)
		case 2:
			m.Delete(3)
		case 3:
			m.Store(3, 7)
		}
		return old + 1, true
	})
	if calls != 4 || got != 8 || !ok {
		t.Errorf("Compute = %d, %v after %d calls of its function; want 8, true after 4", got, ok, calls)
	}
}

// Clauses: P3
func TestComputeGivesUpIfItsFunctionAlwaysChangesItsKey(t *testing.T) {
	const most = 1 << 20
	for name, change := range map[string]func(m *flatmap.Map[int, int], calls int){
		"Store": func(m *flatmap.Map[int, int], calls int) { m.Store(3, calls) },
		"Compute": func(m *flatmap.Map[int, int], calls int) {
			m.Compute(3, func(int, bool) (int, bool) { return calls, true })
		},
		"Swap": func(m *flatmap.Map[int, int], calls int) { m.Swap(3, calls) },
	} {
		m, calls := filled(10), 0
		p := recovered(func() {
			m.Compute(3, func(int, bool) (int, bool) {
				if calls++; calls > most {
					panic("no end")
				}
				change(m, calls)
				return 0, true
			})
		})
		if text, _ := p.(string); !strings.Contains(text, "changes the key") {
			t.Errorf("after %d calls of its function, that calls %s, Compute panicked with %v", calls, name, p)
		}
		m.Store(3, -3)
		if v, ok := m.Compute(3, func(old int, _ bool) (int, bool) { m.Store(4, -4); return old, true }); v != -3 || !ok {
			t.Errorf("after that Compute = %d, %v", v, ok)
		}
		intact(t, "Compute", m, 10)
	}
}

// Clauses: T2
func TestSequencesBeginWhenInvokedAndRepeat(t *testing.T) {
	m := new(flatmap.Map[string, int])
	all, keys, values := m.All(), m.Keys(), m.Values()
	for round := 1; round <= 30; round++ {
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

func TestTraversalsMayBeLeftEarly(t *testing.T) {
	m := filled(100)
	count := 0
	m.Range(func(int, int) bool { count++; return count < 3 })
	for range m.All() {
		if count++; count == 6 {
			break
		}
	}
	for range m.Keys() {
		if count++; count == 9 {
			break
		}
	}
	for range m.Values() {
		if count++; count == 12 {
			break
		}
	}
	next, stop := iter.Pull2(m.All())
	next()
	stop()
	if intact(t, "break", m, 100); count != 12 {
		t.Errorf("%d visits, want 12", count)
	}
}

func TestGrowRefusesWhatNoMapCanHave(t *testing.T) {
	for _, m := range []*flatmap.Map[int, int]{new(flatmap.Map[int, int]), filled(100)} {
		n := m.Len()
		for _, wish := range []int{-1, -1 << 31, 1<<31 - 1, 1<<29 + 1} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			p := recovered(func() { m.Grow(wish) })
			runtime.ReadMemStats(&after)
			if text, _ := p.(string); !strings.Contains(text, "flatmap: Grow(") {
				t.Errorf("Grow(%d) panicked with %v", wish, p)
			}
			if bytes := after.TotalAlloc - before.TotalAlloc; bytes > 100_000 {
				t.Errorf("Grow(%d) allocated %d bytes", wish, bytes)
			}
		}
		intact(t, "Grow", m, n)
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
