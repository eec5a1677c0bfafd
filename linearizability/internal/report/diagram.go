package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/english"
	"github.com/mapspec/mapspec/model"
)

// A diagram is a history of several goroutines: time goes down, and each
// goroutine has a lane.
type diagram struct {
	Lanes  []string
	Spans  []span // in the order of their calls
	Height int    // how many rows there are
	Rest   string
}

// A span is one operation: from the row of its call to that of its return, the
// same if nothing happened in between. Rows are counted from 0.
type span struct {
	Lane   int
	Depth  int // in how many callbacks
	Call   string
	Result string
	From   int
	To     int
	Hung   bool // it never returned
	Marked bool
	Remark string // behind its result
	Visits []visitRow
}

// A visitRow is a visit and its row.
type visitRow struct {
	Row    int
	Text   string
	Remark string
}

// concurrentBlocks is what ran before, a diagram of what ran at once, and what
// was read after it.
func (t *teller) concurrentBlocks() []block {
	var blocks []block
	marks := t.marks()
	d, left := t.diagram(marks)
	if before := t.phaseTable(first, "first", left > 0, marks); before != nil {
		blocks = append(blocks, block{Table: before})
	}
	blocks = append(blocks, paragraph("Time goes down. A bar is a call in progress, and an arrow points to what it returned."), block{Diagram: d})
	if after := t.phaseTable(atRest, "at rest", left > 0, marks); after != nil {
		blocks = append(blocks, block{Table: after})
	}
	if left > 0 {
		blocks = append(blocks, paragraph("Left out: %s that have no part in it; all are in %s.",
			english.Count(left, "operation"), counterexample.HistoryFile))
	}
	return blocks
}

// phaseTable lists the operations of one phase, which overlap nothing; if some
// are to be left out, only those on the keys that are explained.
func (t *teller) phaseTable(p phase, label string, some bool, marks map[int]mark) *table {
	list := &table{Rest: counterexample.HistoryFile}
	remarks := map[int]string{}
	for i, m := range marks {
		remarks[i] = m.remark
	}
	for i := range t.ops {
		if t.when[i] != p || t.ops[i].Parent != history.NoParent || some && !t.explainedKey(t.ops[i].Op) {
			continue
		}
		from := len(list.Rows)
		t.listOperation(list, i, "", remarks)
		for j := from; j < len(list.Rows); j++ {
			list.Rows[j].Cells[0] = ""
		}
	}
	if len(list.Rows) == 0 {
		return nil
	}
	list.Rows[0].Cells[0] = label
	list.trimColumns()
	return list
}

// crowded is from how many operations on a diagram shows only those that
// matter.
const crowded = 24

// diagram draws what ran at once. Of many operations it shows those that the
// explanation speaks of, and says how many others there are.
func (t *teller) diagram(marks map[int]mark) (d *diagram, left int) {
	var shown []int
	for i := range t.ops {
		if t.when[i] == together {
			shown = append(shown, i)
		}
	}
	if matter := t.mattering(); len(shown) > crowded && len(matter) > 0 {
		all := len(shown)
		shown = slices.DeleteFunc(shown, func(i int) bool { return !matter[i] })
		left = all - len(shown)
	}
	lanes := t.lanesOf(shown, left > 0)
	d = &diagram{Rest: counterexample.HistoryFile}
	for _, lane := range lanes {
		d.Lanes = append(d.Lanes, goroutine(lane))
	}
	rowOf, height := t.rows(shown)
	d.Height = height
	for _, i := range shown {
		d.Spans = append(d.Spans, t.span(i, rowOf, slices.Index(lanes, t.lane[i]), height, marks))
	}
	return d, left
}

// lanesOf returns the goroutines of these operations and, unless some were
// left out, those of the program that did nothing.
func (t *teller) lanesOf(shown []int, some bool) []int {
	if !some {
		return t.goroutines()
	}
	var lanes []int
	for _, i := range shown {
		lanes = append(lanes, t.lane[i])
	}
	slices.Sort(lanes)
	return slices.Compact(lanes)
}

// span is operation i in rows.
func (t *teller) span(i int, rowOf map[int]int, lane, height int, marks map[int]mark) span {
	o := &t.ops[i]
	m, marked := marks[i]
	s := span{Lane: lane, Depth: t.depth(i), Call: callName(o.Op), Result: t.ended(i), From: rowOf[o.Call], Marked: marked, Remark: m.remark}
	s.To = s.From
	switch {
	case t.hung(i):
		s.To, s.Hung = height-1, true
	case !o.Pending():
		s.To = rowOf[o.Return]
	}
	for _, v := range o.Visits {
		row := visitRow{Row: rowOf[v.At], Text: "visits " + visitName(o.Op.Method, v.Visit)}
		if m.did == visitedText(o.Op.Method, v.Visit) {
			row.Remark, s.Remark = m.remark, ""
		}
		s.Visits = append(s.Visits, row)
	}
	return s
}

// visitedText is what package check says of a visit that fits nowhere.
func visitedText(m model.Method, v model.Visit) string {
	if m == model.Keys {
		return fmt.Sprintf("Keys visited %s", model.KeyName(v.Key))
	}
	return fmt.Sprintf("%v visited %s with %s", m, model.KeyName(v.Key), model.ValueName(v.Value))
}

// rows gives each event of the shown operations a row, the earlier ones higher
// up. A return right after its call shares its row.
func (t *teller) rows(shown []int) (rowOf map[int]int, height int) {
	type stamp struct{ at, op int }
	var stamps []stamp
	hung := false
	for _, i := range shown {
		o := &t.ops[i]
		stamps = append(stamps, stamp{o.Call, i})
		for _, v := range o.Visits {
			stamps = append(stamps, stamp{v.At, i})
		}
		if !o.Pending() {
			stamps = append(stamps, stamp{o.Return, i})
		}
		hung = hung || t.hung(i)
	}
	slices.SortFunc(stamps, func(a, b stamp) int { return cmp.Compare(a.at, b.at) })
	rowOf = map[int]int{}
	for n, s := range stamps {
		o := &t.ops[s.op]
		if n > 0 && s.at == o.Return && stamps[n-1].at == o.Call {
			height--
		}
		rowOf[s.at] = height
		height++
	}
	if hung {
		height++ // where it is said of those that never returned
	}
	return rowOf, height
}
