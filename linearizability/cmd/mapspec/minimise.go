package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/minimise"
	"github.com/mapspec/mapspec/linearizability/internal/process"
	"github.com/mapspec/mapspec/linearizability/internal/try"
	"github.com/mapspec/mapspec/model"
)

// minimised is one line from the child that minimises: its progress, or what it
// found.
type minimised struct {
	Progress string                         `json:"progress,omitempty"`
	Found    *counterexample.Counterexample `json:"found,omitempty"`
	History  []byte                         `json:"history,omitempty"`
}

// runMinimise minimises a violation in the child process. It reads the violation from
// standard input.
func runMinimise(ctx context.Context, env environment, args []string) (int, error) {
	f := newFlags(env, "minimise", "minimise\n\nInternal: counterexample runs this in a child process to minimise one violation.")
	name := f.String("map", "", "the map")
	budget := f.Duration("budget", 0, "time to spend")
	seed := f.Uint64("seed", 0, "seed")
	if err := parse(f, args, 0); err != nil {
		return exitOther, err
	}
	m, ok := find(*name)
	if !ok {
		return exitOther, unknownMap(*name)
	}
	var r wire
	if err := json.NewDecoder(os.Stdin).Decode(&r); err != nil || len(r.Verdicts) != 1 {
		return exitOther, fmt.Errorf("want one verdict on standard input: %v", err)
	}
	messages, err := process.Messages()
	if err != nil {
		return exitOther, err
	}
	e := json.NewEncoder(messages)
	var last time.Time
	c, err := minimise.Minimise(ctx, m.Subject, r.Verdicts[0], minimise.Options{Budget: *budget, Seed: *seed, Progress: func(text string) {
		if time.Since(last) > time.Second/5 {
			last = time.Now()
			_ = e.Encode(minimised{Progress: text}) // if the parent is gone, the last line fails too
		}
	}})
	if err != nil {
		return exitOther, err
	}
	var lines bytes.Buffer
	if err := c.History.Write(&lines); err != nil {
		return exitOther, err
	}
	return exitOK, e.Encode(minimised{Found: &c, History: lines.Bytes()})
}

// minimiseProcess minimises v, a violation by m, in a process of its own. If that
// process dies, it returns v as it was found.
func minimiseProcess(ctx context.Context, env environment, m impl.Map, v model.Verdict, budget time.Duration, seed uint64) (counterexample.Counterexample, error) {
	asFound, err := counterexample.Of(m.Subject.Bind(), v)
	if err != nil {
		return asFound, err
	}
	stdin, err := json.Marshal(wire{Verdicts: []model.Verdict{v}})
	if err != nil {
		return asFound, err
	}
	c := child{name: m.Name, budget: budget, stdin: stdin,
		args: []string{"minimise", "-map", m.Name, "-budget", budget.String(), "-seed", fmt.Sprint(seed)}}
	var last minimised
	end, err := c.run(ctx, func(line []byte) error {
		last = minimised{}
		if err := json.Unmarshal(line, &last); err != nil {
			return err
		}
		if last.Progress != "" {
			progress(env, "minimising: %s", last.Progress)
		}
		return nil
	})
	progress(env, "")
	switch {
	case last.Found != nil: // if interrupted, the smallest so far
		var herr error
		last.Found.History, herr = history.Read(bytes.NewReader(last.History))
		return *last.Found, errors.Join(err, herr)
	case err == nil:
		asFound.Minimal = model.Bounded("as it was found: the process that tried smaller programs ended early (%v): %s", end, end.Cause())
	}
	return asFound, err
}

// again is the outcome of one replay.
type again struct {
	Verdict model.Verdict `json:"verdict"`
	Rounds  int           `json:"rounds"`

	steps []counterexample.Step // of the schedule, if there is one
}

// runAgain replays a counterexample in the child process. It reads the counterexample
// from standard input.
func runAgain(ctx context.Context, env environment, args []string) (int, error) {
	f := newFlags(env, "run", "run\n\nInternal: replay runs this in a child process to run one counterexample.")
	budget := f.Duration("budget", 0, "time to spend")
	if err := parse(f, args, 0); err != nil {
		return exitOther, err
	}
	var c counterexample.Counterexample
	if b, err := io.ReadAll(os.Stdin); err != nil || json.Unmarshal(b, &c) != nil {
		return exitOther, errors.New("want a counterexample on standard input")
	}
	m, ok := find(c.Map)
	if !ok {
		return exitOther, unknownMap(c.Map)
	}
	messages, err := process.Messages()
	if err != nil {
		return exitOther, err
	}
	ctx, cancel := context.WithTimeout(ctx, *budget)
	defer cancel()
	v, run := try.Again(ctx, m.Subject, c)
	return exitOK, json.NewEncoder(messages).Encode(again{Verdict: v, Rounds: run.Rounds})
}

// replayProcess replays c once in a process of its own.
func replayProcess(ctx context.Context, c counterexample.Counterexample, budget time.Duration) (again, error) {
	stdin, err := json.Marshal(c)
	if err != nil {
		return again{}, err
	}
	p := child{name: c.Map, budget: budget, stdin: stdin, args: []string{"run", "-budget", budget.String()}}
	var a again
	end, err := p.run(ctx, func(line []byte) error { return json.Unmarshal(line, &a) })
	if err == nil && a.Verdict.Clause == "" {
		why := died("replay", end)
		a.Verdict = model.Verdict{Clause: c.Clause, Status: model.Unknown, Reason: why.Evidence()}
	}
	return a, err
}
