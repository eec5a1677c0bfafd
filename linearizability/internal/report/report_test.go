package report_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/report"
	"github.com/mapspec/mapspec/linearizability/internal/report/gotest"
	"github.com/mapspec/mapspec/linearizability/internal/report/page"
	"github.com/mapspec/mapspec/linearizability/internal/report/text"
	"github.com/mapspec/mapspec/model"
)

// A page holds texts of the map's author, and none of them is markup.
func TestPageEscapesWhatItSays(t *testing.T) {
	var b bytes.Buffer
	if err := page.Write(&b, saved(t)["hostile"]); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, raw := range []string{"<img", "<b>", "</title><"} {
		if strings.Contains(page, raw) {
			t.Errorf("%q is in the page as it is", raw)
		}
	}
	for _, want := range []string{"&lt;img src=x onerror=alert(1)&gt;", `srcdoc="`, `sandbox="allow-scripts"`, "default-src 'none'"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in the page", want)
		}
	}
	if n := strings.Count(page, "</html>"); n != 1 {
		t.Errorf("the page ends %d times", n)
	}
}

// A page needs nothing from anywhere.
func TestPageIsOneFile(t *testing.T) {
	for name, c := range saved(t) {
		var b bytes.Buffer
		if err := page.Write(&b, c); err != nil {
			t.Fatal(err)
		}
		for _, reference := range []string{"<link", " src=", "url(", "@import", "href="} {
			if strings.Contains(b.String(), reference) && name != "hostile" {
				t.Errorf("%s: the page refers to something by %q", name, reference)
			}
		}
	}
}

// The text names what should have let go, and what holds it.
//
// The wording is that of the article's bug.
func TestTextNamesTheOperationThatShouldHaveLetGo(t *testing.T) {
	var b bytes.Buffer
	if err := text.Write(&b, saved(t)["retained-key"]); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(b.String()), " ")
	want := "Delete(k0), operation 2, should have let go of it. After a garbage collection it is still reachable: readdirty.Go1150."
	if !strings.Contains(text, want) {
		t.Errorf("the text does not say %q:\n%s", want, b.String())
	}
}

// swapped is a counterexample of one goroutine on a map of this type.
func swapped(typ, path string) counterexample.Counterexample {
	swap := model.Op{Method: model.Swap, Key: 1, Value: 1}
	return counterexample.Counterexample{
		Map: "mine", Type: typ, Import: path, Clause: model.S4, Go: "go1.26",
		Witness: model.Witness{Look: model.LookResults, Threads: [][]model.Op{{swap}}},
		Failure: &model.Failure{Kind: model.WrongResult, Call: &swap, Got: &model.Result{Value: 1}, Want: &model.Result{}},
	}
}

// A test makes keys and values of the map's type where it can, and says what
// to fill in where it cannot.
func TestTestsFitTheTypeOfTheMap(t *testing.T) {
	for _, c := range []struct{ typ, path, want string }{
		{"locked.Map[interface {},interface {}]", "example.com/locked", "m := new(locked.Map[any, any])"},
		{"locked.Map[string,int]", "example.com/locked", "m := new(locked.Map[string, int])"},
		{"locked.Map[string,int]", "example.com/locked", "v := func(i int) int { return i }"},
		{"locked.Map[string,int]", "example.com/locked", `got != "0, false"`},
		{"locked.Map[int64,string]", "example.com/locked", "k := func(i int) int64 { return int64(i) }"},
		{"locked.Map[int64,string]", "example.com/locked", `got != ", false"`},
		{"xsync.Map[string,struct {}]", "example.com/xsync/v4", `xsync "example.com/xsync/v4"`},
		{"sync.Map", "sync", "m := new(sync.Map)"},
		{"mine.Map[string,mine.Conn]", "example.com/mine", "// FILL IN"},
		{"mine.inner", "example.com/mine", "// FILL IN"},
		{"main.Map", "main", "// FILL IN"},
		{"mine_test.Map", "example.com/mine_test", "// FILL IN"},
		{"", "", "// FILL IN"},
	} {
		src, err := gotest.Source(swapped(c.typ, c.path))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(src), c.want) {
			t.Errorf("a test on %q lacks %q:\n%s", c.typ, c.want, src)
		}
	}
}

// A violation that plain Go cannot show is run by this module.
func TestTestWithoutAPlainFormUsesTheLibrary(t *testing.T) {
	for name, wants := range map[string][]string{
		"range-nested": {"linearizability.RunCounterexample(t, subject, `{", "new(mine.Map)", `"schema": 2`, `Clear: "strong"`},
		"race":         {"linearizability.RunCounterexample(t, subject, `{", "new(broken.M2CountsLoads)"},
		"died":         {"linearizability.Run(t, subject)", "model.Subject[string, int]"},
	} {
		src, err := gotest.Source(saved(t)[name])
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(src), want) {
				t.Errorf("%s: the test lacks %q:\n%s", name, want, src)
			}
		}
	}
}

// Each kind of failure that package model declares has its words here: a new one
// that has none is not forgotten.
func TestEveryKindOfFailureIsExplained(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "../../../model/failure.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	ast.Inspect(f, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if of, ok := spec.Type.(*ast.Ident); ok && of.Name == "FailureKind" {
				declared++
			}
		}
		return true
	})
	if explained := report.Explains(); declared < 15 || explained != declared || len(kinds) != declared {
		t.Errorf("model declares %d kinds of failures, %d are explained, and %d are drawn at random", declared, explained, len(kinds))
	}
}
