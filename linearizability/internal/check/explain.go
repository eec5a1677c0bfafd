package check

import (
	"cmp"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/mapspec/mapspec/model"
)

// explainTime is what finding the words for a violation may take at least.
const explainTime = time.Second

// toExplain returns the deadline of a search that finds the words for a violation.
func (b *budget) toExplain() deadline {
	if least := after(explainTime, b.end.now); b.end.at.Before(least.at) {
		return least
	}
	return b.end
}

// explain records that a violation breaks clause c, and why. whole says that it
// is one of the whole map, and not of key.
func (j *judge) explain(c model.Clause, v verdict, whole bool, key int) {
	if j.violated(c) {
		return // the first violation stays
	}
	w := v.window()
	order := w.order
	if order == nil {
		order = j.longestOrder(w.space, w.part)
	}
	x := w.explain(v, order, leftOf(w.part, order))
	x.Whole, x.Key = whole, key
	j.violate(c, &model.Failure{Kind: model.NoOrder, Order: x})
}

// longestOrder returns the longest partial order that porcupine finds; of
// several the first by position, since it hands them out in random order.
func (j *judge) longestOrder(s space, part []*entry) []*entry {
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

// leftOf returns the entries of part that are not in order, the first to return
// first: nothing else can come next.
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
