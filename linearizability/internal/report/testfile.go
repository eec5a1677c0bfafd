package report

import (
	"fmt"
	"go/format"
	"slices"
	"strings"
	"unicode"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// Test returns c as a test in Go, formatted and ready to be pasted: a file that
// needs the map's own package and the standard library, wherever plain Go can
// show the violation. What it cannot, such as a history that only its order in
// time gives away, is run by package minimise of this module. Where the map's
// type cannot be written down, a line marked FILL IN says what belongs there.
func Test(c counterexample.Counterexample) ([]byte, error) {
	w := newTestWriter(c)
	if !w.plain() {
		w = newTestWriter(c)
		w.library()
	}
	return format.Source([]byte(w.file()))
}

// A testWriter writes one test function and the file around it.
type testWriter struct {
	c       counterexample.Counterexample
	t       *teller
	typ     mapType
	imports map[string]string // path: the name in the import, or ""
	uses    map[string]bool   // local functions that the body calls
	how     instances         // of keys and values

	traversals int // written so far, to number their variables
	body       strings.Builder
	notes      []string // for the doc comment
}

func newTestWriter(c counterexample.Counterexample) *testWriter {
	return &testWriter{
		c: c, t: newTeller(c), typ: parseMapType(c.Type, c.Import),
		imports: map[string]string{"testing": ""}, uses: map[string]bool{},
	}
}

// plain writes the body in plain Go, and reports whether that can be done.
func (w *testWriter) plain() bool {
	if w.c.Operations() == 0 {
		return false
	}
	switch w.c.Look {
	case model.LookResults, model.LookZero:
		return w.sequential()
	case model.LookSequence:
		return w.sequence()
	case model.LookRelease:
		return w.released()
	case model.LookPump:
		return w.pumped()
	case model.LookPin:
		return w.pinned()
	case model.LookHeap:
		return w.shrunk()
	case model.LookHistory:
		if len(w.c.Threads) > 1 {
			return w.concurrent()
		}
		return w.sequential()
	}
	return false
}

// line adds a line to the body.
func (w *testWriter) line(format string, args ...any) {
	fmt.Fprintf(&w.body, format+"\n", args...)
}

// use notes that the body needs these packages.
func (w *testWriter) use(paths ...string) {
	for _, path := range paths {
		w.imports[path] = ""
	}
}

// file is the whole file, not formatted yet.
func (w *testWriter) file() string {
	prologue := w.prologue()
	var std, others []string
	for path, name := range w.imports {
		line := strings.TrimSpace(fmt.Sprintf("%s %q", name, path))
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
			others = append(others, line)
		} else {
			std = append(std, line)
		}
	}
	slices.Sort(std)
	slices.Sort(others)
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n\nimport (\n%s\n\n%s\n)\n\n", w.typ.testPackage(), strings.Join(std, "\n"), strings.Join(others, "\n"))
	for _, line := range w.comment() {
		b.WriteString(strings.TrimSpace("// "+line) + "\n")
	}
	fmt.Fprintf(&b, "func %s(t *testing.T) {\n%s%s}\n", w.name(), prologue, w.body.String())
	return b.String()
}

// name is the name of the test: its clause, and the map.
func (w *testWriter) name() string {
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
func (w *testWriter) comment() []string {
	const width = 77
	subject := w.c.Type
	if subject == "" {
		subject = mapName(w.c)
	}
	lines := wrapped(fmt.Sprintf("%s shows that %s breaks %s: %s.", w.name(), subject, w.c.Clause, w.c.Clause.Sentence()), "", "", width)
	lines = append(lines, "")
	lines = append(lines, limited(wrapped("What happens: "+strings.TrimSuffix(w.c.Evidence, ".")+".", "", "", width), 12)...)
	for _, note := range w.notes {
		lines = append(append(lines, ""), wrapped(note, "", "", width)...)
	}
	found := fmt.Sprintf("Found with %s. docs/specification.md#%s of %s explains the clause.",
		w.c.Go, strings.ToLower(string(w.c.Clause)), modulePath)
	return append(append(lines, ""), wrapped(found, "", "", width)...)
}

// modulePath is this module.
const modulePath = "github.com/mapspec/mapspec"
