package minimise

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/stress"
	"github.com/mapspec/mapspec/model"
)

// A replay of a lucky counterexample gets replayFactor times the rounds that
// it was seen to take, and at least replayRounds: one that fails in a round of
// a hundred fails in all but one of 10^20 replays.
const (
	replayFactor = 50
	replayRounds = 5000
)

// Replay runs c's program again on a new map of b and returns the verdict:
// a violation with its history where it is shown again, otherwise why not; and
// how many rounds it took.
func Replay(ctx context.Context, b model.Binder, c counterexample.Counterexample, budget time.Duration) (model.Verdict, int) {
	if len(c.Threads) == 0 {
		return model.Verdict{Clause: c.Clause, Status: model.Unknown, Reason: "there is no program to run again"}, 0
	}
	o := stress.Options{Rounds: max(replayRounds, replayFactor*c.Rounds), Budget: budget, Seed: c.Seed}
	trial := newTrial(b)
	if lucky(c.Witness) || c.Rounds <= 1 {
		return attempt(ctx, trial, c.Clause, c.Witness, o)
	}
	var v model.Verdict
	for run := 1; ; run++ { // of one goroutine, and not every run shows it
		v, _ = attempt(ctx, trial, c.Clause, c.Witness, o)
		if v.Status != model.OK || run == replayFactor*c.Rounds || ctx.Err() != nil {
			return v, run
		}
	}
}

// record runs the smallest program once more for its history, where results
// alone show nothing or one goroutine showed it.
func (s *search) record() (history.History, error) {
	w := s.witness
	switch w.Look {
	case model.LookResults, model.LookRelease:
		return stress.Record(s.bind, w)
	}
	return history.History{}, nil
}

// Run fails t if the counterexample in program, as in program.json, is shown
// again by s: as long as a map has the fault, a regression test of it is red.
//
//	func TestIssue12(t *testing.T) { minimise.Run(t, subject, `{"schema":1,…}`) }
func Run(t testing.TB, s model.Binder, program string) {
	t.Helper()
	var c counterexample.Counterexample
	if err := json.Unmarshal([]byte(program), &c); err != nil {
		t.Fatalf("the counterexample cannot be read: %v", err)
	}
	v, rounds := Replay(t.Context(), s, c, runBudget)
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

// runBudget is how long Run tries where goroutines meet by luck.
const runBudget = 10 * time.Second
