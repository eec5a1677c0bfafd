package property

import (
	"fmt"
	"sync/atomic"

	"github.com/mapspec/mapspec/model"
)

// A Trial runs programs of one goroutine, each on a new map of one subject, under a
// watchdog. Only one goroutine may use a Trial at a time.
type Trial struct{ judge *judge }

// NewTrial returns a trial of b.
func NewTrial(b model.Binder) *Trial { return &Trial{&judge{bind: b, in: b.Bind()}} }

// Try runs a witness whose look is results, zero value or sequence, and returns a
// violation of each clause that it breaks. A program that hangs leaves a goroutine
// behind. The error says why the map cannot run the program.
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
		return nil, fmt.Errorf("look %q: want results, zero value or sequence", w.Look)
	}
	if f == nil {
		return nil, nil
	}
	return f.verdicts(), nil
}

// TryRelease is the function [TryRelease] under a watchdog.
func (t *Trial) TryRelease(c model.Clause, w model.Witness) (v model.Verdict, err error) {
	where, stuck := watched(func(returned *atomic.Int64) {
		v, err = TryRelease(counting{t.judge.bind, returned}, c, w)
	})
	if stuck {
		return hungOn(c, where), nil
	}
	return v, err
}

// TryRetaining runs each program on a map of its own and returns a verdict on R1 for
// each. The programs share one garbage collection. If one of them hangs, that is the
// only verdict.
func (t *Trial) TryRetaining(programs [][]model.Op) (verdicts []model.Verdict) {
	where, stuck := watched(func(returned *atomic.Int64) {
		verdicts = tryAll(counting{t.judge.bind, returned}, programs)
	})
	if stuck {
		return []model.Verdict{hungOn(model.R1, where)}
	}
	return verdicts
}

// hungOn is the verdict on c of a program that hangs, and so breaks another clause.
func hungOn(c model.Clause, where model.Stuck) model.Verdict {
	return model.Verdict{Clause: c, Status: model.Unknown, Hung: true, Reason: "a call never returned: " + where.Where()}
}

// onlyThread returns the operations of w. The error says that there are several
// threads, or which operation the map cannot do.
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
