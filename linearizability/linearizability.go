// Package linearizability tests a map that several goroutines use at once.
//
//	var subject = model.Subject[string, int]{
//		Name: "mine",
//		New:  func() any { return new(mine.Map[string, int]) },
//	}
//
//	func TestLinearizability(t *testing.T) { linearizability.Run(t, subject) }
//
// Random programs run on real goroutines. Their histories are recorded, and each
// history must be linearizable: the results must be those of some order of the calls
// that agrees with time. A program that fails is made smaller and explained.
//
// A green run means that no violation was found under the schedules that happened.
// Package explore runs every schedule of small programs instead.
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

// Run judges s in a few thousand rounds and fails t for each violation of what s
// promises. That takes a second or two. Making a violation smaller and explaining it
// takes some seconds more.
//
// A failure prints the seed that repeats the programs. Their schedules differ each
// time. A clause that was not judged is logged with the reason.
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
	repeat := fmt.Sprintf("go test -run '^%s$' -mapspec.seed=%d (the schedules differ each time)", t.Name(), seed)
	model.Report(t, s.Bind().Promise(), verdicts, repeat)
}

// smallerRuns is how many runs of programs the minimiser may make.
const smallerRuns = 60_000

// explain makes the program of violation v smaller, and adds the reason why it breaks
// the clause to v.
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

// RunCounterexample fails t if s shows a counterexample again. The program is the
// text of a program.json, which mapspec saves. A regression test fails for as
// long as the map has the fault:
//
//	func TestIssue12(t *testing.T) { linearizability.RunCounterexample(t, subject, `{"schema":2,…}`) }
//
// A program with a schedule names its map, so s may be nil. A schedule belongs to
// the source that it was found in. If the source has changed and the schedule
// shows nothing any more, the test passes and logs that the schedule is stale:
// explore the map again.
func RunCounterexample(t testing.TB, s model.Binder, program string) {
	t.Helper()
	try.Test(t, s, program)
}

// Options bounds a judgement. If neither Budget nor Rounds is set, it has as many
// rounds as Run.
type Options struct {
	Budget time.Duration // how long to run, except that 250 rounds run in any case; 0 means no limit but Rounds
	Rounds int           // how many rounds to run; 0 means no limit but Budget
	Seed   uint64        // makes the programs repeatable, though not their schedules
}

// Judge returns verdicts on the clauses that need several goroutines: S1, T1, T5, T6,
// P2, and with -race M1 and M2.
func Judge(ctx context.Context, s model.Binder, o Options) []model.Verdict {
	if o.Budget == 0 && o.Rounds == 0 {
		o.Rounds = runRounds
	}
	verdicts := stress.Judge(ctx, s, stress.Options{Budget: o.Budget, Rounds: o.Rounds, Seed: o.Seed})
	if model.Find(verdicts, model.P2).Status == model.Violation {
		return verdicts // the programs of Memory would hang too, and they have no watchdog
	}
	return model.Merge(verdicts, stress.Memory(ctx, s))
}
