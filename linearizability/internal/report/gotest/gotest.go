// Package gotest writes a counterexample as a test in Go, ready to be pasted.
package gotest

import (
	"embed"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strings"
	"text/template"
	"unicode"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/report"
	"github.com/mapspec/mapspec/linearizability/internal/report/text"
	"github.com/mapspec/mapspec/model"
)

// modulePath is this module.
const modulePath = "github.com/mapspec/mapspec"

//go:embed *.tmpl
var files embed.FS

// templates hold the Go code. Their functions are those of a writer, and are
// replaced by its own when it writes.
var templates = template.Must(template.New("").Funcs((&writer{}).funcs()).ParseFS(files, "*.tmpl"))

// errNotPlain says that plain Go cannot show a violation.
var errNotPlain = errors.New("plain Go cannot show this")

// Source returns c as a test in Go, formatted: a file that needs the map's own
// package and the standard library, wherever plain Go can show the violation.
// What it cannot, such as a history that only its order in time gives away, this
// module runs again. Where the map's type cannot be written down, a line marked
// FILL IN says what belongs there.
func Source(c counterexample.Counterexample) ([]byte, error) {
	w := newWriter(c)
	body, err := w.plain()
	if err != nil {
		w = newWriter(c)
		body, err = w.library()
	}
	if err != nil {
		return nil, err
	}
	src, err := w.file(body)
	if err != nil {
		return nil, err
	}
	return format.Source(src)
}

// A writer writes one test function and the file around it.
type writer struct {
	c     counterexample.Counterexample
	typ   mapType
	how   instances // of keys and values
	notes []string  // for the doc comment

	traversals int // so far, to number their variables
}

// instances is how a test makes keys and values.
type instances uint8

const (
	fresh    instances = iota // by a call of k or v, new ones each time
	pointers                  // pointers in variables named k0, v1, …
	texts                     // strings long enough to be watched, new ones each time
)

func newWriter(c counterexample.Counterexample) *writer {
	return &writer{c: c, typ: parseMapType(c.Type, c.Import)}
}

func (w *writer) funcs() template.FuncMap {
	return template.FuncMap{
		"newMap": w.newMap, "typed": func() bool { return w.typ.expr != "" },
		"call": w.call, "callKept": w.callKept, "callTurn": w.callTurn, "shown": w.shown, "result": w.result, "start": start, "stop": stop,
		"does": does, "params": w.params, "blank": w.blank, "visit": w.visit,
		"key": func(o model.Op) string { return model.KeyName(o.Key) }, "blankPair": func() string { return w.blank(model.Range) },
		"name": report.CallName, "quote": func(s ...string) string { return fmt.Sprintf("%q", strings.Join(s, "")) },
		"join": strings.Join, "oneOf": oneOf, "strings": func(list []string) string { return fmt.Sprintf("%#v", list) },
	}
}

// render executes one of the templates.
func (w *writer) render(name string, data any) (string, error) {
	t, err := templates.Clone()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Funcs(w.funcs()).ExecuteTemplate(&b, name, data)
	return b.String(), err
}

// plain returns the body in plain Go.
func (w *writer) plain() (string, error) {
	form, ok := map[model.Look]func(*writer) (string, error){
		model.LookResults: (*writer).sequential, model.LookZero: (*writer).sequential, model.LookSequence: (*writer).sequence,
		model.LookRelease: (*writer).released, model.LookPump: (*writer).pumped, model.LookPin: (*writer).pinned,
		model.LookHeap: (*writer).shrunk, model.LookHistory: (*writer).concurrent,
	}[w.c.Look]
	if !ok || w.c.Operations() == 0 {
		return "", errNotPlain
	}
	if w.c.Look == model.LookZero {
		w.notes = append(w.notes, "The map is the zero value of its type.")
	}
	return form(w)
}

// helpers are local functions that a body may call, in the order in which they
// are declared.
var helpers = []string{"k", "v", "pair", "panics", "text"}

// packages are what a body may import, besides the map's own package, by the
// name that it uses.
var packages = map[string]string{
	"fmt": "fmt", "math": "math", "runtime": "runtime", "debug": "runtime/debug", "slices": "slices", "strconv": "strconv", "strings": "strings",
	"sync": "sync", "atomic": "sync/atomic", "testing": "testing", "time": "time", "unsafe": "unsafe", "weak": "weak",
	"impl": modulePath + "/impl", "linearizability": modulePath + "/linearizability",
	"model": modulePath + "/model", "property": modulePath + "/property",
}

// file is the whole file around a body, with the helpers and the imports that
// the body needs.
func (w *writer) file(body string) ([]byte, error) {
	used, err := unresolved(body)
	if err != nil {
		return nil, err
	}
	prologue := ""
	for _, name := range helpers {
		if !used[name] {
			continue
		}
		of := w.typ.key
		if name == "v" {
			of = w.typ.value
		}
		helper, err := w.render("helper "+name, map[string]any{"F": name, "Kind": of})
		if err != nil {
			return nil, err
		}
		prologue += helper + "\n"
	}
	if used, err = unresolved(prologue + body); err != nil {
		return nil, err
	}
	imports := map[string]string{} // path: the line that imports it
	for name, path := range packages {
		if used[name] {
			imports[path] = fmt.Sprintf("%q", path)
		}
	}
	if name := w.typ.name; name != "" && used[name] {
		imports[w.typ.path] = fmt.Sprintf("%q", w.typ.path)
		if !strings.HasSuffix("/"+w.typ.path, "/"+name) {
			imports[w.typ.path] = fmt.Sprintf("%s %q", name, w.typ.path)
		}
	}
	var own, std []string
	for _, path := range slices.Sorted(maps.Keys(imports)) {
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
			own = append(own, imports[path])
		} else {
			std = append(std, imports[path])
		}
	}
	src, err := w.render("file", map[string]any{
		"Package": w.typ.testPackage(), "Std": std, "Own": own, "Comment": w.comment(), "Name": w.name(),
		"Body": strings.TrimSpace(prologue + body),
	})
	return []byte(src), err
}

// unresolved are the names that a test's body uses and does not declare.
func unresolved(body string) (map[string]bool, error) {
	src := "package p; func _(t *testing.T) {\n" + body + "\n}"
	f, err := parser.ParseFile(token.NewFileSet(), "", src, 0)
	if err != nil {
		return nil, fmt.Errorf("%w in\n%s", err, src)
	}
	names := map[string]bool{}
	for _, id := range f.Unresolved {
		names[id.Name] = true
	}
	ast.Inspect(f, func(n ast.Node) bool { // within composite literals, the parser leaves it to the type checker what is a field
		if kv, ok := n.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok {
				delete(names, id.Name)
			}
		}
		return true
	})
	return names, nil
}

// name is the name of the test: its clause, and the map.
func (w *writer) name() string {
	var b strings.Builder
	upper := true
	for _, r := range w.c.Map {
		switch {
		case r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r):
			upper = true
			continue
		case upper:
			r = unicode.ToUpper(r)
		}
		upper = false
		b.WriteRune(r)
	}
	clause := string(w.c.Clause)
	return "Test" + clause + strings.TrimPrefix(b.String(), clause)
}

// comment says what should happen, and what happens.
func (w *writer) comment() []string {
	subject := w.c.Type
	if subject == "" {
		subject = report.MapName(w.c)
	}
	var lines []string
	add := func(most int, format string, args ...any) {
		if len(lines) > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, text.Limit(text.Wrap(fmt.Sprintf(format, args...), "", "", 77), most)...)
	}
	const all = 1000
	add(all, "%s shows that %s breaks %s: %s.", w.name(), subject, w.c.Clause, w.c.Clause.Sentence())
	add(12, "What happens: %s.", w.c.Failure.Sentence())
	for _, note := range w.notes {
		add(all, "%s", note)
	}
	add(all, "Found with %s. docs/specification.md#%s of %s explains the clause.", w.c.Go, strings.ToLower(string(w.c.Clause)), modulePath)
	return lines
}
