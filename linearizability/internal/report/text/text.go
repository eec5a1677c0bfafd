// Package text lays out the account of a counterexample for a terminal.
package text

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/english"
	"github.com/mapspec/mapspec/linearizability/internal/report"
)

// The size of a text, in lines and in columns, and how it is indented.
const (
	textLines = 60
	textWidth = 100
	indent    = "    "
)

// fewestRows is how short a table is cut before whole parts go.
const fewestRows = 3

// Write writes c as plain text of at most 60 lines and about 100 columns: what
// breaks, the program, what happened, and why that is wrong. Longer programs
// and histories are cut in the middle, with a line that says where the rest is.
func Write(w io.Writer, c counterexample.Counterexample) error {
	_, err := io.WriteString(w, strings.Join(fit(report.Of(c)), "\n")+"\n")
	return err
}

// WriteSteps writes all steps of c's schedule, of which Write may leave some out;
// nothing if it has none.
func WriteSteps(w io.Writer, c counterexample.Counterexample) error {
	list := report.Steps(c)
	if list == nil {
		return nil
	}
	for _, line := range table(list, len(list.Rows)) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " ")); err != nil {
			return err
		}
	}
	return nil
}

// fit lays a out. It gives every table the most rows with which everything fits.
func fit(a report.Account) []string {
	var lines []string
	for rows := textLines; rows >= fewestRows; rows-- {
		for _, airy := range []bool{true, false} {
			if lines = layout(a, rows, airy); len(lines) <= textLines {
				return lines
			}
		}
	}
	const most = textLines / 2
	head, tail := lines[:most], lines[len(lines)-most+1:]
	return slices.Concat(head, []string{"… " + english.Count(len(lines)-len(head)-len(tail), "line") + " left out"}, tail)
}

// layout is a with at most rows rows in each table, and with blank lines between
// blocks if it is to be airy.
func layout(a report.Account, rows int, airy bool) []string {
	lines := append(Limit(Wrap(a.Headline(), "", "", textWidth), 3), "")
	for _, f := range a.Facts {
		label := indent + padded(f.Name, 12)
		rest := strings.Repeat(" ", len(label))
		lines = append(lines, Limit(Wrap(f.Text, label, rest, textWidth), max(4, rows/4))...)
	}
	for _, s := range a.Sections {
		lines = append(lines, "", s.Title)
		for i, b := range s.Blocks {
			if airy && i > 0 {
				lines = append(lines, "")
			}
			switch {
			case b.Table != nil:
				lines = append(lines, table(b.Table, rows)...)
			case b.Diagram != nil:
				lines = append(lines, Draw(b.Diagram, rows)...)
			default:
				lines = append(lines, Limit(Wrap(b.Paragraph, indent, indent, textWidth), max(4, rows/4))...)
			}
		}
	}
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

// table is t in lines, its columns aligned, with remarks in a last column.
func table(t *report.Table, rows int) []string {
	var g grid
	if len(t.Head) > 0 {
		g.rows = append(g.rows, cellsOf(t.Head))
	}
	remarks := slices.ContainsFunc(t.Rows, func(r report.Row) bool { return r.Remark != "" })
	for _, p := range Abridge(t.Rows, report.Row.Stays, rows) {
		if p.Gap > 0 {
			g.rows = append(g.rows, []cell{{text: LeftOut(p.Gap, t.Rest), wide: true}})
			continue
		}
		cells := cellsOf(p.Item.Cells)
		if remarks {
			cells = append(cells, cell{text: remark(p.Item.Remark)})
		}
		g.rows = append(g.rows, cells)
	}
	return g.lines()
}

// remark is a remark as it stands next to what it is about.
func remark(text string) string {
	if text == "" {
		return ""
	}
	return "<- " + text
}

// LeftOut says that n rows are not shown, and which file has them.
func LeftOut(n int, rest string) string {
	text := "… " + english.Count(n, "line") + " left out"
	if rest != "" {
		text += "; all are in " + rest
	}
	return text
}

// cellsOf makes cells of texts, whose leading spaces are their indentation.
func cellsOf(texts []string) []cell {
	cells := make([]cell, len(texts))
	for i, text := range texts {
		trimmed := strings.TrimLeft(text, " ")
		lead := text[:len(text)-len(trimmed)]
		cells[i] = cell{lead: lead, next: lead + "  ", text: trimmed}
	}
	return cells
}

// padded is s with spaces behind it, at least one, to width n.
func padded(s string, n int) string {
	return s + strings.Repeat(" ", max(1, n-utf8.RuneCountInString(s)))
}

// Limit is lines, or the first most of them with a mark at the end.
func Limit(lines []string, most int) []string {
	if len(lines) <= most {
		return lines
	}
	lines = lines[:most:most]
	lines[most-1] += " …"
	return lines
}
