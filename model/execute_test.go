package model_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	. "github.com/mapspec/mapspec/model"
)

// A sortedMap is a mutexMap that is traversed in the order of its keys.
type sortedMap struct{ mutexMap[string, int] }

func (m *sortedMap) Range(f func(string, int) bool) {
	var snapshot map[string]int
	m.change(func(m map[string]int) { snapshot = maps.Clone(m) })
	for _, k := range slices.Sorted(maps.Keys(snapshot)) {
		if !f(k, snapshot[k]) {
			return
		}
	}
}

func (m *sortedMap) All(f func(string, int) bool) { m.Range(f) }

func (m *sortedMap) Keys(f func(string) bool) {
	m.Range(func(k string, _ int) bool { return f(k) })
}

func (m *sortedMap) Values(f func(int) bool) {
	m.Range(func(_ string, v int) bool { return f(v) })
}

// A transcript is a Listener that records its calls.
type transcript struct {
	lines []string
	calls []Op
}

func (t *transcript) write(format string, args ...any) {
	t.lines = append(t.lines, fmt.Sprintf(format, args...))
}

func (t *transcript) Visit(v Visit) { t.write("visit %s", v) }

func (t *transcript) Call(o Op) int {
	t.calls = append(t.calls, o)
	t.write("call %d: %s", len(t.calls), o)
	return len(t.calls)
}

func (t *transcript) Return(id int, r Result) {
	t.write("return %d: %s", id, r.Text(t.calls[id-1].Method))
}

// transcribe executes o on a new map with these entries. It returns the events, how o
// ended, and what the map then holds.
func transcribe(o Op, m any, initial ...Op) string {
	in := Subject[string, int]{New: func() any { return m }}.Bind()
	for _, s := range initial {
		Call(in, s)
	}
	var t transcript
	r := Execute(in, o, &t)
	t.write("%s: %s", o.Method, r.Text(o.Method))
	if in.Methods().Has(Range) && len(initial) > 0 {
		entries, _ := visited(in, Range)
		t.write("left: %s", strings.Join(entries, "; "))
	}
	return strings.Join(t.lines, "\n")
}

// doing returns a callback that calls ops.
func doing(ops ...Op) *Func { return &Func{Do: ops} }

// transcripts are operations and the events while they run, on a map of two keys.
var transcripts = []struct {
	name string
	op   Op
	want string
}{
	{"a call that is no traversal is not heard", Op{Method: Load, Key: 1}, `
Load: v1, true
left: k1, v1; k2, v2`},
	{"every entry is visited", Op{Method: Range}, `
visit k1, v1
visit k2, v2
Range: returned
left: k1, v1; k2, v2`},
	{"All is Range", Op{Method: All}, `
visit k1, v1
visit k2, v2
All: returned
left: k1, v1; k2, v2`},
	{"Keys hands out keys", Op{Method: Keys}, `
visit k1, _
visit k2, _
Keys: returned
left: k1, v1; k2, v2`},
	{"Values hands out values", Op{Method: Values, Func: &Func{Stop: 1}}, `
visit _, v1
Values: returned
left: k1, v1; k2, v2`},
	{"stop at the first visit", Op{Method: Range, Func: &Func{Stop: 1}}, `
visit k1, v1
Range: returned
left: k1, v1; k2, v2`},
	{"stop after the last visit", Op{Method: Range, Func: &Func{Stop: 3}}, `
visit k1, v1
visit k2, v2
Range: returned
left: k1, v1; k2, v2`},
	{"panic at the second visit", Op{Method: Range, Func: &Func{Panic: 2}}, `
visit k1, v1
visit k2, v2
Range: panic: callback
left: k1, v1; k2, v2`},
	{"Goexit at the second visit", Op{Method: Range, Func: &Func{Goexit: 2}}, `
visit k1, v1
visit k2, v2
Range: Goexit
left: k1, v1; k2, v2`},
	{"Goexit after the last visit", Op{Method: Range, Func: &Func{Goexit: 3}}, `
visit k1, v1
visit k2, v2
Range: returned
left: k1, v1; k2, v2`},
	{"a nil callback", Op{Method: Range, Func: &Func{Nil: true}}, `
Range: panic: nil
left: k1, v1; k2, v2`},
	{"calls are made at the first visit", Op{Method: Range, Func: doing(Op{Method: Len}, store(3, 3), remove(1), Op{Method: Load, Key: 1})}, `
visit k1, v1
call 1: Len()
return 1: 2
call 2: Store(k3, v3)
return 2: returned
call 3: Delete(k1)
return 3: returned
call 4: Load(k1)
return 4: zero, false
visit k2, v2
Range: returned
left: k2, v2; k3, v3`},
	{"calls come before the panic of the same visit", Op{Method: Range, Func: &Func{Panic: 1, Do: []Op{{Method: Clear}}}}, `
visit k1, v1
call 1: Clear()
return 1: returned
Range: panic: callback
left: `},
	{"calls come before the Goexit of the same visit", Op{Method: Range, Func: &Func{Goexit: 1, Do: []Op{remove(2)}}}, `
visit k1, v1
call 1: Delete(k2)
return 1: returned
Range: Goexit
left: k1, v1`},
	{"a Range inside a Range inside a Range", Op{Method: Range, Func: doing(Op{Method: Range, Func: &Func{Stop: 2, Do: []Op{{Method: Keys, Func: doing(store(2, 5))}}}})}, `
visit k1, v1
call 1: Range(func: Keys(func: Store(k2, v5)); stop at visit 2)
visit k1, v1
call 2: Keys(func: Store(k2, v5))
visit k1, _
call 3: Store(k2, v5)
return 3: returned
visit k2, _
return 2: returned
visit k2, v2
return 1: returned
visit k2, v2
Range: returned
left: k1, v1; k2, v5`},
	{"a panic of an inner callback ends the inner call only", Op{Method: Range, Func: doing(Op{Method: All, Func: &Func{Panic: 1}})}, `
visit k1, v1
call 1: All(func: panic at visit 1)
visit k1, v1
return 1: panic: callback
visit k2, v2
Range: returned
left: k1, v1; k2, v2`},
	{"a Goexit of an inner callback ends the inner call only", Op{Method: Range, Func: &Func{Goexit: 2, Do: []Op{{Method: All, Func: &Func{Goexit: 1}}}}}, `
visit k1, v1
call 1: All(func: Goexit at visit 1)
visit k1, v1
return 1: Goexit
visit k2, v2
Range: Goexit
left: k1, v1; k2, v2`},
	{"a nil inner callback", Op{Method: Range, Func: &Func{Stop: 1, Do: []Op{{Method: Range, Func: &Func{Nil: true}}}}}, `
visit k1, v1
call 1: Range(nil)
return 1: panic: nil
Range: returned
left: k1, v1; k2, v2`},
}

func TestExecuteReportsEventsInOrder(t *testing.T) {
	for _, row := range transcripts {
		t.Run(row.name, func(t *testing.T) {
			got := transcribe(row.op, new(sortedMap), store(1, 1), store(2, 2))
			if want := strings.TrimPrefix(row.want, "\n"); got != want {
				t.Errorf("%s\ngot\n%s\nwant\n%s", row.op, got, want)
			}
		})
	}
}

func TestExecuteOnAnEmptyMapHearsNothing(t *testing.T) {
	for _, f := range []*Func{nil, {}, {Stop: 1}, {Panic: 1}, {Goexit: 1}, {Nil: true}, {Do: []Op{{Method: Clear}}}} {
		o := Op{Method: Range, Func: f}
		if got := transcribe(o, new(sortedMap)); got != "Range: returned" {
			t.Errorf("%s: %s", o, got)
		}
	}
}

// deafMap continues its traversal after the callback returned false or panicked.
type deafMap struct{}

func (deafMap) Range(f func(string, int) bool) {
	for i := range 3 {
		func() {
			defer func() { recover() }()
			f("conn-1", i)
		}()
	}
}

// panicsAfter lets its callback return and then panics.
type panicsAfter struct{}

func (panicsAfter) Range(f func(string, int) bool) {
	f("conn-1", 0)
	panic("the map's own")
}

// panicsAnew replaces the panic of its callback.
type panicsAnew struct{}

func (panicsAnew) Range(f func(string, int) bool) {
	defer func() {
		if recover() != nil {
			panic("the map's own")
		}
	}()
	f("conn-1", 0)
}

func TestExecuteHearsWhatAWrongMapDoes(t *testing.T) {
	for _, row := range []struct {
		m    any
		f    *Func
		want string
	}{
		{deafMap{}, &Func{Stop: 1}, "visit k1, zero\nvisit k1, foreign\nvisit k1, foreign\nRange: returned"},
		{deafMap{}, &Func{Panic: 1}, "visit k1, zero\nvisit k1, foreign\nvisit k1, foreign\nRange: returned"},
		{deafMap{}, &Func{Goexit: 2}, "visit k1, zero\nvisit k1, foreign\nRange: Goexit"},
		{panicsAfter{}, nil, "visit k1, zero\nRange: panic: other"},
		{panicsAfter{}, &Func{Goexit: 2}, "visit k1, zero\nRange: panic: other"},
		{panicsAfter{}, &Func{Goexit: 1}, "visit k1, zero\nRange: Goexit"},
		{panicsAnew{}, &Func{Panic: 1}, "visit k1, zero\nRange: panic: other"},
	} {
		if got := transcribe(Op{Method: Range, Func: row.f}, row.m); got != row.want {
			t.Errorf("%T, %s:\ngot\n%s\nwant\n%s", row.m, row.f, got, row.want)
		}
	}
}

// endless visits until its callback panics.
type endless struct{}

func (endless) Range(f func(string, int) bool) {
	for {
		f("conn-1", 0)
	}
}

func TestExecuteEndsATraversalThatGoesOnAndOn(t *testing.T) {
	in := Subject[string, int]{New: func() any { return endless{} }}.Bind()
	for _, f := range []*Func{nil, {Stop: 1}} {
		var heard transcript
		if r := Execute(in, Op{Method: Range, Func: f}, &heard); r != (Result{Panic: PanicCallback}) || len(heard.lines) < 1000 {
			t.Errorf("%s: %+v after %d visits", f, r, len(heard.lines))
		}
	}
}
