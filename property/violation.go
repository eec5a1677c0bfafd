package property

import "github.com/mapspec/mapspec/model"

// Violation is the verdict that t's map breaks R1 by retaining r.
func (t *tracker) Violation(r retention) model.Verdict {
	f := &model.Failure{Kind: model.Retains, AtRest: true, Retained: t.retained(r), Count: r.Len(), Should: t.state.String()}
	v := f.Violates(model.R1, &model.Witness{Look: model.LookRelease, Threads: [][]model.Op{t.ops}})
	v.Coverage = model.Bounded("the program that shows it")
	return v
}

// retained describes the first key and the first value of r: which operation passed
// it, which should have released it, and the path that holds it. If the map chose
// the other of two equal instances as the live one, the last overwrite should have
// released this one.
func (t *tracker) retained(r retention) []model.Retained {
	var list []model.Retained
	for _, all := range [][]passed{r.Keys, r.Values} {
		if len(all) == 0 {
			continue
		}
		first := all[0]
		left := first.left
		if left < 0 {
			left = t.lastStore(first)
		}
		list = append(list, model.Retained{Value: first.value, Index: first.index, Passed: first.op, Left: left, Path: PathTo(t.in.Map(), first.watch.Addresses())})
	}
	return list
}

// lastStore returns the last operation that passed an instance that equals i and may
// be live.
func (t *tracker) lastStore(i passed) int {
	last := i.op
	for _, other := range t.made {
		if other.value == i.value && other.index == i.index && other.left < 0 {
			last = max(last, other.op)
		}
	}
	return last
}
