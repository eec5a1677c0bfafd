package readdirty_test

import (
	"maps"
	"math/rand/v2"
	"reflect"
	"testing"
)

// plain is a Go map with the methods of a concurrent one.
type plain map[any]any

func (p plain) Load(key any) (any, bool) {
	value, ok := p[key]
	return value, ok
}

func (p plain) Store(key, value any) { p[key] = value }

func (p plain) LoadOrStore(key, value any) (any, bool) {
	if current, ok := p[key]; ok {
		return current, true
	}
	p[key] = value
	return value, false
}

func (p plain) LoadAndDelete(key any) (any, bool) {
	value, ok := p[key]
	delete(p, key)
	return value, ok
}

func (p plain) Delete(key any) { delete(p, key) }

func (p plain) Swap(key, value any) (any, bool) {
	previous, ok := p[key]
	p[key] = value
	return previous, ok
}

func (p plain) CompareAndSwap(key, old, new any) bool {
	current, ok := p[key]
	if !ok || current != old {
		return false
	}
	p[key] = new
	return true
}

func (p plain) CompareAndDelete(key, old any) bool {
	current, ok := p[key]
	if !ok || current != old {
		return false
	}
	delete(p, key)
	return true
}

func (p plain) Range(f func(key, value any) bool) {
	for key, value := range maps.Clone(p) {
		if !f(key, value) {
			return
		}
	}
}

func (p plain) Clear() { clear(p) }

// An operation is one call. old is for CompareAndSwap and CompareAndDelete.
type operation struct {
	method          string
	key, value, old any
}

// on calls the method on m and returns everything observable, including a panic.
func (o operation) on(t *testing.T, m anyMap) (results []any) {
	defer func() {
		if recover() != nil {
			results = []any{"panic"}
		}
	}()
	switch o.method {
	case "Load":
		return both(m.Load(o.key))
	case "Store":
		m.Store(o.key, o.value)
	case "LoadOrStore":
		return both(m.LoadOrStore(o.key, o.value))
	case "LoadAndDelete":
		return both(m.(loadAndDeleter).LoadAndDelete(o.key))
	case "Delete":
		m.Delete(o.key)
	case "Swap":
		return both(m.(swapper).Swap(o.key, o.value))
	case "CompareAndSwap":
		return []any{m.(swapper).CompareAndSwap(o.key, o.old, o.value)}
	case "CompareAndDelete":
		return []any{m.(swapper).CompareAndDelete(o.key, o.old)}
	case "Range":
		return []any{pairs(t, m)}
	case "Clear":
		m.(clearer).Clear()
	}
	return nil
}

func both(value any, ok bool) []any { return []any{value, ok} }

// alphabet returns the methods of m. Those that move keys between read and dirty occur
// more often.
func alphabet(m anyMap) []string {
	methods := []string{"Load", "Load", "Store", "Store", "LoadOrStore", "Delete", "Delete", "Range"}
	if _, ok := m.(loadAndDeleter); ok {
		methods = append(methods, "LoadAndDelete")
	}
	if _, ok := m.(swapper); ok {
		methods = append(methods, "Swap", "CompareAndSwap", "CompareAndDelete", "CompareAndDelete")
	}
	if _, ok := m.(clearer); ok && len(methods) > 8 {
		methods = append(methods, "Clear")
	}
	return methods
}

// draw returns a random operation on one of a few keys. There are few values, so that
// comparisons succeed. nasty adds values and keys that make calls panic.
func draw(r *rand.Rand, methods []string, keys int, nasty bool) operation {
	value := func() any {
		switch n := r.IntN(24); {
		case n == 0:
			return nil
		case n == 1 && nasty:
			return []int{1}
		default:
			return n % 3
		}
	}
	o := operation{methods[r.IntN(len(methods))], r.IntN(keys), value(), value()}
	if nasty && r.IntN(50) == 0 {
		o.key = []int{1}
	}
	return o
}

// agree runs random programs on two maps and fails the test if they can be told apart.
func agree(t *testing.T, newGot, newWant func() anyMap, nasty bool) {
	const programs, steps = 1500, 100
	for seed := range uint64(programs) {
		r := rand.New(rand.NewPCG(seed, 1))
		got, want := newGot(), newWant()
		methods, keys := alphabet(got), 1+r.IntN(6)
		var program []operation
		for range steps {
			o := draw(r, methods, keys, nasty)
			program = append(program, o)
			g, w := o.on(t, got), o.on(t, want)
			if !reflect.DeepEqual(g, w) {
				t.Fatalf("seed %d: got %v, want %v from the last of %+v", seed, g, w, program)
			}
		}
	}
}

func TestEveryVersionAgreesWithAPlainMap(t *testing.T) {
	for _, v := range versions {
		t.Run(v.name, func(t *testing.T) {
			agree(t, v.new, func() anyMap { return plain{} }, true)
		})
	}
}

// TestGo123AgreesWithTheToolchain avoids values that cannot be compared: in Go 1.24 to
// 1.27 CompareAndDelete panics with a lock held, and the next Store would hang.
func TestGo123AgreesWithTheToolchain(t *testing.T) {
	agree(t, go123.new, toolchain.new, false)
}
