package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A paragraph or table with a measured or counted figure stands below a comment
// that says where it comes from:
//
//	<!-- from: go test ./impl/readdirty -run TestStoreDeleteLoop -->
//
// The command must exist. If it is go test, the numbers must be in the test files
// or golden files of its package, so that a test fails when they change. Figures
// that no command here reproduces say why:
//
//	<!-- no command: experiments of the field notes -->
//
// Generated parts need no comment.

var (
	figure    = regexp.MustCompile(`\b\d{1,3}(,\d{3})+\b|\b\d+ of \d+\b|\b\d+(\.\d+)? ?(%|ns|µs|ms|[KMG]B)`)
	fromLine  = regexp.MustCompile(`^<!-- from: (.+) -->$`)
	noCommand = regexp.MustCompile(`^<!-- no command: .+ -->$`)
	digits    = regexp.MustCompile(`\d+(,\d{3})*(\.\d+)?`)
)

func TestFiguresNameTheirOrigin(t *testing.T) {
	w := present(t)
	for _, p := range pages(t) {
		report(t, checkFigures(p, w, literalsOf))
	}
}

// checkFigures looks at the prose of p. literals returns the numbers in the tests
// of a package.
func checkFigures(p page, w world, literals func(pattern string) ([]string, error)) (problems []string) {
	command, covered := "", false // of the block that begins next, or has begun
	begun, generated := false, false
	for i, line := range p.lines {
		switch {
		case generatedLine.MatchString(line), line == endLine:
			generated = line != endLine
			continue
		case p.fence[i] != "" || generated:
			continue
		case line == "":
			covered = covered && !begun
			continue
		}
		from := fromLine.FindStringSubmatch(line)
		if from != nil || noCommand.MatchString(line) {
			command, covered, begun = "", true, false
			if from != nil {
				command = from[1]
				if err := checkCommand(command, w); err != nil {
					problems = append(problems, p.at(i)+err.Error())
				}
			}
			continue
		}
		begun = true
		for _, f := range figure.FindAllString(line, -1) {
			if err := checkFigure(f, command, covered, literals); err != nil {
				problems = append(problems, p.at(i)+err.Error())
			}
		}
	}
	return problems
}

func checkFigure(f, command string, covered bool, literals func(pattern string) ([]string, error)) error {
	if !covered {
		return fmt.Errorf("figure %q: say above the paragraph where it comes from, <!-- from: go test ./model -run TestX -->", f)
	}
	words := shellWords(command)
	if len(words) < 3 || words[1] != "test" {
		return nil // the command prints the figure
	}
	at := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "./") })
	if at < 0 {
		return nil // checkCommand reports it
	}
	known, err := literals(words[at])
	if err != nil {
		return err
	}
	for _, number := range digits.FindAllString(f, -1) {
		if !slices.Contains(known, strings.ReplaceAll(number, ",", "")) {
			return fmt.Errorf("figure %q: no %s in the tests of %s, which cannot fail if it changes", f, number, words[at])
		}
	}
	return nil
}

// literalsOf returns the numbers in the test files of a package, without
// underscores, the values of expressions of such numbers, and the numbers in its
// golden files.
func literalsOf(pattern string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(root, pattern, "*_test.go"))
	if err != nil {
		return nil, err
	}
	var all []string
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		found, err := literalsIn(name, src)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	golden, err := filepath.Glob(filepath.Join(root, pattern, "testdata", "*.golden"))
	if err != nil {
		return nil, err
	}
	for _, name := range golden {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, digits.FindAllString(string(text), -1)...)
	}
	return all, nil
}

func literalsIn(name string, src []byte) (all []string, err error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if n.Kind == token.INT || n.Kind == token.FLOAT {
				all = append(all, strings.ReplaceAll(n.Value, "_", ""))
			}
		case *ast.BinaryExpr: // it has a value here only if all its operands are literals
			if v, err := types.Eval(token.NewFileSet(), nil, token.NoPos, types.ExprString(n)); err == nil && v.Value != nil {
				all = append(all, v.Value.ExactString())
			}
		}
		return true
	})
	return all, nil
}

func TestFiguresWithoutOriginAreReported(t *testing.T) {
	w := world{tests: func(pattern string) ([]string, error) {
		if pattern != "./model" {
			return nil, fmt.Errorf("no package %s", pattern)
		}
		return []string{"TestStep"}, nil
	}}
	literals := func(string) ([]string, error) { return []string{"1000", "499", "2.5"}, nil }
	const from = "<!-- from: go test ./model -run TestStep -->\n"
	for _, test := range []struct {
		name, text string
		problems   []string
	}{
		{"a paragraph with an origin", from + "It keeps 499 of 1000,\nor 1,000, in 2.5 ms.\n", nil},
		{"a blank line between", from + "\n| 1,000 |\n|---|\n| 1,000 |\n", nil},
		{"a generated part", "<!-- generated: x -->\n\n| 1,000 |\n\n<!-- end -->\n", nil},
		{"after a generated part", "<!-- generated: x -->\n<!-- end -->\nIt keeps 1,000.\n", []string{`p.md:3: figure "1,000"`}},
		{"an honest paragraph", "<!-- no command: an experiment -->\nIt keeps 1,000.\n", nil},
		{"small numbers and versions", "Go 1.15.0 has 2 maps and 100 states.\n", nil},
		{"code", "```text\n1,000\n```\n", nil},
		{"no origin", "It keeps 1,000.\n", []string{`p.md:1: figure "1,000"`}},
		{"the paragraph after", from + "None.\n\nIt keeps 5 of 6 and 3 MB.\n", []string{`figure "5 of 6": say`, `figure "3 MB": say`}},
		{"another number", from + "It keeps 2,000.\n", []string{`no 2,000 in the tests of ./model`}},
		{"another part of it", from + "It keeps 499 of 1001.\n", []string{`no 1001 in the tests of ./model`}},
		{"no such test", "<!-- from: go test ./model -run TestStop -->\n", []string{`no test matches "TestStop"`}},
		{"no such package", "<!-- from: go test ./modal -run TestStep -->\n", []string{"no package ./modal"}},
		{"no command", "<!-- from: an experiment -->\n", []string{"want git, cd,"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantProblems(t, checkFigures(parsePage("p.md", test.text), w, literals), test.problems...)
		})
	}
}

func TestNumbersInTestsAreFound(t *testing.T) {
	got, err := literalsIn("p_test.go", []byte("package p\nconst n, x = 10_000, 2.5\nvar s = \"7\"\nvar y = 2*(3+n) + 5*(6+7)\n"))
	want := []string{"10000", "2.5", "2", "3", "65", "5", "13", "6", "7"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}
