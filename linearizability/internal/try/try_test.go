package try_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/stress"
	"github.com/mapspec/mapspec/linearizability/internal/try"
	"github.com/mapspec/mapspec/model"
)

// saved is a counterexample for each look that runs on a map of the catalogue.
// The second map is right. It is locked, unless that does not promise the clause.
var saved = map[model.Look]struct{ name, right string }{
	model.LookResults:  {"swap-returns-new", "locked"},
	model.LookZero:     {"nil-table", "locked"},
	model.LookSequence: {"sequence", "locked"},
	model.LookHistory:  {"lost-swap", "locked"},
	model.LookRelease:  {"retained-key", "locked"},
	model.LookPump:     {"pump", "locked"},
	model.LookPin:      {"pin", "locked"},
	model.LookHeap:     {"heap", "flatmap"}, // a Go map keeps its table
}

func load(t *testing.T, name string) counterexample.Counterexample {
	t.Helper()
	c, err := counterexample.LoadProgram(filepath.Join("..", "report", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func subject(t *testing.T, name string) model.Binder {
	t.Helper()
	m, ok := impl.Find(name)
	if !ok {
		t.Fatalf("no map %q", name)
	}
	return m.Subject
}

// Clauses: S1, S4, S9, T2, R1, R2, R3, R4
func TestEachLookShowsItsViolationAgain(t *testing.T) {
	for look, x := range saved { // one by one: heap measures what the process allocates
		t.Run(string(look), func(t *testing.T) {
			c := load(t, x.name)
			if c.Look != look {
				t.Fatalf("%s has look %q", x.name, c.Look)
			}
			v, run := try.Again(t.Context(), subject(t, c.Map), c)
			if v.Status != model.Violation || v.Clause != c.Clause || run.Rounds < 1 || v.Witness == nil || v.Witness.Look != look {
				t.Errorf("%s: %v after %d rounds, by %+v", c.Map, v, run.Rounds, v.Witness)
			}
			v, _ = try.Again(t.Context(), subject(t, x.right), c)
			if want := map[bool]model.Status{true: model.Unknown, false: model.OK}[try.ByLuck(c.Witness)]; v.Status != want || v.Clause != c.Clause {
				t.Errorf("%s: %v, want %s", x.right, v, want)
			}
		})
	}
}

// A race shows under the race detector only. The tests of stress run it there.
func TestRacesAreSkippedWithoutTheDetector(t *testing.T) {
	if strings.Contains(os.Getenv("GORACE"), "log_path=") {
		t.Skip("GORACE has log_path, so races are judged and not skipped: run without it")
	}
	c := load(t, "race")
	if v, _ := try.Again(t.Context(), subject(t, c.Map), c); v.Status != model.Skipped || v.Reason != stress.NeedsRace {
		t.Errorf("%v, want skipped", v)
	}
}

// loses is a counterexample that a map of explore's tests shows in two steps. The
// map lies in a module of its own, and its copy is built soon.
func loses(t *testing.T) counterexample.Counterexample {
	t.Helper()
	t.Chdir(filepath.Join("..", "..", "explore", "testdata", "own"))
	swap := func(v int) []model.Op { return []model.Op{{Method: model.Swap, Value: v}} }
	return counterexample.Counterexample{
		Map: "loses", Import: "example.com/own/loses", Clause: model.S1, Rounds: 1,
		Witness: model.Witness{Look: model.LookSchedule, Threads: [][]model.Op{swap(1), swap(2)},
			Schedule: &model.Schedule{New: "new(loses.Map)", Hashes: "mix", Initial: "empty", Steps: "0x1,1x2,0x1"}},
	}
}

func TestAScheduleShowsItsViolationAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("builds three copies, some seconds: run without -short")
	}
	c := loses(t)
	v, run := try.Again(t.Context(), nil, c)
	if v.Status != model.Violation || v.Clause != model.S1 || run.Rounds != 1 || len(run.Steps) != 4 || run.Stale {
		t.Errorf("%v, %+v", v, run)
	}
	c.Map, c.Import, c.Schedule.New = "plain", "example.com/own/plain", "plain.New[string, int]()"
	v, run = try.Again(t.Context(), nil, c)
	if v.Status != model.Invalid || !run.Stale || !strings.HasPrefix(v.Reason, "stale: ") {
		t.Errorf("a map that is right, and another one: %v, %+v", v, run)
	}
	c.Schedule.New = "new(plain.Nothing)"
	if v, run := try.Again(t.Context(), nil, c); v.Status != model.Invalid || run.Stale || !strings.Contains(v.Reason, "does not make a map") {
		t.Errorf("no map at all: %v, %+v", v, run)
	}
}

// Clauses: S1
func TestWhatCannotRunIsInvalid(t *testing.T) {
	locked := subject(t, "locked")
	op := model.Op{Method: model.Delete}
	one := [][]model.Op{{op}}
	for name, x := range map[string]struct {
		subject model.Binder
		witness model.Witness
		want    string
	}{
		"no such look":           {locked, model.Witness{Look: "glance", Threads: one}, `look "glance": want one of results`},
		"no subject":             {nil, model.Witness{Look: model.LookResults, Threads: one}, "no map to run it on"},
		"a method it has not":    {subject(t, "go1.15.0"), model.Witness{Look: model.LookResults, Threads: [][]model.Op{{{Method: model.Clear}}}}, "Clear"},
		"two goroutines of one":  {locked, model.Witness{Look: model.LookResults, Threads: [][]model.Op{{op}, {op}}}, "2 threads"},
		"a sequence of no calls": {locked, model.Witness{Look: model.LookSequence, Threads: one}, "takes one traversal"},
		"a look at R3 for S1":    {subject(t, "go1.15.0"), model.Witness{Look: model.LookRelease, Threads: [][]model.Op{{{Method: model.Store, Value: 1}, op}}}, "not of S1"},
		"a schedule of nothing":  {locked, model.Witness{Look: model.LookSchedule, Threads: one}, "has no schedule"},
	} {
		c := counterexample.Counterexample{Clause: model.S1, Witness: x.witness}
		v, run := try.Again(t.Context(), x.subject, c)
		if v.Status != model.Invalid || v.Clause != model.S1 || !strings.Contains(v.Reason, x.want) || run.Stale {
			t.Errorf("%s: %v, want invalid with %q", name, v, x.want)
		}
	}
}

// A recorder is a test that remembers how it ended.
type recorder struct {
	testing.TB
	failed, skipped bool
	text            string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return context.Background() }
func (r *recorder) Logf(format string, args ...any) {
	r.text += fmt.Sprintf(format, args...)
}
func (r *recorder) Errorf(format string, args ...any) {
	r.failed = true
	r.Logf(format, args...)
}
func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...) }
func (r *recorder) Skip(args ...any) {
	r.skipped = true
	r.text += fmt.Sprint(args...)
}

// program is c as a regression test has it.
func program(t *testing.T, c counterexample.Counterexample) string {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestARegressionTestFailsAsLongAsTheFaultIsThere(t *testing.T) {
	c := load(t, "swap-returns-new")
	gone := c
	gone.Look = "glance"
	race := load(t, "race")
	for name, x := range map[string]struct {
		subject         model.Binder
		program         string
		failed, skipped bool
		want            string
	}{
		"the fault":      {subject(t, c.Map), program(t, c), true, false, "S4 violation"},
		"no fault":       {subject(t, "locked"), program(t, c), false, false, "S4 is not broken in 1 round: every result is right"},
		"no look":        {subject(t, "locked"), program(t, gone), true, false, "cannot be run"},
		"no program":     {subject(t, "locked"), `{"schema":1}`, true, false, "cannot be read"},
		"not under race": {subject(t, race.Map), program(t, race), false, true, "needs -race"},
	} {
		if x.skipped && strings.Contains(os.Getenv("GORACE"), "log_path=") {
			continue
		}
		r := &recorder{TB: t}
		try.Test(r, x.subject, x.program)
		if r.failed != x.failed || r.skipped != x.skipped || !strings.Contains(r.text, x.want) {
			t.Errorf("%s: failed %t, skipped %t, want %t, %t and %q in\n%s", name, r.failed, r.skipped, x.failed, x.skipped, x.want, r.text)
		}
	}
}

func TestARegressionTestOfAScheduleNeedsNoSubject(t *testing.T) {
	if testing.Short() {
		t.Skip("builds two copies, some seconds: run without -short")
	}
	c := loses(t)
	r := &recorder{TB: t}
	try.Test(r, nil, program(t, c))
	if !r.failed || !strings.Contains(r.text, "S1 violation") {
		t.Errorf("failed %t: %s", r.failed, r.text)
	}
	c.Schedule.Steps = "0"
	r = &recorder{TB: t}
	try.Test(r, nil, program(t, c))
	if r.failed || !strings.Contains(r.text, "S1 is not broken any more: stale: ") {
		t.Errorf("a stale schedule: failed %t: %s", r.failed, r.text)
	}
}
