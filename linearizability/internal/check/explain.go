package check

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/mapspec/mapspec/model"
)

// maxTrace bounds the lines of a trace. Operations and their order get half each.
const maxTrace = 40

// explainTime is the least time allowed for explaining a violation.
const explainTime = time.Second

// explain records a violation of clause c: as an Explanation, in one line, and
// as a trace. of is "k2" or "whole map"; on is " on k2" or empty.
func (j *judge) explain(c model.Clause, v outcome, of, on string) {
	if j.violated(c) {
		return // the first violation is kept
	}
	w := v.makeWindow()
	order := w.order
	if order == nil {
		order = j.longestOrder(w.space, w.entries)
	}
	left := leftOf(w.entries, order)
	x := w.explanation(c, of, order, left)
	evidence := fmt.Sprintf("%s: %s, which no order of the %s%s explains",
		of, x.Left[0].Did, count(len(v.entries), "operation"), on)
	j.recordViolation(x, evidence, trace(v, w, x, on, left[0]))
}

// trace renders x, which explains window w of v, in at most maxTrace lines. stuck
// is the entry that fits nowhere.
func trace(v outcome, w window, x Explanation, on string, stuck *entry) []string {
	shown := count(len(v.entries), "operation")
	if v.hi < len(v.entries) {
		shown = fmt.Sprintf("the first %d of %s", v.hi, shown)
	}
	lines := []string{fmt.Sprintf("%s%s, in the order of their calls:", shown, on)}
	lines = appendTail(lines, v.entries[:v.hi], func(e *entry) string { return e.String() })
	lines = append(lines,
		fmt.Sprintf("the longest linearization from #%d on, with the state after each operation:", w.entries[0].source.ID),
		"  "+x.From)
	lines = appendTail(lines, x.Order, func(p *Placed) string { return fmt.Sprintf("#%d %s → %s", p.ID, p.Did, p.State) })
	return append(lines, "fits nowhere: "+stuck.String())
}

// appendTail appends the last elements of list to trace, one per line.
func appendTail[T any](trace []string, list []T, line func(*T) string) []string {
	const most = (maxTrace - 6) / 2
	if left := len(list) - most; left > 0 {
		trace = append(trace, fmt.Sprintf("  … %d earlier", left))
		list = list[left:]
	}
	for i := range list {
		trace = append(trace, "  "+line(&list[i]))
	}
	return trace
}

// longestOrder returns the longest partial order that porcupine finds. Of equally
// long ones it returns the first by position, as porcupine returns them in random
// order.
func (j *judge) longestOrder(s searchSpace, part []*entry) []*entry {
	timeout := max(explainTime, time.Until(j.budget.end))
	m, _ := j.budget.metered(s, len(part))
	_, info := porcupine.CheckOperationsVerbose(m, operations(part), timeout)
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
