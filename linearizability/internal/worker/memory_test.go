package worker

import (
	"io"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// three is a program of three threads with two operations each on one key.
var three = history.Program{Threads: [][]model.Op{
	{{Method: model.Store, Value: 1}, {Method: model.Delete}},
	{{Method: model.Store, Value: 2}, {Method: model.Store, Value: 3}},
	{{Method: model.Store, Value: 4}, {Method: model.Delete}},
}}

// settled returns a worker that knows in which settings s is to be explored.
func settled(t testing.TB, s model.Binder, j wire.Job) *worker {
	t.Helper()
	w := newWorker(s, j, newSpeaker(io.Discard))
	t.Cleanup(w.runners.close)
	if err := w.settle(); err != nil {
		t.Fatal(err)
	}
	return w
}

// prepared returns a worker, and a task that it may explore up to so many
// executions.
func prepared(t testing.TB, executions int) (*worker, *task) {
	t.Helper()
	s := Of("list", model.Promise{Release: model.ReleasePrompt}, &list{}, func() any { return new(list) })
	w := settled(t, s, wire.Job{Size: "2x2", Keys: 1, Policies: []string{"mix"}, Initials: []string{wire.Empty}, Shards: 1, Executions: executions})
	return w, &task{program: three, setting: w.settings[0], rank: wire.Rank{Operations: operations(three)}, releases: true}
}

func explore(t testing.TB, w *worker, k *task) {
	t.Helper()
	if err := w.explore(k); err != nil {
		t.Fatal(err)
	}
	if err := w.flush(); err != nil {
		t.Fatal(err)
	}
	if len(w.tally.found) > 0 {
		t.Fatalf("found %+v", w.tally.found)
	}
}

// live is the size of what is reachable.
func live() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// The heap of a worker is that of a batch, however many executions there are: a
// million in the complete run.
func TestMemoryDoesNotGrowWithExecutions(t *testing.T) {
	if testing.Short() {
		t.Skip("tens of thousands of executions, some seconds: run without -short")
	}
	enough := 30_000
	if testpart.Run(0) {
		enough = 1_000_000
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	w, k := prepared(t, 0)
	explore(t, w, k)
	before := live()
	for w.tally.Executions < enough {
		explore(t, w, k)
	}
	t.Logf("%d executions, %d steps; %d KB live at first, %d KB at last", w.tally.Executions, w.tally.Steps, before>>10, live()>>10)
	if after := live(); after > before+before/4+1<<20 {
		t.Errorf("%d bytes are live after %d executions, %d before", after, enough, before)
	}
}

// BenchmarkExecutions is how fast a worker goes through a program's executions:
// running them, and judging them with their garbage collections.
func BenchmarkExecutions(b *testing.B) {
	const each = 20_000
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	w, k := prepared(b, each)
	b.ReportAllocs()
	for b.Loop() {
		explore(b, w, k)
	}
	n := float64(w.tally.Executions)
	b.ReportMetric(n/b.Elapsed().Seconds(), "executions/s")
	b.ReportMetric(float64(b.Elapsed()-w.tally.Judging)/n, "run-ns/execution")
	b.ReportMetric(float64(w.tally.Judging)/n, "judge-ns/execution")
}
