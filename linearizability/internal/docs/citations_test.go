package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/model"
)

// A test cites the clauses that it checks in a line of its doc comment:
//
//	// Clauses: S1, T5
//
// docs/coverage.md is generated from these lines.

// A citation is one test's claim to check one clause.
type citation struct {
	clause model.Clause
	file   string // relative to the root of the repository
	test   string
}

var (
	looksLikeCitation = regexp.MustCompile(`(?i)^//\s*clauses?\s*:`)
	testName          = regexp.MustCompile(`^(Test|Fuzz|Example)([^a-z]|$)`)
)

// citations returns the citations of all tests of the repository, and a problem
// for each malformed one.
func citations(t *testing.T) (all []citation, problems []string) {
	t.Helper()
	for _, path := range testFiles(t) {
		found, wrong := citationsIn(path, []byte(readFile(t, path)))
		all = append(all, found...)
		problems = append(problems, wrong...)
	}
	return all, problems
}

// allCitations returns the citations of all tests of the repository.
func allCitations(t *testing.T) []citation {
	all, _ := citations(t)
	return all
}

// citationsIn returns the citations in one file, and a problem for each one that
// is malformed, names no clause, or is not in the doc comment of a test.
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
				err = fmt.Errorf("a citation belongs in the doc comment of a test")
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

func TestEveryClauseIsCited(t *testing.T) {
	report(t, uncited(allCitations(t)))
}

// uncited returns a problem for each clause that no test cites.
func uncited(all []citation) (problems []string) {
	for _, s := range model.Sentences {
		if !slices.ContainsFunc(all, func(c citation) bool { return c.clause == s.Clause }) {
			problems = append(problems, fmt.Sprintf("no test cites %s: write // Clauses: %s above one that checks it", s.Clause, s.Clause))
		}
	}
	return problems
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

func TestWrongCitationsAreReported(t *testing.T) {
	for _, test := range []struct{ name, src, problem string }{
		{"no such clause", "// Clauses: S10\nfunc TestA() {}", `"S10" is not a clause`},
		{"an empty list", "// Clauses: \nfunc TestA() {}", "is not a clause"},
		{"singular", "// Clause: S1\nfunc TestA() {}", "want // Clauses: S1, T5"},
		{"no space", "//Clauses:S1\nfunc TestA() {}", "want // Clauses: S1, T5"},
		{"a full stop", "// Clauses: S1.\nfunc TestA() {}", `"S1." is not a clause`},
		{"a benchmark", "// Clauses: S1\nfunc BenchmarkA() {}", "belongs in the doc comment"},
		{"a helper", "// Clauses: S1\nfunc Testify() {}", "belongs in the doc comment"},
		{"a method", "// Clauses: S1\nfunc (s suite) TestA() {}", "belongs in the doc comment"},
		{"inside a test", "func TestA() {\n// Clauses: S1\n}", "belongs in the doc comment"},
		{"detached", "// Clauses: S1\n\nfunc TestA() {}", "belongs in the doc comment"},
		{"not Go", "func TestA(", "p_test.go:2"},
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

func TestClausesWithoutTestsAreReported(t *testing.T) {
	var all []citation
	for _, s := range model.Sentences[1:] {
		all = append(all, citation{s.Clause, "p_test.go", "TestA"})
	}
	wantProblems(t, uncited(all), "no test cites S1")
	wantProblems(t, uncited(append(all, citation{"S1", "p_test.go", "TestA"})))
}
