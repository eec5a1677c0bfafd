package try

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// A replay of a lucky counterexample gets replayFactor times the rounds that
// it was seen to take, and at least replayRounds: one that fails in a round of
// a hundred fails in all but one of 10^20 replays.
const (
	replayFactor = 50
	replayRounds = 5000
)

// Again runs c's program again on a new map of b and returns the verdict:
// a violation with its history where it is shown again, otherwise why not; and
// how many rounds it took.
func Again(ctx context.Context, b model.Binder, c counterexample.Counterexample) (model.Verdict, int) {
	if len(c.Threads) == 0 {
		return model.Verdict{Clause: c.Clause, Status: model.Unknown, Reason: "there is no program to run again"}, 0
	}
	o := Options{Rounds: max(replayRounds, replayFactor*c.Rounds), Seed: c.Seed}
	trial := New(b)
	if ByLuck(c.Witness) || c.Rounds <= 1 {
		return trial.Run(ctx, c.Clause, c.Witness, o)
	}
	var v model.Verdict
	for run := 1; ; run++ { // of one goroutine, and not every run shows it
		v, _ = trial.Run(ctx, c.Clause, c.Witness, o)
		if v.Status != model.OK || run == replayFactor*c.Rounds || ctx.Err() != nil {
			return v, run
		}
	}
}

// Test fails t if the counterexample in program, as in program.json, is shown
// again by s: as long as a map has the fault, a regression test of it is red.
func Test(t testing.TB, s model.Binder, program string) {
	t.Helper()
	var c counterexample.Counterexample
	if err := json.Unmarshal([]byte(program), &c); err != nil {
		t.Fatalf("the counterexample cannot be read: %v", err)
	}
	v, rounds := Again(t.Context(), s, c)
	switch v.Status {
	case model.Violation:
		t.Errorf("%s\n    %s\n    %s", c.Clause.Sentence(), v, strings.Join(v.Lines(), "\n    "))
	case model.Invalid:
		t.Fatalf("the counterexample cannot be run: %s", v.Reason)
	case model.Skipped:
		t.Skip(v.Reason)
	default:
		t.Logf("%s is not broken in %d rounds: %s", c.Clause, rounds, v.Reason)
	}
}
