package report

import (
	_ "embed"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string

	page = template.Must(template.New("page").Parse(pageText))
)

// HTML writes c as one file that needs nothing else: no network, and no script
// of its own. It says what [Text] says, draws the history with a lane a
// goroutine, and holds porcupine's picture of the search, which has scripts, in
// a frame that cannot reach the page around it.
func HTML(w io.Writer, c counterexample.Counterexample) error {
	t := newTeller(c)
	a := t.tell()
	view := pageView{Title: a.Map + " breaks " + string(a.Clause), Account: a, Style: template.CSS(pageStyle)}
	for _, s := range a.Sections {
		view.Sections = append(view.Sections, viewSection(s))
	}
	if p := t.picture(); p != nil { // before what to read next
		search := sectionView{ID: "search", Title: "The search, drawn by porcupine", Picture: p}
		view.Sections = slices.Insert(view.Sections, len(view.Sections)-1, search)
	}
	return page.Execute(w, view)
}

// pageView is what the template shows.
type pageView struct {
	Title    string
	Account  account
	Style    template.CSS
	Sections []sectionView
}

// A sectionView has blocks, or the picture.
type sectionView struct {
	ID, Title string
	Blocks    []blockView
	Picture   *picture
}

// A blockView is a paragraph, a table, a diagram, or a diagram in text.
type blockView struct {
	Paragraph string
	Head      []string
	Rows      []rowView
	Diagram   *diagramView
	Drawing   string
}

type rowView struct {
	Cells  []cellView
	Marked bool
	Gap    string // says instead how many rows are left out
}

type cellView struct{ Text, Remark string } // one of them is set

// The longest table, in rows, and the largest diagram, in rows, that a page
// shows in full.
const (
	pageRows    = 400
	diagramRows = 600
)

func viewSection(s section) sectionView {
	view := sectionView{ID: s.ID, Title: s.Title}
	for _, b := range s.Blocks {
		v := blockView{Paragraph: b.Paragraph}
		switch {
		case b.Table != nil:
			v.Head, v.Rows = b.Table.Head, viewRows(b.Table)
		case b.Diagram != nil && b.Diagram.Height > diagramRows:
			v.Drawing = drawing(b.Diagram)
		case b.Diagram != nil:
			v.Diagram = viewDiagram(b.Diagram)
		}
		view.Blocks = append(view.Blocks, v)
	}
	return view
}

func viewRows(t *table) []rowView {
	var rows []rowView
	for _, p := range abridged(t.Rows, row.stays, pageRows) {
		if p.gap > 0 {
			rows = append(rows, rowView{Gap: leftOut(p.gap, t.Rest)})
			continue
		}
		view := rowView{Marked: p.item.Marked}
		for _, text := range p.item.Cells {
			if remark, ok := strings.CutPrefix(text, pointer); ok {
				view.Cells = append(view.Cells, cellView{Remark: remark})
			} else {
				view.Cells = append(view.Cells, cellView{Text: text})
			}
		}
		rows = append(rows, view)
	}
	return rows
}
