package report

import (
	"fmt"

	"github.com/mapspec/mapspec/linearizability/check"
	"github.com/mapspec/mapspec/linearizability/counterexample"
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
			marks[i] = mark{"<- wrong", e.Left[0].Did}
		default:
			marks[i] = mark{"<- fits nowhere", e.Left[0].Did}
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
func (t *teller) leftTable(e check.Explanation) *table {
	list := &table{Head: []string{"", "what it did", "what the clause allows there"}, Rest: counterexample.HistoryFile}
	for n, p := range e.Left {
		if p.Want == "" && n > 0 {
			continue
		}
		list.Rows = append(list.Rows, row{Cells: []string{t.who(p), p.Did, p.Want}, Marked: n == 0})
	}
	return list
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
