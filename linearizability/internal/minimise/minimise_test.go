package minimise_test

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/impl/locked"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/minimise"
	"github.com/mapspec/mapspec/linearizability/internal/try"
	"github.com/mapspec/mapspec/model"
)

func subject(t *testing.T, name string) model.Binder {
	t.Helper()
	m, ok := impl.Find(name)
	if !ok {
		t.Fatalf("no map %s", name)
	}
	return m.Subject
}

func store(k, v int) model.Op { return model.Op{Method: model.Store, Key: k, Value: v} }
func swap(k, v int) model.Op  { return model.Op{Method: model.Swap, Key: k, Value: v} }

// asFound is what the verdicts of violation say.
var asFound = &model.Failure{Kind: model.NoZeroValue}

// violation is a verdict as a checker would give it, with a program that is
// larger than it need be.
func violation(c model.Clause, w model.Witness) model.Verdict {
	return asFound.Violates(c, &w)
}

// A program of one goroutine loses what it does not need, its names too.
func TestALongProgramBecomesTheSmallest(t *testing.T) {
	var ops []model.Op
	for i := range 30 {
		ops = append(ops, store(i, i+1), model.Op{Method: model.Load, Key: i})
	}
	ops = append(ops, swap(17, 99), swap(17, 98))
	v := violation(model.S4, model.Witness{Look: model.LookResults, Threads: [][]model.Op{ops}})
	c, err := minimise.Minimise(context.Background(), subject(t, "S4-swap-returns-new"), v, minimise.Options{})
	want := [][]model.Op{{store(0, 1), swap(0, 2)}}
	if err != nil || !reflect.DeepEqual(c.Threads, want) || !c.Minimal.Complete || c.Failure.Kind == asFound.Kind {
		t.Errorf("%v, %v: %+v", c.Threads, err, c)
	}
	if len(c.History.Events) == 0 {
		t.Error("no history of the smallest program")
	}
}

// What the names are may matter: a map that treats keys 1 and 10 alike.
func TestNamesThatMatterAreKept(t *testing.T) {
	v := violation(model.S2, model.Witness{Look: model.LookResults, Threads: [][]model.Op{{store(3, 9), store(0, 4), store(10, 5)}}})
	c, err := minimise.Minimise(context.Background(), subject(t, "S2-evicts-neighbour"), v, minimise.Options{})
	if want := [][]model.Op{{store(0, 1), store(10, 2)}}; err != nil || !reflect.DeepEqual(c.Threads, want) {
		t.Errorf("%v, %v; want %v", c.Threads, err, want)
	}
}

// When the budget ends, what was found so far is returned, and not called the
// smallest.
func TestAnEndedBudgetIsBounded(t *testing.T) {
	w := model.Witness{Look: model.LookResults, Threads: [][]model.Op{{store(0, 1), store(1, 2), swap(0, 3)}}}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c, err := minimise.Minimise(ctx, subject(t, "S4-swap-returns-new"), violation(model.S4, w), minimise.Options{})
	if err != nil || !reflect.DeepEqual(c.Threads, w.Threads) || c.Minimal.Complete || !strings.Contains(c.Minimal.What, "budget ended") {
		t.Errorf("%v, %v: %v", c.Threads, err, c.Minimal)
	}
}

// A violation without a program is a counterexample as it is, and cannot be
// run again.
func TestAViolationWithoutAProgramStaysAsItIs(t *testing.T) {
	v := (&model.Failure{Kind: model.Dies, Output: []string{"the process died"}}).Violates(model.S1, nil)
	c, err := minimise.Minimise(context.Background(), subject(t, "locked"), v, minimise.Options{})
	if err != nil || c.Failure.Sentence() != v.Evidence() || len(c.Threads) != 0 || c.Minimal.Complete {
		t.Errorf("%+v, %v", c, err)
	}
	if again, _ := try.Again(context.Background(), subject(t, "locked"), c); again.Status != model.Unknown {
		t.Errorf("run again: %v", again)
	}
}

func TestFindSaysThatNothingWasFound(t *testing.T) {
	for _, c := range []model.Clause{model.S4, model.R1, model.P1} {
		_, err := minimise.Find(context.Background(), subject(t, "locked"), c, minimise.Options{Budget: 1})
		if err == nil || !strings.Contains(err.Error(), "no violation of "+string(c)+" by locked was found: "+string(c)) {
			t.Errorf("%s: %v", c, err)
		}
	}
}

// A program that the map cannot run is no violation.
func TestReplayRefusesWhatTheMapCannotRun(t *testing.T) {
	clears := [][]model.Op{{store(0, 1), {Method: model.Clear}}}
	for _, look := range []model.Look{model.LookResults, model.LookHistory, model.LookRelease, model.LookPump, "glance"} {
		c := counterexample.Counterexample{Clause: model.S1, Witness: model.Witness{Look: look, Threads: clears}}
		v, _ := try.Again(context.Background(), subject(t, "go1.15.0"), c) // it has no Clear
		if v.Status != model.Invalid || v.Evidence() == "" {
			t.Errorf("look %q: %v", look, v)
		}
	}
}

// A replay of two goroutines gets many rounds, and says how many it took.
func TestReplayOfALuckyProgramTriesAgain(t *testing.T) {
	c := counterexample.Counterexample{Clause: model.S1, Rounds: 1, Witness: model.Witness{Look: model.LookHistory,
		Threads: [][]model.Op{{swap(0, 1)}, {swap(0, 2)}}}}
	v, run := try.Again(context.Background(), subject(t, "S1-lost-swap"), c)
	if v.Status != model.Violation || run.Rounds < 1 || len(v.Failure.History) == 0 {
		t.Errorf("%v after %d rounds", v, run.Rounds)
	}
	v, run = try.Again(context.Background(), subject(t, "locked"), c)
	if v.Status != model.Unknown || run.Rounds < 5000 {
		t.Errorf("a map that is right: %v after %d rounds", v, run.Rounds)
	}
}

var paste = flag.String("paste", "", "run the test below on this map")

const lostSwap = `{"schema":2,"map":"S1-lost-swap","clause":"S1","go":"go1.26","seed":1,"look":"history",
	"program":{"threads":[[{"op":"Swap","key":0,"value":1}],[{"op":"Swap","key":0,"value":2}]]},
	"rounds":20,"minimal":"","promise":{}}`

func TestPasted(t *testing.T) {
	if *paste != "" {
		try.Test(t, subject(t, *paste), lostSwap)
	}
}

// A pasted test is red on the map with the fault and green on one without.
//
// Clauses: S1
func TestRunIsRedAsLongAsTheFaultIsThere(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"S1-lost-swap": "S1 violation", "locked": "S1 is not broken in"} {
		out, err := exec.Command(self, "-test.run=^TestPasted$", "-test.v", "-paste="+name).CombinedOutput()
		if (err != nil) != (name != "locked") || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, want %q in\n%s", name, err, want, out)
		}
	}
}

// Minimising says what it does, for whoever waits.
func TestProgressIsTold(t *testing.T) {
	told := 0
	v := violation(model.S4, model.Witness{Look: model.LookResults, Threads: [][]model.Op{{store(0, 1), store(0, 2), swap(0, 3)}}})
	_, err := minimise.Minimise(context.Background(), subject(t, "S4-swap-returns-new"), v, minimise.Options{Progress: func(text string) {
		if strings.Contains(text, "programs tried") {
			told++
		}
	}})
	if err != nil || told == 0 {
		t.Errorf("%v, told %d times", err, told)
	}
}

// A counterexample survives being written and read.
func TestFoundIsSavedAndRunAgain(t *testing.T) {
	found, err := minimise.Find(context.Background(), subject(t, "go1.15.0"), model.R1, minimise.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	var c counterexample.Counterexample
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	v, _ := try.Again(context.Background(), subject(t, "go1.15.0"), c)
	if v.Status != model.Violation || v.Path() != found.Failure.Retained[0].Path || len(v.Failure.Retained) == 0 || v.Failure.Retained[0].Left != 1 {
		t.Errorf("%+v", v)
	}
}

// Typed maps, whose keys and values are not any, are minimised too.
func TestTypedMapsAreMinimised(t *testing.T) {
	s := model.Subject[string, int]{Name: "typed", New: func() any { return new(forgetsTwo) }}
	c, err := minimise.Find(context.Background(), s, model.S1, minimise.Options{})
	if err != nil || c.Operations() > 2 || c.Type != "minimise_test.forgetsTwo" {
		t.Errorf("%+v, %v", c.Witness, err)
	}
}

// forgetsTwo loses what is stored under a key for the second time.
type forgetsTwo struct{ locked.Map[string, int] }

func (f *forgetsTwo) Store(k string, v int) {
	if _, ok := f.Load(k); !ok {
		f.Map.Store(k, v)
	}
}

// forgetful keeps every fourth deleted key of all its maps: one run shows it,
// another does not.
type forgetful struct {
	locked.Map[any, any]
	kept []any
}

var deletes int

func (f *forgetful) Delete(k any) {
	f.Map.Delete(k)
	if deletes++; deletes%4 == 0 {
		f.kept = append(f.kept, k)
	}
}

// A program that fails now and then is not called the smallest, nor certain;
// a replay tries it more than once.
//
// Clauses: R1
func TestWhatFailsNowAndThenIsNotCalledCertain(t *testing.T) {
	s := impl.Subject("forgetful", model.Promise{}, func() any { return new(forgetful) })
	c, err := minimise.Find(context.Background(), s, model.R1, minimise.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Minimal.Complete || c.Rounds < 2 || !c.Lucky() {
		t.Errorf("%v, %d rounds: want neither complete nor certain: %v", c.Minimal, c.Rounds, c.Threads)
	}
	if v, run := try.Again(context.Background(), s, c); v.Status != model.Violation || run.Rounds < 1 {
		t.Errorf("run again: %v after %d runs", v, run.Rounds)
	}
}

// stuckDelete never returns from Delete.
type stuckDelete struct{ locked.Map[any, any] }

func (*stuckDelete) Delete(any) { select {} }

// A program for release that hangs is found by the watchdog.
func TestReplayOfARetentionThatHangsEnds(t *testing.T) {
	s := impl.Subject("stuck", model.Promise{}, func() any { return new(stuckDelete) })
	c := counterexample.Counterexample{Clause: model.R1, Witness: model.Witness{Look: model.LookRelease,
		Threads: [][]model.Op{{store(0, 1), {Method: model.Delete}}}}}
	v, _ := try.Again(context.Background(), s, c)
	if v.Status != model.Unknown || !v.Hung || !strings.Contains(v.Evidence(), "never returned") {
		t.Errorf("%v", v)
	}
}

// A look at release says nothing of other clauses, and a pump has two keys.
func TestReplayRefusesALookAtAnotherClause(t *testing.T) {
	deleted := model.Witness{Look: model.LookRelease, Threads: [][]model.Op{{store(0, 1), {Method: model.Delete}}}}
	pump := model.Witness{Look: model.LookPump, Init: []model.Op{store(0, 1)}, Threads: [][]model.Op{{store(2, 2), {Method: model.Delete, Key: 2}}}}
	for _, c := range []counterexample.Counterexample{{Clause: model.T6, Witness: deleted}, {Clause: model.R3, Witness: pump}} {
		if v, _ := try.Again(context.Background(), subject(t, "go1.15.0"), c); v.Status != model.Invalid {
			t.Errorf("%s by %s: %v", c.Clause, c.Look, v)
		}
	}
}

// What stress finds with several goroutines, and one shows, is made as short as
// any program of one.
func TestOneGoroutineIsEnough(t *testing.T) {
	v := violation(model.S1, model.Witness{Look: model.LookHistory, Threads: [][]model.Op{{store(0, 1), store(0, 2), store(0, 3)}, {store(1, 1)}}})
	s := model.Subject[string, int]{Name: "typed", New: func() any { return new(forgetsTwo) }}
	c, err := minimise.Minimise(context.Background(), s, v, minimise.Options{})
	if err != nil || len(c.Threads) != 1 || c.Operations() != 2 || !c.Minimal.Complete {
		t.Errorf("%v | %v: %v, %v", c.Init, c.Threads, c.Minimal, err)
	}
}
