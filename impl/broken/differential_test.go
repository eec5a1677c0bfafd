package broken

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var seed = flag.Uint64("seed", 1, "seed of the random calls")

// A call is a method call with its arguments.
type call struct {
	method          string
	key, old, value any
}

func (c call) String() string {
	return fmt.Sprintf("%s(key %v, old %v, value %v)", c.method, c.key, c.old, c.value)
}

// The keys differ in length and last letter, and small integers have one box each.
// That avoids what the S2 and S6 maps get wrong, except for NaN and for values that
// cannot be compared.
var (
	methods = strings.Fields("Load Store LoadOrStore LoadAndDelete Delete Swap CompareAndSwap CompareAndDelete Clear")
	keys    = []any{"a", "bb", "dddd", "eeeee", math.NaN(), []int{1}}
	values  = []any{nil, 1, 2, 3, []int{1}}
)

// TestEachMapIsRightOtherwise checks that a single goroutine cannot distinguish a map
// from a built-in one, if it avoids what the map breaks.
func TestEachMapIsRightOtherwise(t *testing.T) {
	const steps = 400
	for _, m := range append(slices.Clone(Maps), Map{Name: "core", New: func() any { return new(core) }}) {
		t.Run(m.Name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(*seed, 0))
			subject, oracle := m.New().(surface), map[any]any{}
			for step := range steps {
				c := call{methods[random.IntN(len(methods))], pick(random, keys), pick(random, values), pick(random, values)}
				if c.method == "Clear" && random.IntN(5) > 0 || leftOut(m.Name, c, oracle) {
					continue
				}
				got, want := perform(c, subject), expect(c, oracle)
				if got == want {
					c.method += ", then traversals"
					got, want = traverse(subject), traverse(builtin(oracle))
				}
				if got != want {
					t.Fatalf("step %d of -seed=%d: %v: got %s, want %s", step, *seed, c, got, want)
				}
			}
		})
	}
}

func pick(random *rand.Rand, from []any) any { return from[random.IntN(len(from))] }

// leftOut reports whether c must be left out for the map called name, because it
// shows what the map breaks.
func leftOut(name string, c call, oracle map[any]any) bool {
	unhashable := !hashable(c.key)
	held, present := lookup(oracle, c.key)
	uncomparable := present && !hashable(held) && !hashable(c.old)
	matches := present && !uncomparable && held == c.old
	is := func(methods ...string) bool { return slices.Contains(methods, c.method) }
	switch name {
	case "S3-nil-is-absent":
		return is("Load") && present && held == nil
	case "S3-value-with-false":
		return is("Load") && !present
	case "S4-overwrites-loaded":
		return is("LoadOrStore") && present
	case "S4-swap-returns-new":
		return is("Swap") && present
	case "S4-deleted-says-false":
		return is("LoadAndDelete") && present
	case "S5-failed-swap-deletes", "S5-failed-swap-stores":
		return is("CompareAndSwap") && !matches
	case "S5-absent-nil-deletes":
		return is("CompareAndDelete") && !present && c.old == nil
	case "S5-absent-nil-swaps":
		return is("CompareAndSwap") && !present && c.old == nil
	case "S6-removes-first", "P3-compare-panic":
		return is("CompareAndDelete") && uncomparable
	case "S6-deep-equal", "S6-swallows-panic", "S6-compares-boxes":
		return is("CompareAndSwap") && uncomparable
	case "S7-nan-found":
		return is("Load") && c.isNaN()
	case "S7-nan-overwritten":
		return is("Store") && c.isNaN()
	case "S7-clear-keeps-nan":
		return c.isNaN()
	case "S7-swallows-unhashable", "S7-panic-has-effect", "P3-hash-panic":
		return is("Store") && unhashable
	case "T2-values-skip-nil":
		return !is("Load") && c.value == nil
	case "T5-shrinking-loop":
		return is("Clear") && len(oracle) > 1
	case "T6-uncounted-delete":
		return is("CompareAndDelete") && matches
	case "T6-counts-overwrites":
		return is("Store") && present
	case "P2-clear-keeps-lock":
		return is("Clear") && len(oracle) == 0
	}
	return false
}

func (c call) isNaN() bool { return hashable(c.key) && c.key != c.key }

// hashable reports whether x can be hashed and compared. Slices are the only
// exception in use.
func hashable(x any) bool {
	_, isSlice := x.([]int)
	return !isSlice
}

func lookup(m map[any]any, key any) (value any, ok bool) {
	if !hashable(key) {
		return nil, false
	}
	value, ok = m[key]
	return value, ok
}

// perform performs c on m and returns the result as text.
func perform(c call, m surface) (result string) {
	defer func() {
		if recover() != nil {
			result = "panic"
		}
	}()
	switch c.method {
	case "Load":
		return fmt.Sprint(m.Load(c.key))
	case "Store":
		m.Store(c.key, c.value)
	case "LoadOrStore":
		return fmt.Sprint(m.LoadOrStore(c.key, c.value))
	case "LoadAndDelete":
		return fmt.Sprint(m.LoadAndDelete(c.key))
	case "Delete":
		m.Delete(c.key)
	case "Swap":
		return fmt.Sprint(m.Swap(c.key, c.value))
	case "CompareAndSwap":
		return fmt.Sprint(m.CompareAndSwap(c.key, c.old, c.value))
	case "CompareAndDelete":
		return fmt.Sprint(m.CompareAndDelete(c.key, c.old))
	case "Clear":
		m.Clear()
	}
	return ""
}

// expect performs c on a built-in map and returns the result as text.
func expect(c call, m map[any]any) (result string) {
	defer func() {
		if recover() != nil {
			result = "panic"
		}
	}()
	if c.method == "Clear" {
		clear(m)
		return ""
	}
	held, present := m[c.key]
	switch c.method {
	case "Load":
		return fmt.Sprint(held, present)
	case "Store":
		m[c.key] = c.value
	case "LoadOrStore":
		if present {
			return fmt.Sprint(held, true)
		}
		m[c.key] = c.value
		return fmt.Sprint(c.value, false)
	case "LoadAndDelete":
		delete(m, c.key)
		return fmt.Sprint(held, present)
	case "Delete":
		delete(m, c.key)
	case "Swap":
		m[c.key] = c.value
		return fmt.Sprint(held, present)
	case "CompareAndSwap":
		matches := present && held == c.old
		if matches {
			m[c.key] = c.value
		}
		return fmt.Sprint(matches)
	case "CompareAndDelete":
		matches := present && held == c.old
		if matches {
			delete(m, c.key)
		}
		return fmt.Sprint(matches)
	}
	return ""
}

// builtin returns a surface with the contents of a built-in map, for traverse.
func builtin(m map[any]any) surface {
	s := new(core)
	for key, value := range m {
		s.Store(key, value)
	}
	return s
}

// traverse returns the result of Len and of each traversal as text.
func traverse(m surface) string {
	var pairs, all []string
	m.Range(func(key, value any) bool {
		pairs = append(pairs, fmt.Sprint(key, value))
		return true
	})
	for key, value := range m.All() {
		all = append(all, fmt.Sprint(key, value))
	}
	var keys, values []string
	for key := range m.Keys() {
		keys = append(keys, fmt.Sprint(key))
	}
	for value := range m.Values() {
		values = append(values, fmt.Sprint(value))
	}
	for _, list := range [][]string{pairs, all, keys, values} {
		slices.Sort(list)
	}
	return fmt.Sprint(m.Len(), pairs, all, keys, values)
}
