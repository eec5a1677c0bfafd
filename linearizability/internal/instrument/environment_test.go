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

// wantError expects New to return an error that contains want and has one line.
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

func TestNewRefusesWhatIsNotAPackage(t *testing.T) {
	dir := newModule(t, map[string]string{"m.go": plain, "only/only_plan9.go": "package only\n", "a/a.go": "package a\n", "b/b.go": "package b\n"})
	for path, want := range map[string]string{
		"example.com/m/none": "no required module provides package example.com/m/none",
		"example.com/m/only": "build constraints exclude all Go files",
		"example.com/other":  "no required module provides package example.com/other",
		"example.com/m/...":  "is not the import path of a package",
		"":                   "is not the import path of a package",
		"-x":                 "is not the import path of a package",
		"net/http":           "sync is the only package there that can be explored",
		"./m.go":             "is not in a module",
		"example.com/m/a b":  "malformed import path",
	} {
		t.Run(path, func(t *testing.T) { wantError(t, Source{Dir: dir, Import: path}, newRoot(t), want) })
	}
	wantError(t, Source{Dir: filepath.Join(dir, "nowhere"), Import: "example.com/m"}, newRoot(t), "is not a folder")
}

func TestNewNeedsAnEmptyWritableFolder(t *testing.T) {
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
		t.Log("read-only folders are not tested, as root may write to them")
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

func TestNewStopsWhenItsContextIsCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := Source{Dir: newModule(t, map[string]string{"m.go": plain}), Import: "example.com/m"}
	if _, err := New(ctx, s, newRoot(t)); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Error(err)
	}
}

// The checker is the module that the source requires, or else the module at the working
// directory. These tests run inside a clone of it.
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

// dependentModule returns the files of a module m that requires a module dep.
func dependentModule(t *testing.T) map[string]string {
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

// copyBoth copies package m in dir and expects a copy of package dep, too.
func copyBoth(t *testing.T, dir string) *Copy {
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

func TestNewCopiesPackagesOfOtherModules(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, dependentModule(t))
	c := copyBoth(t, filepath.Join(dir, "m"))
	again := copyBoth(t, filepath.Join(dir, "m"))
	if c.Digest != again.Digest || len(c.Digest) != 64 {
		t.Errorf("digests %s and %s", c.Digest, again.Digest)
	}
	tamper(t, filepath.Join(dir, "dep", "dep.go"), "Add(1)", "Add(0+1)")
	if changed := copyBoth(t, filepath.Join(dir, "m")); changed.Digest == c.Digest {
		t.Error("the digest is the same for a changed source")
	}
	if want := []string{filepath.Join(dir, "m", "m.go") + ":5 D"}; !slices.Equal(c.Variables, want) {
		t.Errorf("variables %v, want %v", c.Variables, want)
	}
}

// Files in the module cache are read-only, but their copies must be writable.
func TestNewCopiesReadOnlyFiles(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, dependentModule(t))
	if err := os.Chmod(filepath.Join(dir, "dep", "dep.go"), 0o444); err != nil {
		t.Fatal(err)
	}
	c := copyBoth(t, filepath.Join(dir, "m"))
	if fi, err := os.Stat(c.Files[0].Copy); err != nil || fi.Mode()&0o200 == 0 {
		t.Error(fi.Mode(), err)
	}
}

func TestNewWorksInAWorkspace(t *testing.T) {
	dir := t.TempDir()
	files := dependentModule(t)
	// This module finds the other one only through the workspace.
	files["m/go.mod"], _, _ = strings.Cut(files["m/go.mod"], "\nrequire example.com/dep")
	files["go.work"] = "go 1.26\n\nuse (\n\t./m\n\t./dep\n)\n"
	writeFiles(t, dir, files)
	copyBoth(t, filepath.Join(dir, "m"))
}

// newVendoredModule writes the module m with dep in its vendor folder.
func newVendoredModule(t *testing.T) string {
	dir := t.TempDir()
	files := dependentModule(t)
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

func TestNewWorksWithAVendorFolder(t *testing.T) { copyBoth(t, newVendoredModule(t)) }

func TestNewRespectsGOFLAGS(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, dependentModule(t))
	dir = filepath.Join(dir, "m")
	s := Source{Dir: dir, Import: "example.com/m"}
	with := newVendoredModule(t)

	t.Setenv("GOFLAGS", "-mod=vendor")
	copyBoth(t, with)
	wantError(t, s, newRoot(t), "vendor")

	t.Setenv("GOFLAGS", "-overlay=x.json")
	wantError(t, s, newRoot(t), "GOFLAGS has -overlay")

	t.Setenv("GOFLAGS", "-tags=odd -mod=mod")
	writeFiles(t, dir, map[string]string{"even.go": "//go:build !odd\n\npackage m\n\nvar X int = \"\"\n"})
	before, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	copyBoth(t, dir)
	if after, err := os.ReadFile(filepath.Join(dir, "go.mod")); err != nil || string(after) != string(before) {
		t.Errorf("go.mod has changed to %s, %v", after, err)
	}
}

// A certificate names lines, so what moves code makes it stale, and a comment that is
// reworded within its lines does not.
func TestOnlyCodeAndItsLinesCountForTheDigest(t *testing.T) {
	digest := func(text string) string {
		c, err := New(t.Context(), Source{Dir: newModule(t, map[string]string{"m.go": text}), Import: "example.com/m"}, newRoot(t))
		if err != nil {
			t.Fatal(err)
		}
		return c.Digest
	}
	const source = "package m\n\n// F does this.\nfunc F() int { return 1 }\n"
	want := digest(source)
	for text, same := range map[string]bool{
		strings.Replace(source, "does this", "returns one", 1):        true,
		strings.Replace(source, "return 1", "return 2", 1):            false,
		strings.Replace(source, "// F", "\n// F", 1):                  false,
		strings.Replace(source, "// F does this.", "//go:nosplit", 1): false,
	} {
		if got := digest(text); (got == want) != same {
			t.Errorf("the same digest: %t, want %t, of\n%s", got == want, same, text)
		}
	}
}
