package instrument

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// catalogue are maps of this module, the toolchain's among them, and how a
// program makes them.
var catalogue = []struct {
	path string
	uses string // something that the package declares
	maps []string
}{
	{checkerModule + "/impl/locked", "Map[int, int]{}", []string{"new(m.Map[any, any])"}},
	{checkerModule + "/impl/readdirty", "Go123{}", []string{"new(m.Go114)", "new(m.Go1150)", "new(m.Go1152)", "new(m.Go123)"}},
	{checkerModule + "/impl/broken", "S1LostSwap{}", nil},
	{"sync", "Map{}", []string{"new(m.Map)"}},
}

// TestTheCatalogueRunsUnderTheScheduler copies the maps that are here, and runs
// them outside of an execution, where stand-ins are what they stand for, and
// under the scheduler, which has to see their steps. The map of Go's standard
// library serves as the model.
func TestTheCatalogueRunsUnderTheScheduler(t *testing.T) {
	for _, entry := range catalogue {
		t.Run(filepath.Base(entry.path), func(t *testing.T) {
			t.Parallel()
			c := fromClone(t, entry.path)
			if err := c.Verify(); err != nil {
				t.Error(err)
			}
			if testing.Short() {
				t.Skip("the rest builds; run without -short")
			}
			options := []BuildOptions{{}, {Cover: true}}
			if entry.path == "sync" {
				options = append(options, BuildOptions{Race: true})
			}
			for _, o := range options {
				program := catalogueProgram(c, entry.uses, entry.maps)
				got := buildAndRun(t, c, program, o, "GOCOVERDIR="+t.TempDir())
				if want := strings.Repeat("agrees, and takes steps\n", len(entry.maps)); got != want {
					t.Errorf("%+v: printed %s, want %s", o, got, want)
				}
			}
		})
	}
}

// fromClone copies a package seen from this module, with its stand-ins.
func fromClone(t *testing.T, path string) *Copy {
	t.Helper()
	clone, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(clone, "linearizability", "internal", "shim", "random")); err != nil {
		t.Skip("this clone has no stand-ins yet")
	}
	c, err := New(t.Context(), Source{Dir: clone, Import: path}, newRoot(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Under the race detector the scheduler must be silent: it switches threads,
// which is no synchronisation of theirs. The copies must not be.
func TestTheRaceDetectorIsToldOfTheCopiesOnly(t *testing.T) {
	if testing.Short() {
		t.Skip("builds with -race; run without -short")
	}
	c := fromClone(t, "sync")
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
	for functions, told := range map[string]bool{
		`linearizability/internal/engine/sched\.`: false, `linearizability/internal/engine/search\.`: false, `explored/internal/sync\.`: true,
	} {
		code, err := c.inCopy().run(t.Context(), "tool", "objdump", "-s", functions, exe)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(code), "TEXT ") {
			t.Errorf("the program has no %s", functions)
		}
		if got := strings.Contains(string(code), "runtime.racefuncenter") || strings.Contains(string(code), "runtime.raceread"); got != told {
			t.Errorf("%s tells the race detector: %t, want %t", functions, got, told)
		}
	}
}

// Other toolchains lay sync.Map out in other ways.
func TestOnlyTheToolchainsMapThatIsKnownIsCopied(t *testing.T) {
	for version, all := range map[string][]*listed{
		"go1.25.3": nil, "devel": nil, "go1.26.1": {{ImportPath: "sync", GoFiles: []string{"rwmutex.go"}}},
	} {
		if _, err := toolchain(version, all); err == nil {
			t.Errorf("%s is copied", version)
		}
	}
}

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

// use does the same with every map, and says what came out.
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

type first struct{}

func (first) Choose(_ *sched.Scheduler, enabled sched.Threads) int { return enabled.First() }

// check uses a new map outside of an execution, and another one as the first
// of two threads.
func check(outside, inside mapper, want string) string {
	if got := fmt.Sprint(use(outside)); got != want {
		return got + " differs from " + want
	}
	s := sched.New(2, sched.Limits{Steps: 1 << 20})
	defer s.Close()
	got := ""
	ending := s.Run([]func(){func() { got = fmt.Sprint(use(inside)) }, func() { use(inside) }}, first{})
	switch {
	case ending != sched.Completed || len(s.Panics()) > 0:
		return fmt.Sprint(ending, s.Panics())
	case got != want:
		return got + " differs under the scheduler from " + want
	case len(s.Trace()) < 200:
		return fmt.Sprint(len(s.Trace()), " steps only")
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
