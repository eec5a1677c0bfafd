// Package minimise makes a counterexample as small as it can. It runs smaller
// programs. It never removes operations from a history, as that would invent
// violations.
//
// A program of one goroutine either fails in every run or never. So all shorter
// programs over an alphabet can be tried, and the result is the smallest. It is run a
// few more times to make sure, as some maps behave differently in each run, for
// example because of a random hash seed.
//
// A program of several goroutines fails in some rounds only. A smaller program that
// did not fail may still fail in other rounds, so the result says how many rounds it
// ran.
package minimise

import (
	"context"
	"fmt"
	"time"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/stress"
	"github.com/mapspec/mapspec/linearizability/internal/try"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property"
)

// Options bounds the work.
type Options struct {
	// Runs is how often programs are run in all, at most; 0 is no limit.
	Runs int
	// Budget is how long smaller programs are tried, except that leastRuns runs are
	// made in any case; 0 is no limit but Runs.
	Budget time.Duration
	Seed   uint64
	// Progress, if not nil, is called with a text that says what is being tried.
	Progress func(string)
}

// leastRuns is how many runs are made although the time budget is spent. A busy
// machine makes fewer runs in that time, and the result must not depend on that.
const leastRuns = 30_000

// findRounds is how many rounds of real goroutines [Find] runs.
const findRounds = 20_000

// Find judges b and returns the smallest counterexample to clause c that it finds.
// The error says that no violation of c was found.
func Find(ctx context.Context, b model.Binder, c model.Clause, o Options) (counterexample.Counterexample, error) {
	v := model.Find(property.Judge(ctx, b, property.Options{Budget: (o.Budget + 1) / 2, Seed: o.Seed, Until: c}), c)
	if v.Status != model.Violation {
		v = concurrent(ctx, b, c, stress.Options{Rounds: findRounds, Budget: (o.Budget + 1) / 2, Seed: o.Seed, Until: c})
	}
	if v.Status != model.Violation {
		return counterexample.Counterexample{}, fmt.Errorf("no violation of %s by %s was found: %v", c, b.Bind().Name(), v)
	}
	return Minimise(ctx, b, v, o)
}

// concurrent judges c with several goroutines.
func concurrent(ctx context.Context, b model.Binder, c model.Clause, o stress.Options) model.Verdict {
	if c == model.M1 || c == model.M2 {
		return model.Find(stress.Memory(ctx, b), c)
	}
	return model.Find(stress.Judge(ctx, b, o), c)
}

// Minimise makes the program of violation v smaller and returns the smallest
// counterexample found. A violation without a program stays as it is. When ctx or the
// budget ends, Minimise returns the smallest so far.
func Minimise(ctx context.Context, b model.Binder, v model.Verdict, o Options) (counterexample.Counterexample, error) {
	if v.Witness == nil || len(v.Witness.Threads) == 0 {
		return counterexample.Of(b.Bind(), v)
	}
	s := &search{ctx: ctx, start: time.Now(), trial: try.New(b), bind: b, in: b.Bind(), clause: v.Clause, options: o, best: v, witness: *v.Witness}
	minimal := s.minimise()
	if !s.measure() {
		minimal = model.Bounded("only some runs show it, so nothing is known of smaller programs")
	}
	c, err := counterexample.Of(s.in, s.best)
	if err != nil {
		return c, err
	}
	c.Witness, c.Minimal, c.Seed, c.Rounds = s.witness, minimal, o.Seed, s.rounds
	if len(c.History.Events) == 0 {
		c.History, err = s.record()
	}
	return c, err
}

// A search looks for the smallest program that breaks one clause.
type search struct {
	ctx     context.Context
	start   time.Time
	trial   *try.Trial
	bind    model.Binder
	in      model.Instance // says what the map can do; its map is never called
	clause  model.Clause
	options Options

	best    model.Verdict // the violation by witness
	witness model.Witness // the smallest so far
	rounds  int           // the most runs that it took to fail; 0 if not measured
	tries   int           // the number of programs tried
	runs    int           // the number of runs of all programs
	hangs   int           // the number of programs that hung
}

// minimise looks for a smaller program, in ways that depend on the look, and says
// how small the result is.
func (s *search) minimise() model.Coverage {
	switch s.witness.Look {
	case model.LookPump:
		return model.Complete("no shorter cycle does it, of those that leave the same keys live, one resident and one fresh")
	case model.LookPin, model.LookHeap, model.LookSequence:
		return model.Bounded("a program of a fixed form")
	case model.LookRaces:
		return model.Bounded("as it was found: the race detector reports each race once per process")
	case model.LookHistory:
		return s.smallest()
	}
	s.reduce()
	return s.shortest()
}

// try runs w and reports whether it breaks the clause.
func (s *search) try(w model.Witness) (model.Verdict, bool) { return s.tryRounds(w, candidateRounds) }

// tryRounds is try with up to most rounds, if goroutines meet by chance.
func (s *search) tryRounds(w model.Witness, most int) (model.Verdict, bool) {
	s.tries++
	if s.options.Progress != nil {
		s.options.Progress(fmt.Sprintf("%d programs tried; %d operations in the smallest so far", s.tries, s.witness.Operations()))
	}
	v, rounds := s.trial.Run(s.ctx, s.clause, w, try.Options{Rounds: most, Seed: s.options.Seed + uint64(s.tries)})
	s.runs += rounds
	if v.Hung {
		s.hangs++
		s.runs += hungRuns
	}
	if v.Status != model.Violation {
		return v, false
	}
	if try.ByLuck(w) {
		s.rounds = rounds
	}
	return v, true
}

// candidateRounds is how many rounds a program runs before it counts as one that does
// not fail, if its goroutines meet by chance.
const candidateRounds = 3000

// accept makes w the smallest program so far. Verdict v is its violation.
func (s *search) accept(w model.Witness, v model.Verdict) {
	s.witness, s.best = w, v
	if v.Witness != nil {
		s.witness = *v.Witness // w, fitted to the map's types
	}
}

// over reports whether the search must end.
func (s *search) over() bool { return s.ctx.Err() != nil || s.hangs >= maxHangs || s.spent() }

// spent reports whether the budget of the options is spent.
func (s *search) spent() bool {
	o := s.options
	return o.Runs > 0 && s.runs >= o.Runs || o.Budget > 0 && s.runs >= leastRuns && time.Since(s.start) >= o.Budget
}

// A program that hangs takes seconds and leaves a goroutine behind.
const (
	maxHangs = 12     // how many may hang
	hungRuns = 10_000 // how many runs take about as long as the watchdog
)

// ended returns why s is over.
func (s *search) ended() string {
	if s.hangs >= maxHangs {
		return fmt.Sprintf("%d programs hung", s.hangs)
	}
	return "the budget ended"
}

// record runs the smallest program once more for its history, if the checker that
// found the violation does not record one.
func (s *search) record() (history.History, error) {
	w := s.witness
	switch w.Look {
	case model.LookResults, model.LookRelease:
		return stress.Record(s.bind, w)
	}
	return history.History{}, nil
}
