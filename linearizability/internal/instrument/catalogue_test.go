package instrument

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/testpart"
)

// catalogue has packages with maps of this module, and the toolchain's sync.Map.
var catalogue = []struct {
	path string
	uses string   // an expression that refers to the package
	maps []string // expressions that create maps
}{
	{checkerModule + "/impl/locked", "Map[int, int]{}", []string{"new(m.Map[any, any])"}},
	{checkerModule + "/impl/readdirty", "Go123{}", []string{"new(m.Go114)", "new(m.Go1150)", "new(m.Go1152)", "new(m.Go123)"}},
	{checkerModule + "/impl/broken", "S1LostSwap{}", nil},
	{"sync", "Map{}", []string{"new(m.Map)"}},
}

// The copies of maps behave like the standard library's sync.Map outside executions, where
// stand-ins behave like the real packages. They do the same under the scheduler, which
// must see their steps.
func TestCopiesOfTheCatalogueBehaveLikeSyncMap(t *testing.T) {
	for _, entry := range catalogue {
		t.Run(filepath.Base(entry.path), func(t *testing.T) {
			t.Parallel()
			c := copyFromClone(t, entry.path)
			if err := c.Verify(); err != nil {
				t.Error(err)
			}
			if testing.Short() {
				t.Skip("the rest builds programs: run without -short")
			}
			options := []BuildOptions{{Cover: true}, {}}
			if entry.path == "sync" {
				options = append(options, BuildOptions{Race: true})
			}
			for i := range testpart.Rows(1, len(options)) {
				o := options[i]
				program := catalogueProgram(c, entry.uses, entry.maps)
				got := buildAndRun(t, c, program, o, "GOCOVERDIR="+t.TempDir())
				if want := strings.Repeat("agrees, and takes steps\n", len(entry.maps)); got != want {
					t.Errorf("%+v: printed %s, want %s", o, got, want)
				}
			}
		})
	}
}

// copyFromClone copies a package as seen from this module. The copy uses its stand-ins.
func copyFromClone(t *testing.T, path string) *Copy {
	t.Helper()
	clone, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(t.Context(), Source{Dir: clone, Import: path}, newRoot(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A program with the race detector instruments the copies but not the scheduler, whose
// switches between threads do not synchronize the threads.
func TestRaceDetectorSeesOnlyTheCopies(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program with -race: run without -short")
	}
	c := copyFromClone(t, "sync")
	exe := filepath.Join(t.TempDir(), "program")
	program := `package main

import (
	"github.com/mapspec/mapspec/linearizability/explored/sync"

	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
)

var run = search.Run

func main() {
	new(sync.Map).Store(1, 2)
	_, _ = run(search.Program{}, search.Options{})
}
`
	if err := c.Build(t.Context(), "program", []byte(program), exe, BuildOptions{Race: true}); err != nil {
		t.Fatal(err)
	}
	for functions, instrumented := range map[string]bool{
		`linearizability/internal/engine/sched\.`: false, `linearizability/internal/engine/search\.`: false, `explored/internal/sync\.`: true,
	} {
		code, err := c.inCopy().run(t.Context(), "tool", "objdump", "-s", functions, exe)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(code), "TEXT ") {
			t.Errorf("the program has no function %s", functions)
		}
		if got := strings.Contains(string(code), "runtime.racefuncenter") || strings.Contains(string(code), "runtime.raceread"); got != instrumented {
			t.Errorf("%s calls the race detector: %t, want %t", functions, got, instrumented)
		}
	}
}

// A version of Go is judged by the code of its sync.Map, not by its name.
func TestToolchainMapIsRecognizedByItsCode(t *testing.T) {
	for name, c := range map[string]struct {
		version  string
		path     string // the file to change, below src
		old, new string
		want     string // in the error; empty: accepted
	}{
		"same code in another version": {version: "go1.99.1"},
		"same code in no release":      {version: "devel"},
		"another comment":              {version: "go1.99", path: "sync/map.go", old: "// Map is like a Go", new: "// Map is unlike a Go"},
		"another operator":             {version: "go1.26.8", path: "internal/sync/hashtriemap.go", old: "hashShift -= nChildrenLog2", new: "hashShift += nChildrenLog2", want: "hashtriemap.go is different code"},
		"another method in sync":       {version: "go1.26.8", path: "sync/map.go", old: "func (m *Map) Clear(", new: "func (m *Map) Empty(", want: "map.go is different code"},
		"another directive":            {version: "go1.26.8", path: "sync/map.go", old: "// Map is like a Go", new: "//go:build race\n", want: "map.go is different code"},
		"no syntax":                    {version: "go1.26.8", path: "sync/map.go", old: "package sync", new: "package \"sync", want: "map.go is different code"},
		"no hash trie":                 {version: "go1.23.1", path: "internal/sync/hashtriemap.go", want: "it has no"},
		"no package for the hash trie": {version: "go1.22.1", path: "internal/sync", want: "it has no package internal/sync"},
	} {
		t.Run(name, func(t *testing.T) {
			all := changedToolchain(t, c.path, c.old, c.new)
			found, err := toolchainPackages(c.version, all)
			switch {
			case c.want == "" && (err != nil || len(found) != 2):
				t.Errorf("found %d packages, %v, want 2", len(found), err)
			case c.want != "" && err == nil:
				t.Error("no error")
			case c.want != "" && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), c.version)):
				t.Errorf("error %q, want one line with %q and %q", err, c.want, c.version)
			}
		})
	}
}

// changedToolchain copies sync.Map of this toolchain, changes the file at path,
// or removes it if there is nothing to change in it, and lists the result.
func changedToolchain(t *testing.T, path, old, new string) []*listedPackage {
	t.Helper()
	goroot, err := goCommand{dir: "."}.run(t.Context(), "env", "GOROOT")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	var all []*listedPackage
	for importPath, file := range toolchainFiles {
		name := importPath + "/" + file.name
		text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(goroot)), "src", name))
		if err != nil {
			t.Fatal(err)
		}
		if importPath == path {
			continue
		}
		all = append(all, &listedPackage{ImportPath: importPath, Standard: true, Dir: filepath.Join(root, importPath)})
		if name == path && old == "" {
			continue
		}
		writeFiles(t, root, map[string]string{name: string(text)})
		if name == path {
			tamper(t, filepath.Join(root, name), old, new)
		}
	}
	return all
}

// catalogueProgram returns the source of a program that checks maps of the copy.
func catalogueProgram(c *Copy, uses string, maps []string) string {
	var makers []string
	for _, m := range maps {
		makers = append(makers, "func() mapper { return "+m+" }")
	}
	return strings.NewReplacer("IMPORT", c.Import, "USES", uses, "MAPS", strings.Join(makers, ", ")).Replace(catalogueMain)
}

const catalogueMain = `package main

import (
	"fmt"
	"sync"

	m "IMPORT"
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

var _ = m.USES

type mapper interface {
	Load(any) (any, bool)
	Store(any, any)
	LoadOrStore(any, any) (any, bool)
	Delete(any)
	Range(func(any, any) bool)
}

// use runs the same operations on every map and returns their results.
func use(x mapper) (log []any) {
	note := func(a ...any) { log = append(log, a...) }
	for i := range 40 {
		x.Store(i*i%17, i)
		v, ok := x.Load(i)
		note(v, ok)
		if i%3 == 0 {
			x.Delete(i / 2)
		}
		v, ok = x.LoadOrStore(i%5, -i)
		note(v, ok)
	}
	sum, n := 0, 0
	x.Range(func(k, v any) bool { sum += k.(int) * v.(int); n++; return true })
	note(sum, n)
	return log
}

type lowest struct{}

func (lowest) Choose(_ *sched.Scheduler, enabled sched.Threads) int { return enabled.First() }

// check uses one map outside an execution, and another in both threads of an execution.
func check(outside, inside mapper, want string) string {
	if got := fmt.Sprint(use(outside)); got != want {
		return got + " differs from " + want
	}
	s := sched.New(2, sched.Limits{Steps: 1 << 20})
	defer s.Close()
	got := ""
	ending := s.Run([]func(){func() { got = fmt.Sprint(use(inside)) }, func() { use(inside) }}, lowest{})
	switch {
	case ending != sched.Completed || len(s.Panics()) > 0:
		return fmt.Sprint(ending, s.Panics())
	case got != want:
		return got + " differs under the scheduler from " + want
	case len(s.Trace()) < 200:
		return fmt.Sprint("only ", len(s.Trace()), " steps")
	}
	return "agrees, and takes steps"
}

func main() {
	want := fmt.Sprint(use(new(sync.Map)))
	for _, make := range []func() mapper{MAPS} {
		fmt.Println(check(make(), make(), want))
	}
}
`
