package explore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/check"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// A Violation is a clause that is broken, and the smallest program that shows it.
type Violation struct {
	Clause  model.Clause   `json:"clause"`
	Rank    wire.Rank      `json:"rank"`              // the program's place among all
	Failure *model.Failure `json:"failure,omitempty"` // nil in a certificate of an older mapspec
	// Evidence and Path are what Failure says to people.
	Evidence    string          `json:"evidence"`
	Path        string          `json:"path,omitempty"`
	Policy      string          `json:"policy"`
	Initial     string          `json:"initial"`
	Program     history.Program `json:"program"`
	Schedule    string          `json:"schedule"`
	Preemptions int             `json:"preemptions"`
	Smallest    bool            `json:"smallest"` // no schedule with fewer preemptions shows it

	found          *wire.Found
	counterexample counterexample.Counterexample
	err            error
}

// UnmarshalJSON reads a violation. An unknown field is an error, but for
// "retained", which certificates had before they had "failure".
func (v *Violation) UnmarshalJSON(b []byte) error {
	type plain Violation
	old := struct {
		*plain
		Retained json.RawMessage `json:"retained"`
	}{plain: (*plain)(v)}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(&old)
}

// newViolation is what a worker found.
func newViolation(f *wire.Found) Violation {
	s := f.Witness.Schedule
	v := Violation{
		Clause: f.Clause, Rank: f.Rank, Policy: s.Hashes, Initial: s.Initial, Program: history.Program{Init: f.Witness.Init, Threads: f.Witness.Threads},
		Schedule: s.Steps, Preemptions: s.Preemptions, Smallest: f.Smallest, found: f,
	}
	v.fail(f.Failure)
	return v
}

// fail makes f what v shows. The history is the counterexample's.
func (v *Violation) fail(f *model.Failure) {
	if f == nil {
		return
	}
	failure := *f
	failure.History = nil
	v.Failure, v.Evidence = &failure, failure.Sentence()
	switch {
	case len(f.Retained) > 0:
		v.Path = f.Retained[0].Path
	case f.Kind == model.Races:
		v.Path = strings.Join(f.Output, "\n")
	}
}

// Counterexample returns v with all that it takes to run it again, and what one
// more run showed. The error says why there is none: v was read from a file, or
// could not be run again, which is a mistake of mapspec.
func (v *Violation) Counterexample() (counterexample.Counterexample, error) {
	if v.found == nil {
		return counterexample.Counterexample{}, errors.New("explore: the certificate was read from a file: explore the map to have its counterexamples")
	}
	return v.counterexample, v.err
}

// Verdict returns v as a verdict on its clause. It is unknown if v could not be
// run again, and no failure explains it.
func (v Violation) Verdict(c *Certificate) model.Verdict {
	what := model.Bounded
	if c.Complete() {
		what = model.Complete
	}
	if v.Failure == nil && v.Evidence == "" { // nobody knows what it was
		return model.Verdict{Clause: v.Clause, Status: model.Unknown, Coverage: model.Bounded("one program of size %s", c.Size),
			Reason: fmt.Sprintf("a violation was found, and running it again to explain it failed: %v", v.err)}
	}
	return model.Verdict{
		Clause: v.Clause, Status: model.Violation, Failure: v.Failure, Reason: v.Evidence, // an older certificate has the evidence alone
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
	c.sortViolations()
}

func (c *Certificate) sortViolations() {
	slices.SortFunc(c.Violations, func(a, b Violation) int { return cmp.Compare(a.Clause.Order(), b.Clause.Order()) })
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
	if v.found.Pump != nil {
		x.Witness = *v.found.Pump
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
	if v.Clause == model.S1 { // or whichever clause package check finds broken
		verdicts := check.History(x.History, check.Options{Promise: m.Promise})
		if i := slices.IndexFunc(verdicts, func(v model.Verdict) bool { return v.Status == model.Violation }); i >= 0 {
			v.Clause = verdicts[i].Clause
		}
	}
	verdict, _, err := judge(m.Promise, v.Clause, r)
	if err != nil {
		return err
	}
	if verdict.Status != model.Violation {
		return fmt.Errorf("explore: internal error: the violation found is none by the verdict on its replay, %s %s", verdict.Status, verdict.Reason)
	}
	v.fail(verdict.Failure)
	v.Preemptions = preemptions(r.Steps)
	x.Clause, x.Failure, x.Steps, x.Schedule.Preemptions = v.Clause, v.Failure, r.Steps, v.Preemptions
	v.counterexample = x
	return nil
}

// preemptions counts the switches away from a thread that could go on.
func preemptions(steps []counterexample.Step) int {
	n := 0
	for _, s := range steps {
		if s.Reason == counterexample.Preempted {
			n++
		}
	}
	return n
}

// unexplained is v as a counterexample, as far as it is known when it is found.
func (c *Certificate) unexplained(m Map, v *Violation) counterexample.Counterexample {
	x := counterexample.Counterexample{
		Map: m.Name, Import: m.Import, Clause: v.Clause, Go: c.Go, Rounds: 1, Promise: m.Promise,
		Witness: v.found.Witness, Minimal: c.minimal(v), Failure: v.Failure,
	}
	s := *x.Schedule
	s.New, s.HashFunctions, s.Digest = m.New, m.Hash, c.Digest
	x.Schedule = &s
	if typ, ok := strings.CutPrefix(m.New, "new("); ok {
		x.Type = strings.TrimSuffix(typ, ")")
	}
	return x
}

// minimal says how small v is. Smaller programs are explored first.
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
