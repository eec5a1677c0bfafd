package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/check"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// explain asks why the history has no order; once, since it takes searches.
func (t *teller) explain() []check.Explanation {
	if !t.explained && len(t.ops) > 0 {
		t.explained = true
		for _, e := range check.Explain(t.c.History, check.Options{Promise: t.c.Promise}) {
			if e.Clause == t.c.Clause && len(e.Left) > 0 {
				t.explanations = append(t.explanations, e)
			}
		}
	}
	return t.explanations
}

// A mark is a remark on an operation that the report is about, and what it did
// in the words of the explanation.
type mark struct{ remark, did string }

// marks are the operations that the report is about, by index: those that fit
// nowhere, or else those that never returned.
func (t *teller) marks() map[int]mark {
	marks := map[int]mark{}
	for _, e := range t.explain() {
		i, ok := t.at[e.Left[0].ID]
		switch {
		case !ok:
		case e.Of == "":
			marks[i] = mark{pointer + "wrong", e.Left[0].Did}
		default:
			marks[i] = mark{pointer + "fits nowhere", e.Left[0].Did}
		}
	}
	if len(marks) > 0 {
		return marks
	}
	for i := range t.ops {
		if t.hung(i) {
			marks[i] = mark{}
		}
	}
	return marks
}

// mattering are the operations that the explanations speak of, and those whose
// callbacks call them. Without an explanation nothing is known.
func (t *teller) mattering() map[int]bool {
	matter := map[int]bool{}
	for _, e := range t.explain() {
		for _, list := range [][]check.Placed{e.Order, e.Left} {
			for _, p := range list {
				for i, ok := t.at[p.ID]; ok && !matter[i]; i, ok = t.at[t.ops[i].Parent] {
					matter[i] = true
				}
			}
		}
	}
	return matter
}

// explainedKey reports whether o is on a key that an explanation is about, or
// one is about the whole map.
func (t *teller) explainedKey(o model.Op) bool {
	return slices.ContainsFunc(t.explain(), func(e check.Explanation) bool {
		return !ofKey(e) || o.Method.OnKey() && model.KeyName(o.Key) == e.Of
	})
}

// historyWhy shows, for each explanation, how far one gets with an order.
func (t *teller) historyWhy() []block {
	var blocks []block
	for _, e := range t.explain() {
		if e.Of == "" {
			blocks = append(blocks, paragraph("%s: %s, which is wrong whatever the others did%s.", t.who(e.Left[0]), e.Left[0].Did, instead(e.Left[0])))
			continue
		}
		blocks = append(blocks, paragraph("%s", demand(e)), block{Table: t.orderTable(e)},
			paragraph("Nothing can come next:"), block{Table: t.leftTable(e)})
	}
	if len(blocks) == 0 {
		return t.evidenceWhy()
	}
	return blocks
}

// instead is what p should have done, if that is known.
func instead(p check.Placed) string {
	if p.Want == "" {
		return ""
	}
	return "; wanted: " + p.Want
}

// demand says what there should be, and is not.
func demand(e check.Explanation) string {
	on := "all operations"
	if ofKey(e) {
		on = "the operations on " + e.Of
	}
	return fmt.Sprintf("If the clause held, there would be an order of %s in which each takes effect at one instant between its call and its return, "+
		"and in which a plain map gives each the result that it had. There is none. The longest one that works stops here:", on)
}

// ofKey reports whether e is about one key, not about the whole map.
func ofKey(e check.Explanation) bool { return e.Of != "whole map" }

// orderTable is the longest order found, and what the map holds after each
// step.
func (t *teller) orderTable(e check.Explanation) *table {
	what := "the map"
	if ofKey(e) {
		what = e.Of
	}
	list := &table{Head: []string{"in this order", "", what + " then holds"}, Rest: counterexample.HistoryFile}
	begin := "in the beginning"
	if t.begins(e) > 0 {
		begin = "after what had returned by then"
	}
	list.add("", begin, e.From)
	for _, p := range e.Order {
		list.add(t.who(p), p.Did, p.State)
	}
	return list
}

// begins counts the operations that were called before those of e.
func (t *teller) begins(e check.Explanation) int {
	before := len(t.ops)
	for _, list := range [][]check.Placed{e.Order, e.Left} {
		for _, p := range list {
			if i, ok := t.at[p.ID]; ok {
				before = min(before, i)
			}
		}
	}
	return before
}

// leftTable is what fits nowhere: what it did, and what it would have to do.
// The first is what the search came to grief over; of the others those follow
// that could come next, had they another result.
func (t *teller) leftTable(e check.Explanation) *table {
	list := &table{Head: []string{"", "what it did", "what the clause allows there"}, Rest: counterexample.HistoryFile}
	deadline := t.endOf(e.Left[0])
	for n, p := range e.Left {
		i, ok := t.at[p.ID]
		fits := p.Want == "" || strings.HasSuffix(p.Did, " "+p.Want)
		if n > 0 && (fits || !ok || t.ops[i].Call > deadline) {
			continue
		}
		list.Rows = append(list.Rows, row{Cells: []string{t.who(p), p.Did, p.Want}, Marked: n == 0})
	}
	return list
}

// endOf is when p's operation returned, or a time after all others.
func (t *teller) endOf(p check.Placed) int {
	if i, ok := t.at[p.ID]; ok {
		return end(&t.ops[i])
	}
	return 0
}

// who says which goroutine an operation belongs to, or that it ran before or
// after all of them.
func (t *teller) who(p check.Placed) string {
	i, ok := t.at[p.ID]
	switch {
	case !ok:
		return goroutine(p.Client)
	case t.when[i] == first:
		return "first"
	case t.when[i] == atRest:
		return "at rest"
	}
	return goroutine(t.lane[i])
}
