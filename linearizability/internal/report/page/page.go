// Package page lays out the account of a counterexample for a browser.
package page

import (
	_ "embed"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/report"
	"github.com/mapspec/mapspec/linearizability/internal/report/text"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string

	page = template.Must(template.New("page").Funcs(template.FuncMap{
		"rows": func(t *report.Table) []text.Piece[report.Row] {
			return text.Abridge(t.Rows, report.Row.Stays, mostRows)
		},
		"leftOut": text.LeftOut,
		"column":  func(lane int) int { return lane + 1 },
		"large":   func(d *report.Diagram) bool { return d.Height > largestDiagram },
		"drawing": func(d *report.Diagram) string { return strings.Join(text.Draw(d, mostRows), "\n") },
		"diagram": viewDiagram,
	}).Parse(pageText))
)

// The longest table that a page shows in full, and the highest diagram that it
// does not draw in text, in rows.
const (
	mostRows       = 400
	largestDiagram = 600
)

// Write writes c as one file that needs nothing else: no network, and no script
// of its own. It says what the text says, draws the history with a lane for each
// goroutine, and holds porcupine's picture of the search, which has scripts, in
// a frame that cannot reach the page around it.
func Write(w io.Writer, c counterexample.Counterexample) error {
	a := report.Of(c)
	v := view{Title: a.Map + " breaks " + string(a.Clause), Account: a, Style: template.CSS(pageStyle)}
	for _, s := range a.Sections {
		v.Sections = append(v.Sections, section{Section: s})
	}
	if p := draw(c); p != nil { // before what to read next
		search := section{Section: report.Section{ID: "search", Title: "The search, drawn by porcupine"}, Picture: p}
		v.Sections = slices.Insert(v.Sections, len(v.Sections)-1, search)
	}
	return page.Execute(w, v)
}

// view is what the template shows.
type view struct {
	Title    string
	Account  report.Account
	Style    template.CSS
	Sections []section
}

// A section has blocks, or the picture.
type section struct {
	report.Section
	Picture *picture
}
