// Package try runs a witness and returns a verdict. The program of a witness may
// run on one goroutine, on real goroutines, under the race detector, or in the
// steps of a schedule.
//
// The minimiser, mapspec replay and generated regression tests all use it, so they
// agree on what a program shows.
package try

import (
	"context"
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/stress"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property"
)

// Options bounds a trial of a program whose goroutines meet by chance.
type Options struct {
	Rounds int // how often to run it
	Seed   uint64
}

// A Trial runs witnesses of one subject, each on a new map. Only one goroutine
// may use it at a time.
type Trial struct {
	subject model.Binder
	alone   *property.Trial
}

// New returns a trial of b.
func New(b model.Binder) *Trial { return &Trial{b, property.NewTrial(b)} }

// ByLuck reports whether w shows its violation in some runs only, because real
// goroutines have to meet.
func ByLuck(w model.Witness) bool { return w.Look == model.LookHistory && len(w.Threads) > 1 }

// Run runs w as its look says, and returns the verdict on clause c and the number
// of rounds that it took. The verdict is invalid if the map cannot run w, or if w
// is a schedule, which only [Again] runs.
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
		err = fmt.Errorf("look %q: want one of results, zero value, sequence, history, races, release, pump, pin and heap", w.Look)
	}
	if err == nil && v.Status == model.Violation && v.Clause != c {
		err = fmt.Errorf("look %q shows violations of %s, not of %s", w.Look, v.Clause, c)
	}
	if err != nil {
		v = invalid(c, err)
	}
	return v, rounds
}

// invalid is the verdict on c of a program that cannot be run.
func invalid(c model.Clause, err error) model.Verdict {
	return model.Verdict{Clause: c, Status: model.Invalid, Reason: err.Error()}
}

// results runs w, which has one goroutine, and returns the verdict on c.
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

// Retaining runs programs of one goroutine, and returns a verdict on R1 for each.
// They share one garbage collection.
func (t *Trial) Retaining(programs [][]model.Op) []model.Verdict {
	return t.alone.TryRetaining(programs)
}
