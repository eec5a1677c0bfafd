package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// A Panic is the kind of panic that ended an operation. It depends on the arguments
// of the call and never on the panic's text, which a map may choose.
type Panic string

const (
	PanicHash     Panic = "hash"     // the key cannot be hashed
	PanicCompare  Panic = "compare"  // the values cannot be compared
	PanicNilFunc  Panic = "nil"      // the callback is nil
	PanicCallback Panic = "callback" // the callback panicked
	Goexit        Panic = "goexit"   // the callback called runtime.Goexit
	PanicOther    Panic = "other"    // no argument explains the panic
)

func (p Panic) known() bool {
	switch p {
	case "", PanicHash, PanicCompare, PanicNilFunc, PanicCallback, Goexit, PanicOther:
		return true
	}
	return false
}

// A Result is what an operation returned, or how it ended instead. Results can be
// compared with ==.
type Result struct {
	Value int   `json:"value,omitempty"` // the value returned; Zero is V's zero value
	OK    bool  `json:"ok,omitempty"`    // ok, loaded, swapped or deleted
	Len   int   `json:"len,omitempty"`   // what Len returned
	Panic Panic `json:"panic,omitempty"` // how the operation ended instead of returning
}

// Text returns r as text, as the result of method m.
func (r Result) Text(m Method) string {
	if r.Panic == Goexit {
		return "Goexit"
	}
	if r.Panic != "" {
		return "panic: " + string(r.Panic)
	}
	value, ok, length := m.Returns()
	switch {
	case value:
		return ValueName(r.Value) + ", " + strconv.FormatBool(r.OK)
	case ok:
		return strconv.FormatBool(r.OK)
	case length:
		return strconv.Itoa(r.Len)
	}
	return "returned"
}

// resultLine is a Result as JSON. It has only the fields that the method returns.
type resultLine struct {
	Value *int  `json:"value,omitempty"`
	OK    *bool `json:"ok,omitempty"`
	Len   *int  `json:"len,omitempty"`
	Panic Panic `json:"panic,omitempty"`
}

// EncodeResult encodes r as the result of m: {"value":1,"ok":true} for Load, {} for
// Store, and {"panic":"compare"} for any method that panicked.
func (m Method) EncodeResult(r Result) ([]byte, error) {
	l := resultLine{Panic: r.Panic}
	if r.Panic == "" {
		value, ok, length := m.Returns()
		if value {
			l.Value = &r.Value
		}
		if ok {
			l.OK = &r.OK
		}
		if length {
			l.Len = &r.Len
		}
	}
	return json.Marshal(l)
}

// DecodeResult decodes what EncodeResult wrote. A missing field is an error, and so
// is a field that m does not return.
func (m Method) DecodeResult(b []byte) (Result, error) {
	var l *resultLine
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return Result{}, err
	}
	if _, err := d.Token(); err != io.EOF {
		return Result{}, fmt.Errorf("return of %s: more than one JSON value", m)
	}
	if l == nil {
		return Result{}, fmt.Errorf("return of %s is null: want {} or an object with fields", m)
	}
	if !l.Panic.known() {
		return Result{}, fmt.Errorf("unknown panic kind %q", l.Panic)
	}
	value, ok, length := m.Returns()
	if l.Panic != "" {
		value, ok, length = false, false, false
	}
	for _, f := range []struct {
		name      string
		has, want bool
	}{{"value", l.Value != nil, value}, {"ok", l.OK != nil, ok}, {"len", l.Len != nil, length}} {
		if f.has != f.want {
			return Result{}, fmt.Errorf("return of %s: %q is %s", m, f.name, map[bool]string{true: "missing", false: "not something it returns"}[f.want])
		}
	}
	if value && *l.Value < Uncomparable {
		return Result{}, fmt.Errorf("return of %s: value %d: want 0 and up, %d (foreign) or %d (uncomparable)", m, *l.Value, Foreign, Uncomparable)
	}
	r := Result{Panic: l.Panic}
	if value {
		r.Value = *l.Value
	}
	if ok {
		r.OK = *l.OK
	}
	if length {
		r.Len = *l.Len
	}
	return r, nil
}
