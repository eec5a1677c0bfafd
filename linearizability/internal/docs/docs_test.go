// Package docs tests the documents: the README and the pages of docs. It has no
// code of its own.
//
// Three kinds of tests keep a page true. Tables and quoted output are generated,
// and a test compares them with what would be generated today. What a reader can
// follow is followed: links lead to a heading or a declaration, commands and
// flags exist, figures name the test that they come from. And the structure is
// checked: each clause has its section, each field of the JSON its row.
//
// Each check is a function from text to problems, and each has a test that feeds
// it a wrong text.
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

var update = flag.Bool("update", false, "rewrite the generated parts of the documents, and the pages of the saved failures")

// root is the repository, seen from docs, where these tests run.
const root = ".."

const specificationPath = "docs/specification.md"

// TestMain runs the tests in the directory docs.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "mapspec-docs-")
	if err != nil {
		panic(err)
	}
	built.dir = dir
	if err := os.Chdir(filepath.Join("..", "..", "..", "docs")); err != nil {
		panic(err)
	}
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// pages reads the README and every page of docs.
func pages(t *testing.T) []page {
	t.Helper()
	paths := []string{"README.md"}
	for _, pattern := range []string{"*.md", "*/README.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("docs/%s: %d pages, %v", pattern, len(found), err)
		}
		for _, path := range found {
			paths = append(paths, "docs/"+filepath.ToSlash(path))
		}
	}
	var all []page
	for _, path := range paths {
		all = append(all, readPage(t, path))
	}
	return all
}

// readPage reads the page at path, which is relative to the root.
func readPage(t *testing.T, path string) page {
	t.Helper()
	return parsePage(path, readFile(t, path))
}

// readFile reads the file at path, which is relative to the root.
func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// writeLines writes a page.
func writeLines(t *testing.T, path string, lines []string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(path)), []byte(strings.Join(lines, "\n")), 0o666); err != nil {
		t.Fatal(err)
	}
}

// testFiles returns the paths of all test files of the repository, nested
// modules included, relative to the root.
func testFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != root && isIgnored(d.Name()) {
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

// isIgnored reports whether the go command or git ignores a directory with this
// name.
func isIgnored(name string) bool {
	return name[0] == '.' || name[0] == '_' || name == "testdata" || name == "vendor" || name == "counterexamples"
}

// report fails t with each problem.
func report(t *testing.T, problems []string) {
	t.Helper()
	for _, p := range problems {
		t.Error(p)
	}
}

// wantProblems fails t unless there is exactly one problem for each part, in
// order, and contains it.
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
