package report

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/check"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/english"
	"github.com/mapspec/mapspec/model"
)

// happened shows what was seen, in the form that tells most.
func (t *teller) happened() []Block {
	switch {
	case len(t.c.Steps) > 0:
		return append(t.steps(), t.growth()...)
	case len(t.f.Measured) > 0:
		return t.growth()
	case t.c.Look == model.LookSequence && t.f.Call != nil && (t.f.Turn == 1 || t.f.Turn == 2):
		list := &Table{}
		for _, line := range sequenceLines(t.f.Call.Method)[:2+2*t.f.Turn] {
			list.add(line)
		}
		failing := &list.Rows[len(list.Rows)-1]
		failing.Marked, failing.Remark = true, t.shouldHave()
		return []Block{{Table: list}}
	case t.c.Look == model.LookRelease:
		return t.releaseList()
	case len(t.Operations) > 0 && len(t.lanes()) > 1:
		return t.concurrent()
	case len(t.f.Trace) > 0:
		return []Block{{Table: t.trace()}}
	case len(t.Operations) > 0:
		return []Block{{Table: t.list(func(int) bool { return true })}}
	case len(t.f.Output) > 0 && !t.ofType():
		output := &Table{}
		for _, line := range t.f.Output {
			if line != "" {
				output.add(strings.ReplaceAll(line, "\t", "    "))
			}
		}
		return []Block{{Table: output}}
	}
	return nil
}

// A mark is a remark on an operation that the account is about. Where the
// operation did wrong in a single visit, the remark is on that one.
type mark struct {
	remark string
	visit  *model.Visit
}

// marks are the operations that the account is about, by index: the one that is
// wrong, or else those that never returned.
func (t *teller) marks() map[int]mark {
	marks := map[int]mark{}
	if i, m, ok := t.wrong(); ok {
		marks[i] = m
		return marks
	}
	for i := range t.Operations {
		if t.hung(i) {
			marks[i] = mark{}
		}
	}
	return marks
}

// wrong finds the operation of the history that did what it may not do.
func (t *teller) wrong() (i int, m mark, ok bool) {
	switch {
	case t.f.Order != nil:
		p := t.f.Order.Left[0]
		m.remark = "fits nowhere"
		if p.Part == model.Visited {
			m.visit = &model.Visit{Key: p.Key, Value: p.Result.Value}
		}
		i, ok = t.at[p.ID]
		return i, m, ok
	case t.f.Operation != nil:
		m.remark = t.shouldHave()
		if v := t.f.Misvisit; v != nil && v.Kind != model.DidNotVisit {
			m.visit = &model.Visit{Key: v.Key, Value: v.Value}
		}
		i, ok = t.at[t.f.Operation.ID]
		return i, m, ok
	case t.f.Call == nil:
		return 0, m, false
	}
	m.remark = t.shouldHave()
	for i := range t.Operations {
		o := &t.Operations[i]
		if reflect.DeepEqual(o.Op, *t.f.Call) && (t.Phase[i] == AtRest) == t.f.AtRest && (t.f.Got == nil || o.Result == *t.f.Got) {
			return i, m, true
		}
	}
	return 0, m, false
}

// shouldHave says in a remark what the wrong call should have done, or what it
// did.
func (t *teller) shouldHave() string {
	switch {
	case t.f.Misvisit != nil:
		return t.f.Misvisit.String()
	case t.f.Want != nil && t.f.Call != nil:
		return "should have " + t.f.Want.Ending(t.f.Call.Method)
	case t.f.Kind == model.LeaksLock:
		return ""
	}
	return "wrong"
}

// is reports whether v is the visit that m is about.
func (m mark) is(v model.Visit) bool {
	return m.visit != nil && v.Key == m.visit.Key && (v.Value == model.Unseen || v.Value == m.visit.Value)
}

// list lists the outermost operations that which selects, in the order of their
// calls; nil if there are none.
func (t *teller) list(which func(i int) bool) *Table {
	list := &Table{Rest: counterexample.HistoryFile}
	marks := t.marks()
	phase := Together
	for _, i := range t.outermost(func(*history.Operation) bool { return true }) {
		if !which(i) {
			continue
		}
		from := len(list.Rows)
		t.listOperation(list, i, "", marks)
		if t.Phase[i] != phase {
			phase = t.Phase[i]
			list.Rows[from].Cells[0] = map[Phase]string{Before: "first", AtRest: "at rest"}[phase]
		}
	}
	if len(list.Rows) == 0 {
		return nil
	}
	return list
}

// listOperation adds operation i to a list of call and result, and below it what
// a traversal visited and its function called.
func (t *teller) listOperation(list *Table, i int, indent string, marks map[int]mark) {
	o := &t.Operations[i]
	m, marked := marks[i]
	r := list.add("", indent+CallName(o.Op), "→ "+t.ended(i))
	r.Marked, r.Remark = marked, m.remark
	visits := o.Visits
	visit := func() {
		row := list.add("", indent+"    visits "+visitName(visits[0].Visit), "")
		if m.is(visits[0].Visit) {
			row.Remark, row.Marked = m.remark, true
		}
		visits = visits[1:]
	}
	for _, child := range t.inside[o.ID] {
		for len(visits) > 0 && visits[0].At < t.Operations[child].Call {
			visit()
		}
		t.listOperation(list, child, indent+"    ", marks)
	}
	for len(visits) > 0 {
		visit()
	}
}

// trace lists the calls of one goroutine, what they returned, and what the
// failing one should have done.
func (t *teller) trace() *Table {
	list := &Table{Rest: restOfProgram}
	last := -1 // the row of the failing call
	for i := range t.f.Trace {
		m := &t.f.Trace[i]
		indent := strings.Repeat("    ", m.Depth)
		switch {
		case m.Visit != nil:
			list.add("", indent+"    visits "+visitName(*m.Visit), "")
		case m.Call == nil:
		case m.Result != nil:
			list.add("", indent+CallName(*m.Call), "→ "+m.Result.Outcome(m.Call.Method))
		case t.f.Kind == model.Hangs:
			list.add("", indent+CallName(*m.Call), "→ "+neverReturned).Marked = true
		default:
			list.add("", indent+CallName(*m.Call), "")
		}
		if m.Call != nil && t.f.Call != nil && reflect.DeepEqual(*m.Call, *t.f.Call) {
			last = len(list.Rows) - 1
		}
	}
	switch {
	case t.f.Call == nil:
		return list
	case t.f.AtRest || t.f.Kind == model.LeaksLock:
		last = len(list.Rows)
		list.add("at rest", CallName(*t.f.Call), "→ "+t.got())
	}
	if last >= 0 {
		list.Rows[last].Marked, list.Rows[last].Remark = true, t.shouldHave()
	}
	return list
}

// got is how the failing call ended.
func (t *teller) got() string {
	switch {
	case t.f.Got != nil:
		return t.f.Got.Outcome(t.f.Call.Method)
	case t.f.Misvisit != nil:
		return "ok"
	}
	return neverReturned
}

// Notes are remarks for a drawing of c's history, which shows by itself which
// operation no order explains.
func Notes(c counterexample.Counterexample) []check.Note {
	t := &teller{c: c, f: c.Failure, Timeline: NewTimeline(c)}
	var notes []check.Note
	add := func(i int, wrong bool, text, details string) {
		o := &t.Operations[i]
		notes = append(notes, check.Note{Client: o.Client, At: o.Call, Text: text, Details: details, Wrong: wrong})
	}
	outer := t.outermost(func(*history.Operation) bool { return true })
	for _, r := range t.f.Retained {
		if r.Passed >= 0 && r.Passed < len(outer) && r.Passed != r.Left {
			add(outer[r.Passed], false, "passes "+r.What(), "")
		}
		if r.Left >= 0 && r.Left < len(outer) {
			add(outer[r.Left], true, "should let go of "+r.What(), "It is still reachable: "+r.Path)
		}
	}
	if i, m, ok := t.wrong(); ok && t.f.Order == nil && t.f.Operation == nil && m.remark != "" {
		add(i, true, m.remark, "")
	}
	for i := range t.Operations {
		if t.hung(i) {
			add(i, true, neverReturned, "")
		}
	}
	return notes
}

// growth is a row for each measurement. Of a program that grows, the last says
// it all.
func (t *teller) growth() []Block {
	if len(t.f.Measured) == 0 {
		return nil
	}
	list := &Table{Rest: restOfProgram}
	for i, m := range t.f.Measured {
		when := fmt.Sprintf("after %s", english.Count(m.Turns, "turn"))
		switch {
		case t.c.Look == model.LookSchedule:
			when = fmt.Sprintf("%s stored and deleted while the call is stopped", english.Count(m.Turns, "key"))
		case m.During:
			when = "while the Range is paused"
		case t.c.Look == model.LookPin:
			when = "after the Range has returned"
		}
		r := list.add(when, "collect garbage", m.Retained()+" still reachable")
		r.Marked = t.c.Look == model.LookPin && m.Keys+m.Values > 0 || i == len(t.f.Measured)-1 && t.c.Look == model.LookPump
	}
	return []Block{{Table: list}}
}
