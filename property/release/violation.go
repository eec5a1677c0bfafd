package release

import (
	"fmt"

	"github.com/mapspec/mapspec/internal/english"
	"github.com/mapspec/mapspec/model"
)

// Violation is the verdict that t's map breaks R1 by retaining r: which
// operation passed what stays, which should have let go of it, and the path
// that holds it.
func (t *Tracker) Violation(r Retention) model.Verdict {
	v := model.Verdict{Clause: model.R1, Status: model.Violation, Coverage: model.Bounded("the program that shows it"),
		Evidence: fmt.Sprintf("%s retained after %s", r, english.Count(len(t.ops), "operation")),
		Witness:  &model.Witness{Look: model.LookRelease, Threads: [][]model.Op{t.ops}}}
	v.Retained = t.retained(r)
	first := v.Retained[0]
	v.Path = first.Path
	for i, op := range t.ops {
		v.Trace = append(v.Trace, op.String()+remark(first, i))
	}
	v.Trace = append(v.Trace,
		"collect garbage",
		fmt.Sprintf("at rest the map means %v and may hold nothing else", t.state),
		fmt.Sprintf("%s is still reachable: %s", first.What, first.Path))
	return v
}

// remark says what operation i has to do with r.
func remark(r model.Retained, i int) string {
	switch i {
	case r.Passed:
		if r.Left == r.Passed {
			return fmt.Sprintf("   <- passes %s, which the map has no reason to keep", r.What)
		}
		return fmt.Sprintf("   <- passes %s, which stays", r.What)
	case r.Left:
		return fmt.Sprintf("   <- after this nothing may hold %s", r.What)
	}
	return ""
}

// retained describes the first key and the first value of r. Where the map
// chose another of two equal instances to be the live one, the last overwrite
// should have let go of this one.
func (t *Tracker) retained(r Retention) []model.Retained {
	var list []model.Retained
	for _, all := range [][]Instance{r.Keys, r.Values} {
		if len(all) == 0 {
			continue
		}
		first := all[0]
		left := first.Left
		if left < 0 {
			left = t.lastStore(first)
		}
		list = append(list, model.Retained{
			What: fmt.Sprintf("%s %v", first.Role, first), Passed: first.Op, Left: left, Path: first.Path(t.in)})
	}
	return list
}

// lastStore is the last operation that passed an equal instance of i's role
// that may be live.
func (t *Tracker) lastStore(i Instance) int {
	last := i.Op
	for _, other := range t.made {
		if other.Role == i.Role && other.Index == i.Index && other.Left < 0 {
			last = max(last, other.Op)
		}
	}
	return last
}
