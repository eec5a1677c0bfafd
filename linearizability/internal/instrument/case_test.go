package instrument

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden parts of testdata/cases")

// TestCases runs the cases in testdata/cases. A case is a module and the expected copy of
// its package m. The sections of a case start with a line "-- name --":
//
//	NAME.go     a file of the module
//	hash        Source.Hash, one name per line
//	error       the error of New
//	golden F    the copy of the file F
//	main        a program
//	output      the output of the program
//
// A copy that New returns without an error must pass Verify, too.
func TestCases(t *testing.T) {
	cases, err := filepath.Glob("testdata/cases/*.txt")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			t.Parallel()
			runCase(t, path)
		})
	}
}

func runCase(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parts := sections(string(text))
	dir := newModule(t, parts)
	c, err := New(t.Context(), Source{Dir: dir, Import: "example.com/m", Hash: strings.Fields(parts["hash"])}, filepath.Join(t.TempDir(), "copy"))
	if err != nil {
		got := strings.ReplaceAll(err.Error(), dir, "$DIR") + "\n"
		if strings.Count(got, "\n") != 1 {
			t.Errorf("the error has more than one line: %q", got)
		}
		checkGolden(t, path, parts, "error", got)
		return
	}
	if want, has := parts["error"]; has {
		t.Fatalf("no error, want %s", want)
	}
	if err := c.Verify(); err != nil {
		t.Error(err)
	}
	for name := range parts {
		if file, ok := strings.CutPrefix(name, "golden "); ok {
			got, err := os.ReadFile(filepath.Join(c.Root, "example.com", "m", file))
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, path, parts, name, string(got))
		}
	}
	if program, has := parts["main"]; has && !testing.Short() {
		checkGolden(t, path, parts, "output", buildAndRun(t, c, program, BuildOptions{}))
	}
}

// checkGolden compares got with a section of a case.
func checkGolden(t *testing.T, path string, parts map[string]string, name, got string) {
	t.Helper()
	want := parts[name]
	if got == want {
		return
	}
	if !*update {
		t.Errorf("%s:\n%swant:\n%s", name, got, want)
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head := "-- " + name + " --\n"
	before, after, found := strings.Cut(string(text), head)
	if !found {
		t.Fatalf("%s has no section %q; its content would be\n%s", path, name, got)
	}
	after = strings.TrimPrefix(after, want)
	if err := os.WriteFile(path, []byte(before+head+got+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// sections returns the sections of a case by name.
func sections(text string) map[string]string {
	all := make(map[string]string)
	name := ""
	for line := range strings.Lines(text) {
		if n, ok := strings.CutPrefix(line, "-- "); ok && strings.HasSuffix(n, " --\n") {
			name = strings.TrimSuffix(n, " --\n")
			all[name] = ""
		} else if name != "" {
			all[name] += line
		}
	}
	return all
}

// newModule writes the files among parts as the module example.com/m. The module requires
// testdata/checker, which has simple stand-ins.
func newModule(t *testing.T, parts map[string]string) string {
	t.Helper()
	checker, err := filepath.Abs("testdata/checker")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := map[string]string{"go.mod": moduleFile("1.26", checker)}
	for name, text := range parts {
		switch filepath.Ext(name) {
		case ".go", ".mod", ".s", ".dat", ".work":
			if !strings.Contains(name, " ") {
				files[name] = strings.ReplaceAll(text, "$CHECKER", checker)
			}
		}
	}
	writeFiles(t, dir, files)
	return dir
}

func moduleFile(language, checker string) string {
	return "module example.com/m\n\ngo " + language + "\n\nrequire " + checkerModule + " v0.0.0\n\nreplace " +
		checkerModule + " => " + checker + "\n"
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// buildAndRun builds and runs a program and returns its output.
func buildAndRun(t *testing.T, c *Copy, program string, o BuildOptions, env ...string) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "program")
	if err := c.Build(t.Context(), "program", []byte(program), exe, o); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), exe)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}
