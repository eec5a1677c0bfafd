package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/english"
	"github.com/mapspec/mapspec/linearizability/internal/report/text"
	"github.com/mapspec/mapspec/linearizability/internal/try"
	"github.com/mapspec/mapspec/model"
)

const replayText = `replay [-times N] [-budget 30s] [-json] DIR

Runs a saved counterexample again, in a new process. DIR is a directory with
program.json that mapspec check, counterexample or explore wrote.

Exit status: 0 if every replay reproduced the violation, 1 if one did not, and 2
if the counterexample is stale or could not be run.`

func runReplay(ctx context.Context, env environment, args []string) (int, error) {
	f := newFlags(env, "replay", replayText)
	times := f.Int("times", 1, "how often to run it, each time in a new process")
	budget := f.Duration("budget", 30*time.Second, "time for each replay, if the violation is a matter of luck")
	asJSON := f.Bool("json", false, "print one JSON object per replay, each in one line; see docs/json.md")
	if err := parse(f, args, 1); err != nil {
		return exitOther, err
	}
	if f.NArg() == 0 {
		return exitOther, errors.New("no DIR; see mapspec replay -h")
	}
	if *times < 1 {
		return exitOther, fmt.Errorf("-times %d: want at least 1", *times)
	}
	if *budget <= 0 {
		return exitOther, fmt.Errorf("-budget %v: want more than 0s", *budget)
	}
	dir := filepath.Clean(f.Arg(0))
	if filepath.Base(dir) == counterexample.ProgramFile {
		dir = filepath.Dir(dir)
	}
	c, err := counterexample.LoadProgram(dir)
	if err != nil {
		return exitOther, err
	}
	run := replayProcess
	if c.Look == model.LookSchedule {
		run = replaySchedule
	} else if _, ok := find(c.Map); !ok {
		return exitOther, fmt.Errorf("%s: %w", dir, unknownMap(c.Map))
	}
	shown := 0
	var last again
	for i := range *times {
		progress(env, "replay %d of %d", i+1, *times)
		last, err = run(ctx, c, *budget)
		progress(env, "")
		if err != nil && ctx.Err() == nil {
			return exitOther, plainly(err)
		}
		if err != nil {
			return exitOther, fmt.Errorf("interrupted after %d replays; %d of them reproduced the violation", i, shown)
		}
		if last.Verdict.Status == model.Violation {
			shown++
		}
		if *asJSON {
			if err := printReplay(env, c, last); err != nil {
				return exitOther, err
			}
		}
	}
	if !*asJSON {
		describeReplay(env, c, last, shown, *times)
		c.Steps = last.steps
		if err := text.WriteSteps(env.stdout, c); err != nil {
			return exitOther, err
		}
	}
	return replayStatus(last, shown, *times), nil
}

// replaySchedule runs c's schedule. The copy of the map that it runs on is built
// anew, and runs in a process of its own anyway.
func replaySchedule(ctx context.Context, c counterexample.Counterexample, _ time.Duration) (again, error) {
	v, run := try.Again(ctx, nil, c)
	if v.Status == model.Invalid {
		return again{}, errors.New(v.Reason)
	}
	return again{Verdict: v, Rounds: run.Rounds, steps: run.Steps}, nil
}

// replayStatus returns the exit status. A counterexample that could not be run differs
// from one that was run and not reproduced.
func replayStatus(last again, shown, times int) int {
	switch {
	case shown == times:
		return exitOK
	case last.Verdict.Status == model.Invalid || last.Verdict.Status == model.Skipped:
		return exitOther
	}
	return exitWrong
}

func printReplay(env environment, c counterexample.Counterexample, a again) error {
	return json.NewEncoder(env.stdout).Encode(struct {
		Map      string       `json:"map"`
		Clause   model.Clause `json:"clause"`
		Shown    bool         `json:"shown"`
		Rounds   int          `json:"rounds"`
		Evidence string       `json:"evidence"`
	}{c.Map, c.Clause, a.Verdict.Status == model.Violation, a.Rounds, a.Verdict.Evidence()})
}

func describeReplay(env environment, c counterexample.Counterexample, last again, shown, times int) {
	w := env.stdout
	switch {
	case times > 1:
		fmt.Fprintf(w, "%s breaks %s in %d of %d replays\n", c.Map, c.Clause, shown, times)
	case shown == 1 && c.Lucky():
		fmt.Fprintf(w, "%s breaks %s again, after %s\n", c.Map, c.Clause, english.Count(last.Rounds, "run"))
	case shown == 1:
		fmt.Fprintf(w, "%s breaks %s again\n", c.Map, c.Clause)
	default:
		fmt.Fprintf(w, "%s does not break %s this time (%s)\n", c.Map, c.Clause, last.Verdict.Status)
	}
	fmt.Fprintf(w, "    %s\n", last.Verdict.Evidence())
	if c.Lucky() {
		fmt.Fprintf(w, "    this is a matter of luck: it took up to %s when it was found, and a replay tries many more\n", english.Count(max(1, c.Rounds), "run"))
	}
	if c.Go != runtime.Version() {
		fmt.Fprintf(w, "    found with %s; this is %s\n", c.Go, runtime.Version())
	}
}
