package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/impl/broken"
	"github.com/mapspec/mapspec/model"
)

// A test cites the clauses that it checks by a line of its doc comment:
//
//	// Clauses: S1, T5
//
// The lists under "Checked by" in specification.md are made from these lines.
// A clause that no test cites stands in the table of exceptions, with the
// reason, and a clause that stands there is not cited.

// A citation is one clause on such a line.
type citation struct {
	clause model.Clause
	file   string // counted from the root of the repository
	test   string
}

const regenerate = "go test ./linearizability/internal/docs -run TestCheckedBy -update"

// exceptions is the heading over the table of clauses that no test cites.
const exceptions = "Clauses without a test"

var (
	looksLikeCitation = regexp.MustCompile(`(?i)^//\s*clauses?\s*:`)
	testName          = regexp.MustCompile(`^(Test|Fuzz|Example)([^a-z]|$)`)
	exceptionCell     = regexp.MustCompile(`^\[([A-Z][0-9]+)\]\(#[a-z][0-9]+\)$`)
)

// citations returns what the tests of the repository cite.
func citations(t *testing.T) (all []citation, problems []string) {
	t.Helper()
	for _, path := range testFiles(t) {
		src, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		found, wrong := citationsIn(path, src)
		all = append(all, found...)
		problems = append(problems, wrong...)
	}
	return all, problems
}

// citationsIn returns the citations in one file, and those that are wrong: of
// no clause, malformed, or not in the doc comment of a test.
func citationsIn(path string, src []byte) (all []citation, problems []string) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, []string{err.Error()}
	}
	tests := map[*ast.CommentGroup]string{}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Doc != nil && testName.MatchString(f.Name.Name) {
			tests[f.Doc] = f.Name.Name
		}
	}
	for _, group := range file.Comments {
		for _, line := range group.List {
			if !looksLikeCitation.MatchString(line.Text) {
				continue
			}
			clauses, err := parseCitation(line.Text)
			test, inTest := tests[group]
			if err == nil && !inTest {
				err = fmt.Errorf("a citation belongs into the doc comment of a test")
			}
			if err != nil {
				problems = append(problems, fmt.Sprintf("%v: %v", fset.Position(line.Pos()), err))
				continue
			}
			for _, c := range clauses {
				all = append(all, citation{c, path, test})
			}
		}
	}
	return all, problems
}

// parseCitation reads "// Clauses: S1, T5".
func parseCitation(line string) ([]model.Clause, error) {
	list, ok := strings.CutPrefix(line, "// Clauses: ")
	if !ok {
		return nil, fmt.Errorf("%q: want // Clauses: S1, T5", line)
	}
	var clauses []model.Clause
	for name := range strings.SplitSeq(list, ",") {
		c := model.Clause(strings.TrimSpace(name))
		if c.Order() < 0 {
			return nil, fmt.Errorf("%q: %q is not a clause", line, c)
		}
		clauses = append(clauses, c)
	}
	return clauses, nil
}

func TestCitationsNameClauses(t *testing.T) {
	_, problems := citations(t)
	report(t, problems)
}

func TestEveryClauseIsCitedOrExcepted(t *testing.T) {
	all, _ := citations(t)
	report(t, checkExceptions(readPage(t, specificationPath), all))
}

// checkExceptions compares the table of exceptions with what is cited.
func checkExceptions(spec page, all []citation) (problems []string) {
	cited := map[model.Clause]string{}
	for _, c := range all {
		cited[c.clause] = c.file + ": " + c.test
	}
	excepted := map[model.Clause]bool{}
	first, end, ok := spec.section(exceptions)
	if !ok {
		return []string{spec.path + ": no section " + exceptions}
	}
	for _, row := range spec.rows(first, end) {
		m := exceptionCell.FindStringSubmatch(row[0])
		switch {
		case m == nil || model.Clause(m[1]).Order() < 0:
			problems = append(problems, fmt.Sprintf("%s%q: want [S1](#s1), a clause", spec.at(first), row[0]))
			continue
		case len(row) != 2 || row[1] == "":
			problems = append(problems, fmt.Sprintf("%s%s has no reason", spec.at(first), m[1]))
		case cited[model.Clause(m[1])] != "":
			problems = append(problems, fmt.Sprintf("%s%s is cited by %s: remove it from the table", spec.at(first), m[1], cited[model.Clause(m[1])]))
		}
		excepted[model.Clause(m[1])] = true
	}
	for _, s := range model.Sentences {
		if cited[s.Clause] == "" && !excepted[s.Clause] {
			problems = append(problems, fmt.Sprintf("no test cites %s: write // Clauses: %s over one that checks it, or put it into the table %q of %s with the reason", s.Clause, s.Clause, exceptions, spec.path))
		}
	}
	return problems
}

// TestCheckedBy compares the parts of the specification that are made from the
// model, from citations and from the broken maps with what they would be now. With -update it
// rewrites them.
func TestCheckedBy(t *testing.T) {
	all, _ := citations(t)
	spec := readPage(t, specificationPath)
	want := generated(spec, all)
	difference := firstDifference(spec, strings.Split(want, "\n"))
	if difference == "" {
		return
	}
	if !*update {
		t.Fatalf("%s\nrun %s", difference, regenerate)
	}
	if err := os.WriteFile(filepath.Join(root, specificationPath), []byte(want), 0o666); err != nil {
		t.Fatal(err)
	}
}

// firstDifference says where spec is not want, or returns "".
func firstDifference(spec page, want []string) string {
	for i, line := range append(want, "") {
		switch {
		case i < len(spec.lines) && i < len(want) && spec.lines[i] == line:
		case i < len(spec.lines):
			return fmt.Sprintf("%s%q is stale, want %q", spec.at(i), spec.lines[i], line)
		case i < len(want):
			return fmt.Sprintf("%s: the end is missing, from %q on", spec.path, line)
		}
	}
	return ""
}

// generated returns spec with its table of contents and the lists of tests
// made anew.
func generated(spec page, all []citation) string {
	var out []string
	current, skipping := model.Clause(""), false
	for i, line := range spec.lines {
		if m := headingLine.FindStringSubmatch(line); m != nil && spec.fence[i] == "" {
			current, skipping = model.Clause(m[2]), false
		}
		if strings.HasPrefix(line, exploredTo) {
			skipping = false
		}
		if current == "Contents" && strings.HasPrefix(line, "| [") {
			continue
		}
		if !skipping {
			out = append(out, line)
		}
		switch {
		case current == "Contents" && strings.HasPrefix(line, "|--"):
			out = append(out, contents()...)
		case current.Order() >= 0 && line == checkedBy:
			out = append(out, "")
			out = append(append(out, listOf(current, all)...), "")
			skipping = true
		}
	}
	return strings.Join(out, "\n")
}

// contents returns the rows of the table of contents.
func contents() []string {
	var rows []string
	for _, s := range model.Sentences {
		rows = append(rows, fmt.Sprintf("| [%s](#%s) | %s |", s.Clause, strings.ToLower(string(s.Clause)), s.Sentence))
	}
	return rows
}

// listOf returns the list of the tests that cite c, a line a file.
func listOf(c model.Clause, all []citation) []string {
	var lines []string
	last := ""
	for _, cited := range all {
		if cited.clause != c {
			continue
		}
		if cited.file != last {
			lines = append(lines, fmt.Sprintf("- [%s](../%s):", cited.file, cited.file))
			last = cited.file
		} else {
			lines[len(lines)-1] += ","
		}
		lines[len(lines)-1] += " `" + cited.test + "`"
	}
	if len(lines) == 0 {
		lines = []string{"- no test: see [" + strings.ToLower(exceptions) + "](#" + slugOf(exceptions) + ")"}
	}
	if names := brokenBy(c); len(names) > 0 {
		lines = append(lines, "- maps that break it on purpose, in [impl/broken](../impl/broken/broken.go): `"+strings.Join(names, "`, `")+"`")
	}
	return lines
}

// brokenBy returns the names of the maps that break c on purpose.
func brokenBy(c model.Clause) (names []string) {
	for _, m := range broken.Maps {
		if m.Clause == string(c) || slices.Contains(m.Also, string(c)) {
			names = append(names, m.Name)
		}
	}
	return names
}

func TestCitationsAreReadFromDocComments(t *testing.T) {
	const src = `package p

// TestA checks something.
//
// Clauses: S1, T5
func TestA(t *testing.T) {}

// Clauses: R1
func FuzzB(f *testing.F) {}
`
	all, problems := citationsIn("p_test.go", []byte(src))
	wantProblems(t, problems)
	want := []citation{{"S1", "p_test.go", "TestA"}, {"T5", "p_test.go", "TestA"}, {"R1", "p_test.go", "FuzzB"}}
	if fmt.Sprint(all) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", all, want)
	}
}

func TestWrongCitationsAreSeen(t *testing.T) {
	for _, test := range []struct{ name, src, problem string }{
		{"no such clause", "// Clauses: S10\nfunc TestA() {}", `"S10" is not a clause`},
		{"an empty list", "// Clauses: \nfunc TestA() {}", "is not a clause"},
		{"singular", "// Clause: S1\nfunc TestA() {}", "want // Clauses: S1, T5"},
		{"no space", "//Clauses:S1\nfunc TestA() {}", "want // Clauses: S1, T5"},
		{"a full stop", "// Clauses: S1.\nfunc TestA() {}", `"S1." is not a clause`},
		{"over a benchmark", "// Clauses: S1\nfunc BenchmarkA() {}", "belongs into the doc comment"},
		{"over a helper", "// Clauses: S1\nfunc Testify() {}", "belongs into the doc comment"},
		{"over a method", "// Clauses: S1\nfunc (s suite) TestA() {}", "belongs into the doc comment"},
		{"inside a test", "func TestA() {\n// Clauses: S1\n}", "belongs into the doc comment"},
		{"detached", "// Clauses: S1\n\nfunc TestA() {}", "belongs into the doc comment"},
		{"no Go", "func TestA(", "p_test.go:2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			all, problems := citationsIn("p_test.go", []byte("package p\n"+test.src))
			if len(problems) == 0 || len(all) > 0 {
				t.Fatalf("cites %v, with the problems %q", all, problems)
			}
			wantProblems(t, problems[:1], test.problem)
		})
	}
}

func TestClausesWithoutTestsAreSeen(t *testing.T) {
	var all []citation
	for _, s := range model.Sentences[1:] {
		all = append(all, citation{s.Clause, "p_test.go", "TestA"})
	}
	for _, test := range []struct {
		name, table string
		problems    []string
	}{
		{"excepted", "| [S1](#s1) | because |", nil},
		{"neither cited nor excepted", "", []string{"no test cites S1"}},
		{"both", "| [S1](#s1) | because |\n| [S2](#s2) | because |", []string{"S2 is cited by p_test.go: TestA"}},
		{"no reason", "| [S1](#s1) | |", []string{"S1 has no reason"}},
		{"no clause", "| [S1](#s1) | because |\n| [S10](#s10) | because |", []string{`"[S10](#s10)": want`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			spec := parsePage("p.md", "## "+exceptions+"\n\n| c | r |\n|---|---|\n"+test.table+"\n")
			wantProblems(t, checkExceptions(spec, all), test.problems...)
		})
	}
	wantProblems(t, checkExceptions(parsePage("p.md", ""), all), "no section")
}

func TestDifferencesAreShown(t *testing.T) {
	spec := parsePage("p.md", "a\nb")
	for want, text := range map[string]string{
		"a\nb":    "",
		"a\nc":    `p.md:2: "b" is stale, want "c"`,
		"a":       `p.md:2: "b" is stale, want ""`,
		"a\nb\nc": `p.md: the end is missing, from "c" on`,
	} {
		if got := firstDifference(spec, strings.Split(want, "\n")); got != text {
			t.Errorf("want %q: got %q, want %q", want, got, text)
		}
	}
}

func TestListsAreGenerated(t *testing.T) {
	all := []citation{{"S1", "a_test.go", "TestA"}, {"S1", "a_test.go", "TestB"}, {"S1", "b/b_test.go", "TestC"}, {"S2", "a_test.go", "TestA"}}
	spec := parsePage("p.md", "## Contents\n\n| c | s |\n|---|---|\n| [S1](#s1) | outdated |\n\n### S1\n\n**Checked by**\n\noutdated\n\n**Explored to.** x\n\n### S3\n\n**Checked by**\n**Explored to.** y\n")
	got := generated(spec, all)
	for _, want := range []string{
		"| [S1](#s1) | " + model.S1.Sentence() + " |\n| [S2](#s2) |",
		"\n**Checked by**\n\n- [a_test.go](../a_test.go): `TestA`, `TestB`\n- [b/b_test.go](../b/b_test.go): `TestC`\n- maps that break it",
		"`S1-lost-swap`, ",
		"\n\n**Explored to.** x\n",
		"\n**Checked by**\n\n- no test: see [clauses without a test](#clauses-without-a-test)\n- maps that break it",
		"\n\n**Explored to.** y\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "outdated") {
		t.Errorf("what was outdated is still there:\n%s", got)
	}
	if again := generated(parsePage("p.md", got), all); again != got {
		t.Errorf("generating twice differs:\n%s\n%s", got, again)
	}
}
