package report

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
	name string // in Go
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
	t.expr = fmt.Sprintf("%s[%s, %s]", base, t.key.name, t.value.name)
	return t
}

// testPackage is the package of the test's file.
func (t mapType) testPackage() string {
	if t.name == "" {
		return "mapspec_test"
	}
	return t.name + "_test"
}

// newMap is the expression that makes a map, and imports its package.
func (w *testWriter) newMap() string {
	if w.typ.expr == "" {
		return "new(YourMap)"
	}
	name := w.typ.name
	if strings.HasSuffix("/"+w.typ.path, "/"+name) {
		name = ""
	}
	w.imports[w.typ.path] = name
	return "new(" + w.typ.expr + ")"
}

// made is how the local function f makes instance i of k, of which fmt prints
// prefix and i, or i alone.
func (k kind) made(f, prefix string, i int) (expr, text string) {
	text = strconv.Itoa(i)
	switch k.name {
	case "any", "string":
		text = prefix + text
	case "struct{}":
		text = "{}"
	}
	return fmt.Sprintf("%s(%d)", f, i), text
}

// maker is a local function that makes instances of k, new ones each time.
func (k kind) maker(f, prefix string) string {
	switch k.name {
	case "any", "string":
		return fmt.Sprintf("%s := func(i int) string { return %q + strconv.Itoa(i) } // another instance each time\n", f, prefix)
	case "struct{}":
		return fmt.Sprintf("%s := func(int) struct{} { return struct{}{} }\n", f)
	}
	if k.name == "int" {
		return fmt.Sprintf("%s := func(i int) int { return i }\n", f)
	}
	return fmt.Sprintf("%s := func(i int) %s { return %[2]s(i) }\n", f, k.name)
}

// key is key i as an expression, and as fmt prints it; ok is false if the map
// cannot have it.
func (w *testWriter) key(i int) (expr, text string, ok bool) {
	k := w.typ.key
	switch {
	case i == model.NaN && k.name == "any", i == model.NaN && strings.HasPrefix(k.name, "float"):
		w.use("math")
		expr := "math.NaN()"
		if k.name == "float32" {
			expr = "float32(math.NaN())"
		}
		return expr, "NaN", true
	case i == model.Unhashable && k.name == "any":
		return "[]int{1}", "[1]", true
	case i < 0:
		return "", "", false
	}
	if w.how != fresh {
		return w.instance(model.KeyName(i))
	}
	w.uses["k"] = true
	expr, text = k.made("k", "k", i)
	return expr, text, true
}

// val is value i, likewise.
func (w *testWriter) val(i int) (expr, text string, ok bool) {
	k := w.typ.value
	switch {
	case i == model.Zero:
		return k.zero, k.text, true
	case i == model.Uncomparable && k.name == "any":
		return "[]int{1}", "[1]", true
	case i < 0:
		return "", "", false
	}
	if w.how != fresh {
		return w.instance(model.ValueName(i))
	}
	w.uses["v"] = true
	expr, text = k.made("v", "v", i)
	return expr, text, true
}

// instance is the key or value of this name, where it is watched.
func (w *testWriter) instance(name string) (expr, text string, ok bool) {
	if w.how == pointers {
		return name, name, true
	}
	return fmt.Sprintf("text(%q)", name), name, true
}
