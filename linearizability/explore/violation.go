package explore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/check"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/job"
	"github.com/mapspec/mapspec/model"
)

// Violation is a clause that is broken, and the smallest program that shows it.
type Violation struct {
	Clause      model.Clause     `json:"clause"`
	Rank        job.Rank         `json:"rank"` // the program's place among all
	Evidence    string           `json:"evidence"`
	Policy      string           `json:"policy"`
	Initial     string           `json:"initial"`
	Program     history.Program  `json:"program"`
	Schedule    string           `json:"schedule"`
	Preemptions int              `json:"preemptions"`
	Smallest    bool             `json:"smallest"` // no schedule with fewer preemptions shows it
	Path        string           `json:"path,omitempty"`
	Retained    []model.Retained `json:"retained,omitempty"`

	found          *job.Found
	counterexample counterexample.Counterexample
	err            error
}

// Counterexample returns v with all that it takes to run it again, and what
// came of doing so once. The error says why there is none: v was read from a
// file, or could not be run again, which is a mistake of mapspec.
func (v *Violation) Counterexample() (counterexample.Counterexample, error) {
	if v.found == nil {
		return counterexample.Counterexample{}, errors.New("explore: the certificate was read from a file: explore the map to have its counterexamples")
	}
	return v.counterexample, v.err
}

// Verdict is v as a verdict on its clause.
func (v Violation) Verdict(c *Certificate) model.Verdict {
	what := model.Bounded
	if c.Complete() {
		what = model.Complete
	}
	return model.Verdict{
		Clause: v.Clause, Status: model.Violation, Evidence: v.Evidence, Path: v.Path, Retained: v.Retained,
		Coverage: what("every interleaving of %d programs of size %s", c.Programs, c.Size),
	}
}

// explainTime bounds the replay of one violation.
const explainTime = 30 * time.Second

// explain runs each violation once more, step by step, and has package check
// judge it.
func (c *Certificate) explain(ctx context.Context, b *build, m Map) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), explainTime*time.Duration(1+len(c.Violations)))
	defer cancel()
	for i := range c.Violations {
		v := &c.Violations[i]
		if v.err = c.explainOne(ctx, b, m, v); v.err != nil {
			v.err = fmt.Errorf("%w (%s of %s: program %s on the map %q, hashes %s, schedule %s)",
				v.err, v.Clause, m.Name, programText(v.Program), v.Initial, v.Policy, v.Schedule)
		}
	}
	slices.SortFunc(c.Violations, func(a, b Violation) int { return a.Clause.Order() - b.Clause.Order() })
}

func programText(p history.Program) string {
	b, err := p.MarshalJSON()
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func (c *Certificate) explainOne(ctx context.Context, b *build, m Map, v *Violation) error {
	x := c.unexplained(m, v)
	if w := v.found.Witness; w != nil {
		x.Witness, x.Trace, x.Schedule = *w, v.found.Trace, nil
		x.Minimal = model.Bounded("as it was found, not made smaller")
		v.counterexample = x
		return nil
	}
	h, err := readHistory(v.found.History)
	if err != nil {
		return err
	}
	x.History = h // for the keys that are read at rest
	r, err := b.replay(ctx, jobFor(x))
	if err != nil {
		return err
	}
	if r.Diverged != "" {
		return fmt.Errorf("explore: internal error: a schedule cannot be followed again: %s", r.Diverged)
	}
	if x.History, err = readHistory(r.History); err != nil {
		return err
	}
	if v.Clause == model.S1 { // or what else package check calls it
		v.Clause = violated(check.History(x.History, check.Options{Promise: m.Promise}))
	}
	verdict, _, err := judge(m.Promise, v.Clause, r)
	if err != nil {
		return err
	}
	if verdict.Status != model.Violation {
		return fmt.Errorf("explore: internal error: the violation found is none by the verdict on its replay, %s %s", verdict.Status, verdict.Evidence)
	}
	v.Evidence, v.Preemptions = verdict.Evidence, preemptions(r.Steps)
	x.Clause, x.Evidence, x.Trace, x.Steps = v.Clause, v.Evidence, verdict.Trace, r.Steps
	x.Schedule.Preemptions = v.Preemptions
	v.counterexample = x
	return nil
}

// violated is the first clause that is violated, or S1.
func violated(verdicts []model.Verdict) model.Clause {
	for _, v := range verdicts {
		if v.Status == model.Violation {
			return v.Clause
		}
	}
	return model.S1
}

// preemptions counts the switches away from a thread that could go on.
func preemptions(steps []counterexample.Step) int {
	n := 0
	for _, s := range steps {
		if s.Switch == "is preempted" {
			n++
		}
	}
	return n
}

// unexplained is v as a counterexample, as far as it is known from its
// discovery.
func (c *Certificate) unexplained(m Map, v *Violation) counterexample.Counterexample {
	x := counterexample.Counterexample{
		Map: m.Name, Import: m.Import, Clause: v.Clause, Go: c.Go, Rounds: 1, Promise: m.Promise,
		Witness:  model.Witness{Look: model.LookSchedule, Init: v.Program.Init, Threads: v.Program.Threads},
		Minimal:  c.minimal(v),
		Evidence: v.Evidence, Path: v.Path, Retained: v.Retained,
		Schedule: &counterexample.Schedule{
			New: m.New, HashFunctions: m.Hash, Hashes: v.Policy, Initial: v.Initial, Steps: v.Schedule, Digest: c.Digest,
		},
	}
	if typ, ok := strings.CutPrefix(m.New, "new("); ok {
		x.Type = strings.TrimSuffix(typ, ")")
	}
	if s := v.found.Stall; s != nil {
		x.Schedule.Stall = &counterexample.Stall{Thread: s.Thread, After: s.After}
	}
	return x
}

// minimal says how small v is. Programs are explored by their size.
func (c *Certificate) minimal(v *Violation) model.Coverage {
	text := "no program of fewer operations breaks the clause on these initial maps"
	switch {
	case v.Clause == model.R2:
		return model.Bounded("as it was found: one call, and keys that come and go")
	case c.Policy != "dpor" || c.Of > 1 || !c.AsFarAsAsked():
		return model.Bounded("as it was found: not all smaller programs were explored")
	case v.Smallest:
		text += ", and no schedule of this one with fewer preemptions"
	}
	return model.Complete("%s", text)
}
