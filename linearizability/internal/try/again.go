package try

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/english"
	"github.com/mapspec/mapspec/model"
)

// If a counterexample fails in some runs only, Again runs it replayFactor times
// as often as it took when it was found, and at least replayRounds times but at most mostReplays times. A
// program that fails in one round of a hundred passes all of them once in 10^20
// replays.
const (
	replayFactor = 50
	replayRounds = 5000
	mostReplays  = 100_000 // whatever it took: a regression test has to end
)

// A Run says how a counterexample was run again.
type Run struct {
	Rounds int
	Steps  []counterexample.Step // the steps of its schedule, if it has one
	Stale  bool                  // the map's source has changed, and the schedule shows nothing now
}

// Again runs c again, and returns the verdict on its clause. The verdict is
// invalid if c cannot be run.
//
// A schedule runs on an instrumented copy of the package that c names, as seen
// from the working directory, and b may be nil. Any other program runs on new
// maps of b.
func Again(ctx context.Context, b model.Binder, c counterexample.Counterexample) (model.Verdict, Run) {
	switch {
	case c.Look == model.LookSchedule:
		return schedule(ctx, c)
	case len(c.Threads) == 0:
		return model.Verdict{Clause: c.Clause, Status: model.Unknown, Reason: "there is no program to run again"}, Run{}
	case b == nil:
		return invalid(c.Clause, errors.New("there is no map to run it on: give the subject that makes one")), Run{}
	}
	o := Options{Rounds: min(max(replayRounds, replayFactor*c.Rounds), mostReplays), Seed: c.Seed}
	trial := New(b)
	if ByLuck(c.Witness) || c.Rounds <= 1 {
		v, rounds := trial.Run(ctx, c.Clause, c.Witness, o)
		return v, Run{Rounds: rounds}
	}
	for run := 1; ; run++ { // on one goroutine, where only some runs fail
		v, _ := trial.Run(ctx, c.Clause, c.Witness, o)
		if v.Status != model.OK || run == replayFactor*c.Rounds || ctx.Err() != nil {
			return v, Run{Rounds: run}
		}
	}
}

// schedule runs c's schedule once, as every run takes the same steps.
func schedule(ctx context.Context, c counterexample.Counterexample) (model.Verdict, Run) {
	r, err := explore.Replay(ctx, explore.MapOf(c), c, explore.Options{})
	if err != nil {
		var stale *explore.StaleError
		return invalid(c.Clause, err), Run{Stale: errors.As(err, &stale)}
	}
	return r.Verdict, Run{Rounds: 1, Steps: r.Steps}
}

// Test fails t if s shows the counterexample in program again, which is the text
// of a program.json. So a regression test fails for as long as the map has the
// fault. The subject of a schedule may be nil. A test with a schedule that has
// become stale passes, and logs that.
func Test(t testing.TB, s model.Binder, program string) {
	t.Helper()
	var c counterexample.Counterexample
	if err := json.Unmarshal([]byte(program), &c); err != nil {
		t.Fatalf("the counterexample cannot be read: %v", err)
		return
	}
	v, run := Again(t.Context(), s, c)
	switch {
	case v.Status == model.Violation:
		t.Errorf("%s\n    %s\n    %s", c.Clause.Sentence(), v, strings.Join(v.Lines(), "\n    "))
	case run.Stale:
		t.Logf("%s is not broken any more: %s", c.Clause, v.Reason)
	case v.Status == model.Invalid:
		t.Fatalf("the counterexample cannot be run: %s", v.Reason)
	case v.Status == model.Skipped:
		t.Skip(v.Reason)
	case v.Hung: // the clause is another one, and the map is no better
		t.Errorf("%s could not be judged: %s", c.Clause, v.Evidence())
	case run.Rounds == 0:
		t.Fatalf("the counterexample cannot be run: %s", v.Evidence())
	default:
		t.Logf("%s is not broken in %s: %s", c.Clause, english.Count(run.Rounds, "round"), v.Evidence())
	}
}
