// Package docs holds the specification and the pages around it. Its tests keep
// them true:
//
//	markdown_test.go    a page: headings, anchors, links, code blocks
//	sections_test.go    every clause has its section, with all the parts
//	citations_test.go   which test checks which clause, and the lists of them
//	links_test.go       links lead somewhere, and to what they name
//	commands_test.go    what a reader is told to run exists
//	figures_test.go     a figure names the test that it comes from
//	json_test.go        docs/json.md describes what is printed and read
//	deviations_test.go  programs that docs/deviations.md points to
//	exploration_test.go tables of docs/exploration.md, certificates of the present source
//	scale_test.go       what docs/scale.md has workers run, and what it costs
//
// Each check is a function from text to problems, and each has a test that
// feeds it something wrong.
package docs_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite what specification.md generates from the model and from citations")

// root is the repository, seen from this directory.
const root = ".."

const specificationPath = "docs/specification.md"

// pages reads every page of docs, and the README if there is one.
func pages(t *testing.T) []page {
	t.Helper()
	var paths []string
	for _, pattern := range []string{"*.md", "*/README.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			paths = append(paths, "docs/"+filepath.ToSlash(path))
		}
	}
	if _, err := os.Stat(filepath.Join(root, "README.md")); err == nil {
		paths = append(paths, "README.md")
	}
	var all []page
	for _, path := range paths {
		all = append(all, readPage(t, path))
	}
	return all
}

// readPage reads the page at path, counted from the root.
func readPage(t *testing.T, path string) page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return parsePage(path, string(text))
}

// testFiles returns the paths of all test files of the repository, those of
// nested modules included, counted from its root.
func testFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != root && skipped(d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(path, "_test.go") {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			files = append(files, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	return files
}

// skipped reports whether the go command, or git, would not look into a
// directory with this name.
func skipped(name string) bool {
	return name[0] == '.' || name[0] == '_' || name == "testdata" || name == "vendor" || name == "counterexamples"
}

// report fails t with each problem.
func report(t *testing.T, problems []string) {
	t.Helper()
	for _, p := range problems {
		t.Error(p)
	}
}

// wantProblems fails t unless there is one problem for each part, in order,
// that contains it.
func wantProblems(t *testing.T, problems []string, parts ...string) {
	t.Helper()
	if len(problems) != len(parts) {
		t.Errorf("%d problems, want %d: %q", len(problems), len(parts), problems)
		return
	}
	for i, part := range parts {
		if !strings.Contains(problems[i], part) {
			t.Errorf("problem %q does not say %q", problems[i], part)
		}
	}
}
