package report

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/english"
)

// The size of a text, in lines and in columns, and how it is indented.
const (
	textLines = 60
	textWidth = 100
	indent    = "    "
)

// fewestRows is how short a table is cut before whole parts go.
const fewestRows = 3

// Text writes c as plain text of at most 60 lines and about 100 columns: what
// breaks, the program, what happened, and why that is wrong. Longer programs
// and histories are cut in the middle, with a line that says where the rest is.
func Text(w io.Writer, c counterexample.Counterexample) error {
	_, err := io.WriteString(w, strings.Join(newTeller(c).tell().text(), "\n")+"\n")
	return err
}

// text lays a out. It gives every table the most rows with which all fits.
func (a account) text() []string {
	var lines []string
	for rows := textLines; rows >= fewestRows; rows-- {
		for _, airy := range []bool{true, false} {
			if lines = a.layout(rows, airy); len(lines) <= textLines {
				return lines
			}
		}
	}
	const most = textLines / 2
	head, tail := lines[:most], lines[len(lines)-most+1:]
	return append(append(head[:most:most], "… "+english.Count(len(lines)-len(head)-len(tail), "line")+" left out"), tail...)
}

// layout is a with at most so many rows a table, and with blank lines between
// blocks if it is to be airy.
func (a account) layout(rows int, airy bool) []string {
	lines := limited(wrapped(a.headline(), "", "", textWidth), 3)
	lines = append(lines, "")
	for _, f := range a.Facts {
		label := indent + padded(f.Name, 12)
		rest := strings.Repeat(" ", len(label))
		lines = append(lines, limited(wrapped(f.Text, label, rest, textWidth), max(4, rows/4))...)
	}
	for _, s := range a.Sections {
		lines = append(lines, "", s.Title)
		for i, b := range s.Blocks {
			if airy && i > 0 {
				lines = append(lines, "")
			}
			lines = append(lines, b.text(rows)...)
		}
	}
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

// text is a block in lines.
func (b block) text(rows int) []string {
	switch {
	case b.Table != nil:
		return b.Table.text(rows)
	case b.Diagram != nil:
		return b.Diagram.text(rows)
	}
	return limited(wrapped(b.Paragraph, indent, indent, textWidth), max(4, rows/4))
}

// text is a table in lines, its columns aligned.
func (t *table) text(rows int) []string {
	var g grid
	if len(t.Head) > 0 {
		g.rows = append(g.rows, cellsOf(t.Head))
	}
	for _, r := range abridged(t.Rows, row.stays, rows) {
		if r.gap > 0 {
			g.rows = append(g.rows, []cell{{text: leftOut(r.gap, t.Rest), wide: true}})
			continue
		}
		g.rows = append(g.rows, cellsOf(r.item.Cells))
	}
	return g.lines()
}

// leftOut says that n rows are not shown, and which file has them.
func leftOut(n int, rest string) string {
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

// limited is lines, or the first most of them with a mark at the end.
func limited(lines []string, most int) []string {
	if len(lines) <= most {
		return lines
	}
	lines = lines[:most:most]
	lines[most-1] += " …"
	return lines
}
