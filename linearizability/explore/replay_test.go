package explore_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/report/gotest"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/model"
)

// firstOf is the first counterexample of an exploration, saved and read back.
func firstOf(t *testing.T, c *explore.Certificate) counterexample.Counterexample {
	t.Helper()
	if len(c.Violations) == 0 {
		t.Fatalf("%s breaks nothing", c.Map)
	}
	found, err := c.Violations[0].Counterexample()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := found.Save(dir); err != nil {
		t.Fatal(err)
	}
	if found, err = counterexample.Load(dir); err != nil {
		t.Fatal(err)
	}
	return found
}

// lostSwap is the first counterexample of S1-lost-swap, explored once.
func lostSwap(t *testing.T) counterexample.Counterexample {
	t.Helper()
	if lost == nil {
		c := firstOf(t, mustExplore(t, "S1-lost-swap", tiny))
		lost = &c
	}
	return *lost
}

var lost *counterexample.Counterexample // by lostSwap

var tiny = explore.Options{Size: "2x1", Keys: 1, Initials: []string{"empty"}, Workers: 1}

// What was found is what is judged, kept, and shown again.
//
// Clauses: S1
func TestAScheduleShowsItsViolationAgain(t *testing.T) {
	c := lostSwap(t)
	if c.Look != model.LookSchedule || c.Clause != model.S1 || c.Schedule.Preemptions != 1 || c.Failure.Order == nil || len(c.History.Events) == 0 {
		t.Errorf("found %+v", c)
	}
	for range testpart.Rows(1, 2) {
		r, err := explore.Replay(t.Context(), explore.MapOf(c), c, explore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict.Status != model.Violation || r.Verdict.Evidence() != c.Failure.Sentence() {
			t.Errorf("shown is %v, found was %s", r.Verdict, c.Failure.Sentence())
		}
		if !reflect.DeepEqual(r.Steps, c.Steps) || !reflect.DeepEqual(r.History, c.History) {
			t.Errorf("steps %+v\nwere %+v", r.Steps, c.Steps)
		}
	}
}

// What a call that has stopped pins is found, and seen again by those who repeat it.
//
// Clauses: R2
func TestWhatACallPinsShowsAgain(t *testing.T) {
	o := tiny
	o.Stalls, o.Methods = true, []model.Method{model.Store, model.Delete, model.Range}
	c := firstOf(t, mustExplore(t, "R2-logs-removals", o))
	if c.Clause != model.R2 || c.Schedule.Stall == nil || len(c.Failure.Retained) != 2 || !strings.Contains(c.Failure.Retained[0].Path, "R2LogsRemovals.removed") {
		t.Errorf("found %+v", c)
	}
	r, err := explore.Replay(t.Context(), explore.MapOf(c), c, explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict.Status != model.Violation || r.Verdict.Evidence() != c.Failure.Sentence() {
		t.Errorf("shown is %v, found was %s", r.Verdict, c.Failure.Sentence())
	}
}

func TestAScheduleOfAnotherSourceIsStale(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a copy for each replay, some seconds: run without -short")
	}
	m := own("loses", "new(loses.Map)") // which is built sooner than the map of a catalogue
	c := firstOf(t, certify(t, m, tiny))
	schedule := *c.Schedule
	again := func(digest, steps string, threads [][]model.Op) (*explore.Replayed, error) {
		x, s := c, schedule
		s.Digest, s.Steps = digest, steps
		x.Schedule, x.Threads = &s, threads
		return explore.Replay(t.Context(), m, x, explore.Options{})
	}
	if r, err := again("other", schedule.Steps, c.Threads); err != nil || r.Verdict.Status != model.Violation {
		t.Errorf("a change that does not matter: %+v, %v", r, err)
	}
	var stale *explore.StaleError
	for name, steps := range map[string]string{"of threads that have ended": "0x99", "in order": "0"} {
		_, err := again("other", steps, c.Threads)
		if !errors.As(err, &stale) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "source of loses has changed") {
			t.Errorf("steps %s: %v", name, err)
		}
	}
	if r, err := again(schedule.Digest, "0", c.Threads); err != nil || r.Verdict.Status != model.OK {
		t.Errorf("an innocent schedule of the same source: %+v, %v", r, err)
	}
	if _, err := again(schedule.Digest, "0x99", c.Threads); err == nil || errors.As(err, &stale) {
		t.Errorf("an impossible schedule of the same source: %v", err)
	}
	c.Schedule = nil
	if _, err := explore.Replay(t.Context(), m, c, explore.Options{}); err == nil {
		t.Error("a replay without a schedule")
	}
}

// What is in a trie stands behind pointers to other types.
func TestStepsInTheHashTrieAreLocated(t *testing.T) {
	digest := mustExplore(t, "sync.Map", explore.Options{Size: "1x1", Keys: 1, Initials: []string{"empty"}, Workers: 1}).Digest
	store := func(k int) model.Op { return model.Op{Method: model.Store, Key: k, Value: k + 1} }
	c := counterexample.Counterexample{
		Map: "sync.Map", Import: "sync", Clause: model.S1,
		Witness: model.Witness{Look: model.LookSchedule, Init: []model.Op{store(0), store(1)}, Threads: [][]model.Op{{{Method: model.Delete}}},
			Schedule: &model.Schedule{New: "new(sync.Map)", Hashes: "prefix", Initial: "by hand", Steps: "0", Digest: digest}},
	}
	r, err := explore.Replay(t.Context(), explore.MapOf(c), c, explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var objects []string
	for _, s := range r.Steps {
		objects = append(objects, s.Object)
		if strings.Contains(s.Object, "#") || !strings.HasPrefix(s.Line, "hashtriemap.go:") {
			t.Errorf("a step on %s at %s", s.Object, s.Line)
		}
	}
	if all := strings.Join(objects, " "); !strings.Contains(all, "].children[") || !strings.Contains(all, "].mu") {
		t.Errorf("steps on %s", all)
	}
}

// toys are maps of one key and one value, each in its own way.
var toys = map[string]string{
	"broken": `
func (m *Map) LoadAndDelete(key string) (int, bool) {
	e := m.e.Load()
	if e == nil || e.key != key {
		return 0, false
	}
	m.e.Store(nil)
	return e.value, true
}`,
	"fixed": `
func (m *Map) LoadAndDelete(key string) (int, bool) {
	for {
		e := m.e.Load()
		if e == nil || e.key != key {
			return 0, false
		}
		if m.e.CompareAndSwap(e, nil) {
			return e.value, true
		}
	}
}`,
}

const toy = `package toy

import "sync/atomic"

type entry struct {
	key   string
	value int
}

type Map struct{ e atomic.Pointer[entry] }

func (m *Map) Load(key string) (int, bool) {
	if e := m.e.Load(); e != nil && e.key == key {
		return e.value, true
	}
	return 0, false
}

func (m *Map) Store(key string, value int) { m.e.Store(&entry{key, value}) }
`

// writeToy makes a module with a toy map in dir.
func writeToy(t *testing.T, dir, which string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	_, requires, _ := strings.Cut(string(own), "require (")
	mod := "module example.com/toy\n\ngo 1.26\n\nrequire github.com/mapspec/mapspec v0.0.0\n\nreplace github.com/mapspec/mapspec => " + root + "\n\nrequire (" + requires
	for name, text := range map[string]string{"go.mod": mod, "go.sum": string(sums), "toy.go": toy + toys[which] + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// The test that is written for a schedule is red as long as the map is wrong,
// and green when it is mended.
func TestTheTestOfAScheduleFailsUntilTheMapIsMended(t *testing.T) {
	if testing.Short() {
		t.Skip("builds two tests in a module of their own, some seconds: run without -short")
	}
	dir := t.TempDir()
	writeToy(t, dir, "broken")
	m := explore.Map{Name: "toy", Import: "example.com/toy", New: "new(toy.Map)", Dir: dir}
	o := tiny
	o.Initials, o.Policies, o.Methods = []string{"one key"}, []string{"mix"}, []model.Method{model.LoadAndDelete}
	found, err := explore.Explore(t.Context(), m, o)
	if err != nil {
		t.Fatal(err)
	}
	src, err := gotest.Source(firstOf(t, found))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(src), "\n"); n > 40 {
		t.Errorf("a test of %d lines:\n%s", n, src)
	}
	if err := os.WriteFile(filepath.Join(dir, "counterexample_test.go"), src, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, which := range []string{"broken", "fixed"} {
		writeToy(t, dir, which)
		test := exec.Command("go", "test", "-v", ".")
		test.Dir = dir
		out, err := test.CombinedOutput()
		if strings.Contains(string(out), "--- FAIL: TestS1Toy") != (which == "broken") || strings.Contains(string(out), "--- PASS: TestS1Toy") != (which == "fixed") {
			t.Errorf("%s: %v\n%s\n%s", which, err, out, src)
		}
	}
}
