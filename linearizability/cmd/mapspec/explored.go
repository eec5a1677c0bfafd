package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
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
		Stalls: target.Promise.LoadFree, // what else a map does while one call is stopped is not asked here
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

// verdicts are those on the clauses that are broken, and that on P1 where it is
// promised, which nobody else judges. The others have been judged more widely, if
// less thoroughly, elsewhere.
func (e explored) verdicts(p model.Promise) []model.Verdict {
	c := e.certificate
	if c == nil {
		return nil
	}
	var all []model.Verdict
	for _, v := range c.Violations {
		all = append(all, v.Verdict(c))
	}
	if c.Stalls && p.LoadFree && model.Find(all, model.P1).Status != model.Violation {
		all = append(all, loadsGoOn(c))
	}
	return all
}

// loadsGoOn is the verdict on P1 of an exploration that has not refuted it. It
// is ok only if calls were stopped, and nothing was left out.
func loadsGoOn(c *explore.Certificate) model.Verdict {
	what := fmt.Sprintf("calls stopped after each of their steps, in programs of two goroutines of one call on %d keys, from the maps %s, under hashes %s",
		c.Keys, strings.Join(c.Initials, " and "), strings.Join(c.Policies, ", "))
	switch {
	case !c.Complete():
		return model.Verdict{Clause: model.P1, Status: model.Unknown, Reason: c.Coverage, Coverage: model.Bounded("%s", what)}
	case c.Stalled == 0:
		return model.Verdict{Clause: model.P1, Status: model.Unknown, Reason: "no call was stopped", Coverage: model.Bounded("%s", what)}
	}
	return model.Verdict{Clause: model.P1, Status: model.OK, Coverage: model.Complete("%s", what)}
}
