package gotest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// library is a body that has this module run the program again, or judge the map
// where there is none.
func (w *writer) library() (string, error) {
	if w.c.Look == model.LookSchedule {
		w.notes = []string{"The goroutines have to take their steps in one order of many, so the test needs " + modulePath + "."}
		return w.render("schedule", program(w.c))
	}
	w.notes = []string{"Plain Go cannot show it, so the test needs " + modulePath + "."}
	data := map[string]any{"Map": w.c.Map, "InCatalogue": w.inCatalogue(), "Key": w.typ.key.Name, "Value": w.typ.value.Name, "Promise": promise(w.c.Promise)}
	if w.c.Operations() > 0 {
		data["Program"] = program(w.c)
	} else if len(w.c.Failure.Retained) == 0 {
		data["Linearizability"] = true
	}
	return w.render("library", data)
}

// program is, as a string in Go, program.json with as little as runs it again, a
// field a line.
func program(c counterexample.Counterexample) string {
	c.Failure, c.History, c.Steps, c.Minimal = nil, history.History{}, nil, model.Coverage{}
	b, err := json.Marshal(c)
	var fields map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(b, &fields)
	}
	if err != nil { // of operations that no map can be given
		return strconv.Quote(err.Error())
	}
	var lines []string
	for _, name := range []string{
		"schema", "map", "type", "import", "clause", "go", "seed", "look", "program", "turns", "schedule", "rounds", "promise"} {
		if value := string(fields[name]); value != "" && value != "0" {
			lines = append(lines, fmt.Sprintf("%q: %s", name, value))
		}
	}
	text := "{" + strings.Join(lines, ",\n") + "}"
	if strings.ContainsRune(text, '`') {
		return strconv.Quote(text)
	}
	return "`" + text + "`"
}

// inCatalogue reports whether impl.Find knows the map.
func (w *writer) inCatalogue() bool {
	room, own := strings.CutPrefix(w.c.Import, modulePath+"/impl/")
	own = own && room != "broken" && room != "peers" && !strings.Contains(room, "/")
	return own || w.c.Import == "sync" && w.c.Map == "sync.Map"
}

// promise is p in Go.
func promise(p model.Promise) string {
	var fields []string
	v := reflect.ValueOf(p)
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsZero() {
			fields = append(fields, fmt.Sprintf("%s: %#v", v.Type().Field(i).Name, f))
		}
	}
	return "model.Promise{" + strings.Join(fields, ", ") + "}"
}
