package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/model"
)

// Each map is judged in a process of its own: a stuck goroutine cannot be
// killed, and a map may take the whole process with it. The child reports each
// list of verdicts as soon as it has it, a line each, so that nothing found is
// lost with the process.

// report is one line of a child.
type report struct {
	Phase     string                  `json:"phase,omitempty"` // what begins
	Verdicts  []model.Verdict         `json:"verdicts,omitempty"`
	Histories map[model.Clause][]byte `json:"histories,omitempty"`
	Done      bool                    `json:"done,omitempty"`
}

// find is how a child finds its map. Tests add maps that are not fit for the
// catalogue.
var find = impl.Find

// grace is how long beyond twice its budget a child may take before it is
// ended: it has watchdogs of its own, and a loaded machine makes it late.
const grace = 60 * time.Second

// runJudge is the child's side.
func runJudge(ctx context.Context, env environment, args []string) (int, error) {
	f := newFlags(env, "judge", "judge (internal: one map in a process of its own)")
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
	os.Stdout = os.Stderr // what a map prints is no report
	e := json.NewEncoder(env.stdout)
	for _, phase := range phases {
		if err := e.Encode(report{Phase: phase.name}); err != nil {
			return exitOther, err
		}
		verdicts := phase.judge(ctx, m.Subject, *budget, *seed)
		r := report{Verdicts: verdicts, Histories: map[model.Clause][]byte{}}
		for _, v := range verdicts {
			if len(v.History) > 0 {
				r.Histories[v.Clause] = v.History
			}
		}
		if err := e.Encode(r); err != nil {
			return exitOther, err
		}
	}
	return exitOK, e.Encode(report{Done: true})
}

// judgeProcess judges m in a process of its own.
func judgeProcess(ctx context.Context, m impl.Map, budget time.Duration, seed uint64) ([]model.Verdict, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("cannot start a process for %s: %w", m.Name, err)
	}
	limited, cancel := context.WithTimeout(ctx, 2*budget+grace)
	defer cancel()
	child := exec.CommandContext(limited, self, "judge", "-map", m.Name,
		"-budget", budget.String(), "-seed", fmt.Sprint(seed))
	ownGroup(child) // a Ctrl-C is for the parent, which passes it on and keeps what was found
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	child.WaitDelay = 5 * time.Second
	races, err := os.MkdirTemp("", "mapspec-")
	if err != nil {
		return nil, fmt.Errorf("cannot keep race reports: %w", err)
	}
	defer os.RemoveAll(races)
	// Under -race the child reads its own race reports; without, nobody asks.
	child.Env = append(os.Environ(), "GORACE=exitcode=0 log_path="+filepath.Join(races, "race"))
	var stderr bytes.Buffer
	child.Stderr = &stderr
	out, err := child.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("cannot start a process for %s: %w", m.Name, err)
	}
	if err := child.Start(); err != nil {
		return nil, fmt.Errorf("cannot start a process for %s: %w", m.Name, err)
	}
	verdicts, phase, done := readReports(bufio.NewReader(out))
	err = child.Wait()
	if ctx.Err() != nil {
		return model.Merge(verdicts), ctx.Err()
	}
	if !done {
		verdicts = append(verdicts, died(phase, stderr.String(), errors.Is(limited.Err(), context.DeadlineExceeded), err))
	}
	return model.Merge(verdicts), nil
}

// readReports reads what a child says until it ends, and returns the phase it
// was in.
func readReports(r *bufio.Reader) (verdicts []model.Verdict, phase string, done bool) {
	for {
		line, err := r.ReadBytes('\n')
		var rep report
		if len(line) > 0 && json.Unmarshal(line, &rep) != nil {
			return verdicts, phase, false // cut off, or not a child of ours
		}
		if len(line) > 0 {
			for _, v := range rep.Verdicts {
				v.History = rep.Histories[v.Clause]
				verdicts = append(verdicts, v)
			}
			if rep.Phase != "" {
				phase = rep.Phase
			}
			done = done || rep.Done
		}
		if err != nil {
			return verdicts, phase, done
		}
	}
}

// died is the verdict on a map that took its process with it.
func died(phase, stderr string, timedOut bool, err error) model.Verdict {
	if timedOut {
		return model.Verdict{Clause: model.P2, Status: model.Unknown,
			Evidence: fmt.Sprintf("its process was stopped in phase %s, long after its budget", phase)}
	}
	if stderr == "" && err != nil && strings.Contains(err.Error(), "signal: killed") {
		return model.Verdict{Clause: model.P2, Status: model.Unknown,
			Evidence: "its process was killed from outside in phase " + phase + ", perhaps for want of memory"}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(stderr), "\n")
	v := model.Verdict{Clause: model.S1, Status: model.Violation, Coverage: model.Bounded("phase %s", phase),
		Evidence: fmt.Sprintf("the process died in phase %s: %s (%v)", phase, first, err),
		Trace:    firstLines(stderr, 40)}
	if strings.Contains(stderr, "concurrent map") {
		v.Clause = model.M2 // the runtime's own check of built-in maps
	}
	return v
}

func firstLines(s string, n int) []string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[:min(n, len(lines))]
}

// unknownMap names the maps that are spelled nearly so.
func unknownMap(name string) error {
	return fmt.Errorf("no map %q%s; mapspec list shows them all", name, near(name, impl.Names()))
}

// near returns ", did you mean …" with the candidates that are close to name,
// the closest first; "" if none is.
func near(name string, candidates []string) string {
	type scored struct {
		name     string
		distance int
	}
	var close []scored
	for _, c := range candidates {
		d := distance(strings.ToLower(name), strings.ToLower(c))
		if d <= max(3, len(c)/3) || strings.Contains(c, name) && name != "" {
			close = append(close, scored{c, d})
		}
	}
	slices.SortStableFunc(close, func(a, b scored) int { return a.distance - b.distance })
	var names []string
	for _, c := range close {
		names = append(names, c.name)
	}
	if len(names) == 0 {
		return ""
	}
	return ", did you mean " + strings.Join(names, " or ") + "?"
}

// distance is the Levenshtein distance between a and b, in O(len(a)·len(b)).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
