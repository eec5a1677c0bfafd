package report

import (
	"fmt"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/english"
)

// StepsFile is the file for people that has all steps of a schedule.
const StepsFile = "steps.txt"

// Steps returns all steps of c's schedule, of which a layout of the account may
// leave some out; nil if it has none.
func Steps(c counterexample.Counterexample) *Table {
	if len(c.Steps) == 0 {
		return nil
	}
	s := &stepper{steps: c.Steps, lanes: max(1, len(c.Threads)), list: &Table{Rest: StepsFile, Head: []string{"line"}}, before: map[int]string{}}
	for n := range s.lanes {
		s.list.Head = append(s.list.Head, goroutine(n))
	}
	for i := range c.Steps {
		s.step(i)
	}
	return s.list
}

// steps tells the steps of a schedule, between what was there before and what
// was read after it.
func (t *teller) steps() []Block {
	stalled := ""
	if s := t.c.Schedule.Stall; s != nil {
		stalled = fmt.Sprintf(" After %s %s is stopped for ever.", english.Count(s.After, "step"), goroutine(s.Thread))
	}
	blocks := t.around([]Block{paragraph("Step by step, time goes down.%s", stalled), {Table: Steps(t.c)}}, false)
	if len(t.f.Retained) > 0 {
		blocks = append(blocks, Block{Table: &Table{Rows: []Row{t.collected("collect garbage")}}})
	}
	return blocks
}

// A stepper makes rows of steps: a column for each goroutine, and before them the
// line in the source.
type stepper struct {
	steps  []counterexample.Step
	lanes  int
	list   *Table
	wrong  bool           // a row says that no order explains the results
	before map[int]string // what a goroutine did
}

// step adds the calls before step i, the step, and the returns after it. What
// the map should hold then, and why the goroutine is left, is remarked on the
// last of these rows.
func (s *stepper) step(i int) {
	p := &s.steps[i]
	for _, call := range p.Calls {
		s.add(p.Thread, "", call).Kept = true
	}
	if p.Kind == counterexample.NoStep {
		return
	}
	last := s.doing(p)
	if p.Never {
		last.Marked, last.Remark = true, p.Switch
		return
	}
	for _, r := range p.Returns {
		last = s.add(p.Thread, "", r)
		last.Kept = true
	}
	var then []string
	switch {
	case p.State == counterexample.NoState && !s.wrong:
		s.wrong, last.Marked = true, true
		then = append(then, p.State)
	case p.State != "" && p.State != counterexample.NoState:
		then = append(then, "the map should be "+p.State)
	}
	last.Kept = last.Kept || p.Reason != ""
	if next := s.next(i); p.Reason == counterexample.Waits && next != nil {
		last.Remark = strings.Join(then, "; ")
		last, then = s.doing(&counterexample.Step{
			Thread: next.Thread, Kind: next.Kind, Call: next.Call, Object: next.Object, Line: next.Line, Never: true}), nil
		last.Kept = true
	}
	if p.Switch != "" && (p.Reason != counterexample.Ended || len(p.Returns) == 0) { // a return says by itself that it has ended
		then = append(then, p.Switch)
	}
	last.Remark = strings.Join(then, "; ")
}

// next is the step that the goroutine of step i takes next, or never takes.
func (s *stepper) next(i int) *counterexample.Step {
	for n := i + 1; n < len(s.steps); n++ {
		if s.steps[n].Thread == s.steps[i].Thread {
			return &s.steps[n]
		}
	}
	return nil
}

// doing adds a row for p. A call that takes several steps, or waits before it
// takes one, begins with an ellipsis in the later rows.
func (s *stepper) doing(p *counterexample.Step) *Row {
	text := stepText(p)
	if text == s.before[p.Thread] && p.Kind != "yield" {
		text = "… " + text
	} else {
		s.before[p.Thread] = text
	}
	return s.add(p.Thread, p.Line, "  "+text)
}

func (s *stepper) add(lane int, line, text string) *Row {
	cells := make([]string, s.lanes+1)
	cells[0], cells[1+min(lane, s.lanes-1)] = line, text
	return s.list.add(cells...)
}

// stepText is a step in a few words: "m.head.Load → #1".
func stepText(p *counterexample.Step) string {
	text := p.Call
	if text == "" {
		text = p.Kind
	}
	if p.Object != "" {
		text = p.Object + "." + text
	}
	switch {
	case p.Never:
	case p.Failed && p.Read != "":
		text += " fails: it is " + p.Read
	case p.Failed:
		text += " fails"
	case p.Read != "" && p.Wrote != "":
		text += ": " + p.Read + " → " + p.Wrote
	case p.Read != "":
		text += " → " + p.Read
	case p.Wrote != "":
		text += " ← " + p.Wrote
	}
	return text
}
