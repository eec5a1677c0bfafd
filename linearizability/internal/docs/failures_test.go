package docs_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/report/gotest"
	htmlpage "github.com/mapspec/mapspec/linearizability/internal/report/page"
	"github.com/mapspec/mapspec/linearizability/internal/report/text"
)

// failures holds counterexamples in the directories that mapspec counterexample -o
// writes.
const failures = "docs/gallery/failures"

// The pages of a saved failure are those that mapspec would write for it today.
//
// With -update they are written anew.
func TestSavedFailuresAreExplainedAsToday(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(root, failures, "*", "*"))
	if err != nil || len(dirs) < 3 {
		t.Fatalf("%d failures, %v", len(dirs), err)
	}
	for _, dir := range dirs {
		c, err := counterexample.Load(dir)
		if err != nil {
			t.Error(err)
			continue
		}
		for name, want := range explanations(t, c) {
			file := filepath.Join(dir, name)
			if *update {
				if err := os.WriteFile(file, want, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if was, err := os.ReadFile(file); err != nil || !bytes.Equal(was, want) {
				t.Errorf("%s is not what mapspec writes today (%v)\nrun go test ./linearizability/internal/docs -run TestSavedFailures -update", file, err)
			}
		}
	}
}

// explanations returns the files for people of c's directory, by name.
func explanations(t *testing.T, c counterexample.Counterexample) map[string][]byte {
	t.Helper()
	var trace, html, steps bytes.Buffer
	test, err := gotest.Source(c)
	if err := errors.Join(err, text.Write(&trace, c), htmlpage.Write(&html, c), text.WriteSteps(&steps, c)); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"trace.txt": trace.Bytes(), "report.html": html.Bytes(), "_counterexample_test.go": test}
	if len(c.Steps) > 0 {
		files["steps.txt"] = steps.Bytes()
	}
	return files
}

// trace quotes a saved failure: its argument is FAILURE: TITLE.
func trace(t *testing.T, argument string) ([]string, error) {
	failure, title, _ := strings.Cut(argument, ": ")
	file := readFile(t, failures+"/"+failure+"/trace.txt")
	lines, err := excerpt(strings.Split(strings.TrimRight(file, "\n"), "\n"), title)
	return fenced("text", lines), err
}

// jsonFile quotes a file of JSON in failures, or one line of it: its argument is
// FILE or FILE LINE.
func jsonFile(t *testing.T, argument string) ([]string, error) {
	file, number, isLine := strings.Cut(argument, " ")
	lines := strings.Split(strings.TrimRight(readFile(t, failures+"/"+file), "\n"), "\n")
	if isLine {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > len(lines) {
			return nil, fmt.Errorf("%s has no line %q", file, number)
		}
		lines = lines[n-1 : n]
	}
	return fenced("json", lines), nil
}

const readingPath = "docs/reading-a-failure.md"

// The table of files in docs/reading-a-failure.md is that of the directory that it
// names.
func TestFilesOfAFailureAreListed(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(root, failures, "S1-reused-entry", "S1"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	p := readPage(t, readingPath)
	if !strings.Contains(p.prose(), "gallery/failures/S1-reused-entry/S1") {
		t.Errorf("%s does not name the directory", p.path)
	}
	report(t, checkFields(p, "The files", names))
}
