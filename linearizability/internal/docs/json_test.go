package docs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

const jsonPath = "docs/json.md"

// judgedMap is a line of mapspec check -json.
type judgedMap struct {
	Map        string          `json:"map"`
	Origin     string          `json:"origin"`
	AsPromised bool            `json:"as_promised"`
	Explored   string          `json:"explored"`
	Verdicts   []model.Verdict `json:"verdicts"`
}

// judgement quotes what mapspec check -json prints of a map, with one of its verdicts:
// the argument is MAP CLAUSE.
func judgement(t *testing.T, argument string) ([]string, error) {
	if testing.Short() {
		return nil, errSlow
	}
	name, clause, _ := strings.Cut(argument, " ")
	out, err := exec.Command(buildMapspec(t), "check", "-json", "-map", name, "-budget", "1s", "-o", t.TempDir()).Output()
	if err != nil {
		return nil, err
	}
	var object judgedMap
	if err := strictly(out, &object); err != nil {
		return nil, err
	}
	object.Verdicts = []model.Verdict{model.Find(object.Verdicts, model.Clause(clause))}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(object); err != nil {
		return nil, err
	}
	return fenced("json", strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")), nil
}

func TestJSONExamplesAreReadBack(t *testing.T) {
	report(t, checkExamples(readPage(t, jsonPath)))
}

// checkExamples reads each block marked json as one object, and each block marked
// jsonl as one history.
func checkExamples(p page) (problems []string) {
	var block strings.Builder
	begun := false
	for i, line := range p.lines {
		language := p.fence[i]
		switch {
		case language != "json" && language != "jsonl":
		case !strings.HasPrefix(line, "```"):
			block.WriteString(line + "\n")
		case !begun:
			begun = true
		default:
			if err := readExample(language, block.String()); err != nil {
				problems = append(problems, p.at(i)+err.Error())
			}
			block.Reset()
			begun = false
		}
	}
	return problems
}

// readExample reads a history, or decodes an object into the type that its first
// field tells.
func readExample(language, text string) error {
	if language == "jsonl" {
		_, err := history.Read(strings.NewReader(text))
		return err
	}
	for field, into := range map[string]any{
		"map": new(judgedMap), "clause": new(model.Verdict), "init": new(history.Program), "schema": new(counterexample.Counterexample),
		"thread": new(counterexample.Step),
	} {
		if regexp.MustCompile(`^\{\s*"` + field + `":`).MatchString(text) {
			return strictly([]byte(text), into)
		}
	}
	return errors.New("this is neither a judged map nor a verdict, a program, a counterexample or a step")
}

// strictly decodes one object, in which every field has to be known. A type that
// decodes itself may skip fields, so the object is compared with what is written for
// its value.
func strictly(line []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	again, err := json.Marshal(into)
	if err != nil {
		return err
	}
	var object, written any
	if err := errors.Join(json.Unmarshal(line, &object), json.Unmarshal(again, &written)); err != nil {
		return err
	}
	return contained(object, written, "")
}

// contained returns an error for the first part of object, at a path, that written
// lacks or has otherwise.
func contained(object, written any, path string) error {
	switch o := object.(type) {
	case map[string]any:
		w, _ := written.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(o)) {
			value, known := w[name]
			if !known {
				return fmt.Errorf("json: unknown field %q", path+name)
			}
			if err := contained(o[name], value, path+name+"."); err != nil {
				return err
			}
		}
		return nil
	case []any:
		w, _ := written.([]any)
		if len(o) != len(w) {
			return fmt.Errorf("json: %s is read as %v", path, written)
		}
		for i := range o {
			if err := contained(o[i], w[i], fmt.Sprintf("%s%d.", path, i)); err != nil {
				return err
			}
		}
		return nil
	}
	if object != written {
		return fmt.Errorf("json: %s %v is read as %v", strings.TrimSuffix(path, "."), object, written)
	}
	return nil
}

// The tables of docs/json.md have the fields that are written.
func TestJSONFieldsAreDocumented(t *testing.T) {
	p := readPage(t, jsonPath)
	for heading, want := range writtenFields(t) {
		report(t, checkFields(p, heading, want))
	}
}

// checkFields compares the first column of the table under heading with the names
// that it should have.
func checkFields(p page, heading string, want []string) []string {
	first, end, ok := p.section(heading)
	if !ok {
		return []string{fmt.Sprintf("%s: no section %q", p.path, heading)}
	}
	for _, h := range p.headings() { // a subsection has a table of its own
		if h.line >= first && h.line < end {
			end = h.line
		}
	}
	var documented []string
	for _, row := range p.rows(first, end) {
		documented = append(documented, strings.Trim(row[0], "`"))
	}
	slices.Sort(documented)
	slices.Sort(want)
	if !slices.Equal(documented, want) {
		return []string{fmt.Sprintf("%s%s documents %q, want %q", p.at(first-1), heading, documented, want)}
	}
	return nil
}

// writtenFields returns, for each heading of docs/json.md, the fields that its
// object can have.
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
		"A judged map":                  tags(reflect.TypeFor[judgedMap]()),
		"A verdict":                     verdictFields(t),
		"A history":                     slices.Collect(maps.Keys(lines)),
		"A call":                        slices.Collect(maps.Keys(calls)),
		"A callback":                    tags(reflect.TypeFor[model.Func]()),
		"A visit":                       tags(reflect.TypeFor[model.Visit]()),
		"A return":                      slices.Collect(maps.Keys(returns)),
		"A program":                     tags(reflect.TypeFor[history.Program]()),
		"A counterexample":              counterexampleFields(t),
		"A witness":                     tags(reflect.TypeFor[model.Witness]()),
		"A schedule":                    tags(reflect.TypeFor[model.Schedule]()),
		"A failure":                     tags(reflect.TypeFor[model.Failure]()),
		"A moment":                      tags(reflect.TypeFor[model.Moment]()),
		"An order":                      tags(reflect.TypeFor[model.Order]()),
		"An operation in an order":      tags(reflect.TypeFor[model.Placed]()),
		"A call that is stuck":          tags(reflect.TypeFor[model.Stuck]()),
		"What is retained":              tags(reflect.TypeFor[model.Retained]()),
		"A measurement":                 tags(reflect.TypeFor[model.Measurement]()),
		"A step":                        tags(reflect.TypeFor[counterexample.Step]()),
		"A certificate":                 tags(reflect.TypeFor[explore.Certificate]()),
		"An execution that did not end": tags(reflect.TypeFor[explore.Unended]()),
		"Settings":                      tags(reflect.TypeFor[explore.Settings]()),

		"A violation explored": tags(reflect.TypeFor[explore.Violation]()),
	}
}

// counterexampleFields returns the fields of a counterexample that has all of them.
func counterexampleFields(t *testing.T) []string {
	c := counterexample.Counterexample{
		Type: "t", Import: "i", Witness: model.Witness{Turns: 1, Schedule: &model.Schedule{}}, Failure: &model.Failure{Kind: model.NoZeroValue}}
	b, err := json.Marshal(c)
	fields := map[string]bool{}
	addFields(t, fields, b, err)
	return slices.Collect(maps.Keys(fields))
}

// verdictFields returns the fields of a verdict that has all of them.
func verdictFields(t *testing.T) []string {
	v := model.Verdict{
		Clause: model.R3, Status: model.Violation, Coverage: model.Bounded("c"), Reason: "r", Level: "unbounded",
		Failure: &model.Failure{Kind: model.Grows, Retained: []model.Retained{{Path: "p"}}, Measured: make([]model.Measurement, 1)},
		Witness: &model.Witness{}, Report: []string{"not written"}, Hung: true,
	}
	for i, value := range reflect.ValueOf(v).Fields() {
		if value.IsZero() {
			t.Errorf("give the verdict of this test a %s", i.Name)
		}
	}
	b, err := json.Marshal(v)
	fields := map[string]bool{}
	addFields(t, fields, b, err)
	return slices.Collect(maps.Keys(fields))
}

// The values of an enumeration are the first column of a table.
func TestKindsAreDocumented(t *testing.T) {
	p := readPage(t, jsonPath)
	report(t, checkFields(p, "A look", constants(t, "model", "Look")))
	report(t, checkFields(p, "Kinds of failures", constants(t, "model", "FailureKind")))
	fields := append(tags(reflect.TypeFor[model.Misvisit]()), constants(t, "model", "MisvisitKind")...)
	report(t, checkFields(p, "A misvisit", fields))
}

// The values of smaller enumerations are named in the row of their field.
func TestValuesAreDocumented(t *testing.T) {
	p := readPage(t, jsonPath)
	report(t, checkValues(p, "An operation in an order", "part", constants(t, "model", "Part")))
	report(t, checkValues(p, "A step", "reason", constants(t, "linearizability/internal/counterexample", "Reason")))
}

// checkValues reports the values that the row of field under heading does not name.
func checkValues(p page, heading, field string, values []string) (problems []string) {
	first, end, _ := p.section(heading)
	var meaning string
	for _, row := range p.rows(first, end) {
		if row[0] == "`"+field+"`" {
			meaning = row[len(row)-1]
		}
	}
	for _, v := range values {
		if v != "" && !strings.Contains(meaning, "`"+v+"`") {
			problems = append(problems, fmt.Sprintf("%s%s does not name %q in the row of %s", p.at(first-1), heading, v, field))
		}
	}
	return problems
}

// constants returns the values of the constants of a type of strings, as they are
// written in the source of a package.
func constants(t *testing.T, dir, of string) (values []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != of {
				return true
			}
			for _, v := range spec.Values {
				if literal, ok := v.(*ast.BasicLit); ok {
					text, err := strconv.Unquote(literal.Value)
					if err != nil {
						t.Fatal(err)
					}
					values = append(values, text)
				}
			}
			return true
		})
	}
	if len(values) == 0 {
		t.Fatalf("%s has no constants of type %s", dir, of)
	}
	return values
}

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

// tags returns the JSON names of t's fields: their tags, or for a type that encodes
// itself their names in lower case.
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

// go1.14 takes the least time of all maps.
func TestCheckPrintsWhatIsDocumented(t *testing.T) {
	if testing.Short() {
		t.Skip("builds mapspec and judges maps with it, some seconds: run without -short")
	}
	check := exec.Command(buildMapspec(t), "check", "-json", "-map", "go1.14", "-budget", "1ms", "-o", t.TempDir())
	out, err := check.Output()
	if len(out) == 0 {
		t.Fatalf("mapspec check -json: %v", err)
	}
	var line judgedMap
	if err := strictly(out, &line); err != nil || line.Map != "go1.14" || len(line.Verdicts) == 0 {
		t.Errorf("%v, with %d verdicts of %q:\n%s", err, len(line.Verdicts), line.Map, out)
	}
}

func TestWrongJSONPagesAreReported(t *testing.T) {
	for _, test := range []struct{ text, problem string }{
		{"```json\n{\"map\":\"m\",\"expected\":true}\n```", `unknown field "expected"`},
		{"```json\n{\"clause\":\"R1\",\"status\":\"ok\"}\n```", `unknown field "status"`},
		{"```json\n{\"clause\":\"R1\",\"failure\":{\"kind\":\"races\",\"where\":1}}\n```", `unknown field "where"`},
		{"```json\n{\"clause\":\"R1\",\"failure\":{\"kind\":\"melts\"}}\n```", `failure kind "melts"`},
		{"```json\n{\"clause\":\"R1\",\"evidence\":\"e\",\"failure\":{\"kind\":\"leaks lock\"}}\n```", `evidence e is read as a read at rest`},
		{"```json\n{\"clause\":\"R1\",\"coverage\":\"all\"}\n```", "want \"complete: …\""},
		{"```json\n{\"init\":[],\"clients\":[]}\n```", "clients"},
		{"```json\n[]\n```", "neither a judged map"},
		{"```json\n{\n  \"map\": \"m\",\n  \"expected\": true\n}\n```", `p.md:6: json: unknown field "expected"`},
		{"```jsonl\n{\"seq\":1,\"id\":1,\"return\":{}}\n```", "p.md:3: line 1: "},
	} {
		t.Run(test.text, func(t *testing.T) {
			wantProblems(t, checkExamples(parsePage("p.md", test.text)), test.problem)
		})
	}
	p := parsePage("p.md", "## A\n| f | m |\n|---|---|\n| `x` | |\n### B\n| f | m |\n|---|---|\n| `y` | |\n")
	wantProblems(t, checkFields(p, "A", []string{"x"}))
	wantProblems(t, checkFields(p, "A", []string{"x", "y"}), `A documents ["x"], want ["x" "y"]`)
	wantProblems(t, checkFields(p, "B", nil), `B documents ["y"]`)
	wantProblems(t, checkFields(p, "C", nil), `no section "C"`)
	p = parsePage("p.md", "## A\n| f | m |\n|---|---|\n| `x` | `b` or `c` |\n")
	wantProblems(t, checkValues(p, "A", "x", []string{"b", "", "c"}))
	wantProblems(t, checkValues(p, "A", "x", []string{"b", "d"}), `A does not name "d" in the row of x`)
	wantProblems(t, checkValues(p, "A", "y", []string{"b"}), `A does not name "b" in the row of y`)
}
