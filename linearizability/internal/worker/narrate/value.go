package narrate

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/mapspec/mapspec/model"
)

// values names what steps read and write, in few characters. Pointers are
// numbered as they first appear, because addresses differ from run to run.
type values struct{ names map[uintptr]int }

// text shows v, "" if there is none.
func (n *values) text(v any) string {
	if v == nil {
		return ""
	}
	return n.show(reflect.ValueOf(v), true)
}

// mostNumber is the largest uintptr that is taken for a number.
const mostNumber = 1 << 20

func (n *values) show(v reflect.Value, outer bool) string {
	switch v.Kind() {
	case reflect.Invalid:
		return "nil"
	case reflect.Interface:
		return n.show(v.Elem(), outer)
	case reflect.Pointer:
		return n.pointer(v)
	case reflect.UnsafePointer, reflect.Map, reflect.Slice, reflect.Chan, reflect.Func:
		return n.name(v.Pointer())
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10)
	case reflect.Uintptr:
		if u := v.Uint(); u <= mostNumber {
			return strconv.FormatUint(u, 10)
		}
		return n.number("word", uintptr(v.Uint()))
	case reflect.String:
		return strconv.Quote(v.String())
	case reflect.Struct:
		return n.structure(v, outer)
	}
	return v.Type().String()
}

// pointer is a number and, of a pointer to something small that is not a
// struct, what is there.
func (n *values) pointer(v reflect.Value) string {
	name := n.name(v.Pointer())
	if v.IsNil() {
		return name
	}
	switch v.Type().Elem().Kind() {
	case reflect.Interface, reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Uint64:
		return fmt.Sprintf("%s (%s)", name, n.show(v.Elem(), false))
	}
	return name
}

// structure shows a struct's fields, but not those of a struct in it.
func (n *values) structure(v reflect.Value, outer bool) string {
	if v.Type() == reflect.TypeFor[model.Payload]() {
		return model.ValueName(int(v.Field(0).Int()))
	}
	if !outer {
		return v.Type().Name() + "{…}"
	}
	var fields []string
	for i := range v.NumField() {
		fields = append(fields, v.Type().Field(i).Name+": "+n.show(v.Field(i), false))
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

func (n *values) name(p uintptr) string {
	if p == 0 {
		return "nil"
	}
	return n.number("", p)
}

func (n *values) number(what string, p uintptr) string {
	if n.names == nil {
		n.names = map[uintptr]int{}
	}
	if n.names[p] == 0 {
		n.names[p] = len(n.names) + 1
	}
	return strings.TrimSpace(fmt.Sprintf("%s #%d", what, n.names[p]))
}
