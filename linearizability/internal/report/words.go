package report

import (
	"fmt"
	"strings"

	"github.com/mapspec/mapspec/model"
)

// CallName is how o is written where there is no room for what its function
// does.
func CallName(o model.Op) string {
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

// visitName is what a traversal handed out: a key, a value, or both.
func visitName(v model.Visit) string {
	switch {
	case v.Value == model.Unseen:
		return model.KeyName(v.Key)
	case v.Key == model.Unseen:
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
	for _, line := range callLines(f.Do) {
		lines = append(lines, "    "+line)
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

// callLines is ops, a line each, and below each what its function does.
func callLines(ops []model.Op) []string {
	var lines []string
	for _, o := range ops {
		lines = append(lines, CallName(o))
		for _, does := range functionLines(o.Func) {
			lines = append(lines, "    "+does)
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
		if Anywhere(ops, s.in) {
			parts = append(parts, s.means)
		}
	}
	return strings.Join(parts, "; ") + "."
}

// Anywhere reports whether ok holds for one of ops, including those that
// functions call.
func Anywhere(ops []model.Op, ok func(model.Op) bool) bool {
	for _, o := range ops {
		if ok(o) || o.Func != nil && Anywhere(o.Func.Do, ok) {
			return true
		}
	}
	return false
}

// goroutine names a client of a history.
func goroutine(client int) string { return fmt.Sprintf("goroutine %d", client) }

// capital begins s with a capital letter.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
