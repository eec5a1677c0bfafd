package docs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

const jsonPath = "docs/json.md"

// judged is a line of mapspec check -json.
type judged struct {
	Map        string          `json:"map"`
	Origin     string          `json:"origin"`
	AsPromised bool            `json:"as_promised"`
	Explored   string          `json:"explored"`
	Verdicts   []model.Verdict `json:"verdicts"`
}

func TestJSONExamplesAreReadBack(t *testing.T) {
	report(t, checkExamples(readPage(t, jsonPath)))
}

// checkExamples reads each line of a block marked json, and each block marked
// jsonl as one history.
func checkExamples(p page) (problems []string) {
	var lines strings.Builder
	for i, line := range p.lines {
		if p.fence[i] != "json" && p.fence[i] != "jsonl" {
			continue
		}
		isFence := strings.HasPrefix(line, "```")
		var err error
		switch {
		case !isFence && p.fence[i] == "jsonl":
			lines.WriteString(line + "\n")
		case !isFence:
			err = readExample([]byte(line))
		default:
			_, err = history.Read(strings.NewReader(lines.String()))
			lines.Reset()
		}
		if err != nil {
			problems = append(problems, p.at(i)+err.Error())
		}
	}
	return problems
}

// readExample reads line as what its first field says that it is.
func readExample(line []byte) error {
	for field, into := range map[string]any{
		"map": new(judged), "clause": new(model.Verdict), "init": new(history.Program), "schema": new(counterexample.Counterexample),
		"thread": new(counterexample.Step),
	} {
		if bytes.HasPrefix(line, []byte(`{"`+field+`":`)) {
			return strictly(line, into)
		}
	}
	return errors.New("neither a judged map nor a verdict, a program or a counterexample")
}

func strictly(line []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// TestJSONFieldsAreDocumented compares each table of docs/json.md with what is
// really written.
func TestJSONFieldsAreDocumented(t *testing.T) {
	p := readPage(t, jsonPath)
	for heading, want := range writtenFields(t) {
		report(t, checkFields(p, heading, want))
	}
}

// checkFields compares the first column of the table under heading with the
// fields that are written.
func checkFields(p page, heading string, written []string) []string {
	first, end, ok := p.section(heading)
	if !ok {
		return []string{fmt.Sprintf("%s: no section %q", p.path, heading)}
	}
	for _, h := range p.headings() { // subsections have tables of their own
		if h.line >= first && h.line < end {
			end = h.line
		}
	}
	var documented []string
	for _, row := range p.rows(first, end) {
		documented = append(documented, strings.Trim(row[0], "`"))
	}
	slices.Sort(documented)
	slices.Sort(written)
	if !slices.Equal(documented, written) {
		return []string{fmt.Sprintf("%s%s documents %q, written are %q", p.at(first-1), heading, documented, written)}
	}
	return nil
}

// writtenFields returns for each heading of docs/json.md the fields that the
// object there can have.
func writtenFields(t *testing.T) map[string][]string {
	calls, returns, lines := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for m := range model.Len + 1 {
		op := model.Op{Method: m}
		if m.OnKey() {
			op.Instance = 1
		} else if m.Traverses() {
			op.Func = &model.Func{Stop: 1}
		}
		call, err := json.Marshal(op)
		addFields(t, calls, call, err)
		for _, r := range []model.Result{{}, {Panic: model.PanicOther}} {
			result, err := m.EncodeResult(r)
			addFields(t, returns, result, err)
		}
	}
	var b bytes.Buffer
	h := history.History{Events: []history.Event{
		{Seq: 1, Kind: history.Called, Parent: history.NoParent, Op: model.Op{Method: model.Range}},
		{Seq: 2, Kind: history.Visited}, {Seq: 3, Kind: history.Returned},
	}}
	if err := h.Write(&b); err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b.Bytes()) {
		addFields(t, lines, line, nil)
	}
	return map[string][]string{
		"A judged map":                  tags(reflect.TypeFor[judged]()),
		"A verdict":                     tags(reflect.TypeFor[model.Verdict]()),
		"A history":                     slices.Collect(maps.Keys(lines)),
		"A call":                        slices.Collect(maps.Keys(calls)),
		"A callback":                    tags(reflect.TypeFor[model.Func]()),
		"A visit":                       tags(reflect.TypeFor[model.Visit]()),
		"A return":                      slices.Collect(maps.Keys(returns)),
		"A program":                     tags(reflect.TypeFor[history.Program]()),
		"A counterexample":              counterexampleFields(t),
		"What is retained":              tags(reflect.TypeFor[model.Retained]()),
		"A step":                        tags(reflect.TypeFor[counterexample.Step]()),
		"A certificate":                 tags(reflect.TypeFor[explore.Certificate]()),
		"An execution that did not end": tags(reflect.TypeFor[explore.Unended]()),
		"Settings":                      tags(reflect.TypeFor[explore.Settings]()),

		"A violation explored": tags(reflect.TypeFor[explore.Violation]()),
	}
}

// counterexampleFields returns the fields of a counterexample that has them
// all.
func counterexampleFields(t *testing.T) []string {
	c := counterexample.Counterexample{
		Type: "t", Import: "i", Path: "p", Retained: []model.Retained{{}}, Trace: []string{"t"}, Witness: model.Witness{Turns: 1},
		Schedule: &counterexample.Schedule{New: "n", HashFunctions: []string{"h"}, Hashes: "h", Initial: "i", Steps: "s", Preemptions: 1,
			Stall: &counterexample.Stall{}, Digest: "d"}}
	b, err := json.Marshal(c)
	fields := map[string]bool{}
	addFields(t, fields, b, err)
	return slices.Collect(maps.Keys(fields))
}

// Every look is explained.
func TestLooksAreDocumented(t *testing.T) {
	report(t, checkFields(readPage(t, jsonPath), "A look", []string{
		string(model.LookResults), string(model.LookZero), string(model.LookSequence), string(model.LookHistory), string(model.LookRaces), string(model.LookSchedule),
		string(model.LookRelease), string(model.LookPump), string(model.LookPin), string(model.LookHeap)}))
}

// TestCounterexampleAndReplayPrintWhatIsDocumented runs both commands.
func TestCounterexampleAndReplayPrintWhatIsDocumented(t *testing.T) {
	if testing.Short() {
		t.Skip("builds mapspec and judges maps with it, some seconds: run without -short")
	}
	binary, dir := buildMapspec(t), t.TempDir()
	p := readPage(t, jsonPath)
	found, err := exec.Command(binary, "counterexample", "-map", "go1.15.0", "-json", "-o", dir).Output()
	fields := map[string]bool{}
	addFields(t, fields, found, err)
	report(t, checkFields(p, "A counterexample found", slices.Collect(maps.Keys(fields))))
	again, err := exec.Command(binary, "replay", "-json", filepath.Join(dir, "go1.15.0", "R1")).Output()
	fields = map[string]bool{}
	addFields(t, fields, again, err)
	report(t, checkFields(p, "A replay", slices.Collect(maps.Keys(fields))))
}

func addFields(t *testing.T, fields map[string]bool, object []byte, err error) {
	t.Helper()
	var o map[string]any
	if err := errors.Join(err, json.Unmarshal(object, &o)); err != nil {
		t.Fatal(err)
	}
	for name := range o {
		fields[name] = true
	}
}

// tags returns the names that fields of t have in JSON: their tags, or the
// lower-case name where a type encodes itself.
func tags(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		switch {
		case tag == "-", !t.Field(i).IsExported():
		case tag == "":
			names = append(names, strings.ToLower(t.Field(i).Name))
		default:
			names = append(names, tag)
		}
	}
	return names
}

// TestCheckPrintsWhatIsDocumented runs the command on the map that takes the
// least time.
func TestCheckPrintsWhatIsDocumented(t *testing.T) {
	if testing.Short() {
		t.Skip("builds mapspec and judges maps with it, some seconds: run without -short")
	}
	check := exec.Command(buildMapspec(t), "check", "-json", "-map", "go1.14", "-budget", "1ms", "-o", t.TempDir())
	out, err := check.Output()
	if len(out) == 0 {
		t.Fatalf("mapspec check -json: %v", err)
	}
	var line judged
	if err := strictly(out, &line); err != nil || line.Map != "go1.14" || len(line.Verdicts) == 0 {
		t.Errorf("%v, with %d verdicts of %q:\n%s", err, len(line.Verdicts), line.Map, out)
	}
}

func TestWrongJSONPagesAreSeen(t *testing.T) {
	for _, test := range []struct{ text, problem string }{
		{"```json\n{\"map\":\"m\",\"expected\":true}\n```", `unknown field "expected"`},
		{"```json\n{\"clause\":\"R1\",\"status\":\"ok\"}\n```", `unknown field "status"`},
		{"```json\n{\"clause\":\"R1\",\"coverage\":\"all\"}\n```", "want \"complete: …\""},
		{"```json\n{\"init\":[],\"clients\":[]}\n```", "clients"},
		{"```json\n[]\n```", "neither a judged map"},
		{"```jsonl\n{\"seq\":1,\"id\":1,\"return\":{}}\n```", "p.md:3: line 1: "},
	} {
		t.Run(test.text, func(t *testing.T) {
			wantProblems(t, checkExamples(parsePage("p.md", test.text)), test.problem)
		})
	}
	p := parsePage("p.md", "## A\n| f | m |\n|---|---|\n| `x` | |\n### B\n| f | m |\n|---|---|\n| `y` | |\n")
	wantProblems(t, checkFields(p, "A", []string{"x"}))
	wantProblems(t, checkFields(p, "A", []string{"x", "y"}), `A documents ["x"], written are ["x" "y"]`)
	wantProblems(t, checkFields(p, "B", nil), `B documents ["y"]`)
	wantProblems(t, checkFields(p, "C", nil), `no section "C"`)
}
