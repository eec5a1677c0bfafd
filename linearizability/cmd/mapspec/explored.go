package main

import (
	"context"
	"strings"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/counterexample"
	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/model"
)

// explored is what a short exploration found of a map, beside the judgement by
// real goroutines.
type explored struct {
	certificate *explore.Certificate // nil if there is none
	why         string               // there is none; empty if none was asked for
}

// exploreQuickly explores m's programs of a size, from the empty map and that of
// one key. A map that cannot be explored, for want of a go command for example,
// is not; the reason is told.
func exploreQuickly(ctx context.Context, m impl.Map, size string) explored {
	if size == "none" {
		return explored{}
	}
	target, err := explore.Of(m.Subject)
	if err != nil {
		return explored{why: err.Error()}
	}
	c, err := explore.Explore(ctx, target, explore.Options{
		Size: size, Policies: []string{"mix"}, Initials: []string{"empty", "one key"},
	})
	if err != nil {
		return explored{why: err.Error()}
	}
	return explored{certificate: c}
}

// String is the cell of the table: "2x1", with what it breaks.
func (e explored) String() string {
	c := e.certificate
	switch {
	case c == nil && e.why != "":
		return "no"
	case c == nil:
		return "-"
	case len(c.Violations) > 0:
		var clauses []string
		for _, v := range c.Violations {
			clauses = append(clauses, string(v.Clause))
		}
		return c.Size + " breaks " + strings.Join(clauses, ", ")
	case !c.Complete():
		return c.Size + " " + c.Coverage
	}
	return c.Size + " ok"
}

// counterexample is the one that breaks c, with its schedule.
func (e explored) counterexample(c model.Clause) (counterexample.Counterexample, bool) {
	if e.certificate == nil {
		return counterexample.Counterexample{}, false
	}
	for i := range e.certificate.Violations {
		if v := &e.certificate.Violations[i]; v.Clause == c {
			x, err := v.Counterexample()
			return x, err == nil
		}
	}
	return counterexample.Counterexample{}, false
}

// verdicts are those on the clauses that are broken, and that on P1, which
// nobody else judges. The others have been judged more widely, if less
// thoroughly, elsewhere.
func (e explored) verdicts(p model.Promise) []model.Verdict {
	if e.certificate == nil {
		return nil
	}
	var all []model.Verdict
	for _, v := range e.certificate.Violations {
		all = append(all, v.Verdict(e.certificate))
	}
	if c := e.certificate; c.Complete() && c.Stalled > 0 && p.Reason(model.P1) == "" && model.Find(all, model.P1).Status != model.Violation {
		all = append(all, model.Verdict{Clause: model.P1, Status: model.OK, Coverage: model.Complete(
			"each goroutine of all programs of size %s stopped for ever after each of its steps", c.Size)})
	}
	return all
}
