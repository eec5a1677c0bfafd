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

// explored is the outcome of a short exploration, which check does in addition to
// judging the map on real goroutines.
type explored struct {
	certificate *explore.Certificate // nil if the map was not explored
	reason      string               // why there is no certificate; "" if none was wanted
}

// exploreQuickly explores programs of a size, starting with the empty map and with a
// map of one key. A map may be impossible to explore, for example because there is no
// go command. The result then has the reason.
func exploreQuickly(ctx context.Context, m impl.Map, size string) explored {
	if size == noExploration {
		return explored{}
	}
	target, err := explore.Of(m.Subject)
	if err != nil {
		return explored{reason: plainly(err).Error()}
	}
	c, err := explore.Explore(ctx, target, explore.Options{
		Size: size, Policies: []string{"mix"}, Initials: []string{"empty", "one key"},
		Stalls: target.Promise.LoadFree, // only P1 is judged with stopped calls here
	})
	switch {
	case ctx.Err() != nil && c == nil:
		return explored{reason: "interrupted"}
	case err != nil:
		return explored{reason: fmt.Sprintf("%v; -explore none turns the exploration off", plainly(err))}
	}
	return explored{certificate: c}
}

// String returns the field explored of the JSON: "2x1 ok", or the clauses that
// programs of this size break.
func (e explored) String() string {
	c := e.certificate
	switch {
	case c == nil && e.reason != "":
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

// counterexample returns the counterexample that breaks c, with its schedule.
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

// verdicts returns the verdicts on clauses that are broken. If P1 is promised, it
// adds the verdict on P1, which only an exploration can judge. All other clauses have
// been judged with more programs on real goroutines.
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
		all = append(all, loadNeverWaits(c))
	}
	return all
}

// loadNeverWaits returns the verdict on P1 of an exploration that has not refuted it.
// It is ok only if calls were stopped, and nothing was left out.
func loadNeverWaits(c *explore.Certificate) model.Verdict {
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
