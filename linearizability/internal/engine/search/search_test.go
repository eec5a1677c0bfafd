package search

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
)

// lockOrder deadlocks in one class, in which each thread holds its first mutex.
func lockOrder() Program {
	a, b := new(mutex), new(mutex)
	take := func(m, n *mutex) func() {
		return func() { m.lock(); n.lock(); n.unlock(); m.unlock() }
	}
	return Program{Threads: []func(){take(a, b), take(b, a)}}
}

// assertion panics if the second thread runs between the stores of the first.
func assertion() Program {
	x, y := new(word), new(word)
	return Program{
		Setup: func() { *x, *y = word{}, word{} },
		Threads: []func(){
			func() { x.store(1); y.store(1) },
			func() {
				if x.load() == 1 && y.load() == 0 {
					panic("between")
				}
			},
		},
	}
}

// mustRun explores p.
func mustRun(t *testing.T, p Program, o Options) Result {
	t.Helper()
	r, err := Run(p, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDeadlockIsAFailure(t *testing.T) {
	r := mustRun(t, lockOrder(), Options{KeepGoing: true, Distinct: true})
	if r.Classes != 3 || r.Failures != 1 || r.Failure.Ending != sched.Deadlocked || !r.Coverage.Complete() {
		t.Fatalf("%+v, want one deadlock in 3 classes, complete", r)
	}
	if want := "deadlock: these threads do not end: 0, 1"; r.Failure.Err.Error() != want {
		t.Errorf("error %q, want %q", r.Failure.Err, want)
	}
}

func TestLivelockIsAFailure(t *testing.T) {
	x, y := new(word), new(word)
	wait := func(a, b *word) func() {
		return func() {
			for a.load() == 0 {
				sched.Yield()
			}
			b.store(1)
		}
	}
	r := mustRun(t, Program{
		Setup: func() { *x, *y = word{}, word{} }, Threads: []func(){wait(x, y), wait(y, x)},
	}, Options{KeepGoing: true})
	if r.Failures == 0 || r.Failure.Ending != sched.Livelocked || r.Coverage.String() != "bounded: spins" {
		t.Errorf("%+v, want a livelock, bounded by spins", r)
	}
}

func TestPanicIsAFailureUnlessCheckAllowsIt(t *testing.T) {
	p := assertion()
	r := mustRun(t, p, Options{KeepGoing: true, Distinct: true})
	if r.Failures != 1 || !strings.Contains(r.Failure.Err.Error(), "thread 1 panics: between") {
		t.Errorf("%+v, want one panic", r)
	}
	p.Check = func(Execution) error { return nil }
	if r := mustRun(t, p, Options{}); r.Failure != nil || !r.Coverage.Complete() {
		t.Errorf("%+v, want no failure", r)
	}
}

func TestGoexitIsReportedToCheck(t *testing.T) {
	x := new(word)
	exits := 0
	r := mustRun(t, Program{
		Setup: func() { *x = word{} },
		Threads: []func(){
			func() {
				if x.load() == 1 {
					runtime.Goexit()
				}
				x.load()
			},
			func() { x.store(1) },
		},
		Check: func(e Execution) error { exits += e.Exits.Len(); return nil },
	}, Options{Distinct: true})
	if r.Classes != 3 || exits != 1 || r.Failure != nil {
		t.Errorf("%+v, %d exits; want 3 classes, one of them with an exit", r, exits)
	}
}

func TestStepLimitBoundsTheCoverage(t *testing.T) {
	x := new(word)
	r := mustRun(t, Program{Threads: []func(){func() {
		for {
			x.load()
		}
	}}}, Options{Limits: sched.Limits{Steps: 20}})
	if r.Limited != 1 || r.Executions != 0 || r.Coverage.String() != "bounded: step limit" {
		t.Errorf("%+v, %v; want one limited execution", r, r.Coverage)
	}
}

func TestBudgetBoundsTheCoverage(t *testing.T) {
	r := mustRun(t, readers(5), Options{MaxExecutions: 10})
	if r.Executions != 10 || r.Coverage.String() != "bounded: budget" {
		t.Errorf("%+v, %v; want 10 executions", r, r.Coverage)
	}
}

// A program that behaves differently the next time is refused, however it
// differs.
func TestDivergingProgramIsAnError(t *testing.T) {
	x, y := new(word), new(word)
	for name, body := range map[string]func(run int){
		"another location": func(run int) {
			y.load()
			[]*word{x, y}[run%2].store(1)
		},
		"another kind": func(run int) {
			if run%2 == 0 {
				x.load()
			}
			x.store(1)
		},
		"another effect": func(run int) { x.v = uint64(run % 2); x.cas(0, 7); x.store(1) },
		"fewer steps": func(run int) {
			if run == 0 {
				x.store(1)
				x.store(2)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			run := -1
			p := Program{
				Setup:   func() { *x, *y = word{}, word{}; run++ },
				Threads: []func(){func() { body(run) }, func() { x.load(); y.load(); x.store(9) }},
			}
			_, err := Run(p, Options{})
			if d := (*DivergenceError)(nil); !errors.As(err, &d) {
				t.Errorf("error %v, want a divergence", err)
			}
		})
	}
}

func TestFailingScheduleReplays(t *testing.T) {
	for name, p := range map[string]Program{"deadlock": lockOrder(), "panic": assertion()} {
		f := mustRun(t, p, Options{}).Failure
		s, err := ParseSchedule(f.Schedule.String())
		if err != nil {
			t.Fatal(err)
		}
		again, err := Replay(p, Options{}, s)
		if err != nil || again.Failure == nil || again.Failure.String() != f.String() {
			t.Errorf("%s: %v, %v; want %v", name, again.Failure, err, f)
		}
	}
}

func TestScheduleOfAnotherProgramIsAnError(t *testing.T) {
	for _, s := range []Schedule{{5}, {0, 0, 0, 1, 1, 1, 1, 1}} {
		if r, err := Replay(assertion(), Options{}, s); err == nil {
			t.Errorf("schedule %v: %+v, want an error", s, r)
		}
	}
}

func TestParseScheduleReadsWhatStringWrites(t *testing.T) {
	s := Schedule{0, 0, 0, 1, 12, 12, 0}
	if got, err := ParseSchedule(s.String()); s.String() != "0x3,1,12x2,0" || err != nil || got.String() != s.String() {
		t.Errorf("%v: %v, %v", s, got, err)
	}
	for _, bad := range []string{",", "a", "1x", "1x0", "-1", "64", "0x9999999", "0x3,"} {
		if s, err := ParseSchedule(bad); err == nil {
			t.Errorf("%q: %v, want an error", bad, s)
		}
	}
}

func TestPCTFindsABugOfDepthTwo(t *testing.T) {
	const seed = 1
	sample := func(depth int) Result {
		r, err := Sample(assertion(), Options{}, PCT{Depth: depth, Seed: seed, Executions: 200})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := sample(2)
	if r.Failure == nil || r.Coverage.Complete() {
		t.Fatalf("seed %d: %+v, want the panic", seed, r)
	}
	if again := sample(2); again.Failure.String() != r.Failure.String() || again.Executions != r.Executions {
		t.Errorf("seed %d: %v, then %v", seed, r.Failure, again.Failure)
	}
	if r := sample(1); r.Failure != nil {
		t.Errorf("seed %d: %v without a change of priorities", seed, r.Failure)
	}
}

func TestCountsDoNotDependOnGOMAXPROCS(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var got [2]Result
	for i := range got {
		runtime.GOMAXPROCS(i + 1)
		got[i] = mustRun(t, lastzero(6), Options{Distinct: true})
	}
	if a, b := got[0], got[1]; a.Classes != b.Classes || a.Executions != b.Executions || a.CutShort != b.CutShort {
		t.Errorf("%+v on one processor, %+v on two", a, b)
	}
}

// Nothing of an execution is kept: the heap is no larger after many executions
// than after a tenth of them. In the complete run there are a million.
func TestMemoryDoesNotGrow(t *testing.T) {
	executions := 50_000
	if testpart.Run(0) && !testing.Short() {
		executions = 1_000_000
	}
	n, early, late := 0, uint64(0), uint64(0)
	p := fibonacci(6)
	p.Check = func(Execution) error {
		switch n++; n {
		case executions / 10:
			early = heap()
		case executions:
			late = heap()
		}
		return nil
	}
	r := mustRun(t, p, Options{MaxExecutions: executions})
	if late == 0 || r.Executions < executions {
		t.Fatalf("%d executions, want %d", r.Executions, executions)
	}
	if late > early+1<<20 {
		t.Errorf("the heap grew from %d to %d bytes", early, late)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkRun explores 3 threads with 2 operations each: a store and a
// compare-and-swap loop.
func BenchmarkRun(b *testing.B) {
	x, y := new(word), new(word)
	p := Program{
		Setup: func() { *x, *y = word{}, word{} },
		Threads: threads(3, func(i int) {
			y.store(uint64(i))
			for v := x.load(); !x.cas(v, v+1); v = x.load() {
			}
		}),
	}
	b.ReportAllocs()
	r, err := Run(p, Options{MaxExecutions: 1000})
	if err != nil || r.Failure != nil {
		b.Fatal(err, r.Failure)
	}
	executions, steps := 0, 0
	for b.Loop() {
		r, _ := Run(p, Options{})
		executions += r.Executions + r.CutShort
		steps += r.Steps
	}
	b.ReportMetric(float64(executions)/b.Elapsed().Seconds(), "executions/s")
	b.ReportMetric(float64(steps)/float64(executions), "steps/execution")
	b.ReportMetric(float64(executions)/float64(b.N), "executions/op")
}
