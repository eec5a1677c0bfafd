package explore_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/model"
)

// refused wants an error of one line with that in it.
func refused(t *testing.T, m explore.Map, o explore.Options, want string) {
	t.Helper()
	if o.Size == "" {
		o.Size = "2x1"
	}
	c, err := explore.Explore(t.Context(), m, o)
	switch {
	case err == nil:
		t.Errorf("%s is explored: %s; want %q", m.New, c.Coverage, want)
	case !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n"):
		t.Errorf("%s: error %q, want one line with %q", m.New, err, want)
	}
}

// What makes no map is refused with what to do.
func TestWhatMakesNoMapIsRefused(t *testing.T) {
	builds(t)
	for i, c := range []struct{ name, new, want string }{
		{"plain", "plain.Nwe[string, int]()", "plain.Nwe[string, int]() does not make a map: undefined: plain.Nwe"},
		{"plain", "new(", "is no Go expression (expected"},
		{"plain", "new(plian.Map[string, int])", "does not speak of package plain: "},
		{"plain", "new(plain.Map)", "does not make a map: cannot use generic type plain.Map without instantiation"},
		{"plain", "new(plain.List)", "makes no map: want a pointer to a type with the method Load(K) (V, bool)"},
		{"plain", "plain.NewValue()", "is a plain.Value, no pointer: make a pointer to a map"},
		{"plain", "plain.Nil()", "what is made is nil, of type *plain.Map[string,int]: make a pointer"},
		{"plain", "plain.Panics()", "making a map panics: no configuration"},
		{"plain", "plain.Endless()", "making a map does not end: no step for 1s"},
		{"plain", "plain.Waits()", "making a map does not end: deadlock"},
		{"janitor", "janitor.New()", "janitor.go:10: go statement is not supported under exploration"},
		{"early", "early.New()", "early.go:9: go statement is not supported under exploration"},
		{"slow", "slow.New()", "slow.go:28: time.Sleep is not supported under exploration: leave out the operations that reach it"},
		{"none", "none.New()", "none"},
	} {
		t.Run(c.new, func(t *testing.T) {
			if i%2 > 0 && !testpart.Run(i) {
				t.Skip("every second row is not in the default run: run it with MAPSPEC_TESTS=complete")
			}
			refused(t, own(c.name, c.new), explore.Options{Workers: 1, Initials: []string{"empty"}, Methods: []model.Method{model.Swap, model.Store}, Patience: time.Second}, c.want)
		})
	}
}

// An operation that goes on for ever, calling nothing that is visible, is ended,
// and it is said where that was.
func TestAnOperationThatNeverEndsBoundsTheCertificate(t *testing.T) {
	builds(t)
	c := certify(t, own("endless", "new(endless.Map)"), explore.Options{Patience: time.Second, Workers: 2})
	if !slices.Contains(c.Bounds, "an operation never ends") || c.AsFarAsAsked() || len(c.Unended) != 1 {
		t.Fatalf("coverage %s, unended %+v", c.Coverage, c.Unended)
	}
	u := c.Unended[0]
	if u.Schedule != "0x2,1" || len(u.Program.Threads) != 2 || !strings.Contains(u.Evidence, "Store(k0) of thread 1 goes on without a step") {
		t.Errorf("unended %+v", u)
	}
	var text strings.Builder
	if err := c.Text(&text, func(explore.Violation) string { return "" }); err != nil || !strings.Contains(text.String(), "an operation never ends: Store") {
		t.Errorf("%v, %s", err, text.String())
	}
}

// One that looks at variables meanwhile runs into the limit of steps.
func TestAnOperationThatGoesRoundForEverReachesTheLimitOfSteps(t *testing.T) {
	builds(t)
	c := certify(t, own("rounds", "new(rounds.Map)"), explore.Options{Initials: []string{"empty"}})
	if !slices.Contains(c.Bounds, "step limit") || c.AsFarAsAsked() || len(c.Unended) != 1 || c.Unended[0].Bound != "step limit" {
		t.Fatalf("coverage %s, unended %+v", c.Coverage, c.Unended)
	}
	t.Logf("%d executions, %.1f s, %s", c.Executions, c.Seconds, c.Unended[0].Evidence)
}

// A lock that is left behind is a violation of progress; an initial map that
// cannot be made is left out.
//
// Clauses: P2, P3
func TestALockThatIsLeftBehindIsFound(t *testing.T) {
	builds(t)
	c := certify(t, own("keeps", "new(keeps.Map)"), explore.Options{})
	if len(c.Violations) == 0 || c.Violations[0].Clause != model.P2 && c.Violations[0].Clause != model.P3 {
		t.Errorf("violations %+v", c.Violations)
	}
	if !strings.Contains(c.Coverage, `no map "traversed", as making it does not end: deadlock`) {
		t.Errorf("coverage %s", c.Coverage)
	}
}

func TestAMapThatPrintsIsExplored(t *testing.T) {
	builds(t)
	if c := certify(t, own("prints", "prints.New()"), explore.Options{}); !c.Complete() || len(c.Violations) > 0 {
		t.Errorf("%s, %+v", c.Coverage, c.Violations)
	}
}

// A budget and an interruption count within a program, too: this one has more
// interleavings than anybody can wait for.
func TestALongProgramIsLeftWhenTimeIsUp(t *testing.T) {
	builds(t)
	m := own("slow", "slow.New()")
	o := explore.Options{Budget: 300 * time.Millisecond, Initials: []string{"empty"}, Methods: []model.Method{model.Load}}
	if c := certify(t, m, o); !slices.Equal(c.Bounds, []string{"budget"}) {
		t.Errorf("coverage %s", c.Coverage)
	} else {
		t.Logf("%.1f s for %v, %d executions", c.Seconds, o.Budget, c.Executions)
	}
	ctx, cancel := context.WithCancel(t.Context())
	o.Budget, o.Size, o.Progress = 0, "2x1", func(explore.Progress) { cancel() }
	c, err := explore.Explore(ctx, m, o)
	if err != nil || !slices.Equal(c.Bounds, []string{"interrupted"}) {
		t.Errorf("%v, %+v", err, c)
		return
	}
	t.Logf("%.1f s until it ended, %d executions", c.Seconds, c.Executions)
}

// late is a context that is over as the workers end, and stops nobody.
type late struct {
	context.Context
	over atomic.Bool
}

func (*late) Done() <-chan struct{} { return nil }

func (l *late) Err() error {
	if l.over.Load() {
		return context.DeadlineExceeded
	}
	return nil
}

// When a deadline has passed, too, the certificate says so.
func TestADeadlineIsAnInterruption(t *testing.T) {
	builds(t)
	ctx := &late{Context: t.Context()}
	o := explore.Options{Size: "2x1", Initials: []string{"empty"}, Workers: 1, Progress: func(explore.Progress) { ctx.over.Store(true) }}
	c, err := explore.Explore(ctx, own("loses", "new(loses.Map)"), o)
	if err != nil || !slices.Contains(c.Bounds, "interrupted") {
		t.Errorf("%v, %+v", err, c)
	}
}

func TestOptionsThatAreWrongAreRefused(t *testing.T) {
	m := own("plain", "plain.New[string, int]()")
	for want, o := range map[string]explore.Options{
		"want THREADSxOPERATIONS":                              {Size: "2"},
		"9 threads: want 1 to 4":                               {Size: "9x1"},
		"9 keys: want 1 to 3":                                  {Keys: 9},
		"-1 keys: want":                                        {Keys: -1},
		"want dpor, or pct:D":                                  {Policy: "pct"},
		`no hash policy "colide", did you mean collide?`:       {Policies: []string{"colide"}},
		`no initial map "one kye", did you mean one key?`:      {Initials: []string{"one kye"}},
		`the initial map "empty" is there twice`:               {Initials: []string{"empty", "empty"}},
		"shard 3 of 3: want one from 0 to 2":                   {Shard: 3, Shards: 3},
		"-1 workers: want more than none":                      {Workers: -1},
		"set TMPDIR to a folder that can be written to: mkdir": {TempDir: "/dev/null/x"},
	} {
		refused(t, m, o, want)
	}
}

// A package that does not build is refused with the compiler's first complaint.
func TestAPackageThatDoesNotBuildIsRefused(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/broken\n\ngo 1.26\n", "broken.go": "package broken\n\nvar X int = \"\"\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	m := explore.Map{Name: "broken", Import: "example.com/broken", New: "broken.New()", Dir: dir}
	refused(t, m, explore.Options{}, filepath.Join(dir, "broken.go:3"))
	m.Import = "example.com/nowhere"
	refused(t, m, explore.Options{}, "no required module provides package example.com/nowhere")
}

func TestWithoutAGoCommandItIsSaid(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	refused(t, own("plain", "plain.New[string, int]()"), explore.Options{}, "no go command in PATH")
}

// What others find is not lost with a worker.
func TestAWorkerThatIsKilledBoundsTheCertificate(t *testing.T) {
	builds(t)
	c := certify(t, own("dies", "dies.New()"), explore.Options{Workers: 2})
	if c.Complete() || !strings.Contains(c.Coverage, "a worker ended early (signal: killed)") {
		t.Errorf("coverage %s", c.Coverage)
	}
}

// fileModule writes a module that has the map of testdata/own/plain, and
// requires mapspec by a replacement.
func fileModule(t *testing.T, dir string, more map[string]string) {
	t.Helper()
	plain, err := os.ReadFile("testdata/own/plain/plain.go")
	if err != nil {
		t.Fatal(err)
	}
	clone, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"plain/plain.go": string(plain),
		"go.mod":         "module example.com/fresh\n\ngo 1.26\n\nrequire github.com/mapspec/mapspec v0.0.0\n\nreplace github.com/mapspec/mapspec => " + clone + "\n",
	}
	for name, text := range more {
		files[name] = strings.ReplaceAll(text, "$PLAIN", string(plain))
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// A map may be in a vendor folder, in a workspace, or in read-only files.
func TestAMapIsExploredWhereverItIs(t *testing.T) {
	builds(t)
	for name, more := range map[string]map[string]string{
		"example.com/fresh/plain": nil,
		"example.com/dep": { // a workspace
			"work/go.work": "go 1.26\n\nuse (\n\t.\n\t../dep\n)\n", "work/go.mod": "module example.com/main\n\ngo 1.26\n",
			"dep/go.mod": "module example.com/dep\n\ngo 1.26\n", "dep/plain.go": "$PLAIN", "work/dir": "",
		},
	} {
		dir := t.TempDir()
		fileModule(t, dir, more)
		if _, ok := more["work/dir"]; ok {
			dir = filepath.Join(dir, "work")
		}
		for _, path := range []string{"plain/plain.go", "../dep/plain.go"} {
			_ = os.Chmod(filepath.Join(dir, path), 0o444) // as in the module cache
		}
		m := explore.Map{Name: name, Import: name, New: "plain.New[string, int]()", Dir: dir}
		if c := certify(t, m, explore.Options{Initials: []string{"empty"}}); !c.Complete() || len(c.Violations) > 0 {
			t.Errorf("%s: %s, %+v", name, c.Coverage, c.Violations)
		}
	}
}
