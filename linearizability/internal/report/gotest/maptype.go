package gotest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/mapspec/mapspec/model"
)

// A mapType is what a test has to know of the type of a map.
type mapType struct {
	expr       string // "readdirty.Go1150", "locked.Map[any, any]"; empty if it cannot be written
	path, name string // of its package
	key, value kind
}

// A kind is a type of keys or values whose instances a test can make.
type kind struct {
	Name string // in Go
	zero string // its zero value in Go
	text string // the zero value as fmt prints it
}

var (
	anyKind  = kind{"any", "nil", "<nil>"}
	named    = regexp.MustCompile(`^([A-Za-z_]\w*)\.([A-Z]\w*)$`)
	pathLike = regexp.MustCompile(`^[\w.~-]+(/[\w.~-]+)*$`)
)

// kindOf returns the kind of a type argument, if instances of it can be made.
func kindOf(arg string) (kind, bool) {
	switch arg = strings.TrimSpace(arg); arg {
	case "any", "interface {}", "interface{}":
		return anyKind, true
	case "string":
		return kind{"string", `""`, ""}, true
	case "struct {}", "struct{}":
		return kind{"struct{}", "struct{}{}", "{}"}, true
	case "int", "int32", "int64", "uint", "uint32", "uint64", "uintptr", "float32", "float64":
		return kind{arg, "0", "0"}, true
	}
	return kind{}, false
}

// parseMapType reads a type as package reflect prints it. What a test in
// another package cannot name, it leaves to be filled in.
func parseMapType(text, path string) mapType {
	unknown := mapType{key: anyKind, value: anyKind}
	base, args, generic := strings.Cut(text, "[")
	parts := named.FindStringSubmatch(base)
	if parts == nil || !pathLike.MatchString(path) || path == "main" || strings.HasSuffix(path, "_test") {
		return unknown
	}
	t := mapType{expr: base, path: path, name: parts[1], key: anyKind, value: anyKind}
	if !generic {
		return t
	}
	k, v, two := strings.Cut(strings.TrimSuffix(args, "]"), ",")
	var known bool
	if t.key, known = kindOf(k); !known || !two {
		return unknown
	}
	if t.value, known = kindOf(v); !known {
		return unknown
	}
	t.expr = fmt.Sprintf("%s[%s, %s]", base, t.key.Name, t.value.Name)
	return t
}

// testPackage is the package of the test's file.
func (t mapType) testPackage() string {
	if t.name == "" {
		return "mapspec_test"
	}
	return t.name + "_test"
}

// newMap is the expression that makes a map.
func (w *writer) newMap() string {
	if w.typ.expr == "" {
		return "new(YourMap)"
	}
	return "new(" + w.typ.expr + ")"
}

// made is how the local function f makes instance i of k, of which fmt prints f
// and i, or i alone.
func (k kind) made(f string, i int) (expr, text string) {
	text = strconv.Itoa(i)
	switch k.Name {
	case "any", "string":
		text = f + text
	case "struct{}":
		text = "{}"
	}
	return fmt.Sprintf("%s(%d)", f, i), text
}

// key is key i as an expression, and as fmt prints it; an error if the map
// cannot have it.
func (w *writer) key(i int) (expr, text string, err error) {
	k := w.typ.key
	switch {
	case i == model.NaN && k.Name == "float32":
		return "float32(math.NaN())", "NaN", nil
	case i == model.NaN && (k.Name == "any" || k.Name == "float64"):
		return "math.NaN()", "NaN", nil
	case i == model.Unhashable && k.Name == "any":
		return "[]int{1}", "[1]", nil
	case i < 0:
		return "", model.KeyName(i), errNotPlain
	}
	expr, text = w.instance(k, "k", i, model.KeyName(i))
	return expr, text, nil
}

// value is value i, likewise.
func (w *writer) value(i int) (expr, text string, err error) {
	v := w.typ.value
	switch {
	case i == model.Zero:
		return v.zero, v.text, nil
	case i == model.Uncomparable && v.Name == "any":
		return "[]int{1}", "[1]", nil
	case i < 0:
		return "", model.ValueName(i), errNotPlain
	}
	expr, text = w.instance(v, "v", i, model.ValueName(i))
	return expr, text, nil
}

// instance is an ordinary key or value, which is called name where it is watched.
func (w *writer) instance(of kind, f string, i int, name string) (expr, text string) {
	switch w.how {
	case pointers:
		return name, name
	case texts:
		return fmt.Sprintf("text(%q)", name), name
	}
	return of.made(f, i)
}
