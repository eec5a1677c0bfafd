package model_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	. "github.com/mapspec/mapspec/model"
	"pgregory.net/rapid"
)

// everyMethod is the order of the specification.
var everyMethod = []Method{
	Load, Store, LoadOrStore, LoadAndDelete, Delete, Swap, CompareAndSwap, CompareAndDelete,
	Range, All, Keys, Values, Clear, Len,
}

func TestMethodIsWrittenAsItsNameAndReadBack(t *testing.T) {
	names := strings.Fields(`Load Store LoadOrStore LoadAndDelete Delete Swap CompareAndSwap CompareAndDelete
		Range All Keys Values Clear Len`)
	for i, m := range everyMethod {
		b, err := m.MarshalText()
		if err != nil || string(b) != names[i] || m.String() != names[i] {
			t.Errorf("method %d is written as %s, %v and shown as %s, want %s", i, b, err, m, names[i])
		}
		var back Method = 99
		if err := back.UnmarshalText(b); err != nil || back != m {
			t.Errorf("%s is read as %s, %v", b, back, err)
		}
	}
	for m, want := range map[Method]string{Len + 1: "Method(14)", 99: "Method(99)"} {
		if got := m.String(); got != want {
			t.Errorf("no method is shown as %s, want %s", got, want)
		}
	}
}

func TestMethodRefusesAnotherName(t *testing.T) {
	for _, name := range []string{"", "load", "Load ", "LoadAndStore", "Method(99)"} {
		var m Method
		err := m.UnmarshalText([]byte(name))
		if err == nil || !strings.Contains(err.Error(), "want one of Load, Store, ") {
			t.Errorf("%q is read as %s, %v", name, m, err)
		}
	}
}

func TestMethodKnowsItsNature(t *testing.T) {
	for _, row := range []struct {
		what string
		of   func(Method) bool
		want []Method
	}{
		{"OnKey", Method.OnKey, everyMethod[:8]},
		{"Traverses", Method.Traverses, []Method{Range, All, Keys, Values}},
		{"Stores", Method.Stores, []Method{Store, LoadOrStore, Swap, CompareAndSwap}},
		{"Compares", Method.Compares, []Method{CompareAndSwap, CompareAndDelete}},
		{"Writes", Method.Writes, []Method{Store, LoadOrStore, LoadAndDelete, Delete, Swap, CompareAndSwap, CompareAndDelete, Clear}},
	} {
		for _, m := range everyMethod {
			if row.of(m) != slices.Contains(row.want, m) {
				t.Errorf("%s of %s is %v", row.what, m, row.of(m))
			}
		}
	}
}

func TestMethodSetHoldsWhatWasAddedAndNotLeftOut(t *testing.T) {
	if !slices.Equal(EveryMethod.Methods(), everyMethod) {
		t.Errorf("EveryMethod is %v", EveryMethod.Methods())
	}
	rapid.Check(t, func(t *rapid.T) {
		var s MethodSet
		added := map[Method]bool{}
		for _, m := range rapid.SliceOf(rapid.SampledFrom(everyMethod)).Draw(t, "methods") {
			if added[m] = rapid.IntRange(0, 3).Draw(t, "kind") != 0; added[m] {
				s = s.With(m)
			} else {
				s = s.Without(m)
			}
		}
		var want []Method
		var names []string
		for _, m := range everyMethod {
			if s.Has(m) != added[m] {
				t.Fatalf("Has(%s) is %v", m, s.Has(m))
			}
			if added[m] {
				want, names = append(want, m), append(names, m.String())
			}
		}
		if !slices.Equal(s.Methods(), want) || s.String() != strings.Join(names, ", ") {
			t.Fatalf("%v, shown as %q, want %v", s.Methods(), s, want)
		}
	})
	if EveryMethod.Has(Len+1) || EveryMethod.Has(200) {
		t.Error("EveryMethod has what is no method")
	}
}

// goldenOps lists operations with their text and their JSON.
var goldenOps = []struct {
	op         Op
	text, line string
}{
	{Op{Method: Load, Key: 1}, "Load(k1)", `{"op":"Load","key":1}`},
	{Op{Method: Load, Key: NaN}, "Load(NaN)", `{"op":"Load","key":-2}`},
	{Op{Method: Delete, Key: Unhashable}, "Delete(unhashable)", `{"op":"Delete","key":-3}`},
	{Op{Method: LoadAndDelete, Key: Foreign}, "LoadAndDelete(foreign)", `{"op":"LoadAndDelete","key":-1}`},
	{Op{Method: Store, Key: 0, Value: Zero}, "Store(k0, zero)", `{"op":"Store","key":0,"value":0}`},
	{Op{Method: Store, Key: 0, Value: 3, Instance: 63}, "Store(k0, v3)", `{"op":"Store","key":0,"value":3,"instance":63}`},
	{Op{Method: LoadOrStore, Key: 2, Value: Uncomparable}, "LoadOrStore(k2, uncomparable)", `{"op":"LoadOrStore","key":2,"value":-2}`},
	{Op{Method: Swap, Key: 2, Value: Foreign}, "Swap(k2, foreign)", `{"op":"Swap","key":2,"value":-1}`},
	{Op{Method: CompareAndSwap, Key: 2, Old: 1, Value: 4}, "CompareAndSwap(k2, v1, v4)", `{"op":"CompareAndSwap","key":2,"old":1,"new":4}`},
	{Op{Method: CompareAndDelete, Key: 2, Old: Zero}, "CompareAndDelete(k2, zero)", `{"op":"CompareAndDelete","key":2,"old":0}`},
	{Op{Method: Range}, "Range()", `{"op":"Range"}`},
	{Op{Method: Range, Func: &Func{Nil: true}}, "Range(nil)", `{"op":"Range","func":{"nil":true}}`},
	{Op{Method: Range, Func: &Func{}}, "Range(func: )", `{"op":"Range","func":{}}`},
	{Op{Method: All, Func: &Func{Stop: 2}}, "All(func: stop at visit 2)", `{"op":"All","func":{"stop":2}}`},
	{Op{Method: Keys, Func: &Func{Panic: 1, Goexit: 3}}, "Keys(func: panic at visit 1; Goexit at visit 3)", `{"op":"Keys","func":{"panic":1,"goexit":3}}`},
	{Op{Method: Values, Func: &Func{Do: []Op{{Method: Clear}, {Method: Range, Func: &Func{Do: []Op{{Method: Delete, Key: 1}}}}}}},
		"Values(func: Clear(); Range(func: Delete(k1)))",
		`{"op":"Values","func":{"do":[{"op":"Clear"},{"op":"Range","func":{"do":[{"op":"Delete","key":1}]}}]}}`},
	{Op{Method: Clear}, "Clear()", `{"op":"Clear"}`},
	{Op{Method: Len}, "Len()", `{"op":"Len"}`},
}

func TestOpIsShownWrittenAndReadBack(t *testing.T) {
	for _, row := range goldenOps {
		if got := row.op.String(); got != row.text {
			t.Errorf("shown as %s, want %s", got, row.text)
		}
		if b, err := json.Marshal(row.op); err != nil || string(b) != row.line {
			t.Errorf("%s is written as %s, %v; want %s", row.op, b, err, row.line)
		}
		back := Op{Method: Len, Key: 9, Old: 9, Value: 9, Instance: 9, Func: &Func{Stop: 9}}
		if err := json.Unmarshal([]byte(row.line), &back); err != nil || !reflect.DeepEqual(back, row.op) {
			t.Errorf("%s is read as %+v, %v", row.line, back, err)
		}
	}
}

// nestedOp draws an operation with any argument that it may have, and calls in
// its callback down to depth.
func nestedOp(depth int) func(*rapid.T) Op {
	return func(t *rapid.T) Op {
		o := Op{Method: rapid.SampledFrom(everyMethod).Draw(t, "method")}
		value := rapid.IntRange(Uncomparable, 1<<30)
		if o.Method.OnKey() {
			o.Key = rapid.IntRange(Unhashable, 1<<30).Draw(t, "key")
			o.Instance = rapid.IntRange(0, 63).Draw(t, "instance")
		}
		if o.Method.Compares() {
			o.Old = value.Draw(t, "old")
		}
		if o.Method.Stores() {
			o.Value = value.Draw(t, "value")
		}
		if o.Method.Traverses() && rapid.Bool().Draw(t, "has a func") {
			visit := rapid.IntRange(0, 1<<30)
			o.Func = &Func{
				Stop: visit.Draw(t, "stop"), Panic: visit.Draw(t, "panic"), Goexit: visit.Draw(t, "goexit"),
				Nil: rapid.Bool().Draw(t, "nil"),
			}
			if depth > 0 {
				o.Func.Do = rapid.SliceOfN(rapid.Custom(nestedOp(depth-1)), 1, 3).Draw(t, "do")
			}
		}
		return o
	}
}

func TestOpRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := rapid.Custom(nestedOp(2)).Draw(t, "operation")
		b, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		var back Op
		if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back, o) {
			t.Fatalf("%s is read as %s, %v", b, back, err)
		}
	})
}

func TestOpRefusesAMalformedLine(t *testing.T) {
	for line, want := range map[string]string{
		`null`:                            `no "op" in null`,
		`{}`:                              `no "op" in {}`,
		`{"key":1}`:                       `no "op" in {"key":1}`,
		`{"op":null,"key":1}`:             `no "op" in`,
		`{"op":"Get","key":1}`:            `unknown operation "Get": want one of Load, Store, `,
		`{"op":7}`:                        `cannot unmarshal number`,
		`[]`:                              `cannot unmarshal array`,
		`{"op":"Load","key":1,"x":2}`:     `unknown field "x"`,
		`{"op":"Load","key":1,"Value":2}`: `Load takes no "value"`,

		`{"op":"Load"}`:                                `Load needs "key"`,
		`{"op":"Load","key":null}`:                     `Load needs "key"`,
		`{"op":"Store","key":1}`:                       `Store needs "value"`,
		`{"op":"Store","value":1}`:                     `Store needs "key"`,
		`{"op":"CompareAndSwap","key":1,"new":2}`:      `CompareAndSwap needs "old"`,
		`{"op":"CompareAndSwap","key":1,"old":2}`:      `CompareAndSwap needs "new"`,
		`{"op":"CompareAndDelete","key":1}`:            `CompareAndDelete needs "old"`,
		`{"op":"LoadOrStore","key":1}`:                 `LoadOrStore needs "value"`,
		`{"op":"Range","func":{"do":[{"op":"Load"}]}}`: `Load needs "key"`,

		`{"op":"Load","key":1,"value":2}`:                           `Load takes no "value"`,
		`{"op":"Delete","key":1,"old":2}`:                           `Delete takes no "old"`,
		`{"op":"Store","key":1,"new":2}`:                            `Store takes no "new"`,
		`{"op":"CompareAndSwap","key":1,"old":1,"new":2,"value":2}`: `CompareAndSwap takes no "value"`,
		`{"op":"CompareAndDelete","key":1,"old":1,"new":2}`:         `CompareAndDelete takes no "new"`,
		`{"op":"Len","key":1}`:                                      `Len takes no "key"`,
		`{"op":"Range","key":1}`:                                    `Range takes no "key"`,
		`{"op":"Clear","instance":1}`:                               `Clear takes no "instance"`,
		`{"op":"Load","key":1,"func":{}}`:                           `Load takes no "func"`,
		`{"op":"Len","func":{"nil":true}}`:                          `Len takes no "func"`,
		`{"op":"Range","func":{"until":3}}`:                         `unknown field "until"`,

		`{"op":"Load","key":-4}`:                                `key -4: want 0 and up, -1 (foreign), -2 (NaN) or -3 (unhashable)`,
		`{"op":"Load","key":-9}`:                                `key -9: want`,
		`{"op":"Load","key":1.5}`:                               `cannot unmarshal number 1.5`,
		`{"op":"Load","key":"1"}`:                               `cannot unmarshal string`,
		`{"op":"Load","key":99999999999999999999}`:              `cannot unmarshal number 99999999999999999999`,
		`{"op":"Store","key":1,"value":-3}`:                     `value below -2: want 0 and up, -1 (foreign) or -2 (uncomparable)`,
		`{"op":"CompareAndDelete","key":1,"old":-3}`:            `value below -2: want`,
		`{"op":"CompareAndSwap","key":1,"old":1,"new":-9}`:      `value below -2: want`,
		`{"op":"Load","key":1,"instance":64}`:                   `instance 64: want 0 to 63`,
		`{"op":"Load","key":1,"instance":-1}`:                   `instance -1: want 0 to 63`,
		`{"op":"Range","func":{"stop":-1}}`:                     `negative visit in "func": visits are counted from 1`,
		`{"op":"Range","func":{"panic":-1}}`:                    `negative visit in "func": visits are counted from 1`,
		`{"op":"Range","func":{"goexit":-1}}`:                   `negative visit in "func": visits are counted from 1`,
		`{"op":"Range","func":{"do":[{"op":"Load","key":-4}]}}`: `key -4: want`,
	} {
		var o Op
		err := json.Unmarshal([]byte(line), &o)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s is read as %s, %v; want %s", line, o, err, want)
		}
	}
}

func TestFuncStepsUntilItsFirstEnd(t *testing.T) {
	for _, row := range []struct {
		f     *Func
		visit int
		ends  Panic
	}{
		{nil, 0, ""}, {&Func{}, 0, ""}, {&Func{Nil: true}, 0, ""},
		{&Func{Stop: 2}, 2, ""}, {&Func{Panic: 2}, 2, PanicCallback}, {&Func{Goexit: 2}, 2, Goexit},
		{&Func{Stop: 1, Panic: 2, Goexit: 3}, 1, ""},
		{&Func{Stop: 3, Panic: 2, Goexit: 4}, 2, PanicCallback},
		{&Func{Stop: 3, Panic: 3, Goexit: 2}, 2, Goexit},
		{&Func{Stop: 2, Panic: 2, Goexit: 2}, 2, PanicCallback},
		{&Func{Stop: 2, Goexit: 2}, 2, Goexit},
	} {
		if visit, ends := row.f.Step(); visit != row.visit || ends != row.ends {
			t.Errorf("%+v: visit %d, %q; want %d, %q", row.f, visit, ends, row.visit, row.ends)
		}
	}
}

func TestNamesOfKeysAndValues(t *testing.T) {
	for k, want := range map[int]string{0: "k0", 12: "k12", Foreign: "foreign", NaN: "NaN", Unhashable: "unhashable", Unseen: "_"} {
		if got := KeyName(k); got != want {
			t.Errorf("key %d is %s, want %s", k, got, want)
		}
	}
	for v, want := range map[int]string{Zero: "zero", 12: "v12", Foreign: "foreign", Uncomparable: "uncomparable", Unseen: "_"} {
		if got := ValueName(v); got != want {
			t.Errorf("value %d is %s, want %s", v, got, want)
		}
	}
}
