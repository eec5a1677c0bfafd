package report

import (
	"cmp"
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/english"
	"github.com/mapspec/mapspec/model"
)

// A Diagram is a history of several goroutines: time goes down, and each
// goroutine has a lane.
type Diagram struct {
	Lanes  []string
	Spans  []Span // in the order of their calls
	Height int    // how many rows there are
	Rest   string
}

// A Span is one operation: from the row of its call to that of its return, the
// same if nothing happened in between. Rows are counted from 0.
type Span struct {
	Lane   int
	Depth  int // in how many callbacks
	Call   string
	Result string // with an arrow, if it returned
	From   int
	To     int
	Hung   bool // it never returned
	Marked bool
	Remark string // on its result
	Visits []VisitRow
}

// A VisitRow is a visit and its row.
type VisitRow struct {
	Row    int
	Text   string
	Remark string
}

// crowded is how many operations a diagram has at most, unless all matter.
const crowded = 24

// concurrent is what ran before, a diagram of what ran together, and what was
// read after it. Of many operations it shows those that the failure's order
// speaks of, and says how many others there are.
func (t *teller) concurrent() []Block {
	var shown []int
	for i := range t.Operations {
		if t.Phase[i] == Together {
			shown = append(shown, i)
		}
	}
	left := 0
	if matter := t.mattering(); len(shown) > crowded && len(matter) > 0 {
		all := len(shown)
		shown = slices.DeleteFunc(shown, func(i int) bool { return !matter[i] })
		left = all - len(shown)
	}
	lanes := t.lanes()
	if left > 0 {
		lanes = slices.DeleteFunc(lanes, func(lane int) bool {
			return !slices.ContainsFunc(shown, func(i int) bool { return t.Lane[i] == lane })
		})
	}
	blocks := t.around([]Block{
		paragraph("Time goes down. A bar is a call in progress, and an arrow points to what it returned."),
		{Diagram: t.diagram(shown, lanes)},
	}, left > 0)
	if left > 0 {
		blocks = append(blocks, paragraph("Left out: %s that have no part in it; all are in %s.",
			english.Count(left, "operation"), counterexample.HistoryFile))
	}
	return blocks
}

// around puts blocks between what ran before and what was read at rest; if some
// are left out, only those on the key that the failure is about.
func (t *teller) around(blocks []Block, some bool) []Block {
	of := func(p Phase) func(i int) bool {
		return func(i int) bool { return t.Phase[i] == p && (!some || t.onKey(t.Operations[i].Op)) }
	}
	if before := t.list(of(Before)); before != nil {
		blocks = slices.Insert(blocks, 0, Block{Table: before})
	}
	if after := t.list(of(AtRest)); after != nil {
		blocks = append(blocks, Block{Table: after})
	}
	return blocks
}

// mattering are the operations that the failure's order speaks of, and those
// whose callbacks call them. Without an order nothing is known.
func (t *teller) mattering() map[int]bool {
	matter := map[int]bool{}
	if t.f.Order == nil {
		return matter
	}
	for _, p := range slices.Concat(t.f.Order.Longest, t.f.Order.Left) {
		for i, ok := t.at[p.ID]; ok && !matter[i]; i, ok = t.at[t.Operations[i].Parent] {
			matter[i] = true
		}
	}
	return matter
}

// onKey reports whether o is on the key that the failure is about, or that one
// is about the whole map.
func (t *teller) onKey(o model.Op) bool {
	x := t.f.Order
	return x != nil && (x.Whole || o.Method.OnKey() && o.Key == x.Key)
}

// diagram draws these operations of these goroutines.
func (t *teller) diagram(shown, lanes []int) *Diagram {
	d := &Diagram{Rest: counterexample.HistoryFile}
	for _, lane := range lanes {
		d.Lanes = append(d.Lanes, goroutine(lane))
	}
	var rowOf map[int]int
	rowOf, d.Height = t.rows(shown)
	marks := t.marks()
	for _, i := range shown {
		m, marked := marks[i]
		s := t.span(i, rowOf, d.Height, m)
		s.Lane, s.Marked = slices.Index(lanes, t.Lane[i]), marked
		d.Spans = append(d.Spans, s)
	}
	return d
}

// span is operation i in rows.
func (t *teller) span(i int, rowOf map[int]int, height int, m mark) Span {
	o := &t.Operations[i]
	s := Span{Depth: t.depth(i), Call: CallName(o.Op), Result: "→ " + t.ended(i), From: rowOf[o.Call], Remark: m.remark}
	s.To = s.From
	switch {
	case t.hung(i):
		s.To, s.Hung, s.Result = height-1, true, neverReturned
	case !o.Pending():
		s.To = rowOf[o.Return]
	}
	for _, v := range o.Visits {
		row := VisitRow{Row: rowOf[v.At], Text: "visits " + visitName(v.Visit)}
		if m.is(v.Visit) {
			row.Remark, s.Remark = m.remark, ""
		}
		s.Visits = append(s.Visits, row)
	}
	return s
}

// rows gives each event of the shown operations a row, the earlier ones higher
// up. A return right after its call shares its row.
func (t *teller) rows(shown []int) (rowOf map[int]int, height int) {
	type stamp struct{ at, op int }
	var stamps []stamp
	hung := false
	for _, i := range shown {
		o := &t.Operations[i]
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
		o := &t.Operations[s.op]
		if n > 0 && s.at == o.Return && stamps[n-1].at == o.Call {
			height--
		}
		rowOf[s.at] = height
		height++
	}
	if hung {
		height++ // where it is said that they never returned
	}
	return rowOf, height
}
