package page

import (
	"cmp"
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/report"
)

// A grid is a diagram for the style sheet, which counts lines from 1: the first
// row has the names of the lanes. An operation is a box behind its texts, each of
// which stands in the row of its event.
type grid struct {
	Boxes []box
	Texts []event
}

type box struct {
	Column, From, To, Depth int
	Marked, Hung            bool
}

type event struct {
	Column, Row, Depth int
	Lane, Text, Remark string
	Kind               string // call, visit or result
	Marked             bool
}

func viewDiagram(d *report.Diagram) grid {
	var g grid
	for _, s := range d.Spans {
		g.Boxes = append(g.Boxes, box{Column: s.Lane + 1, From: s.From + 2, To: s.To + 3, Depth: s.Depth, Marked: s.Marked, Hung: s.Hung})
		add := func(kind string, row int, what, remark string) {
			g.Texts = append(g.Texts, event{
				Column: s.Lane + 1, Row: row + 2, Depth: s.Depth, Lane: d.Lanes[s.Lane], Text: what, Remark: remark, Kind: kind, Marked: s.Marked})
		}
		if s.From == s.To {
			add("call", s.From, s.Call+" "+s.Result, s.Remark)
			continue
		}
		add("call", s.From, s.Call, "")
		for _, v := range s.Visits {
			add("visit", v.Row, v.Text, v.Remark)
		}
		add("result", s.To, s.Result, s.Remark)
	}
	slices.SortStableFunc(g.Texts, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Column, b.Column))
	})
	return g
}
