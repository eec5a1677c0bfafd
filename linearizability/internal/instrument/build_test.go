package instrument

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestBuildRefusesNamesThatAreNotIdentifiers(t *testing.T) {
	c := copyFile(t, plain)
	for _, name := range []string{"", "..", "a/b", "-x"} {
		if err := c.Build(t.Context(), name, nil, "out", BuildOptions{}); err == nil || !strings.Contains(err.Error(), "use an identifier") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// A program can import the copy of an internal package.
func TestBuiltProgramImportsInternalPackages(t *testing.T) {
	for path, want := range map[string]string{
		"/example.com/m":                       "",
		"/example.com/m/internal/p":            "/example.com/m",
		"/example.com/m/internal/a/internal/b": "/example.com/m/internal/a",
		"/internal/sync":                       "",
	} {
		path, want = temporaryModule+path, temporaryModule+want
		if got := importableFrom(path); got != want {
			t.Errorf("%s can be imported from %s, want %s", path, got, want)
		}
	}
	if testing.Short() {
		t.Skip("the rest builds a program: run without -short")
	}
	dir := newModule(t, map[string]string{"internal/p/p.go": "package p\n\nconst Answer = 42\n"})
	c, err := New(t.Context(), Source{Dir: dir, Import: "example.com/m/internal/p"}, newRoot(t))
	if err != nil {
		t.Fatal(err)
	}
	main := "package main\n\nimport \"github.com/mapspec/mapspec/linearizability/explored/example.com/m/internal/p\"\n\nfunc main() { print(p.Answer) }\n"
	if got := buildAndRun(t, c, main, BuildOptions{}); got != "42" {
		t.Errorf("printed %q", got)
	}
	bad := strings.Replace(main, "p.Answer", "p.Question", 1)
	err = c.Build(t.Context(), "bad", []byte(bad), filepath.Join(t.TempDir(), "bad"), BuildOptions{})
	if err == nil || !strings.Contains(err.Error(), "main.go:5:") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want one line that names line 5", err)
	}
}

// Unreached returns lines of the original, which refusals and added imports do not shift.
func TestUnreachedReturnsLinesOfTheOriginal(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs: run without -short")
	}
	c := copyFile(t, `package m

func F(m map[int]int, ch chan int) (n int) {
	for k := range m {
		n += k
	}
	if n > 3 {
		n++
		<-ch
	}
	if n > 4 {
		return 7
	}
	return n
}
`)
	counts := t.TempDir()
	for _, arg := range []string{"nil", "map[int]int{2: 2}"} {
		main := "package main\n\nimport \"github.com/mapspec/mapspec/linearizability/explored/example.com/m\"\n\nfunc main() { m.F(" + arg + ", nil) }\n"
		buildAndRun(t, c, main, BuildOptions{Cover: true}, "GOCOVERDIR="+counts)
	}
	got, err := c.Unreached(t.Context(), counts)
	if err != nil {
		t.Fatal(err)
	}
	file := c.Files[0].Original
	if want := []string{file + ":7-10", file + ":11-13"}; !slices.Equal(got, want) {
		t.Errorf("unreached %v, want %v", got, want)
	}
	if _, err := c.Unreached(t.Context(), filepath.Join(counts, "none")); err == nil {
		t.Error("no error for a folder that does not exist")
	}
	if _, err := unreached("mode: set\nnonsense\n", nil); err == nil {
		t.Error("no error for a malformed profile")
	}
	if _, err := os.Stat(filepath.Join(counts, "profile.txt")); err == nil {
		t.Error("Unreached left its profile in the folder of the counts")
	}
}
