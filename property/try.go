package property

import (
	"fmt"
	"sync/atomic"

	"github.com/mapspec/mapspec/model"
)

// A Trial runs programs of one subject, each on a new map. It is for one
// goroutine.
type Trial struct{ judge *judge }

// NewTrial returns a trial of b.
func NewTrial(b model.Binder) *Trial { return &Trial{&judge{bind: b, in: b.Bind()}} }

// Try runs a witness whose look is results, zero value or sequence, and returns
// a violation of each clause that it breaks, or nothing. A program that hangs
// leaves a goroutine behind. The error says that the map cannot run the
// program.
func (t *Trial) Try(w model.Witness) ([]model.Verdict, error) {
	j := t.judge
	ops, err := j.onlyThread(w)
	if err != nil {
		return nil, err
	}
	var f *failure
	switch w.Look {
	case model.LookResults:
		f = j.run(ops, atEnd)
	case model.LookZero:
		zero, ok := j.in.Zero()
		if !ok {
			return nil, fmt.Errorf("%s has no zero value to use", j.in.Name())
		}
		f = j.runZero(zero, j.traits().FitAll(ops))
	case model.LookSequence:
		f = j.runSequence(ops[0].Method)
	default:
		return nil, fmt.Errorf("look %q is not one for a single goroutine's results", w.Look)
	}
	if f == nil {
		return nil, nil
	}
	return f.verdicts(), nil
}

// TryRelease runs a witness of clause c whose look is one of package release's,
// as [TryRelease] does, under a watchdog.
func (t *Trial) TryRelease(c model.Clause, w model.Witness) (v model.Verdict, err error) {
	where, stuck := watched(func(returned *atomic.Int64) {
		v, err = TryRelease(counting{t.judge.bind, returned}, c, w)
	})
	if stuck {
		return hungOn(c, where), nil
	}
	return v, err
}

// TryRetaining is [tryAll] under a watchdog.
func (t *Trial) TryRetaining(programs [][]model.Op) (verdicts []model.Verdict) {
	where, stuck := watched(func(returned *atomic.Int64) {
		verdicts = tryAll(counting{t.judge.bind, returned}, programs)
	})
	if stuck {
		return []model.Verdict{hungOn(model.R1, where)}
	}
	return verdicts
}

// hungOn is the verdict on c of a program that hangs, which is against another
// clause.
func hungOn(c model.Clause, where model.Stuck) model.Verdict {
	return model.Verdict{Clause: c, Status: model.Unknown, Hung: true, Reason: "a call never returned: " + where.Where()}
}

// onlyThread returns w as one list of operations, all of which the map has.
func (j *judge) onlyThread(w model.Witness) ([]model.Op, error) {
	if len(w.Threads) > 1 {
		return nil, fmt.Errorf("%d threads: want one for look %q", len(w.Threads), w.Look)
	}
	ops := w.Init[:len(w.Init):len(w.Init)]
	for _, t := range w.Threads {
		ops = append(ops, t...)
	}
	if err := model.CanDo(j.in, ops...); err != nil {
		return nil, err
	}
	if w.Look == model.LookSequence && (len(ops) != 1 || !ops[0].Method.Traverses()) {
		return nil, fmt.Errorf("look %q takes one traversal", w.Look)
	}
	return ops, nil
}
