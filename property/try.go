package property

import (
	"fmt"

	"github.com/mapspec/mapspec/model"
)

// Try runs a witness whose look is results, zero value or sequence on a new
// map, and returns a violation of each clause that it breaks, or nothing. A
// program that hangs leaves a goroutine behind. The error says that the map
// cannot run the program.
func Try(b model.Binder, w model.Witness) ([]model.Verdict, error) {
	j := &judge{bind: b, in: b.Bind()}
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
		f = j.runZero(zero, j.in.Traits().FitAll(ops))
	case model.LookSequence:
		f = j.runSequence(ops[0].Method)
	default:
		return nil, fmt.Errorf("look %q is not one for a single goroutine's results", w.Look)
	}
	if f == nil {
		return nil, nil
	}
	var verdicts []model.Verdict
	for _, c := range f.clauses {
		verdicts = append(verdicts, f.verdict(c))
	}
	return verdicts, nil
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
	for _, o := range ops {
		if !j.can(o) {
			return nil, fmt.Errorf("%s cannot do %v", j.in.Name(), o)
		}
	}
	if w.Look == model.LookSequence && (len(ops) != 1 || !ops[0].Method.Traverses()) {
		return nil, fmt.Errorf("look %q takes one traversal", w.Look)
	}
	return ops, nil
}
