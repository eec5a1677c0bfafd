package hashing

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
)

// content is the content of a value as bytes. Equal values have equal forms, and
// different values of a type have different forms, except that all NaNs are alike. The
// forms of numbers and strings sort as the values do.
type content struct {
	form   []byte
	ending number
}

// Form returns the type and the content of a value as bytes, to sort by. Integers,
// floats and strings of one type sort as usual. All other values sort in some order that
// depends only on their contents. Form panics when Any does.
func Form(v any) []byte {
	c := contentOf(v)
	if v == nil {
		return nil
	}
	return append(nameOf(reflect.TypeOf(v)), c.form...)
}

// nameOf returns a name of t that includes the full import path of its package.
func nameOf(t reflect.Type) []byte { return fmt.Appendf(nil, "%s %s\x00", t.PkgPath(), t) }

func contentOf(v any) content {
	_ = map[any]struct{}(nil)[v] // panics if v cannot be a key
	var c content
	if v != nil {
		c.add(reflect.ValueOf(v))
	}
	return c
}

// hashContent hashes v by reflection. A value of a named type has the hash of its
// underlying value.
func hashContent(v any, seed uint64) uint64 {
	c := contentOf(v)
	if v != nil {
		switch r := reflect.ValueOf(v); {
		case r.Kind() == reflect.String:
			return String(r.String(), seed)
		case c.ending.present && (r.CanInt() || r.CanUint()):
			return Uint64(c.ending.value, seed)
		}
	}
	var s Stream
	s.Write(c.form)
	s.ending = c.ending
	return s.Sum(seed)
}

// add appends v. It does not call v.Interface, which panics for unexported fields.
func (c *content) add(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		var x uint64
		if v.Bool() {
			x = 1
		}
		c.integer(x, x)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		c.integer(uint64(v.Int()), uint64(v.Int())^1<<63)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		c.integer(v.Uint(), v.Uint())
	case reflect.Float32, reflect.Float64:
		c.float(v.Float())
	case reflect.Complex64, reflect.Complex128:
		c.float(real(v.Complex()))
		c.float(imag(v.Complex()))
	case reflect.String:
		c.text(v.String())
	case reflect.Pointer, reflect.UnsafePointer, reflect.Chan:
		n := ordinalOf(v)
		c.integer(n, n)
	default:
		c.addParts(v)
	}
}

// addParts appends the parts of v.
func (c *content) addParts(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		c.ending = number{}
		if v.IsNil() {
			c.form = append(c.form, 0)
			return
		}
		c.form = append(c.form, 1)
		c.form = append(c.form, nameOf(v.Elem().Type())...)
		c.add(v.Elem())
	case reflect.Array:
		c.ending = number{}
		for i := range v.Len() {
			c.add(v.Index(i))
		}
	case reflect.Struct:
		c.ending = number{}
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "_" { // == does not compare it
				c.add(v.Field(i))
			}
		}
	default:
		panic(fmt.Sprintf("hashing: a value of type %s cannot be hashed", v.Type()))
	}
}

// integer appends x in the form of key, which sorts as x does.
func (c *content) integer(x, key uint64) {
	c.form = binary.BigEndian.AppendUint64(c.form, key)
	c.ending = number{x, true}
}

// float appends bytes that sort as floats do. The two zeros are equal, as they are for
// ==, and so are all NaNs, which a hash function may do.
func (c *content) float(f float64) {
	switch {
	case f == 0:
		f = 0 // not -0
	case math.IsNaN(f):
		f = math.NaN()
	}
	key := math.Float64bits(f)
	if key>>63 != 0 {
		key = ^key
	} else {
		key |= 1 << 63
	}
	c.form = binary.BigEndian.AppendUint64(c.form, key)
	c.ending = number{}
}

// text appends s and an end mark. A zero byte in s becomes 0, 1 and the end mark is 0, 0,
// so that a string sorts before its continuations.
func (c *content) text(s string) {
	var digits Stream
	for i := range len(s) {
		c.form = append(c.form, s[i])
		if s[i] == 0 {
			c.form = append(c.form, 1)
		}
		digits.WriteByte(s[i])
	}
	c.form = append(c.form, 0, 0)
	c.ending = digits.ending
}

// ordinalOf returns the number of a pointer, with 0 for nil.
func ordinalOf(v reflect.Value) uint64 {
	p := unsafe.Pointer(v.Pointer())
	if p == nil {
		return 0
	}
	if ordinal != nil {
		if n, known := ordinal(p); known {
			return n
		}
	}
	if sched.Running() { // record it, even if the map recovers from the panic
		refuse.At("hashing a "+v.Type().String()+" by its address", "a key")
	}
	panic(fmt.Sprintf("hashing: a %s has no ordinal, and must not be hashed by its address: use keys without pointers, "+
		"or number the pointers with SetOrdinal", v.Type()))
}
