package check

import (
	"cmp"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/mapspec/mapspec/model"
)

// explainTime is the least time allowed for explaining a violation.
const explainTime = time.Second

// toExplain returns the deadline of a search that explains a violation.
func (b *searchBudget) toExplain() deadline {
	if least := after(explainTime, b.end.now); b.end.at.Before(least.at) {
		return least
	}
	return b.end
}

// explain records a violation of clause c, and why the operations have no order.
// whole says that these are the operations of the whole map instead of those on
// key.
func (j *judge) explain(c model.Clause, v outcome, whole bool, key int) {
	if j.violated(c) {
		return // the first violation is kept
	}
	w := v.makeWindow()
	order := w.order
	if order == nil {
		order = j.longestOrder(w.space, w.entries)
	}
	x := w.explain(v, order, leftOf(w.entries, order))
	x.Whole, x.Key = whole, key
	j.recordViolation(c, &model.Failure{Kind: model.NoOrder, Order: x})
}

// longestOrder returns the longest partial order that porcupine finds. Of equally
// long ones it returns the first by position, as porcupine returns them in random
// order.
func (j *judge) longestOrder(s searchSpace, part []*entry) []*entry {
	m, _ := j.budget.metered(s, len(part), j.budget.toExplain())
	_, info := porcupine.CheckOperationsVerbose(m, operations(part), 0)
	var best []int
	for _, order := range info.PartialLinearizations()[0] {
		if c := cmp.Compare(len(order), len(best)); c > 0 || c == 0 && slices.Compare(order, best) < 0 {
			best = order
		}
	}
	entries := make([]*entry, len(best))
	for i, n := range best {
		entries[i] = part[n]
	}
	return entries
}

// leftOf returns the entries of part that are not in order, sorted by return:
// only the one that returns first can come next.
func leftOf(part, order []*entry) []*entry {
	placed := map[*entry]bool{}
	for _, e := range order {
		placed[e] = true
	}
	var left []*entry
	for _, e := range part {
		if !placed[e] {
			left = append(left, e)
		}
	}
	slices.SortStableFunc(left, func(a, b *entry) int { return cmp.Compare(a.ret, b.ret) })
	return left
}
