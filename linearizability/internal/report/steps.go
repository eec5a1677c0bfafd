package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/english"
	"github.com/mapspec/mapspec/model"
)

// restOfSteps is where the rest of a long list of steps is.
const restOfSteps = "steps.txt"

// Steps writes all steps of a schedule as text, of which Text may leave some
// out; nothing if c has none.
func Steps(w io.Writer, c counterexample.Counterexample) error {
	if len(c.Steps) == 0 {
		return nil
	}
	t := newTeller(c)
	list := t.stepTable()
	for _, line := range list.text(len(list.Rows)) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " ")); err != nil {
			return err
		}
	}
	return nil
}

// stepBlocks tell the steps of a schedule, between what was there before and
// what was read after it.
func (t *teller) stepBlocks() []block {
	var blocks []block
	marks := t.marks()
	if before := t.phaseTable(first, "first", false, marks); before != nil {
		blocks = append(blocks, block{Table: before})
	}
	blocks = append(blocks, paragraph("Step by step, time goes down.%s", t.stalled()),
		block{Table: t.stepTable()})
	if after := t.phaseTable(atRest, "at rest", false, marks); after != nil {
		blocks = append(blocks, block{Table: after})
	}
	if t.isRelease() {
		blocks = append(blocks, block{Table: &table{Rows: []row{{Cells: []string{"collect garbage", t.leftBehind()}, Marked: true}}}})
	}
	return blocks
}

// stalled says which goroutine stops for ever.
func (t *teller) stalled() string {
	s := t.c.Schedule.Stall
	if s == nil {
		return ""
	}
	return fmt.Sprintf(" After %s %s is stopped for ever.", english.Count(s.After, "step"), goroutine(s.Thread))
}

// stepTable is a column a goroutine; before them the line in the source, and
// behind them why another goroutine goes on, or what the map then means.
func (t *teller) stepTable() *table {
	s := &stepTeller{lanes: max(1, len(t.c.Threads)), list: &table{Rest: restOfSteps}, before: map[int]string{}}
	s.list.Head = []string{"line"}
	for n := range s.lanes {
		s.list.Head = append(s.list.Head, goroutine(n))
	}
	s.list.Head = append(s.list.Head, "")
	for i := range t.c.Steps {
		s.step(&t.c.Steps[i])
	}
	return s.list
}

// ended is the switch that returns explain.
const ended = "has ended"

// A stepTeller makes rows of steps.
type stepTeller struct {
	lanes  int
	list   *table
	wrong  bool           // a row says that no order explains the results
	before map[int]string // what a goroutine did
}

// step adds the calls before a step, the step, and the returns after it. Why
// the goroutine is left stands in the last of these rows.
func (s *stepTeller) step(p *counterexample.Step) {
	for _, call := range p.Calls {
		s.add(p.Thread, "", call, "").Kept = true
	}
	if p.Kind == counterexample.NoStep {
		return
	}
	text := doing(p)
	if text == s.before[p.Thread] && p.Kind != "yield" {
		text = "… " + text // a call of several steps
	} else {
		s.before[p.Thread] = text
	}
	last := s.add(p.Thread, p.Line, "  "+text, "")
	if p.Never {
		last.Cells[len(last.Cells)-1] = pointer + p.Switch
		last.Marked = true
		return
	}
	for _, r := range p.Returns {
		last = s.add(p.Thread, "", r, "")
		last.Kept = true
	}
	then := []string{}
	if p.State == counterexample.NoState && !s.wrong {
		s.wrong, last.Marked = true, true
		then = append(then, p.State)
	} else if p.State != "" && p.State != counterexample.NoState {
		then = append(then, "the map: "+p.State)
	}
	if p.Switch != "" {
		last.Kept = true
	}
	if p.Switch != "" && (p.Switch != ended || len(p.Returns) == 0) {
		then = append(then, p.Switch)
	}
	if len(then) > 0 {
		last.Cells[len(last.Cells)-1] = pointer + strings.Join(then, "; ")
	}
}

func (s *stepTeller) add(lane int, line, text, then string) *row {
	cells := make([]string, s.lanes+2)
	cells[0], cells[1+min(lane, s.lanes-1)], cells[s.lanes+1] = line, text, then
	s.list.Rows = append(s.list.Rows, row{Cells: cells})
	return &s.list.Rows[len(s.list.Rows)-1]
}

// doing is a step in a few words: "m.head.Load → #1".
func doing(p *counterexample.Step) string {
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

// stuckWhy says which calls never return, where they wait, and for what.
func (t *teller) stuckWhy() []block {
	stuck := &table{}
	for i := range t.c.Steps {
		if s := &t.c.Steps[i]; s.Never {
			stuck.add(s.Operation, "on "+goroutine(s.Thread), s.Function+" at "+s.Line, doing(s))
		}
	}
	text := "Nobody is left who could let them go on, and these calls never return:"
	if s := t.c.Schedule.Stall; s != nil {
		text = fmt.Sprintf("A goroutine may be stopped at any time, for as long as the operating system likes. While %s is, this does not return:", goroutine(s.Thread))
	}
	return []block{paragraph("%s", text), {Table: stuck}}
}

// scheduleFacts say under which hashes, and from which map, a schedule runs.
func (t *teller) scheduleFacts() []fact {
	s := t.c.Schedule
	if t.c.Look != model.LookSchedule || s == nil {
		return nil
	}
	return []fact{{"schedule", fmt.Sprintf("%s, %s; from the map %q, hashes %s", s.Steps, english.Count(s.Preemptions, "preemption"), s.Initial, s.Hashes)}}
}
