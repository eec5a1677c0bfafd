package report

import (
	"cmp"
	"slices"
	"strings"
)

// A diagramView is a diagram for a grid of the style sheet, whose lines are
// counted from 1: the first row has the names of the lanes. An operation is a
// box behind its texts, of which each stands in the row of its event.
type diagramView struct {
	Lanes []laneView
	Boxes []boxView
	Texts []textView
}

type laneView struct {
	Column int
	Name   string
}

type boxView struct {
	Column, From, To, Depth int
	Marked, Hung            bool
}

type textView struct {
	Column, Row, Depth int
	Lane, Text, Remark string
	Kind               string // call, visit or result
	Marked             bool
}

func viewDiagram(d *diagram) *diagramView {
	v := &diagramView{}
	for i, name := range d.Lanes {
		v.Lanes = append(v.Lanes, laneView{i + 1, name})
	}
	for _, s := range d.Spans {
		v.Boxes = append(v.Boxes, boxView{Column: s.Lane + 1, From: s.From + 2, To: s.To + 3, Depth: s.Depth, Marked: s.Marked, Hung: s.Hung})
		text := textView{Column: s.Lane + 1, Depth: s.Depth, Lane: d.Lanes[s.Lane], Marked: s.Marked}
		v.Texts = append(v.Texts, spanTexts(s, text)...)
	}
	slices.SortStableFunc(v.Texts, func(a, b textView) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Column, b.Column))
	})
	return v
}

// spanTexts are the texts of one operation, made from a text with its place.
func spanTexts(s span, text textView) []textView {
	var texts []textView
	add := func(kind string, row int, what, remark string) {
		text.Kind, text.Row, text.Text, text.Remark = kind, row+2, what, strings.TrimPrefix(remark, pointer)
		texts = append(texts, text)
	}
	result := "→ " + s.Result
	if s.Hung {
		result = s.Result
	}
	if s.From == s.To {
		add("call", s.From, s.Call+" "+result, s.Remark)
		return texts
	}
	add("call", s.From, s.Call, "")
	for _, v := range s.Visits {
		add("visit", v.Row, v.Text, v.Remark)
	}
	add("result", s.To, result, s.Remark)
	return texts
}

// drawing is a diagram that is too large for a grid, in text.
func drawing(d *diagram) string { return strings.Join(d.text(pageRows), "\n") }
