package counterexample_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// example has something in every field.
func example() counterexample.Counterexample {
	return counterexample.Counterexample{
		Map: "mine", Type: "mine.Map", Import: "example.com/mine", Clause: model.R1, Go: "go1.26", Seed: 7,
		Witness: model.Witness{Look: model.LookRelease, Init: []model.Op{{Method: model.Store, Key: 0, Value: 1}},
			Threads: [][]model.Op{{{Method: model.Range, Func: &model.Func{Stop: 1, Do: []model.Op{{Method: model.Clear}}}}}}, Turns: 3},
		Minimal: model.Complete("all of them"), Rounds: 4, Failure: &model.Failure{
			Kind: model.Retains, AtRest: true, Should: "{}", Retained: []model.Retained{{Passed: 0, Left: 1, Path: "m.dirty"}},
		},
		History: history.Of([]history.Operation{{ID: 0, Parent: history.NoParent, Op: model.Op{Method: model.Store, Value: 1}, Call: 1, Return: 2}}),
		Promise: model.Promise{Release: model.ReleasePrompt, Clear: model.Strong},
	}
}

// scheduled has something in every field of a schedule.
func scheduled() counterexample.Counterexample {
	c := example()
	c.Look = model.LookSchedule
	c.Schedule = &model.Schedule{
		New: "new(mine.Map)", HashFunctions: []string{"mine.hash"}, Hashes: "mix", Initial: "empty", Steps: "0x2,1", Preemptions: 1,
		Stall: &model.Stall{Thread: 1, After: 2}, Digest: "abc",
	}
	c.Steps = []counterexample.Step{{
		Thread: 1, Operation: "Clear()", Calls: []string{"Clear()"}, Kind: "load", Call: "Load", Object: "m.head", Line: "m.go:1", Function: "Clear",
		Read: "#1", Wrote: "nil", Failed: true, Returns: []string{"→ ok"}, Switch: "has ended", State: "{}", Never: true,
	}}
	return c
}

func TestACounterexampleReadsBackTheSame(t *testing.T) {
	for name, c := range map[string]counterexample.Counterexample{
		"with everything":   example(),
		"with a schedule":   scheduled(),
		"without a history": {Map: "mine", Clause: model.S9, Witness: model.Witness{Threads: [][]model.Op{}}, Failure: &model.Failure{Kind: model.NoZeroValue}},
	} {
		dir := filepath.Join(t.TempDir(), "new", "directory")
		if err := c.Save(dir); err != nil {
			t.Fatal(err)
		}
		got, err := counterexample.Load(dir)
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("%s: got %+v, %v\nwant %+v", name, got, err, c)
		}
	}
}

// The history of another counterexample does not stay beside this one.
func TestSaveLeavesNoHistoryOfAnother(t *testing.T) {
	dir := t.TempDir()
	c := example()
	if err := c.Save(dir); err != nil {
		t.Fatal(err)
	}
	c.History = history.History{}
	if err := c.Save(dir); err != nil {
		t.Fatal(err)
	}
	if got, err := counterexample.Load(dir); err != nil || len(got.History.Events) != 0 {
		t.Errorf("%d events, %v", len(got.History.Events), err)
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, c := range []struct{ name, edit, with, want string }{
		{"another schema", `"schema": 2`, `"schema": 1`, "stale: written under schema 1, and this is schema 2; find it anew with mapspec counterexample -map mine -clause R1"},
		{"no schema", `"schema": 2,`, ``, `no "schema": not a counterexample`},
		{"an unknown field", `"map"`, `"mapp"`, `unknown field "mapp"`},
		{"no clause of the specification", `"R1"`, `"Z1"`, `clause "Z1": want one of the specification`},
		{"an unknown operation", `"Clear"`, `"Clean"`, `unknown operation "Clean"`},
		{"a schedule without one", `"release"`, `"schedule"`, `want "import", and "schedule" with "steps" and "new"`},
		{"half a file", `"promise"`, "\x00", "invalid character"},
		{"a failure of no known kind", `"retains"`, `"sulks"`, `failure kind "sulks"`},
		{"a failure of another kind", `"retains"`, `"no order"`, "lacks a field that this kind needs"},
		{"no failure", `"failure"`, `"mishap"`, `unknown field "mishap"`},
	} {
		dir := t.TempDir()
		if err := example().Save(dir); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, counterexample.ProgramFile)
		b, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(b, []byte(c.edit)) {
			t.Fatalf("%v: no %s in\n%s", err, c.edit, b)
		}
		if err := os.WriteFile(name, bytes.Replace(b, []byte(c.edit), []byte(c.with), 1), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err = counterexample.Load(dir)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want one line with the file and %q", c.name, err, c.want)
		}
		var stale *counterexample.StaleError
		if errors.As(err, &stale) != (c.name == "another schema") {
			t.Errorf("%s: stale is %v", c.name, stale)
		}
	}
}

func TestLoadSaysWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	if _, err := counterexample.Load(dir); err == nil || !strings.Contains(err.Error(), "no counterexample in "+dir) {
		t.Errorf("an empty directory: %v", err)
	}
	if err := example().Save(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, counterexample.HistoryFile), []byte("{\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := counterexample.Load(dir); err == nil || !strings.Contains(err.Error(), "history.jsonl: line 1") {
		t.Errorf("a malformed history: %v, want the file and the line", err)
	}
	if _, err := counterexample.LoadProgram(dir); err != nil {
		t.Errorf("the program beside a malformed history: %v", err)
	}
	if _, err := counterexample.Load(filepath.Join(dir, counterexample.ProgramFile)); err == nil || !strings.Contains(err.Error(), "want a directory") {
		t.Errorf("the file in place of its directory: %v", err)
	}
}

// A full disk, or a directory that cannot be written, is an error of Save.
func TestSaveSaysWhatItCannotWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := example().Save(filepath.Join(file, "under")); err == nil {
		t.Error("saved under a file")
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		dir := t.TempDir()
		if err := os.Symlink("/dev/full", filepath.Join(dir, counterexample.ProgramFile)); err != nil {
			t.Fatal(err)
		}
		if err := example().Save(dir); err == nil {
			t.Error("saved on a full disk")
		}
	}
}

// The type and its package are what a test in Go needs to make the map.
func TestOfNamesTheTypeOfTheMap(t *testing.T) {
	m, _ := impl.Find("go1.15.0")
	c, err := counterexample.Of(m.Subject.Bind(), model.Verdict{Clause: model.R1, Status: model.Violation,
		Failure: &model.Failure{Kind: model.NoZeroValue}, Witness: &model.Witness{Look: model.LookRelease}})
	if err != nil || c.Map != "go1.15.0" || c.Type != "readdirty.Go1150" || c.Import != "github.com/mapspec/mapspec/impl/readdirty" || c.Look != model.LookRelease {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := counterexample.Of(m.Subject.Bind(), model.Verdict{Clause: model.S1, Status: model.Unknown, Reason: "not explained"}); err == nil {
		t.Error("a verdict without a failure is taken")
	}
	if _, err := counterexample.Of(m.Subject.Bind(), model.Verdict{Failure: &model.Failure{History: []byte("{")}}); err == nil {
		t.Error("a malformed history is taken")
	}
}

func TestLuckyIsWhatGoroutinesDecide(t *testing.T) {
	one, two := [][]model.Op{{}}, [][]model.Op{{}, {}}
	for _, c := range []struct {
		w    model.Witness
		want bool
	}{
		{model.Witness{Look: model.LookHistory, Threads: two}, true},
		{model.Witness{Look: model.LookHistory, Threads: one}, false},
		{model.Witness{Look: model.LookRaces, Threads: two}, true},
		{model.Witness{Look: model.LookRelease, Threads: one}, false},
	} {
		if got := (counterexample.Counterexample{Witness: c.w}).Lucky(); got != c.want {
			t.Errorf("%+v: %v", c.w, got)
		}
	}
}

// FuzzLoad: whatever is in program.json, reading it is an error or a value
// that writes back the same.
func FuzzLoad(f *testing.F) {
	b, err := json.Marshal(example())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"schema":1}`))
	f.Add([]byte(`{"schema":2,"failure":{"kind":"dies"},"clause":"S1","program":{"threads":[]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var c, again counterexample.Counterexample
		if json.Unmarshal(b, &c) != nil {
			return
		}
		out, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &again); err != nil || !reflect.DeepEqual(c, again) {
			t.Errorf("%v: %+v became %+v", err, c, again)
		}
	})
}

// What a stale file says of itself cannot become another command.
func TestAStaleFileIsFoundAnewByAHarmlessCommand(t *testing.T) {
	for text, want := range map[string]string{
		`{"schema":1,"map":"locked","clause":"P2"}`:                             "mapspec counterexample -map locked -clause P2",
		`{"schema":1,"map":"a; rm -rf ~","clause":"\u001b[31m'"}`:               `mapspec counterexample -map 'a; rm -rf ~' -clause '[31m'\'''`,
		`{"schema":1,"import":"example.com/m","new":"new(m.Map[string, int])"}`: "mapspec explore -pkg example.com/m -new 'new(m.Map[string, int])'",
	} {
		var stale *counterexample.StaleError
		if err := json.Unmarshal([]byte(text), new(counterexample.Counterexample)); !errors.As(err, &stale) || stale.Command != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
