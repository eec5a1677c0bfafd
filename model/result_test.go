package model_test

import (
	"strings"
	"testing"

	. "github.com/mapspec/mapspec/model"
	"pgregory.net/rapid"
)

var panicKinds = []Panic{PanicHash, PanicCompare, PanicNilFunc, PanicCallback, Goexit, PanicOther}

// What each method returns if it does not panic.
var (
	returnValue = []Method{Load, LoadOrStore, LoadAndDelete, Swap}
	returnOK    = []Method{CompareAndSwap, CompareAndDelete}
	returnNone  = []Method{Store, Delete, Range, All, Keys, Values, Clear}
)

func TestResultIsShownWrittenAndReadBack(t *testing.T) {
	golden := func(methods []Method, r Result, text, line string) {
		t.Helper()
		for _, m := range methods {
			if got := r.Text(m); got != text {
				t.Errorf("%+v of %s is shown as %q, want %q", r, m, got, text)
			}
			if b, err := m.EncodeResult(r); err != nil || string(b) != line {
				t.Errorf("%+v of %s is written as %s, %v; want %s", r, m, b, err, line)
			}
			if back, err := m.DecodeResult([]byte(line)); err != nil || back != r {
				t.Errorf("%s of %s is read as %+v, %v", line, m, back, err)
			}
		}
	}
	golden(returnValue, Result{Value: 1, OK: true}, "v1, true", `{"value":1,"ok":true}`)
	golden(returnValue, Result{}, "zero, false", `{"value":0,"ok":false}`)
	golden(returnValue, Result{Value: Foreign, OK: true}, "foreign, true", `{"value":-1,"ok":true}`)
	golden(returnValue, Result{Value: Uncomparable}, "uncomparable, false", `{"value":-2,"ok":false}`)
	golden(returnOK, Result{OK: true}, "true", `{"ok":true}`)
	golden(returnOK, Result{}, "false", `{"ok":false}`)
	golden(returnNone, Result{}, "returned", `{}`)
	golden([]Method{Len}, Result{Len: 3}, "3", `{"len":3}`)
	golden([]Method{Len}, Result{}, "0", `{"len":0}`)
	golden([]Method{Len}, Result{Len: -1}, "-1", `{"len":-1}`)
	golden(everyMethod, Result{Panic: PanicHash}, "panic: hash", `{"panic":"hash"}`)
	golden(everyMethod, Result{Panic: PanicCompare}, "panic: compare", `{"panic":"compare"}`)
	golden(everyMethod, Result{Panic: PanicNilFunc}, "panic: nil", `{"panic":"nil"}`)
	golden(everyMethod, Result{Panic: PanicCallback}, "panic: callback", `{"panic":"callback"}`)
	golden(everyMethod, Result{Panic: PanicOther}, "panic: other", `{"panic":"other"}`)
	golden(everyMethod, Result{Panic: Goexit}, "Goexit", `{"panic":"goexit"}`)
}

func TestResultRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(everyMethod).Draw(t, "method")
		var r Result
		switch value, ok := rapid.IntRange(Uncomparable, 1<<30), rapid.Bool(); {
		case rapid.IntRange(0, 3).Draw(t, "panics") == 0:
			r.Panic = rapid.SampledFrom(panicKinds).Draw(t, "panic")
		case m == Len:
			r.Len = rapid.Int().Draw(t, "len")
		case m == Load, m == LoadOrStore, m == LoadAndDelete, m == Swap:
			r = Result{Value: value.Draw(t, "value"), OK: ok.Draw(t, "ok")}
		case m.Compares():
			r.OK = ok.Draw(t, "ok")
		}
		b, err := m.EncodeResult(r)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := m.DecodeResult(b); err != nil || back != r {
			t.Fatalf("%s of %s is read as %+v, %v", b, m, back, err)
		}
	})
}

func TestResultRefusesAMalformedLine(t *testing.T) {
	for _, row := range []struct {
		method     Method
		line, want string
	}{
		{Load, ``, "EOF"},
		{Load, `{`, "EOF"},
		{Load, `[]`, "cannot unmarshal array"},
		{Store, `null`, "return of Store is null: want {} or an object with fields"},
		{Load, `{"value":1,"ok":true} {}`, "return of Load: more than one JSON value"},
		{Load, `{"value":1,"ok":true}x`, "return of Load: more than one JSON value"},
		{Load, `{"value":1,"ok":true,"loaded":true}`, `unknown field "loaded"`},
		{Load, `{}`, `return of Load: "value" is missing`},
		{Load, `{"ok":true}`, `return of Load: "value" is missing`},
		{Load, `{"value":1}`, `return of Load: "ok" is missing`},
		{Load, `{"value":null,"ok":true}`, `return of Load: "value" is missing`},
		{Load, `{"value":1,"ok":true,"len":1}`, `return of Load: "len" is not something it returns`},
		{Load, `{"value":-3,"ok":true}`, "return of Load: value -3: want 0 and up, -1 (foreign) or -2 (uncomparable)"},
		{Load, `{"value":-9,"ok":true}`, "return of Load: value -9: want"},
		{Load, `{"value":1.5,"ok":true}`, "cannot unmarshal number 1.5"},
		{Load, `{"value":1,"ok":1}`, "cannot unmarshal number"},
		{CompareAndSwap, `{"value":1,"ok":true}`, `return of CompareAndSwap: "value" is not something it returns`},
		{CompareAndDelete, `{}`, `return of CompareAndDelete: "ok" is missing`},
		{Len, `{}`, `return of Len: "len" is missing`},
		{Len, `{"len":99999999999999999999}`, "cannot unmarshal number"},
		{Store, `{"ok":true}`, `return of Store: "ok" is not something it returns`},
		{Range, `{"len":1}`, `return of Range: "len" is not something it returns`},
		{Load, `{"panic":"hash","value":0,"ok":false}`, `return of Load: "value" is not something it returns`},
		{Len, `{"panic":"other","len":0}`, `return of Len: "len" is not something it returns`},
		{Load, `{"panic":"boom"}`, `unknown panic kind "boom"`},
		{Load, `{"panic":7}`, "cannot unmarshal number"},
	} {
		r, err := row.method.DecodeResult([]byte(row.line))
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s of %s is read as %+v, %v; want %s", row.line, row.method, r, err, row.want)
		}
		if r != (Result{}) {
			t.Errorf("%s of %s is refused and still read as %+v", row.line, row.method, r)
		}
	}
}
