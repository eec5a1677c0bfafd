package explore

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/process"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// Replayed is what one run of a schedule showed.
type Replayed struct {
	Verdict model.Verdict // on the counterexample's clause
	Steps   []counterexample.Step
	History history.History
}

// A StaleError says that the map's source has changed since a schedule was found,
// and that the schedule is now impossible or shows nothing.
type StaleError struct{ Map, Why string }

func (e *StaleError) Error() string {
	return fmt.Sprintf("stale: the source of %s has changed since, and %s: find it anew with mapspec explore", e.Map, e.Why)
}

// MapOf returns the map of a counterexample that has a schedule, as seen from the
// working directory.
func MapOf(c counterexample.Counterexample) Map {
	m := Map{Name: c.Map, Import: c.Import, Promise: c.Promise}
	if c.Schedule != nil {
		m.New, m.Hash = c.Schedule.New, c.Schedule.HashFunctions
	}
	return m
}

// Replay builds an instrumented copy of m's package again and runs c's program in
// the steps of its schedule, which does the same each time. Only the options about
// building count.
//
// Replay also tries if the source has changed since the schedule was found. A
// schedule that cannot be followed then, or that shows no violation, is a
// [StaleError].
func Replay(ctx context.Context, m Map, c counterexample.Counterexample, o Options) (*Replayed, error) {
	if c.Schedule == nil {
		return nil, fmt.Errorf("explore: the counterexample has no schedule: run it again with mapspec replay")
	}
	o.Race = o.Race || c.Clause == model.M2
	root, err := os.MkdirTemp(o.TempDir, "mapspec-replay-")
	if err != nil {
		return nil, fmt.Errorf("explore: no place for an instrumented copy: %w", err)
	}
	defer os.RemoveAll(root)
	b, err := prepare(ctx, m, o, root)
	if err != nil {
		return nil, err
	}
	changed := b.copy.Digest != c.Schedule.Digest
	r, err := b.replay(ctx, jobFor(c))
	switch {
	case err != nil:
		return nil, err
	case r.Diverged != "" && changed:
		return nil, &StaleError{m.Name, "the schedule cannot be followed"}
	case r.Diverged != "":
		return nil, fmt.Errorf("explore: the source is the same and the schedule cannot be followed, so the map does not do the same each time: %s", r.Diverged)
	}
	v, h, err := judge(m.Promise, c.Clause, r)
	if err != nil {
		return nil, err
	}
	if v.Status != model.Violation && changed {
		return nil, &StaleError{m.Name, "the schedule shows no violation"}
	}
	return &Replayed{Verdict: v, Steps: r.Steps, History: h}, nil
}

// jobFor asks for one run of c's schedule.
func jobFor(c counterexample.Counterexample) wire.Job {
	return wire.Job{Keys: keysOf(c), Policies: []string{c.Schedule.Hashes}, Shards: 1, Replay: &c.Witness}
}

// keysOf counts the keys that the program or a read at rest uses.
func keysOf(c counterexample.Counterexample) int {
	most := 0
	see := func(o model.Op) {
		if o.Method.OnKey() && o.Key < wire.FirstFiller {
			most = max(most, o.Key)
		}
	}
	for _, ops := range append([][]model.Op{c.Init}, c.Threads...) {
		for _, o := range ops {
			see(o)
			if o.Func != nil {
				for _, inner := range o.Func.Do {
					see(inner)
				}
			}
		}
	}
	for _, e := range c.History.Events {
		if e.Kind == history.Called {
			see(e.Op)
		}
	}
	return most + 1
}

// replay runs a job with a schedule in a process of its own.
func (b *build) replay(ctx context.Context, j wire.Job) (*wire.Replayed, error) {
	var answer *wire.Replayed
	command := b.worker(b.root, func(m wire.Message) { answer = cmp.Or(m.Replayed, answer) })
	command.Stdin = func(w io.WriteCloser) { _ = json.NewEncoder(w).Encode(j) } // it stays open: a worker ends when that does
	r, err := command.Run(ctx)
	switch {
	case err != nil:
		return nil, fmt.Errorf("explore: cannot start a replay: %w", err)
	case r.Refusal != nil:
		return nil, r.Refusal
	case r.Ending == process.Cancelled:
		return nil, ctx.Err()
	case answer == nil:
		return nil, fmt.Errorf("explore: a replay ended early (%v): %s", r, r.Cause())
	}
	for _, f := range answer.Failures {
		addReport(f, r.Stderr)
	}
	return answer, nil
}

// readHistory reads what a worker says of a history.
func readHistory(lines string) (history.History, error) {
	h, err := history.Read(strings.NewReader(lines))
	if err != nil {
		return h, fmt.Errorf("explore: internal error: a malformed history: %w", err)
	}
	return h, nil
}
