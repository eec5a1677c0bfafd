package check

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// maxTrace bounds a trace, in lines; operations and their order get half each.
const maxTrace = 40

// explainTime is what finding the words for a violation may take at least.
const explainTime = time.Second

// explain says in one line, and in a trace, why a violation is one. of is
// "k2" or "whole map", on is " on k2" or nothing.
func (j *judge) explain(v verdict, of, on string) (evidence string, trace []string) {
	part := v.entries[v.lo:v.hi]
	order := j.longestOrder(v.space, part)
	stuck := firstLeft(part, order)
	evidence = fmt.Sprintf("%s: %s, which no order of the %s%s explains",
		of, stuck.did(), count(len(v.entries), "operation"), on)

	shown := count(len(v.entries), "operation")
	if v.hi < len(v.entries) {
		shown = fmt.Sprintf("the first %d of %s", v.hi, shown)
	}
	trace = append(trace, fmt.Sprintf("%s%s, in the order of their calls:", shown, on))
	trace = appendTail(trace, v.entries[:v.hi], func(e *entry) string { return e.String() })
	m := v.space.model
	state := m.Init()
	trace = append(trace, fmt.Sprintf("the longest order from #%d on that explains its results, and the state after each:", part[0].source.ID),
		"  "+m.DescribeState(state))
	steps := make([]step, len(order))
	for i, e := range order {
		_, state = m.Step(state, e, nil)
		steps[i] = step{e, m.DescribeState(state)}
	}
	trace = appendTail(trace, steps, func(s *step) string {
		return fmt.Sprintf("#%d %s → %s", s.entry.source.ID, s.entry.did(), s.state)
	})
	return evidence, append(trace, "fits nowhere: "+stuck.String())
}

// step is an entry and the state after it.
type step struct {
	entry *entry
	state string
}

// appendTail appends the last of list to trace, a line each.
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

// longestOrder returns the longest partial order that porcupine finds; of
// several the first by position, since it hands them out in random order.
func (j *judge) longestOrder(s space, part []entry) []*entry {
	timeout := max(explainTime, time.Until(j.budget.end))
	m, _, _ := j.budget.metered(s, len(part))
	_, info := porcupine.CheckOperationsVerbose(m, operations(part), timeout)
	var best []int
	for _, order := range info.PartialLinearizations()[0] {
		if c := cmp.Compare(len(order), len(best)); c > 0 || c == 0 && slices.Compare(order, best) < 0 {
			best = order
		}
	}
	entries := make([]*entry, len(best))
	for i, n := range best {
		entries[i] = &part[n]
	}
	return entries
}

// firstLeft returns the entry not in order that returns first: nothing else
// can come next.
func firstLeft(part []entry, order []*entry) *entry {
	placed := map[*entry]bool{}
	for _, e := range order {
		placed[e] = true
	}
	var first *entry
	for i := range part {
		if e := &part[i]; !placed[e] && (first == nil || e.ret < first.ret) {
			first = e
		}
	}
	return first
}
