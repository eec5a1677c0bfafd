package instrument

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

const plain = "package m\n\nimport \"sync\"\n\nvar Mu sync.Mutex\n"

// wantError copies a package, and wants an error of one line with that in it.
func wantError(t *testing.T, s Source, root, want string) {
	t.Helper()
	_, err := New(t.Context(), s, root)
	if err == nil {
		t.Fatalf("no error, want %q", want)
	}
	if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q, want one line with %q", err, want)
	}
}

func newRoot(t *testing.T) string { return filepath.Join(t.TempDir(), "copy") }

func TestNewSaysWhatIsWrongWithTheSource(t *testing.T) {
	dir := newModule(t, map[string]string{"m.go": plain, "only/only_plan9.go": "package only\n", "a/a.go": "package a\n", "b/b.go": "package b\n"})
	for path, want := range map[string]string{
		"example.com/m/none": "no required module provides package example.com/m/none",
		"example.com/m/only": "build constraints exclude all Go files",
		"example.com/other":  "no required module provides package example.com/other",
		"example.com/m/...":  "names no package",
		"":                   "names no package",
		"-x":                 "names no package",
		"net/http":           "of these only sync can be explored",
		"./m.go":             "is in no module",
		"example.com/m/a b":  "malformed import path",
	} {
		t.Run(path, func(t *testing.T) { wantError(t, Source{Dir: dir, Import: path}, newRoot(t), want) })
	}
	wantError(t, Source{Dir: filepath.Join(dir, "nowhere"), Import: "example.com/m"}, newRoot(t), "is no folder")
}

func TestNewNeedsAFolderToWriteTo(t *testing.T) {
	s := Source{Dir: newModule(t, map[string]string{"m.go": plain}), Import: "example.com/m"}
	full := t.TempDir()
	writeFiles(t, full, map[string]string{"a/file": ""})
	wantError(t, s, full, "is not empty: name a new folder")
	wantError(t, s, filepath.Join(full, "a", "file", "copy"), "name another folder")
	locked := filepath.Join(full, "locked")
	if err := os.Mkdir(locked, 0o555); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		t.Log("root may write to read-only folders: that they are refused is not tried")
	} else {
		wantError(t, s, filepath.Join(locked, "copy"), "name another folder")
	}
	err := unwritable("/copy", &fs.PathError{Op: "write", Path: "/copy/m.go", Err: syscall.ENOSPC})
	if !strings.HasPrefix(err.Error(), "no space left") {
		t.Error(err)
	}
}

func TestNewNeedsTheGoCommand(t *testing.T) {
	s := Source{Dir: newModule(t, map[string]string{"m.go": plain}), Import: "example.com/m"}
	t.Setenv("PATH", t.TempDir())
	wantError(t, s, newRoot(t), "no go command in PATH")
}

func TestNewStopsWhenItIsTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := Source{Dir: newModule(t, map[string]string{"m.go": plain}), Import: "example.com/m"}
	if _, err := New(ctx, s, newRoot(t)); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Error(err)
	}
}

// The checker is the one that the source requires, or else the one of where
// this process is: these tests are inside a clone.
func TestNewFindsTheChecker(t *testing.T) {
	alone := map[string]string{"m.go": plain, "go.mod": "module example.com/m\n\ngo 1.26\n"}
	dir := newModule(t, alone)
	clone, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	if found, err := findChecker(t.Context(), dir); err != nil || found != clone {
		t.Errorf("found %s, %v, want %s", found, err, clone)
	}
	t.Chdir(t.TempDir())
	wantError(t, Source{Dir: dir, Import: "example.com/m"}, newRoot(t), "run inside a clone of it, or in a module that requires it")

	old := t.TempDir()
	writeFiles(t, old, map[string]string{"go.mod": "module " + checkerModule + "\n\ngo 1.26\n"})
	alone["go.mod"] = moduleFile("1.26", old)
	wantError(t, Source{Dir: newModule(t, alone), Import: "example.com/m"}, newRoot(t), "require a newer version")
}

// dependent is a module that needs another.
func dependent(t *testing.T) map[string]string {
	checker, err := filepath.Abs("testdata/checker")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"m/go.mod":   moduleFile("1.26", checker) + "\nrequire example.com/dep v1.0.0\n\nreplace example.com/dep => ../dep\n",
		"m/m.go":     "package m\n\nimport \"example.com/dep\"\n\nvar D dep.D\n\nfunc Count() int32 { return D.Count() }\n",
		"dep/go.mod": "module example.com/dep\n\ngo 1.21\n",
		"dep/dep.go": "package dep\n\nimport \"sync/atomic\"\n\ntype D struct{ n atomic.Int32 }\n\n" +
			"func (d *D) Count() int32 { return d.n.Add(1) }\n",
	}
}

const countMain = "package main\n\nimport (\n\t\"github.com/mapspec/mapspec/linearizability/explored/example.com/m\"\n\t\"fmt\"\n)\n\nfunc main() { fmt.Println(m.Count(), m.Count()) }\n"

// copies copies package m below dir, and wants a copy of dep with it.
func copies(t *testing.T, dir string) *Copy {
	t.Helper()
	c, err := New(t.Context(), Source{Dir: dir, Import: "example.com/m"}, newRoot(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(); err != nil {
		t.Error(err)
	}
	if len(c.Files) != 2 || c.Files[0].Copy != filepath.Join(c.Root, "example.com", "dep", "dep.go") {
		t.Errorf("copied %v", c.Files)
	}
	if !testing.Short() {
		if got := buildAndRun(t, c, countMain, BuildOptions{}); got != "1 2\n" {
			t.Errorf("the program prints %q", got)
		}
	}
	return c
}

func TestNewCopiesWhatOtherModulesHave(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, dependent(t))
	c := copies(t, filepath.Join(dir, "m"))
	again := copies(t, filepath.Join(dir, "m"))
	if c.Digest != again.Digest || len(c.Digest) != 64 {
		t.Errorf("digests %s and %s", c.Digest, again.Digest)
	}
	tamper(t, filepath.Join(dir, "dep", "dep.go"), "Add(1)", "Add(0+1)")
	if changed := copies(t, filepath.Join(dir, "m")); changed.Digest == c.Digest {
		t.Error("the digest is that of another source")
	}
	if want := []string{filepath.Join(dir, "m", "m.go") + ":5 D"}; !slices.Equal(c.Variables, want) {
		t.Errorf("variables %v, want %v", c.Variables, want)
	}
}

// Files in the module cache are read-only; their copies are not.
func TestNewCopiesReadOnlyFiles(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, dependent(t))
	if err := os.Chmod(filepath.Join(dir, "dep", "dep.go"), 0o444); err != nil {
		t.Fatal(err)
	}
	c := copies(t, filepath.Join(dir, "m"))
	if fi, err := os.Stat(c.Files[0].Copy); err != nil || fi.Mode()&0o200 == 0 {
		t.Error(fi.Mode(), err)
	}
}

func TestNewWorksInAWorkspace(t *testing.T) {
	dir := t.TempDir()
	files := dependent(t)
	// Without a workspace this module would lack the other.
	files["m/go.mod"], _, _ = strings.Cut(files["m/go.mod"], "\nrequire example.com/dep")
	files["go.work"] = "go 1.26\n\nuse (\n\t./m\n\t./dep\n)\n"
	writeFiles(t, dir, files)
	copies(t, filepath.Join(dir, "m"))
}

// vendored moves the other module into a vendor folder.
func vendored(t *testing.T) string {
	dir := t.TempDir()
	files := dependent(t)
	files["m/go.mod"] = strings.Replace(files["m/go.mod"], "replace example.com/dep => ../dep", "", 1)
	checker, err := filepath.Abs("testdata/checker")
	if err != nil {
		t.Fatal(err)
	}
	files["m/vendor/example.com/dep/dep.go"] = files["dep/dep.go"]
	files["m/vendor/modules.txt"] = "# example.com/dep v1.0.0\n## explicit; go 1.21\nexample.com/dep\n" +
		"# " + checkerModule + " v0.0.0 => " + checker + "\n## explicit\n# " + checkerModule + " => " + checker + "\n"
	delete(files, "dep/go.mod")
	delete(files, "dep/dep.go")
	writeFiles(t, dir, files)
	return filepath.Join(dir, "m")
}

func TestNewWorksWithAVendorFolder(t *testing.T) { copies(t, vendored(t)) }

func TestNewHeedsTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, dependent(t))
	dir = filepath.Join(dir, "m")
	s := Source{Dir: dir, Import: "example.com/m"}
	with := vendored(t)

	t.Setenv("GOFLAGS", "-mod=vendor")
	copies(t, with)
	wantError(t, s, newRoot(t), "vendor")

	t.Setenv("GOFLAGS", "-overlay=x.json")
	wantError(t, s, newRoot(t), "GOFLAGS has -overlay")

	t.Setenv("GOFLAGS", "-tags=odd -mod=mod")
	writeFiles(t, dir, map[string]string{"even.go": "//go:build !odd\n\npackage m\n\nvar X int = \"\"\n"})
	before, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	copies(t, dir)
	if after, err := os.ReadFile(filepath.Join(dir, "go.mod")); err != nil || string(after) != string(before) {
		t.Errorf("go.mod has changed to %s, %v", after, err)
	}
}
