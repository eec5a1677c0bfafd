package stress_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/impl/broken"
	"github.com/mapspec/mapspec/impl/locked"
	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/stress"
	"github.com/mapspec/mapspec/model"
)

// Good maps pass, in every mode.
//
// Clauses: S1, T1, T5, T6, P2
func TestGoodMapsPass(t *testing.T) {
	for _, m := range impl.Catalogue() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			for _, v := range stress.Judge(context.Background(), m.Subject, stress.Options{Rounds: 500, Seed: 3}) {
				if v.Status != model.OK && v.Status != model.Skipped {
					t.Errorf("%v\n%s", v, strings.Join(v.Lines(), "\n"))
				}
			}
		})
	}
}

func brokenMap(t *testing.T, name string) model.Binder {
	t.Helper()
	for _, m := range broken.Maps {
		if m.Name == name {
			return impl.Subject(name, model.Promise{Clear: model.Strong, Len: model.Strong}, m.New)
		}
	}
	t.Fatalf("no broken map %s", name)
	return nil
}

// A violation comes with a history that says the same when it is read back.
//
// Clauses: S1
func TestViolationComesWithItsHistory(t *testing.T) {
	verdicts := stress.Judge(context.Background(), brokenMap(t, "S1-lost-swap"), stress.Options{Rounds: 20_000, Seed: 1})
	s1 := model.Find(verdicts, model.S1)
	if s1.Status != model.Violation || !strings.Contains(s1.Coverage.What, "seed 1") {
		t.Fatalf("%v, want a violation with its seed", s1)
	}
	h, err := history.Read(bytes.NewReader(s1.Failure.History))
	if err != nil || len(h.Operations()) == 0 {
		t.Errorf("%v: %d operations", err, len(h.Operations()))
	}
}

// Two goroutines that wait for each other are found by the watchdog, which says
// where they stand and which calls are pending.
//
// Clauses: P2
func TestDeadlockIsFoundWithItsPendingCalls(t *testing.T) {
	p2 := model.Find(stress.Judge(context.Background(), brokenMap(t, "P2-lock-order"), stress.Options{Rounds: 20_000, Seed: 1}), model.P2)
	if p2.Status != model.Violation || !strings.Contains(p2.Evidence(), "never returned") || !strings.Contains(p2.Evidence(), "broken.(*P2LockOrder)") {
		t.Fatalf("%v, want a violation that says where", p2)
	}
	h, err := history.Read(bytes.NewReader(p2.Failure.History))
	if err != nil {
		t.Fatal(err)
	}
	pending := 0
	for _, o := range h.Operations() {
		if o.Pending() {
			pending++
		}
	}
	if pending < 2 {
		t.Errorf("%d pending calls in the history, want at least the two that wait", pending)
	}
}

// A panic in a worker, or when the map is read at rest, is a result.
//
// Clauses: S1
func TestPanicsAreCapturedInWorkersAndAtRest(t *testing.T) {
	for name, m := range map[string]func() any{
		"in Swap": func() any { return new(panicsInSwap) }, "in Range": func() any { return new(panicsInRange) },
	} {
		violations := 0
		for _, v := range stress.Judge(context.Background(), impl.Subject(name, model.Promise{}, m), stress.Options{Rounds: 200, Seed: 1}) {
			if v.Status == model.Violation {
				violations++
			}
		}
		if violations == 0 {
			t.Errorf("a map that panics %s passes", name)
		}
	}
}

type panicsInSwap struct{ locked.Map[any, any] }

func (p *panicsInSwap) Swap(any, any) (any, bool) { panic("swap") }

type panicsInRange struct{ locked.Map[any, any] }

func (p *panicsInRange) Range(func(k, v any) bool) { panic("range") }

// A map without a way to store or to read is skipped with the reason.
func TestMapThatCannotBeUsedIsSkipped(t *testing.T) {
	s := model.Subject[int, int]{Name: "nothing", New: func() any { return new(onlyCounts) }}
	for _, v := range stress.Judge(context.Background(), s, stress.Options{Rounds: 1}) {
		if v.Status != model.Skipped || v.Evidence() == "" {
			t.Errorf("%v, want skipped with a reason", v)
		}
	}
}

type onlyCounts struct{}

func (*onlyCounts) Len() int { return 0 }

// A run that is interrupted after few rounds is unknown, though none of them broke
// anything.
func TestFewRoundsAreUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	m, _ := impl.Find("locked")
	made := 0
	s := impl.Subject("interrupts", m.Subject.Bind().Promise(), func() any {
		if made++; made == 30 {
			cancel()
		}
		return new(locked.Map[any, any])
	})
	for _, v := range stress.Judge(ctx, s, stress.Options{Rounds: 10_000}) {
		if v.Status != model.Unknown || !strings.Contains(v.Evidence(), "interrupted after ") {
			t.Errorf("%v, want unknown", v)
		}
	}
}

// A budget of time that is over at once still buys the rounds that a verdict
// takes.
func TestABudgetBuysTheRoundsThatAVerdictTakes(t *testing.T) {
	m, _ := impl.Find("locked")
	for _, v := range stress.Judge(context.Background(), m.Subject, stress.Options{Budget: 1, Seed: 1}) {
		if v.Status != model.OK {
			t.Errorf("%v, want ok", v)
		}
	}
}

var memoryChild = flag.String("memory-child", "", "judge the memory clauses of this map and print the verdicts")

// Under -race a missing happens-before edge and a race inside the map are told
// apart, and a map with neither passes. The map is judged in a process of its
// own: a race report would fail this one.
//
// Clauses: M1, M2
func TestRaceDetectorJudgesTheMemoryModel(t *testing.T) {
	m, _ := impl.Find("locked")
	for _, v := range stress.Memory(context.Background(), m.Subject) {
		if v.Status != model.Skipped {
			t.Errorf("%v, want skipped: without a log of the detector's nothing can be said", v)
		}
		if v.Evidence() == stress.NeedsRace {
			t.Skip(stress.NeedsRace)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][2]model.Status{
		"locked":           {model.OK, model.OK},
		"sync.Map":         {model.OK, model.OK},
		"go1.23":           {model.OK, model.OK},
		"M1-absent-by-len": {model.Violation, model.OK},
		"M2-counts-loads":  {model.OK, model.Violation},
	} {
		child := exec.Command(self, "-test.run=^TestMemoryChild$", "-test.v", "-memory-child="+name)
		child.Env = append(os.Environ(), "GORACE=exitcode=0 log_path="+t.TempDir()+"/race")
		out, _ := child.CombinedOutput() // a race fails the child, as it should
		for i, c := range []model.Clause{model.M1, model.M2} {
			if line := string(c) + " " + string(want[i]); !strings.Contains(string(out), line) {
				t.Errorf("%s: no %q in\n%s", name, line, out)
			}
		}
	}
}

func TestMemoryChild(t *testing.T) {
	if *memoryChild == "" {
		return // only for the test above
	}
	var b model.Binder
	if m, ok := impl.Find(*memoryChild); ok {
		b = m.Subject
	} else {
		b = brokenMap(t, *memoryChild)
	}
	for _, v := range stress.Memory(context.Background(), b) {
		t.Log(v)
	}
}

// One seed draws the same programs again.
func TestSeedRepeatsPrograms(t *testing.T) {
	m, _ := impl.Find("locked")
	a, b := stress.Programs(m.Subject.Bind(), 9, 50), stress.Programs(m.Subject.Bind(), 9, 50)
	if !reflect.DeepEqual(a, b) {
		t.Error("one seed, two lists of programs")
	}
	if reflect.DeepEqual(a, stress.Programs(m.Subject.Bind(), 10, 50)) {
		t.Error("two seeds, one list of programs")
	}
}

// BenchmarkRounds measures whole rounds: drawn, run, recorded and judged.
func BenchmarkRounds(b *testing.B) {
	for _, name := range []string{"sync.Map", "locked"} {
		b.Run(name, func(b *testing.B) {
			m, _ := impl.Find(name)
			stress.Judge(context.Background(), m.Subject, stress.Options{Rounds: b.N, Seed: 1})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rounds/s")
		})
	}
}

// BenchmarkHotKey measures rounds of 4 clients × 8 operations on one key.
func BenchmarkHotKey(b *testing.B) {
	m, _ := impl.Find("sync.Map")
	stress.Judge(context.Background(), m.Subject, stress.Options{Rounds: b.N, Seed: 1, Mode: "hot key"})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rounds/s")
}
