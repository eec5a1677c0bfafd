package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Special keys and values. Ordinary keys are 0, 1, 2, … and ordinary values are 1,
// 2, 3, ….
const (
	Zero         = 0  // value: V's zero value, which an absent key also yields
	Foreign      = -1 // key or value: one that the checker never made
	NaN          = -2 // key: not equal to itself
	Unhashable   = -3 // key: its dynamic type cannot be hashed
	Uncomparable = -2 // value: its dynamic type cannot be compared
	Unseen       = -9 // key or value: not passed to the callback (Keys, Values)
)

// An Op is one call with symbolic arguments.
type Op struct {
	Method Method
	Key    int // of a single-key operation
	Old    int // the value that CompareAndSwap and CompareAndDelete compare with
	Value  int // the value that Store, LoadOrStore, Swap and CompareAndSwap store
	// Instance, from 0 to 63, says which of several equal but distinct instances of
	// Key is passed.
	Instance int
	Func     *Func // what a traversal's callback does; nil visits everything
}

// A Func is the callback of a traversal, as data. Visits are counted from 1, and 0
// means never.
type Func struct {
	Stop   int  `json:"stop,omitempty"`   // return false at this visit
	Panic  int  `json:"panic,omitempty"`  // panic at this visit
	Goexit int  `json:"goexit,omitempty"` // call runtime.Goexit at this visit
	Nil    bool `json:"nil,omitempty"`    // pass a nil function instead
	Do     []Op `json:"do,omitempty"`     // call these at the first visit
}

// Step returns the visit at which f ends the traversal, and how it does so. The
// visit is 0 if f never ends it.
func (f *Func) Step() (visit int, ends Panic) {
	if f == nil {
		return 0, ""
	}
	for _, e := range []struct {
		at   int
		ends Panic
	}{{f.Panic, PanicCallback}, {f.Goexit, Goexit}, {f.Stop, ""}} {
		if e.at > 0 && (visit == 0 || e.at < visit) {
			visit, ends = e.at, e.ends
		}
	}
	return visit, ends
}

// Asked returns how many of n visits are allowed. The others came after f had
// ended the traversal.
func (f *Func) Asked(n int) int {
	if at, _ := f.Step(); at > 0 {
		return min(at, n)
	}
	return n
}

// End returns how a traversal with n calls of f ends, and whether f ends it. If f
// does not, the traversal reaches the end of the map. For a nil callback, which is
// never called, see [Func.MayEnd].
func (f *Func) End(n int) (ends Panic, stopped bool) {
	at, ends := f.Step()
	if at == 0 || n < at {
		return "", false
	}
	return ends, true
}

// MayEnd reports whether a traversal with n calls of f may end as got says. A nil
// callback panics if there is an entry to visit, and may panic on an empty map (T4).
func (f *Func) MayEnd(n int, got Panic) bool {
	ends, _ := f.End(n)
	return got == ends || f.IsNil() && got == PanicNilFunc
}

// IsNil reports whether the traversal is passed a nil callback.
func (f *Func) IsNil() bool { return f != nil && f.Nil }

// KeyName returns a symbolic key as it is shown to people: "k3".
func KeyName(k int) string {
	switch k {
	case Foreign:
		return "foreign"
	case NaN:
		return "NaN"
	case Unhashable:
		return "unhashable"
	case Unseen:
		return "_"
	}
	return "k" + strconv.Itoa(k)
}

// ValueName returns a symbolic value as it is shown to people: "v3".
func ValueName(v int) string {
	switch v {
	case Zero:
		return "zero"
	case Foreign:
		return "foreign"
	case Uncomparable:
		return "uncomparable"
	case Unseen:
		return "_"
	}
	return "v" + strconv.Itoa(v)
}

func (o Op) String() string {
	var args []string
	if o.Method.OnKey() {
		args = append(args, KeyName(o.Key))
	}
	if o.Method.Compares() {
		args = append(args, ValueName(o.Old))
	}
	if o.Method.Stores() {
		args = append(args, ValueName(o.Value))
	}
	if o.Method.Traverses() {
		args = append(args, o.Func.String())
	}
	return o.Method.String() + "(" + strings.Join(args, ", ") + ")"
}

func (f *Func) String() string {
	if f == nil {
		return ""
	}
	if f.Nil {
		return "nil"
	}
	var parts []string
	for _, op := range f.Do {
		parts = append(parts, op.String())
	}
	for _, e := range []struct {
		name string
		at   int
	}{{"stop", f.Stop}, {"panic", f.Panic}, {"Goexit", f.Goexit}} {
		if e.at > 0 {
			parts = append(parts, fmt.Sprintf("%s at visit %d", e.name, e.at))
		}
	}
	return "func: " + strings.Join(parts, "; ")
}

// opLine is an Op as JSON. It has only the arguments that the method takes.
type opLine struct {
	Method   Method `json:"op"`
	Key      *int   `json:"key,omitempty"`
	Value    *int   `json:"value,omitempty"`
	Old      *int   `json:"old,omitempty"`
	New      *int   `json:"new,omitempty"`
	Instance int    `json:"instance,omitempty"`
	Func     *Func  `json:"func,omitempty"`
}

// MarshalJSON writes {"op":"CompareAndSwap","key":2,"old":1,"new":4}.
func (o Op) MarshalJSON() ([]byte, error) {
	l := opLine{Method: o.Method, Instance: o.Instance, Func: o.Func}
	if o.Method.OnKey() {
		l.Key = &o.Key
	}
	if o.Method.Compares() {
		l.Old = &o.Old
	}
	switch {
	case o.Method == CompareAndSwap:
		l.New = &o.Value
	case o.Method.Stores():
		l.Value = &o.Value
	}
	return json.Marshal(l)
}

// UnmarshalJSON reads what MarshalJSON wrote. An unknown field, a missing argument,
// and an argument that the method does not take are errors.
func (o *Op) UnmarshalJSON(b []byte) error {
	var l opLine
	l.Method = methods
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return err
	}
	if l.Method == methods {
		return fmt.Errorf(`no "op" in %s`, b)
	}
	*o = Op{Method: l.Method, Instance: l.Instance, Func: l.Func}
	for _, arg := range []struct {
		name  string
		from  *int
		to    *int
		takes bool
	}{
		{"key", l.Key, &o.Key, l.Method.OnKey()},
		{"old", l.Old, &o.Old, l.Method.Compares()},
		{"new", l.New, &o.Value, l.Method == CompareAndSwap},
		{"value", l.Value, &o.Value, l.Method.Stores() && l.Method != CompareAndSwap},
	} {
		switch {
		case arg.takes && arg.from == nil:
			return fmt.Errorf("%s needs %q", l.Method, arg.name)
		case !arg.takes && arg.from != nil:
			return fmt.Errorf("%s takes no %q", l.Method, arg.name)
		case arg.takes:
			*arg.to = *arg.from
		}
	}
	return o.validate()
}

// validate returns an error if o has an argument that cannot be passed to a map.
func (o Op) validate() error {
	switch {
	case o.Method.OnKey() && o.Key < Unhashable:
		return fmt.Errorf("key %d: want 0 and up, %d (foreign), %d (NaN) or %d (unhashable)", o.Key, Foreign, NaN, Unhashable)
	case o.Value < Uncomparable || o.Old < Uncomparable:
		return fmt.Errorf("value below %d: want 0 and up, %d (foreign) or %d (uncomparable)", Uncomparable, Foreign, Uncomparable)
	case o.Instance < 0 || o.Instance > 63:
		return fmt.Errorf("instance %d: want 0 to 63", o.Instance)
	case o.Instance != 0 && !o.Method.OnKey():
		return fmt.Errorf(`%s takes no "instance"`, o.Method)
	case o.Func != nil && !o.Method.Traverses():
		return fmt.Errorf(`%s takes no "func"`, o.Method)
	case o.Func != nil && (o.Func.Stop < 0 || o.Func.Panic < 0 || o.Func.Goexit < 0):
		return fmt.Errorf(`negative visit in "func": visits are counted from 1`)
	}
	return nil
}
