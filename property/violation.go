package property

import "github.com/mapspec/mapspec/model"

// Violation is the verdict that t's map breaks R1 by retaining r: which
// operation passed what stays, which should have let go of it, and the path
// that holds it.
func (t *tracker) Violation(r retention) model.Verdict {
	f := &model.Failure{Kind: model.Retains, AtRest: true, Retained: t.retained(r), Count: r.Len(), Should: t.state.String()}
	v := f.Violates(model.R1, &model.Witness{Look: model.LookRelease, Threads: [][]model.Op{t.ops}})
	v.Coverage = model.Bounded("the program that shows it")
	return v
}

// retained describes the first key and the first value of r. Where the map
// chose another of two equal instances to be the live one, the last overwrite
// should have let go of this one.
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

// lastStore is the last operation that passed an equal instance of i's role
// that may be live.
func (t *tracker) lastStore(i passed) int {
	last := i.op
	for _, other := range t.made {
		if other.value == i.value && other.index == i.index && other.left < 0 {
			last = max(last, other.op)
		}
	}
	return last
}
