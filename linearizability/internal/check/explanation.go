package check

import (
	"cmp"
	"slices"

	"github.com/mapspec/mapspec/model"
)

// maxBefore is the largest number of operations that an explanation lists before
// the failure.
const maxBefore = 17

// explain explains why the first hi entries of v have no order. order is the longest
// one found of w's entries, and left is what remains of them.
func (w window) explain(v outcome, order, left []*entry) *model.Order {
	m := w.space.model
	state := m.Init()
	x := &model.Order{Operations: len(v.entries), From: m.DescribeState(state), Possible: w.possible}
	x.Skipped = max(0, v.hi-maxBefore)
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

// A clauseViolation is a clause that a history violates, and how.
type clauseViolation struct {
	clause  model.Clause
	failure *model.Failure
}

// violations returns the violations found, sorted by clause.
func (j *judge) violations() []clauseViolation {
	var list []clauseViolation
	for c, f := range j.findings {
		if f.failure != nil {
			list = append(list, clauseViolation{c, f.failure})
		}
	}
	slices.SortFunc(list, func(a, b clauseViolation) int { return cmp.Compare(a.clause.Order(), b.clause.Order()) })
	return list
}
