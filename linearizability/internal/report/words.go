package report

import (
	"fmt"
	"strings"

	"github.com/mapspec/mapspec/model"
)

// callName is how o is written where there is no room for what its function
// does.
func callName(o model.Op) string {
	if o.Func != nil && !o.Func.Nil {
		return o.Method.String() + "(f)"
	}
	if o.Instance == 0 {
		return o.String()
	}
	key := "(" + model.KeyName(o.Key)
	return strings.Replace(o.String(), key, key+primes(o.Instance), 1)
}

// primes tells equal keys apart.
func primes(instance int) string {
	if instance <= 3 {
		return strings.Repeat("′", instance)
	}
	return fmt.Sprintf("′%d", instance)
}

// outcome is how an operation by method m ended, behind an arrow.
func outcome(m model.Method, r model.Result) string {
	if r.Panic != "" {
		return strings.Replace(ending(m, r), "panicked", "panic", 1)
	}
	if text := r.Text(m); text != "returned" {
		return text
	}
	return "ok"
}

// ending says the same as a verb: it returned, or should have.
func ending(m model.Method, r model.Result) string {
	switch r.Panic {
	case "":
	case model.PanicHash:
		return "panicked: unhashable key"
	case model.PanicCompare:
		return "panicked: uncomparable values"
	case model.PanicNilFunc:
		return "panicked: nil function"
	case model.PanicCallback:
		return "panicked like its function"
	case model.Goexit:
		return "ended by its function's Goexit"
	default:
		return "panicked for no reason"
	}
	if text := r.Text(m); text != "returned" {
		return "returned " + text
	}
	return "returned"
}

// visitName is what traversal m handed out, as far as it does.
func visitName(m model.Method, v model.Visit) string {
	switch m {
	case model.Keys:
		return model.KeyName(v.Key)
	case model.Values:
		return model.ValueName(v.Value)
	}
	return v.String()
}

// functionLines says what f does, a line each, calls of calls indented.
func functionLines(f *model.Func) []string {
	if f == nil || f.Nil {
		return nil
	}
	var lines []string
	if len(f.Do) > 0 {
		lines = append(lines, "f, at its first visit, calls")
	}
	for _, o := range f.Do {
		lines = append(lines, "    "+callName(o))
		for _, inner := range functionLines(o.Func) {
			lines = append(lines, "        "+inner)
		}
	}
	for _, e := range []struct {
		at   int
		does string
	}{{f.Stop, "returns false"}, {f.Panic, "panics"}, {f.Goexit, "calls runtime.Goexit"}} {
		if e.at > 0 {
			lines = append(lines, fmt.Sprintf("f %s at visit %d", e.does, e.at))
		}
	}
	return lines
}

// symbols are the names in a program that do not explain themselves.
var symbols = []struct {
	means string
	in    func(o model.Op) bool
}{
	{"zero is the zero value of the map's value type", func(o model.Op) bool {
		return o.Method.Stores() && o.Value == model.Zero || o.Method.Compares() && o.Old == model.Zero
	}},
	{"NaN is a key that is not equal to itself", func(o model.Op) bool {
		return o.Method.OnKey() && o.Key == model.NaN
	}},
	{"unhashable is a key whose type cannot be hashed, such as a slice", func(o model.Op) bool {
		return o.Method.OnKey() && o.Key == model.Unhashable
	}},
	{"uncomparable is a value whose type cannot be compared, such as a slice", func(o model.Op) bool {
		return o.Value == model.Uncomparable || o.Old == model.Uncomparable
	}},
	{"k0, k0′ and k0′′ are equal keys, each an allocation of its own", func(o model.Op) bool {
		return o.Instance > 0
	}},
}

// legend says what the names in ops stand for.
func legend(ops []model.Op) string {
	parts := []string{"k0, k1, … are keys", "v1, v2, … are values"}
	for _, s := range symbols {
		if anywhere(ops, s.in) {
			parts = append(parts, s.means)
		}
	}
	return strings.Join(parts, "; ") + "."
}

// anywhere reports whether ok holds for one of ops, those of functions
// included.
func anywhere(ops []model.Op, ok func(model.Op) bool) bool {
	for _, o := range ops {
		if ok(o) || o.Func != nil && anywhere(o.Func.Do, ok) {
			return true
		}
	}
	return false
}

// goroutine names a client of a history.
func goroutine(client int) string { return fmt.Sprintf("goroutine %d", client) }
