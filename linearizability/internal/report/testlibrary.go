package report

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// library writes a body that has this module run the program again, or judge
// the map where there is none.
func (w *testWriter) library() {
	w.notes = append(w.notes, "Plain Go cannot show it, so the test needs "+modulePath+".")
	if w.c.Look == model.LookSchedule {
		w.use(modulePath + "/linearizability/explore")
		w.notes = []string{"The goroutines have to take their steps in one order of many, so the test needs " + modulePath + "."}
		w.line("explore.RunSchedule(t, %s)", quoted(fieldLines(w.c)))
		return
	}
	w.subject()
	if w.c.Operations() == 0 {
		w.use(modulePath + "/property")
		w.line("property.Run(t, subject)")
		if !w.t.isRelease() {
			w.use(modulePath + "/linearizability")
			w.line("linearizability.Run(t, subject)")
		}
		return
	}
	w.use(modulePath + "/linearizability")
	w.line("linearizability.RunCounterexample(t, subject, %s)", w.saved())
}

// saved is the counterexample as a string in Go: all but its history.
func (w *testWriter) saved() string {
	c := w.c
	c.History, c.Trace, c.Steps = history.History{}, nil, nil
	b, err := json.MarshalIndent(c, "", "\t")
	if err != nil { // of operations that no map can be given
		return strconv.Quote(err.Error())
	}
	return quoted(string(b))
}

// quoted is text as a string in Go.
func quoted(text string) string {
	if strings.ContainsRune(text, '`') {
		return strconv.Quote(text)
	}
	return "`" + text + "`"
}

// fieldLines is program.json with as little as runs it again, a field a line.
func fieldLines(c counterexample.Counterexample) string {
	c.Evidence, c.Path, c.Retained, c.Trace, c.Minimal = "", "", nil, nil, model.Coverage{}
	b, err := json.Marshal(c)
	if err != nil { // of operations that no map can be given
		return err.Error()
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return err.Error()
	}
	var lines []string
	for _, name := range []string{"schema", "map", "type", "import", "new", "clause", "go", "look", "program", "rounds", "promise",
		"hash_functions", "hashes", "initial", "schedule", "stall", "digest"} {
		if value := fields[name]; len(value) > 0 {
			lines = append(lines, fmt.Sprintf("%q: %s", name, value))
		}
	}
	return "{" + strings.Join(lines, ",\n") + "}"
}

// subject declares the subject: from the catalogue, or made here.
func (w *testWriter) subject() {
	if w.inCatalogue() {
		w.use(modulePath + "/impl")
		w.line("m, ok := impl.Find(%q)\nif !ok {\nt.Fatal(\"the catalogue has no such map: write a model.Subject that makes it\")\n}\nsubject := m.Subject", w.c.Map)
		return
	}
	w.use(modulePath + "/model")
	w.line("subject := model.Subject[%s, %s]{", w.typ.key.name, w.typ.value.name)
	w.line("Name: %q,", w.c.Map)
	if w.typ.expr == "" {
		w.line("New: func() any { return new(YourMap) }, // FILL IN: how to make the map, and the types of its keys and values above")
	} else {
		w.line("New: func() any { return %s }, // FILL IN: another way to make the map, if it needs one", w.newMap())
	}
	w.line("Promise: %s,\n}", w.promise())
}

// inCatalogue reports whether impl.Find knows the map.
func (w *testWriter) inCatalogue() bool {
	room, own := strings.CutPrefix(w.c.Import, modulePath+"/impl/")
	own = own && room != "broken" && room != "peers" && !strings.Contains(room, "/")
	return own || w.c.Import == "sync" && w.c.Map == "sync.Map"
}

// promise is the counterexample's promise in Go.
func (w *testWriter) promise() string {
	text := "model.Promise{"
	sep := ""
	add := func(format string, args ...any) {
		text += sep + fmt.Sprintf(format, args...)
		sep = ", "
	}
	p := w.c.Promise
	for _, f := range []struct{ name, value string }{
		{"Release", string(p.Release)}, {"Clear", string(p.Clear)}, {"Len", string(p.Len)},
	} {
		if f.value != "" {
			add("%s: %q", f.name, f.value)
		}
	}
	for _, f := range []struct {
		name string
		set  bool
	}{{"Zero", p.Zero}, {"Shrinks", p.Shrinks}, {"LoadFree", p.LoadFree}} {
		if f.set {
			add("%s: true", f.name)
		}
	}
	return text + "}"
}
