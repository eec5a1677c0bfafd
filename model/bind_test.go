package model_test

import (
	"fmt"
	"iter"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	. "github.com/mapspec/mapspec/model"
	"pgregory.net/rapid"
)

// A mutexMap is a map that is obviously correct.
type mutexMap[K comparable, V any] struct {
	mu sync.Mutex
	m  map[K]V
}

// change calls f with the lock held. If f panics, the lock is released.
func (m *mutexMap[K, V]) change(f func(map[K]V)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.m == nil {
		m.m = map[K]V{}
	}
	f(m.m)
}

func (m *mutexMap[K, V]) Load(k K) (v V, ok bool) {
	m.change(func(m map[K]V) { v, ok = m[k] })
	return v, ok
}

func (m *mutexMap[K, V]) Store(k K, v V) { m.change(func(m map[K]V) { m[k] = v }) }

func (m *mutexMap[K, V]) LoadOrStore(k K, v V) (actual V, loaded bool) {
	m.change(func(m map[K]V) {
		if actual, loaded = m[k]; !loaded {
			m[k], actual = v, v
		}
	})
	return actual, loaded
}

func (m *mutexMap[K, V]) LoadAndDelete(k K) (v V, ok bool) {
	m.change(func(m map[K]V) {
		v, ok = m[k]
		delete(m, k)
	})
	return v, ok
}

func (m *mutexMap[K, V]) Delete(k K) { m.change(func(m map[K]V) { delete(m, k) }) }

func (m *mutexMap[K, V]) Swap(k K, v V) (previous V, loaded bool) {
	m.change(func(m map[K]V) {
		previous, loaded = m[k]
		m[k] = v
	})
	return previous, loaded
}

func (m *mutexMap[K, V]) CompareAndSwap(k K, old, new V) (swapped bool) {
	m.change(func(m map[K]V) {
		if v, ok := m[k]; ok && any(v) == any(old) {
			m[k], swapped = new, true
		}
	})
	return swapped
}

func (m *mutexMap[K, V]) CompareAndDelete(k K, old V) (deleted bool) {
	m.change(func(m map[K]V) {
		if v, ok := m[k]; ok && any(v) == any(old) {
			delete(m, k)
			deleted = true
		}
	})
	return deleted
}

func (m *mutexMap[K, V]) Clear() { m.change(func(m map[K]V) { clear(m) }) }

func (m *mutexMap[K, V]) Len() (n int) {
	m.change(func(m map[K]V) { n = len(m) })
	return n
}

func (m *mutexMap[K, V]) Range(f func(K, V) bool) {
	var keys []K
	var values []V
	m.change(func(m map[K]V) {
		for k, v := range m {
			keys, values = append(keys, k), append(values, v)
		}
	})
	for i, k := range keys {
		if !f(k, values[i]) {
			return
		}
	}
}

func (m *mutexMap[K, V]) All() iter.Seq2[K, V] { return m.Range }

func (m *mutexMap[K, V]) Keys() iter.Seq[K] {
	return func(f func(K) bool) { m.Range(func(k K, _ V) bool { return f(k) }) }
}

func (m *mutexMap[K, V]) Values() iter.Seq[V] {
	return func(f func(V) bool) { m.Range(func(_ K, v V) bool { return f(v) }) }
}

// right returns the subject of a mutexMap with the default keys and values.
func right[K comparable, V any]() Subject[K, V] {
	return Subject[K, V]{Name: "right", New: func() any { return new(mutexMap[K, V]) }}
}

// Types of the keys and values of subjects.
type (
	namedString  string
	namedInt     uint32
	namedPointer *record
	record       struct{ id, _ int64 }
	address      struct {
		host string
		port int
	}
	holder struct { // of everything that a Watch tells apart
		constant string
		boxed    any
		pointers [1]*record
	}
	block [1 << 10]byte
)

// custom returns the subject of a mutexMap with these keys and values. nil means the
// default.
func custom[K comparable, V any](key func(int) K, value func(int) V, index func(V) (int, bool)) Subject[K, V] {
	s := right[K, V]()
	s.Key, s.Value, s.ValueIndex = key, value, index
	return s
}

func anyKeys(key func(int) any) Subject[any, any]     { return custom[any, any](key, nil, nil) }
func anyValues(value func(int) any) Subject[any, any] { return custom[any](nil, value, nil) }

// subjects covers all kinds of keys and values that a codec treats differently. It has
// few pairs of types, because each is compiled separately.
var subjects = map[string]Binder{
	"string, string":               right[string, string](),
	"any, any":                     right[any, any](),
	"string, int":                  right[string, int](),
	"int, pointer":                 right[int, *record](),
	"named int, named pointer":     right[namedInt, namedPointer](),
	"named string, payload":        right[namedString, any](),
	"float64, nothing":             right[float64, struct{}](),
	"named pointer, int":           right[namedPointer, int](),
	"small pointer, small pointer": right[*int, *int](),

	"constant string, constant string": custom(constant, constant, nil),
	"pointer, bytes": custom[*record](nil, func(i int) []byte { return fmt.Appendf(nil, "value number %d", i) },
		func(b []byte) (i int, ok bool) {
			n, _ := fmt.Sscanf(string(b), "value number %d", &i)
			return i, n == 1
		}),
	"custom pointer, custom pointer": custom(
		func(i int) *record { return &record{id: int64(i)} }, func(i int) *record { return &record{id: int64(i)} }, nil),
	"array, holder": custom(func(i int) [2]int { return [2]int{i, -i} }, func(i int) holder { return holder{"constant", "constant", [1]*record{&packageVariables[i]}} }, nil),
	"struct, map": custom(func(i int) address { return address{"constant", i} }, func(i int) map[int]bool { return map[int]bool{i: true} },
		func(m map[int]bool) (int, bool) {
			i := slices.Collect(maps.Keys(m))
			return append(i, -1)[0], len(i) == 1
		}),
	"Stringer, error": custom(func(i int) fmt.Stringer { return hour(i) }, func(i int) error { return fmt.Errorf("error %d", i) }, nil),
	"type, function": custom(func(i int) reflect.Type { return someTypes[i] }, func(i int) func() int { return func() int { return i } },
		func(f func() int) (int, bool) { return f(), true }),

	"any keys: strings":   anyKeys(func(i int) any { return constant(i) }),
	"any keys: ints":      anyKeys(func(i int) any { return i }),
	"any keys: arrays":    anyKeys(func(i int) any { return [2]int{i, 7} }),
	"any keys: structs":   anyKeys(func(i int) any { return address{"constant", i} }),
	"any keys: pointers":  anyKeys(func(i int) any { return &record{id: int64(i)} }),
	"any keys: variables": anyKeys(func(i int) any { return &packageVariables[i] }),
	"any keys: in a struct": anyKeys(func(i int) any {
		return struct{ p *record }{&packageVariables[i]}
	}),
	"any keys: in a struct with nothing": anyKeys(func(i int) any {
		return struct {
			_ struct{}
			p *record
		}{p: &packageVariables[i]}
	}),
	"any keys: one number":     anyKeys(func(i int) any { return []any{7, int64(7), uint8(7), 7.0, namedInt(7)}[i] }),
	"any keys: channels":       anyKeys(func(i int) any { return someChannels[i] }),
	"any keys: types":          anyKeys(func(i int) any { return someTypes[i] }),
	"any keys: functions":      anyKeys(func(i int) any { return someFunctions[i] }),
	"any keys: nothings":       anyKeys(func(i int) any { return []any{struct{}{}, [0]int{}, "", 0, nil}[i] }),
	"any keys: mixed":          anyKeys(func(i int) any { return []any{nil, "a", 7, (*record)(nil), address{"a", 1}}[i] }),
	"any keys: in an array":    anyKeys(func(i int) any { return [1]*record{&packageVariables[i]} }),
	"any keys: boxed pointers": anyKeys(func(i int) any { return [2]*record{&packageVariables[i], nil} }),
	"any keys: two words":      anyKeys(func(i int) any { return struct{ a, b, c int32 }{int32(i), 2, 3} }),
	"any values: short slices": custom[any](nil, func(i int) any { return []byte{byte(i)} },
		func(v any) (int, bool) { s, ok := v.([]byte); return int(append(s, 0)[0]), ok }),
	"any values: strings":   anyValues(func(i int) any { return constant(i) }),
	"any values: variables": anyValues(func(i int) any { return &packageVariables[i] }),
	"any values: slices": custom[any](nil, func(i int) any { return []int{i, i, i} },
		func(v any) (int, bool) { s, ok := v.([]int); return append(s, -1)[0], ok }),
}

// hour is small, and a Stringer.
type hour uint8

func (h hour) String() string { return fmt.Sprint("hour ", uint8(h)) }

// constant returns a part of a string in read-only memory.
func constant(i int) string { return "abcdefgh"[i : i+1] }

var (
	packageVariables [5]record
	someTypes        = []reflect.Type{reflect.TypeFor[int](), reflect.TypeFor[string](), reflect.TypeFor[*int](), reflect.ArrayOf(77, reflect.TypeFor[address]()), reflect.TypeFor[error]()}
	someFunctions    = []*runtime.Func{function(constant), function(function), function(fits), function(visited), function(entriesOf)}
	someChannels     = []chan int{make(chan int), make(chan int), make(chan int, 1), make(chan int, 1), make(chan int, 2)}
)

func function(f any) *runtime.Func { return runtime.FuncForPC(reflect.ValueOf(f).Pointer()) }

// fits reports whether in can perform o.
func fits(in Instance, o Op) bool {
	traits := in.Traits()
	switch {
	case o.Method.Compares() && !traits.Comparable,
		o.Method.OnKey() && o.Key == NaN && !traits.NaN,
		o.Method.OnKey() && o.Key == Unhashable && !traits.Unhashable,
		(o.Old == Uncomparable || o.Value == Uncomparable) && !traits.Uncomparable,
		(o.Old > Zero || o.Value > Zero) && traits.Unit:
		return false
	}
	return true
}

// visited performs the traversal o and returns its visits as text.
func visited(in Instance, m Method) (entries []string, r Result) {
	r = in.Traverse(Op{Method: m}, func(v Visit) bool {
		entries = append(entries, v.String())
		return true
	})
	slices.Sort(entries)
	return entries, r
}

func entriesOf(s State, m Method) (entries []string) {
	add := func(key, value int) {
		switch m {
		case Keys:
			value = Unseen
		case Values:
			key = Unseen
		}
		entries = append(entries, Visit{key, value}.String())
	}
	for _, k := range s.Keys() {
		add(k, s.Cell(k).Value)
	}
	for _, v := range s.NaNs() {
		add(NaN, v)
	}
	slices.Sort(entries)
	return entries
}

func TestARightMapBoundToAnyTypeDoesWhatStepSays(t *testing.T) {
	for name, subject := range subjects {
		t.Run(name, func(t *testing.T) {
			many := subject.(interface{ Ready() Binder }).Ready()
			rapid.Check(t, func(t *rapid.T) {
				in := rapid.SampledFrom([]Binder{subject, many}).Draw(t, "binder").Bind()
				if in.Name() != "right" || in.Methods() != EveryMethod || len(in.Mismatched()) != 0 {
					t.Fatalf("%s has %s, mismatched %s", in.Name(), in.Methods(), in.Mismatched())
				}
				var s State
				op := rapid.Custom(anyOp).Filter(func(o Op) bool { return !o.Method.Traverses() && fits(in, o) })
				for _, o := range rapid.SliceOfN(op, 1, 20).Draw(t, "operations") {
					before := s
					var want Result
					s, want = Step(s, o)
					if got := Call(in, o); got != want {
						t.Fatalf("%s in %s returns %+v, want %+v", o, before, got, want)
					}
				}
				for _, m := range []Method{Range, All, Keys, Values} {
					if got, r := visited(in, m); !slices.Equal(got, entriesOf(s, m)) || r != (Result{}) {
						t.Fatalf("%s in %s hands out %v, returns %+v", m, s, got, r)
					}
				}
			})
		})
	}
}

func TestMethodsAreFoundOneByOne(t *testing.T) {
	type (
		loads             interface{ Load(string) (int, bool) }
		stores            interface{ Store(string, int) }
		loadsOrStores     interface{ LoadOrStore(string, int) (int, bool) }
		loadsAndDeletes   interface{ LoadAndDelete(string) (int, bool) }
		deletes           interface{ Delete(string) }
		swaps             interface{ Swap(string, int) (int, bool) }
		comparesAndSwaps  interface{ CompareAndSwap(string, int, int) bool }
		comparesAndDelete interface{ CompareAndDelete(string, int) bool }
		ranges            interface{ Range(func(string, int) bool) }
		alls              interface{ All(func(string, int) bool) }
		allSeqs           interface{ All() iter.Seq2[string, int] }
		allFuncs          interface {
			All() func(func(string, int) bool)
		}
		keys     interface{ Keys(func(string) bool) }
		keySeqs  interface{ Keys() iter.Seq[string] }
		keyFuncs interface {
			Keys() func(func(string) bool)
		}
		values     interface{ Values(func(int) bool) }
		valueSeqs  interface{ Values() iter.Seq[int] }
		valueFuncs interface{ Values() func(func(int) bool) }
		clears     interface{ Clear() }
		lens       interface{ Len() int }
	)
	for _, row := range []struct {
		m    any
		want []Method
	}{
		{struct{ loads }{}, []Method{Load}}, {struct{ stores }{}, []Method{Store}}, {struct{ loadsOrStores }{}, []Method{LoadOrStore}},
		{struct{ loadsAndDeletes }{}, []Method{LoadAndDelete}}, {struct{ deletes }{}, []Method{Delete}}, {struct{ swaps }{}, []Method{Swap}},
		{struct{ comparesAndSwaps }{}, []Method{CompareAndSwap}}, {struct{ comparesAndDelete }{}, []Method{CompareAndDelete}},
		{struct{ ranges }{}, []Method{Range}},
		{struct{ alls }{}, []Method{All}}, {struct{ allSeqs }{}, []Method{All}}, {struct{ allFuncs }{}, []Method{All}},
		{struct{ keys }{}, []Method{Keys}}, {struct{ keySeqs }{}, []Method{Keys}}, {struct{ keyFuncs }{}, []Method{Keys}},
		{struct{ values }{}, []Method{Values}}, {struct{ valueSeqs }{}, []Method{Values}}, {struct{ valueFuncs }{}, []Method{Values}},
		{struct{ clears }{}, []Method{Clear}}, {struct{ lens }{}, []Method{Len}},
		{&struct {
			loads
			stores
			deletes
			ranges
		}{}, []Method{Load, Store, Delete, Range}},
		{new(mutexMap[string, int]), everyMethod},
	} {
		in := Subject[string, int]{New: func() any { return row.m }}.Bind()
		if !slices.Equal(in.Methods().Methods(), row.want) || len(in.Mismatched()) != 0 || in.Map() != row.m {
			t.Errorf("%T: found %s, mismatched %v", row.m, in.Methods(), in.Mismatched())
		}
	}
}

// wrongSignatures has no correct signature except that of Load.
type wrongSignatures struct{}

func (wrongSignatures) Load(string) (int, bool)             { return 0, false }
func (wrongSignatures) Store(string, int) bool              { return true }
func (wrongSignatures) LoadOrStore(string, any) (int, bool) { return 0, false }
func (wrongSignatures) LoadAndDelete(string) int            { return 0 }
func (wrongSignatures) Delete(string) bool                  { return false }
func (wrongSignatures) Swap(string, int) int                { return 0 }
func (wrongSignatures) CompareAndSwap(string, int, int)     {}
func (wrongSignatures) CompareAndDelete(int, string) bool   { return false }
func (wrongSignatures) Range(func(string, int))             {}
func (wrongSignatures) All() iter.Seq[int]                  { return nil }
func (wrongSignatures) Keys() []string                      { return nil }
func (wrongSignatures) Values(func(string) bool)            {}
func (wrongSignatures) Clear() error                        { return nil }
func (wrongSignatures) Len() int64                          { return 0 }

func TestMismatchedNamesEachMethodWithAnotherSignature(t *testing.T) {
	in := Subject[string, int]{New: func() any { return wrongSignatures{} }}.Bind()
	got := append([]string{in.Methods().String()}, in.Mismatched()...)
	want := []string{
		"Load",
		"Store is func(string, int) bool, want func(string, int)",
		"LoadOrStore is func(string, interface {}) (int, bool), want func(string, int) (int, bool)",
		"LoadAndDelete is func(string) int, want func(string) (int, bool)",
		"Delete is func(string) bool, want func(string)",
		"Swap is func(string, int) int, want func(string, int) (int, bool)",
		"CompareAndSwap is func(string, int, int), want func(string, int, int) bool",
		"CompareAndDelete is func(int, string) bool, want func(string, int) bool",
		"Range is func(func(string, int)), want func(func(string, int) bool)",
		"All is func() iter.Seq[int], want func(func(string, int) bool) or func() iter.Seq2[string,int]",
		"Keys is func() []string, want func(func(string) bool) or func() iter.Seq[string]",
		"Values is func(func(string) bool), want func(func(int) bool) or func() iter.Seq[int]",
		"Clear is func() error, want func()",
		"Len is func() int64, want func() int",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// takes is a mutexMap whose traversals take the callback.
type takes struct{ m *mutexMap[string, int] }

func (t takes) Store(k string, v int)        { t.m.Store(k, v) }
func (t takes) All(f func(string, int) bool) { t.m.Range(f) }
func (t takes) Keys(f func(string) bool)     { t.m.Keys()(f) }
func (t takes) Values(f func(int) bool)      { t.m.Values()(f) }

// returnsFuncs is a mutexMap that returns its traversals as plain functions, without
// the types of package iter.
type returnsFuncs struct{ m *mutexMap[string, int] }

func (r returnsFuncs) Store(k string, v int)             { r.m.Store(k, v) }
func (r returnsFuncs) All() func(func(string, int) bool) { return r.m.All() }
func (r returnsFuncs) Keys() func(func(string) bool)     { return r.m.Keys() }
func (r returnsFuncs) Values() func(func(int) bool)      { return r.m.Values() }

func TestEveryFormOfATraversalHandsOutTheSame(t *testing.T) {
	for _, form := range []any{new(mutexMap[string, int]), takes{new(mutexMap[string, int])}, returnsFuncs{new(mutexMap[string, int])}} {
		in := Subject[string, int]{New: func() any { return form }}.Bind()
		Call(in, store(1, 2))
		Call(in, store(2, Zero))
		for m, want := range map[Method]string{All: "k1, v2; k2, zero", Keys: "k1, _; k2, _", Values: "_, v2; _, zero"} {
			for range 2 {
				if got, r := visited(in, m); strings.Join(got, "; ") != want || r != (Result{}) {
					t.Errorf("%s of %T hands out %v, returns %+v", m, form, got, r)
				}
			}
			sequence := in.Sequence(m)
			for range 2 {
				var got []string
				sequence(func(v Visit) bool { got = append(got, v.String()); return true })
				if slices.Sort(got); strings.Join(got, "; ") != want {
					t.Errorf("the sequence of %s of %T hands out %v", m, form, got)
				}
			}
		}
	}
}

// nilSeen records whether its traversals were called with nil.
type nilSeen struct{ seen *[]Method }

func (n nilSeen) note(m Method, isNil bool) {
	if isNil {
		*n.seen = append(*n.seen, m)
	}
}

func (n nilSeen) Range(f func(string, int) bool) { n.note(Range, f == nil) }
func (n nilSeen) All() iter.Seq2[string, int] {
	return func(f func(string, int) bool) { n.note(All, f == nil) }
}
func (n nilSeen) Keys() iter.Seq[string]  { return func(f func(string) bool) { n.note(Keys, f == nil) } }
func (n nilSeen) Values(f func(int) bool) { n.note(Values, f == nil) }

func TestANilCallbackReachesTheMapAsNil(t *testing.T) {
	var seen []Method
	in := Subject[string, int]{New: func() any { return nilSeen{&seen} }}.Bind()
	for _, m := range []Method{Range, All, Keys, Values} {
		in.Traverse(Op{Method: m, Func: &Func{Nil: true}}, nil)
		in.Traverse(Op{Method: m}, func(Visit) bool { return true })
	}
	if want := []Method{Range, All, Keys, Values}; !slices.Equal(seen, want) {
		t.Errorf("nil was seen by %v, want %v", seen, want)
	}
}

// panics is a map that always panics.
type panics struct{}

func (panics) Load(any) (any, bool)             { panic("boom") }
func (panics) Store(any, any)                   { panic("boom") }
func (panics) LoadOrStore(any, any) (any, bool) { panic("boom") }
func (panics) LoadAndDelete(any) (any, bool)    { panic("boom") }
func (panics) Delete(any)                       { panic("boom") }
func (panics) Swap(any, any) (any, bool)        { panic("boom") }
func (panics) CompareAndSwap(_, _, _ any) bool  { panic("boom") }
func (panics) CompareAndDelete(_, _ any) bool   { panic("boom") }
func (panics) Range(func(_, _ any) bool)        { panic("boom") }
func (panics) All() iter.Seq2[any, any]         { panic("boom") }
func (panics) Keys() iter.Seq[any]              { panic("boom") }
func (panics) Values(func(any) bool)            { panic("boom") }
func (panics) Clear()                           { panic("boom") }
func (panics) Len() int                         { panic("boom") }

// The kind of a panic follows from the arguments, in every method.
func TestAPanicIsAResultOfAKind(t *testing.T) {
	in := Subject[any, any]{New: func() any { return panics{} }}.Bind()
	for _, m := range everyMethod {
		for _, row := range []struct {
			op    Op
			holds bool // if the operation takes such an argument
			want  Panic
		}{
			{Op{Method: m}, true, PanicOther},
			{Op{Method: m, Key: NaN}, true, PanicOther},
			{Op{Method: m, Key: Unhashable}, m.OnKey(), PanicHash},
			{Op{Method: m, Value: Uncomparable}, true, PanicOther},
			{Op{Method: m, Old: Uncomparable}, m.Compares(), PanicCompare},
			{Op{Method: m, Key: Unhashable, Old: Uncomparable}, m.OnKey(), PanicHash},
			{Op{Method: m, Func: &Func{Nil: m.Traverses()}}, m.Traverses(), PanicNilFunc},
		} {
			want := PanicOther
			if row.holds {
				want = row.want
			}
			if got := Execute(in, row.op, nil); got != (Result{Panic: want}) {
				t.Errorf("%s: %+v, want a panic of kind %s", row.op, got, want)
			}
		}
	}
}

func TestAPanicOfTheCallbackIsToldFromOneOfTheMap(t *testing.T) {
	in := right[string, int]().Bind()
	Call(in, store(1, 1))
	for _, m := range []Method{Range, All, Keys, Values} {
		if r := Execute(in, Op{Method: m, Func: &Func{Panic: 1}}, nil); r.Panic != PanicCallback {
			t.Errorf("%s: %+v", m, r)
		}
		if r := in.Traverse(Op{Method: m}, func(Visit) bool { panic("boom") }); r.Panic != PanicOther {
			t.Errorf("%s: %+v", m, r)
		}
	}
}

func TestTraitsFollowFromTheTypes(t *testing.T) {
	for name, want := range map[string]Traits{
		"string, string":                   {Comparable: true, KeyWatched: true, KeyInstances: true, ValueWatched: true},
		"constant string, constant string": {Comparable: true, KeyWatched: true, KeyInstances: true, ValueWatched: true},
		"any, any":                         {Comparable: true, KeyWatched: true, KeyInstances: true, ValueWatched: true, NaN: true, Unhashable: true, Uncomparable: true},
		"string, int":                      {Comparable: true, KeyWatched: true, KeyInstances: true},
		"int, pointer":                     {Comparable: true, ValueWatched: true},
		"named int, named pointer":         {Comparable: true, ValueWatched: true},
		"named string, payload":            {Comparable: true, KeyWatched: true, KeyInstances: true, ValueWatched: true, Uncomparable: true},
		"float64, nothing":                 {Comparable: true, NaN: true, Unit: true},
		"named pointer, int":               {Comparable: true, KeyWatched: true},
		"small pointer, small pointer":     {Comparable: true},
		"pointer, bytes":                   {KeyWatched: true, ValueWatched: true},
		"array, holder":                    {Comparable: true, ValueWatched: true},
		"struct, map":                      {ValueWatched: true},
		"Stringer, error":                  {Comparable: true, ValueWatched: true},
		"type, function":                   {},

		"any keys: strings":     {Comparable: true, KeyWatched: true, KeyInstances: true, ValueWatched: true, NaN: true, Unhashable: true, Uncomparable: true},
		"any keys: arrays":      {Comparable: true, KeyWatched: true, KeyInstances: true, ValueWatched: true, NaN: true, Unhashable: true, Uncomparable: true},
		"any keys: pointers":    {Comparable: true, KeyWatched: true, ValueWatched: true, NaN: true, Unhashable: true, Uncomparable: true},
		"any keys: in a struct": {Comparable: true, KeyWatched: true, ValueWatched: true, NaN: true, Unhashable: true, Uncomparable: true},
		"any keys: ints":        {Comparable: true, ValueWatched: true, NaN: true, Unhashable: true, Uncomparable: true},
		"any keys: types":       {Comparable: true, ValueWatched: true, NaN: true, Unhashable: true, Uncomparable: true},
		"any values: slices":    {KeyWatched: true, KeyInstances: true, ValueWatched: true, NaN: true, Unhashable: true, Uncomparable: true},
	} {
		if got := subjects[name].Bind().Traits(); got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, want)
		}
	}
}

func TestZeroIsTheZeroValueOfTheMapsType(t *testing.T) {
	made := right[string, int]()
	made.New = func() any { return &mutexMap[string, int]{m: map[string]int{"conn-1": 5}} }
	made.Promise = Promise{Zero: true}
	zero, ok := made.Bind().Zero()
	if !ok || zero.Methods() != EveryMethod || zero.Name() != "right" || !zero.Promise().Zero {
		t.Fatalf("ok %v, %v", ok, zero)
	}
	if r := Call(zero, Op{Method: Len}); r != (Result{}) {
		t.Errorf("Len of the zero value: %+v", r)
	}
	Call(zero, store(2, 3))
	if r := Call(zero, Op{Method: Load, Key: 2}); r != (Result{Value: 3, OK: true}) {
		t.Errorf("the zero value after a Store: %+v", r)
	}
	byValue := Subject[string, int]{New: func() any { return takes{new(mutexMap[string, int])} }}
	if zero, ok := byValue.Bind().Zero(); ok {
		t.Errorf("a map that is no pointer has the zero value %v", zero)
	}
}

func TestAResultOfUnknownMakeIsForeign(t *testing.T) {
	m := new(mutexMap[any, any])
	in := Subject[any, any]{New: func() any { return m }}.Bind()
	wild := []any{"text", 7, Payload{Index: 1, Check: [2]int{1, 1}}, NewPayload(0), NewPayload(-2), []int{1}, new(int)}
	for i, v := range wild {
		m.m = map[any]any{"conn-1": v}
		if r := Call(in, Op{Method: Load, Key: 1}); r != (Result{Value: Foreign, OK: true}) {
			t.Errorf("value %d, %v, is read as %+v", i, v, r)
		}
	}
	in = anyValues(func(i int) any { return constant(i) }).Bind()
	Call(in, store(1, 1))
	in.Map().(*mutexMap[any, any]).m["conn-1"] = []int{1}
	if r := Call(in, Op{Method: Load, Key: 1}); r != (Result{Value: Foreign, OK: true}) {
		t.Errorf("a slice among strings is read as %+v", r)
	}
	in = Subject[any, any]{New: func() any { return m }}.Bind()
	for _, k := range []any{"", "7", "conn-", "conn-01", "conn-+1", "conn--1", "conn-1 ", "Conn-1", "conn-99999999999999999999", 1, nil, namedString("conn-1")} {
		m.m = map[any]any{k: nil}
		if got, _ := visited(in, Range); !slices.Equal(got, []string{"foreign, zero"}) {
			t.Errorf("key %#v is read as %v", k, got)
		}
	}
}

// leaky returns keys and values that a correct map could not.
type leaky struct{ k, v any }

func (l leaky) Range(f func(any, any) bool) { f(l.k, l.v) }

func TestAKeyThatCannotBeHashedComesOutUnhashable(t *testing.T) {
	for want, k := range map[string]any{"unhashable, zero": []int{1}, "foreign, zero": 3.5} {
		in := Subject[any, any]{New: func() any { return leaky{k, nil} }}.Bind()
		if got, r := visited(in, Range); !slices.Equal(got, []string{want}) || r != (Result{}) {
			t.Errorf("%v is read as %v, %+v", k, got, r)
		}
	}
}

// A pointer stands for the same key in a map and in the instance of its zero value.
func TestTheZeroValueSpeaksOfTheSameKeys(t *testing.T) {
	in := right[*record, int]().Bind()
	zero, _ := in.Zero()
	p, q := in.Prepare(Op{Method: Load, Key: 1}), zero.Prepare(Op{Method: Load, Key: 1})
	if p.Watches().Key.ID() != q.Watches().Key.ID() {
		t.Error("key 1 is another pointer")
	}
	runtime.KeepAlive(p)
	runtime.KeepAlive(q)
}

// A released call does not retain its arguments and results, although it is reused.
func TestReleaseGivesEverythingUp(t *testing.T) {
	many := right[any, any]().Ready()
	in, other := many.Bind(), many.Bind()
	var watches []Watches
	for range 100 {
		p := in.Prepare(store(1, 1))
		watches = append(watches, p.Watches())
		p.Do()
		p.Release()
		if r := Call(other, Op{Method: Load, Key: 1}); r != (Result{}) {
			t.Fatalf("what one map has is loaded from another: %+v", r)
		}
	}
	if r := Call(in, Op{Method: LoadAndDelete, Key: 1}); r != (Result{Value: 1, OK: true}) {
		t.Fatalf("1 was stored, and %+v deleted", r)
	}
	runtime.GC() // what may be used again outlives one
	for i, w := range watches {
		if w.Key.Alive() || w.Value.Alive() {
			t.Fatalf("call %d: key is alive: %v, value: %v", i, w.Key.Alive(), w.Value.Alive())
		}
	}
	runtime.KeepAlive(in)
}

func TestAReleasedCallIsUsedAgain(t *testing.T) {
	allocations := func(b Binder) float64 {
		in := b.Bind()
		return testing.AllocsPerRun(100, func() { Call(in, Op{Method: Delete, Key: 1}) })
	}
	s := right[int, int]()
	if once, again := allocations(s), allocations(s.Ready()); again >= once {
		t.Errorf("%v allocations a call, and %v where it was released", once, again)
	}
}

func TestOnlyTraversalsAreTraversed(t *testing.T) {
	in := right[string, int]().Bind()
	for m := range Len + 1 {
		got := panicOf(func() { in.Sequence(m) })
		if (got == nil) != m.Traverses() {
			t.Errorf("Sequence(%v) panics with %v", m, got)
		}
	}
}

func TestWhatIsReadyMakesMapsInManyGoroutines(t *testing.T) {
	many := right[*record, any]().Ready()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 200 {
				in := many.Bind()
				Call(in, store(i, i+1))
				if r := Call(in, Op{Method: Load, Key: i}); r != (Result{Value: i + 1, OK: true}) {
					t.Errorf("%d was stored, and %+v loaded", i+1, r)
				}
			}
		})
	}
	all.Wait()
}

func TestWhatIsReadyLooksAtEachMap(t *testing.T) {
	maps := []any{&mutexMap[string, int]{}, leaky{}, nil}
	many := Subject[string, int]{New: func() any { m := maps[0]; maps = maps[1:]; return m }}.Ready()
	if in := many.Bind(); in.Methods() != EveryMethod {
		t.Errorf("the first map has %s", in.Methods())
	}
	for _, want := range []string{"has no method for keys", "New returned nil"} {
		if got := fmt.Sprint(panicOf(func() { many.Bind() })); !strings.Contains(got, want) {
			t.Errorf("panics with %s, want: %s", got, want)
		}
	}
}

func panicOf(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}

func BenchmarkPrepareDoResultOfAny(b *testing.B) {
	in := right[any, any]().Bind()
	ops := []Op{store(1, 1), {Method: Load, Key: 1}, {Method: CompareAndSwap, Key: 1, Old: 1, Value: 2}, {Method: LoadAndDelete, Key: 1}}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p := in.Prepare(ops[i%len(ops)])
		p.Do()
		p.Result()
	}
}
