// Package linearizability judges what a map does when several goroutines use
// it. In anyone's test file:
//
//	func TestLinearizability(t *testing.T) { linearizability.Run(t, subject) }
//
// Programs run on real goroutines (package stress), what happened is recorded
// (package history), and each history is judged (package check). What a green
// run means is said in docs/specification.md: no violation among the schedules
// that the machine happened to take.
package linearizability

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/minimise"
	"github.com/mapspec/mapspec/linearizability/internal/report/text"
	"github.com/mapspec/mapspec/linearizability/internal/stress"
	"github.com/mapspec/mapspec/linearizability/internal/try"
	"github.com/mapspec/mapspec/model"
)

// runRounds is how many rounds Run runs. They are counted, not timed, so that its
// verdicts do not depend on how busy the machine is.
const runRounds = 5000

var seedFlag = flag.Uint64("mapspec.seed", 0, "repeat the programs of a linearizability run; 0 draws a new seed")

// Run judges s in some thousand rounds, which takes a second or two, and fails t
// for each violation of what s promises. To make it smaller and to explain it
// takes some seconds more. It
// prints the seed that repeats its programs; their schedules are
// a matter of luck. Every clause that was not judged is logged with its reason.
func Run(t *testing.T, s model.Binder) {
	t.Helper()
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()>>32 + 1
	}
	verdicts := Judge(t.Context(), s, Options{Rounds: runRounds, Seed: seed})
	for i := range verdicts {
		explain(t, s, &verdicts[i], seed)
	}
	repeat := fmt.Sprintf("go test -run '^%s$' -mapspec.seed=%d (the schedule is a matter of luck)", t.Name(), seed)
	model.Report(t, s.Bind().Promise(), verdicts, repeat)
}

// smallerRuns is how many runs of programs it may take to make a violation smaller.
const smallerRuns = 60_000

// explain makes v's program as small as it can, and reports why it breaks the
// clause.
func explain(t *testing.T, s model.Binder, v *model.Verdict, seed uint64) {
	t.Helper()
	if v.Status != model.Violation || v.Witness == nil {
		return
	}
	c, err := minimise.Minimise(t.Context(), s, *v, minimise.Options{Runs: smallerRuns, Seed: seed})
	var account strings.Builder
	if err == nil {
		err = text.Write(&account, c)
	}
	if err != nil {
		t.Logf("%s could not be explained: %v", v.Clause, err)
		return
	}
	v.Failure, v.Report = c.Failure, strings.Split(strings.TrimSpace(account.String()), "\n")
}

// RunCounterexample fails t if s shows the counterexample in program again, which
// is the text of a program.json. A regression test stays red for as long as the
// map has the fault:
//
//	func TestIssue12(t *testing.T) { linearizability.RunCounterexample(t, subject, `{"schema":1,…}`) }
func RunCounterexample(t testing.TB, s model.Binder, program string) {
	t.Helper()
	try.Test(t, s, program)
}

// Options bounds a judgement. At least one of Budget and Rounds is given.
type Options struct {
	Budget time.Duration // how long to run, but for some hundred rounds at least; 0 means no limit but Rounds
	Rounds int           // how many rounds to run; 0 means no limit but Budget
	Seed   uint64        // makes the programs repeatable, though not their schedules
}

// Judge returns verdicts on the clauses that several goroutines can refute: S1,
// T1, T5, T6, P2, and under -race M1 and M2.
func Judge(ctx context.Context, s model.Binder, o Options) []model.Verdict {
	verdicts := stress.Judge(ctx, s, stress.Options{Budget: o.Budget, Rounds: o.Rounds, Seed: o.Seed})
	if model.Find(verdicts, model.P2).Status == model.Violation {
		return verdicts // the programs of Memory would hang too, with nobody to watch
	}
	return model.Merge(verdicts, stress.Memory(ctx, s))
}
