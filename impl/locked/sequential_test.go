package locked_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/impl/locked"
)

// An operation is one call. old is for CompareAndSwap and CompareAndDelete.
type operation struct {
	method          string
	key, value, old any
}

var (
	keyed = []string{"Load", "Store", "LoadOrStore", "LoadAndDelete", "Delete", "Swap",
		"CompareAndSwap", "CompareAndDelete"}
	whole = []string{"Range", "All", "Keys", "Values", "Len", "Clear"}

	methods = slices.Concat(keyed, whole)
)

// on calls the method on m and returns everything observable, including a panic.
func (o operation) on(m *locked.Map[any, any]) (results []any) {
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
		return both(m.LoadAndDelete(o.key))
	case "Delete":
		m.Delete(o.key)
	case "Swap":
		return both(m.Swap(o.key, o.value))
	case "CompareAndSwap":
		return []any{m.CompareAndSwap(o.key, o.old, o.value)}
	case "CompareAndDelete":
		return []any{m.CompareAndDelete(o.key, o.old)}
	case "Range":
		m.Range(func(k, v any) bool { results = append(results, fmt.Sprint(k, v)); return true })
	case "All":
		for k, v := range m.All() {
			results = append(results, fmt.Sprint(k, v))
		}
	case "Keys":
		for k := range m.Keys() {
			results = append(results, fmt.Sprint(k))
		}
	case "Values":
		for v := range m.Values() {
			results = append(results, fmt.Sprint(v))
		}
	case "Len":
		return []any{m.Len()}
	case "Clear":
		m.Clear()
	}
	return sorted(results)
}

// onPlain applies the operation to a Go map, and returns what the method should
// return.
func (o operation) onPlain(m map[any]any) (results []any) {
	defer func() {
		if recover() != nil {
			results = []any{"panic"}
		}
	}()
	current, ok := any(nil), false
	if slices.Contains(keyed, o.method) {
		current, ok = m[o.key] // panics if the key cannot be hashed
	}
	switch o.method {
	case "Load":
		return both(current, ok)
	case "Store":
		m[o.key] = o.value
	case "LoadOrStore":
		if ok {
			return both(current, true)
		}
		m[o.key] = o.value
		return both(o.value, false)
	case "LoadAndDelete":
		delete(m, o.key)
		return both(current, ok)
	case "Delete":
		delete(m, o.key)
	case "Swap":
		m[o.key] = o.value
		return both(current, ok)
	case "CompareAndSwap":
		if ok = ok && current == o.old; ok {
			m[o.key] = o.value
		}
		return []any{ok}
	case "CompareAndDelete":
		if ok = ok && current == o.old; ok {
			delete(m, o.key)
		}
		return []any{ok}
	case "Len":
		return []any{len(m)}
	case "Clear":
		clear(m)
	default:
		for k, v := range m {
			results = append(results, map[string]string{"Range": fmt.Sprint(k, v), "All": fmt.Sprint(k, v),
				"Keys": fmt.Sprint(k), "Values": fmt.Sprint(v)}[o.method])
		}
	}
	return sorted(results)
}

func both(value any, ok bool) []any { return []any{value, ok} }

// sorted sorts the strings of a traversal, whose order has no meaning.
func sorted(visits []any) []any {
	slices.SortFunc(visits, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	return visits
}

// draw returns a random operation on a few keys, one of which is not equal to itself
// and one of which cannot be hashed. There are few values, so that comparisons
// succeed, and one of them cannot be compared.
func draw(r *rand.Rand) operation {
	keys := []any{0, 1, 2, 3, 0, 1, 2, 3, nil, "0", 0.0, math.NaN()}
	values := []any{0, 1, 2, 0, 1, 2, 0, 1, 2, nil, []int{1}}
	o := operation{methods[r.IntN(len(methods))], keys[r.IntN(len(keys))],
		values[r.IntN(len(values))], values[r.IntN(len(values))]}
	if r.IntN(50) == 0 {
		o.key = []int{1}
	}
	return o
}

func TestMapAgreesWithAPlainMap(t *testing.T) {
	const programs, steps = 1500, 100
	for seed := range uint64(programs) {
		r := rand.New(rand.NewPCG(seed, 1))
		got, want := new(locked.Map[any, any]), map[any]any{}
		var program []operation
		for range steps {
			o := draw(r)
			program = append(program, o)
			if g, w := o.on(got), o.onPlain(want); !reflect.DeepEqual(g, w) {
				t.Fatalf("seed %d: got %v, want %v from the last of %+v", seed, g, w, program)
			}
		}
	}
}
