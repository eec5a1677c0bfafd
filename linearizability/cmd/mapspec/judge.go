package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/internal/near"
	"github.com/mapspec/mapspec/linearizability/internal/process"
	"github.com/mapspec/mapspec/model"
)

// Each map is judged in a process of its own, because a stuck goroutine cannot be
// killed, and a map may end its process. The child sends each list of verdicts as
// soon as it has it, so that nothing is lost if it dies.

// wire is one line from a child.
type wire struct {
	Phase    string          `json:"phase,omitempty"` // the phase that begins
	Verdicts []model.Verdict `json:"verdicts,omitempty"`
	Done     bool            `json:"done,omitempty"`
}

// anyClause stands for every clause.
const anyClause = "any"

// find returns the map with a name. Tests replace it to add maps that do not belong
// in the catalogue.
var find = impl.Find

// runJudge judges a map in the child process.
func runJudge(ctx context.Context, env environment, args []string) (int, error) {
	f := newFlags(env, "judge", "judge\n\nInternal: check and counterexample run this in a child process to judge one map.")
	name := f.String("map", "", "the map")
	budget := f.Duration("budget", 0, "time to spend")
	seed := f.Uint64("seed", 0, "seed")
	until := f.String("until", "", "stop after the phase in which this clause is violated, or "+anyClause)
	if err := parse(f, args, 0); err != nil {
		return exitOther, err
	}
	m, ok := find(*name)
	if !ok {
		return exitOther, unknownMap(*name)
	}
	messages, err := process.Messages()
	if err != nil {
		return exitOther, err
	}
	e := json.NewEncoder(messages)
	for _, phase := range phases {
		if err := e.Encode(wire{Phase: phase.name}); err != nil {
			return exitOther, err
		}
		verdicts := phase.judge(ctx, m.Subject, *budget, *seed)
		if err := e.Encode(wire{Verdicts: verdicts}); err != nil {
			return exitOther, err
		}
		if slices.ContainsFunc(verdicts, func(v model.Verdict) bool {
			return v.Status == model.Violation && (*until == anyClause || string(v.Clause) == *until)
		}) {
			break
		}
	}
	return exitOK, e.Encode(wire{Done: true})
}

// judgeProcess judges m in a process of its own. It stops after the phase in which
// the clause until is violated, or any clause if until is anyClause.
func judgeProcess(ctx context.Context, m impl.Map, budget time.Duration, seed uint64, until string) ([]model.Verdict, error) {
	var verdicts []model.Verdict
	var last wire
	c := child{
		name: m.Name, budget: budget,
		args: []string{"judge", "-map", m.Name, "-budget", budget.String(), "-seed", fmt.Sprint(seed), "-until", until},
	}
	end, err := c.run(ctx, func(line []byte) error {
		var r wire
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		verdicts = append(verdicts, r.Verdicts...)
		last.Phase = cmp.Or(r.Phase, last.Phase)
		last.Done = last.Done || r.Done
		return nil
	})
	if err != nil {
		return model.Merge(verdicts), err
	}
	if !last.Done {
		verdicts = append(verdicts, died(last.Phase, end))
	}
	return model.Merge(verdicts), nil
}

// died returns the verdict on a map whose process ended before it was done.
func died(phase string, r process.Result) model.Verdict {
	unknown := model.Verdict{Clause: model.P2, Status: model.Unknown}
	switch {
	case r.Ending == process.Signalled && r.State == "signal: killed":
		unknown.Reason = fmt.Sprintf("another process killed its process in phase %s, perhaps because memory ran out", phase)
		return unknown
	case r.Ending != process.Exited && r.Ending != process.Signalled:
		unknown.Reason = fmt.Sprintf("mapspec ended its process in phase %s: %v", phase, r)
		return unknown
	}
	f := &model.Failure{Kind: model.Dies, Phase: phase, Exit: fmt.Sprint(r), Output: firstLines(r.Crash(), 40)}
	clause := model.S1
	if strings.Contains(r.Crash(), "concurrent map") {
		clause = model.M2 // the runtime detected a data race on a built-in map
	}
	v := f.Violates(clause, nil)
	v.Coverage = model.Bounded("phase %s", phase)
	return v
}

func firstLines(s string, n int) []string {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil
	}
	lines := strings.Split(s, "\n")
	return lines[:min(n, len(lines))]
}

// unknownMap returns the error for a map that does not exist. It names the maps with
// similar names.
func unknownMap(name string) error {
	return fmt.Errorf("no map %q%s; mapspec list shows all maps", name, near.Hint(name, impl.Names()))
}
