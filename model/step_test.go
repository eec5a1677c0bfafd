package model_test

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	. "github.com/mapspec/mapspec/model"
	"pgregory.net/rapid"
)

// A builtin performs operations on Go's built-in map, as a second definition of their
// meaning.
type builtin map[any]any

func builtinKey(k int) any {
	switch k {
	case NaN:
		return math.NaN()
	case Unhashable:
		return []int{}
	}
	return k
}

func builtinValue(v int) any {
	switch v {
	case Zero:
		return nil
	case Uncomparable:
		return []int{}
	}
	return v
}

func symbolic(v any) int {
	switch v := v.(type) {
	case nil:
		return Zero
	case int:
		return v
	}
	return Uncomparable
}

// call performs o in a goroutine, which its callback may end.
func (m builtin) call(o Op) Result {
	r := Result{Panic: Goexit}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				r = Result{Panic: panicKind(p)}
			}
		}()
		r = m.do(o)
	}()
	<-done
	return r
}

func panicKind(p any) Panic {
	err, ok := p.(runtime.Error)
	switch {
	case !ok:
		return PanicCallback
	case strings.Contains(err.Error(), "hash of unhashable"):
		return PanicHash
	case strings.Contains(err.Error(), "comparing uncomparable"):
		return PanicCompare
	case strings.Contains(err.Error(), "nil pointer"):
		return PanicNilFunc
	}
	return PanicOther
}

func (m builtin) do(o Op) Result {
	k, old, new := builtinKey(o.Key), builtinValue(o.Old), builtinValue(o.Value)
	switch o.Method {
	case Store:
		m[k] = new
		return Result{}
	case Delete:
		delete(m, k)
		return Result{}
	case Clear:
		clear(m)
		return Result{}
	case Len:
		return Result{Len: len(m)}
	case Range, All, Keys, Values:
		m.traverse(builtinCallback(o.Func))
		return Result{}
	}
	held, ok := m[k]
	switch o.Method {
	case LoadOrStore:
		if !ok {
			m[k] = new
			return Result{Value: o.Value}
		}
	case LoadAndDelete:
		delete(m, k)
	case Swap:
		m[k] = new
	case CompareAndSwap:
		if !ok || held != old {
			return Result{}
		}
		m[k] = new
		return Result{OK: true}
	case CompareAndDelete:
		if !ok || held != old {
			return Result{}
		}
		delete(m, k)
		return Result{OK: true}
	}
	return Result{Value: symbolic(held), OK: ok}
}

func (m builtin) traverse(f func() bool) {
	for range m {
		if !f() {
			return
		}
	}
}

func builtinCallback(f *Func) func() bool {
	if f == nil {
		return func() bool { return true }
	}
	if f.Nil {
		return nil
	}
	visit := 0
	return func() bool {
		visit++
		if visit == f.Panic {
			panic(errors.New("callback"))
		}
		if visit == f.Goexit {
			runtime.Goexit()
		}
		return visit != f.Stop
	}
}

// content returns the entries of m as text, with NaN keys sorted by value.
func (m builtin) content() string {
	var entries []string
	for k, v := range m {
		name := "NaN"
		if k, ok := k.(int); ok {
			name = fmt.Sprint(k)
		}
		entries = append(entries, fmt.Sprint(name, ":", symbolic(v)))
	}
	slices.Sort(entries)
	return strings.Join(entries, " ")
}

func content(s State) string {
	var entries []string
	for _, k := range s.Keys() {
		entries = append(entries, fmt.Sprint(k, ":", s.Cell(k).Value))
	}
	for _, v := range s.NaNs() {
		entries = append(entries, fmt.Sprint("NaN:", v))
	}
	slices.Sort(entries)
	return strings.Join(entries, " ")
}

// anyOp draws a call of any method with any arguments. Its callbacks call nothing.
func anyOp(t *rapid.T) Op {
	o := Op{Method: Method(rapid.IntRange(0, int(Len)).Draw(t, "method"))}
	switch value := rapid.SampledFrom([]int{Zero, 1, 2, Uncomparable}); {
	case o.Method < Range:
		o.Key = rapid.SampledFrom([]int{0, 1, 2, NaN, Unhashable}).Draw(t, "key")
		o.Instance = rapid.SampledFrom([]int{0, 1, 63}).Draw(t, "instance")
		if o.Method == CompareAndSwap || o.Method == CompareAndDelete {
			o.Old = value.Draw(t, "old")
		}
		if o.Method == Store || o.Method == Swap || o.Method == LoadOrStore || o.Method == CompareAndSwap {
			o.Value = value.Draw(t, "value")
		}
	case o.Method <= Values:
		o.Func = rapid.Custom(anyFunc).Draw(t, "func")
	}
	return o
}

func anyFunc(t *rapid.T) *Func {
	visit := rapid.IntRange(0, 3)
	return rapid.SampledFrom([]*Func{
		nil, {Nil: true}, {},
		{Stop: visit.Draw(t, "stop"), Panic: visit.Draw(t, "panic"), Goexit: visit.Draw(t, "goexit")},
	}).Draw(t, "func")
}

// Clauses: S3, S4, S5, S6, S7
func TestStepAgreesWithTheBuiltInMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s State
		m := builtin{}
		for _, o := range rapid.SliceOfN(rapid.Custom(anyOp), 1, 50).Draw(t, "operations") {
			before := s
			want := m.call(o)
			var got Result
			if s, got = Step(s, o); got != want {
				t.Fatalf("%s in %s returns %+v, the built-in map %+v", o, before, got, want)
			}
			if content(s) != m.content() || s.Len() != len(m) {
				t.Fatalf("%s in %s leaves %s, the built-in map %s", o, before, content(s), m.content())
			}
		}
	})
}

func TestStepOnSpecialKeysAndValues(t *testing.T) {
	held := func(v int) State {
		s, _ := Step(State{}, Op{Method: Store, Value: v, Instance: 1})
		return s
	}
	nan, _ := Step(State{}, Op{Method: Store, Key: NaN, Value: 1})
	for _, row := range []struct {
		in     State
		op     Op
		result Result
		after  string
	}{
		{State{}, Op{Method: Store, Key: NaN, Value: 1}, Result{}, "NaN:1"},
		{nan, Op{Method: Load, Key: NaN}, Result{}, "NaN:1"},
		{nan, Op{Method: Store, Key: NaN, Value: 0}, Result{}, "NaN:0 NaN:1"},
		{nan, Op{Method: Swap, Key: NaN, Value: 1}, Result{}, "NaN:1 NaN:1"},
		{nan, Op{Method: LoadOrStore, Key: NaN, Value: 2}, Result{Value: 2}, "NaN:1 NaN:2"},
		{nan, Op{Method: LoadAndDelete, Key: NaN}, Result{}, "NaN:1"},
		{nan, Op{Method: Delete, Key: NaN}, Result{}, "NaN:1"},
		{nan, Op{Method: CompareAndSwap, Key: NaN, Old: 1, Value: 2}, Result{}, "NaN:1"},
		{nan, Op{Method: CompareAndDelete, Key: NaN, Old: 1}, Result{}, "NaN:1"},
		{nan, Op{Method: Len}, Result{Len: 1}, "NaN:1"},
		{nan, Op{Method: Clear}, Result{}, ""},
		{nan, Op{Method: Range, Func: &Func{Panic: 1}}, Result{Panic: PanicCallback}, "NaN:1"},
		{held(1), Op{Method: Load, Key: Unhashable}, Result{Panic: PanicHash}, "0:1"},
		{held(1), Op{Method: Store, Key: Unhashable, Value: 2}, Result{Panic: PanicHash}, "0:1"},
		{held(1), Op{Method: Delete, Key: Unhashable}, Result{Panic: PanicHash}, "0:1"},
		{held(1), Op{Method: CompareAndSwap, Key: Unhashable, Old: Uncomparable}, Result{Panic: PanicHash}, "0:1"},
		{held(Uncomparable), Op{Method: CompareAndSwap, Old: Uncomparable, Value: 1}, Result{Panic: PanicCompare}, "0:-2"},
		{held(Uncomparable), Op{Method: CompareAndDelete, Old: Uncomparable}, Result{Panic: PanicCompare}, "0:-2"},
		{held(Uncomparable), Op{Method: CompareAndDelete, Old: 1}, Result{}, "0:-2"},
		{held(1), Op{Method: CompareAndDelete, Old: Uncomparable}, Result{}, "0:1"},
		{State{}, Op{Method: CompareAndSwap, Old: Uncomparable, Value: 1}, Result{}, ""},
		{State{}, Op{Method: CompareAndDelete, Old: Zero}, Result{}, ""},
	} {
		t.Run(fmt.Sprintf("%s in %s", row.op, row.in), func(t *testing.T) {
			after, r := Step(row.in, row.op)
			if r != row.result || content(after) != row.after {
				t.Errorf("%+v, then %q; want %+v, then %q", r, content(after), row.result, row.after)
			}
			if onKey(row.op) {
				if _, r := StepKey(row.in.Cell(row.op.Key), row.op); r != row.result {
					t.Errorf("StepKey: %+v", r)
				}
			}
		})
	}
}

func TestStepKeyOfASpecialKeyDoesNotTouchTheCell(t *testing.T) {
	cell := Cell{Present: true, Value: 1, Instances: 1}
	for m := range Range {
		if c, r := StepKey(cell, Op{Method: m, Key: Unhashable}); c != cell || r.Panic != PanicHash {
			t.Errorf("%s of an unhashable key: %+v, %+v", m, c, r)
		}
		if c, _ := StepKey(cell, Op{Method: m, Key: NaN}); c != (Cell{}) {
			t.Errorf("%s of NaN: %+v, and nothing is ever found there", m, c)
		}
	}
}

func TestStepThatChangesNothingAllocatesNothing(t *testing.T) {
	s, _ := Step(State{}, store(1, 1))
	for _, o := range []Op{
		{Method: Load, Key: 1}, {Method: Load, Key: 2}, {Method: Delete, Key: 2}, {Method: LoadOrStore, Key: 1, Value: 2},
		{Method: CompareAndSwap, Key: 1, Old: 2, Value: 3}, store(1, 1), {Method: Len},
	} {
		if n := testing.AllocsPerRun(100, func() { Step(s, o) }); n != 0 {
			t.Errorf("%s in %s: %v allocations", o, s, n)
		}
	}
}

func TestStepLeavesTheStateItWasGivenAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		states, identities := []State{{}}, []string{identity(State{})}
		for _, o := range rapid.SliceOfN(rapid.Custom(anyOp), 1, 30).Draw(t, "operations") {
			next, _ := Step(rapid.SampledFrom(states).Draw(t, "state"), o)
			states, identities = append(states, next), append(identities, identity(next))
		}
		for i, s := range states {
			if identity(s) != identities[i] {
				t.Fatalf("state %d became %s, it was %s", i, identity(s), identities[i])
			}
		}
	})
}

func BenchmarkStepOnOneKey(b *testing.B) {
	ops := []Op{
		{Method: Store, Value: 1}, {Method: Load}, {Method: CompareAndSwap, Old: 1, Value: 2}, {Method: LoadAndDelete},
	}
	var s State
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s, _ = Step(s, ops[i%len(ops)])
	}
}
