// Package try runs a witness: a program goes in with the way to run it, and a
// verdict comes out, whether it runs on one goroutine, on real goroutines, under
// the race detector, or in the steps of a schedule.
//
// Whoever makes a counterexample smaller, replays a saved one or tests for it in
// a regression test asks this package, so that all of them see the same.
package try

import (
	"context"
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/stress"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property"
)

// Options bounds a trial of a witness whose goroutines meet by luck.
type Options struct {
	Rounds int // how often it is run
	Seed   uint64
}

// A Trial runs witnesses of one subject, each on a new map. It is for one
// goroutine.
type Trial struct {
	subject model.Binder
	alone   *property.Trial
}

// New returns a trial of b.
func New(b model.Binder) *Trial { return &Trial{b, property.NewTrial(b)} }

// ByLuck reports whether it is a matter of luck that a run of w shows its
// violation, because real goroutines have to meet.
func ByLuck(w model.Witness) bool { return w.Look == model.LookHistory && len(w.Threads) > 1 }

// Run runs w in the way that its look asks for, and returns the verdict on clause
// c and how many rounds it took. The verdict is invalid if the map cannot run w.
func (t *Trial) Run(ctx context.Context, c model.Clause, w model.Witness, o Options) (v model.Verdict, rounds int) {
	var err error
	rounds = 1
	switch w.Look {
	case model.LookResults, model.LookZero, model.LookSequence:
		v, err = t.results(c, w)
	case model.LookHistory:
		v, rounds, err = stress.Try(ctx, t.subject, c, w, stress.Options{Rounds: o.Rounds, Seed: o.Seed})
	case model.LookRaces:
		v, err = stress.TryRaces(ctx, t.subject, c, w)
	case model.LookRelease, model.LookPump, model.LookPin, model.LookHeap:
		v, err = t.alone.TryRelease(c, w)
	default:
		err = fmt.Errorf("look %q takes an instrumented copy of the map: run it again with mapspec replay", w.Look)
	}
	if err == nil && v.Status == model.Violation && v.Clause != c {
		err = fmt.Errorf("look %q shows violations of %s, not of %s", w.Look, v.Clause, c)
	}
	if err != nil {
		v = model.Verdict{Clause: c, Status: model.Invalid, Reason: err.Error()}
	}
	return v, rounds
}

// results runs a witness of one goroutine, and returns the verdict on c.
func (t *Trial) results(c model.Clause, w model.Witness) (model.Verdict, error) {
	verdicts, err := t.alone.Try(w)
	if err != nil {
		return model.Verdict{}, err
	}
	if i := slices.IndexFunc(verdicts, func(v model.Verdict) bool { return v.Clause == c }); i >= 0 {
		return verdicts[i], nil
	}
	if len(verdicts) > 0 {
		return model.Verdict{Clause: c, Status: model.Unknown, Hung: verdicts[0].Hung,
			Reason: "it breaks another clause instead: " + verdicts[0].String()}, nil
	}
	return model.Verdict{Clause: c, Status: model.OK, Reason: "every result is right"}, nil
}

// Retaining runs programs of one goroutine, all before one garbage collection,
// and returns the verdict on R1 for each.
func (t *Trial) Retaining(programs [][]model.Op) []model.Verdict {
	return t.alone.TryRetaining(programs)
}
