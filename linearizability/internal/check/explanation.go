package check

import (
	"cmp"
	"slices"

	"github.com/mapspec/mapspec/model"
)

// mostBefore bounds the operations that an explanation lists until the failure.
const mostBefore = 17

// order explains why the first hi entries of v have no order: how far one gets
// with those of w, and what is left.
func (w window) explain(v verdict, order, left []*entry) *model.Order {
	m := w.space.model
	state := m.Init()
	x := &model.Order{Operations: len(v.entries), From: m.DescribeState(state), Possible: w.possible}
	x.Skipped = max(0, v.hi-mostBefore)
	for i := x.Skipped; i < v.hi; i++ {
		x.Before = append(x.Before, v.entries[i].placed())
	}
	for _, e := range order {
		_, state = m.Step(state, e, nil)
		p := e.placed()
		p.State = m.DescribeState(state)
		x.Longest = append(x.Longest, p)
	}
	for _, e := range left {
		p := e.placed()
		p.State = m.DescribeState(state)
		if e.ret != forever {
			want := w.space.want(state, e)
			p.Want = &want
		}
		x.Left = append(x.Left, p)
	}
	return x
}

// A violated is a clause that is violated, and how.
type violated struct {
	clause  model.Clause
	failure *model.Failure
}

// violations returns what was found to be violated, in the order of the clauses.
func (j *judge) violations() []violated {
	var list []violated
	for c, f := range j.findings {
		if f.failure != nil {
			list = append(list, violated{c, f.failure})
		}
	}
	slices.SortFunc(list, func(a, b violated) int { return cmp.Compare(a.clause.Order(), b.clause.Order()) })
	return list
}
