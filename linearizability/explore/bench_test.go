package explore_test

import (
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/model"
)

// BenchmarkHashTrie explores the toolchain's sync.Map in programs of 3×2 on one
// key, by one worker: the time that an execution takes, and what judging one
// does, collection of garbage included.
func BenchmarkHashTrie(b *testing.B) {
	known, _ := impl.Find("sync.Map")
	m, err := explore.Of(known.Subject)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c, err := explore.Explore(b.Context(), m, explore.Options{
			Size: "3x2", Keys: 1, Methods: []model.Method{model.Swap, model.LoadAndDelete},
			Policies: []string{"mix"}, Initials: []string{"one key"}, Workers: 1,
		})
		if err != nil {
			b.Fatal(err)
		}
		if !c.Complete() || len(c.Violations) > 0 {
			b.Fatalf("%s, %v", c.Coverage, c.Violations)
		}
		n := float64(c.Executions + c.CutShort)
		b.ReportMetric(c.Running/n*1e6, "µs-run/execution")
		b.ReportMetric(c.Judging/n*1e6, "µs-judged/execution")
		b.ReportMetric(n, "executions")
	}
}
