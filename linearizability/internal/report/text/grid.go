package text

import (
	"strings"
	"unicode/utf8"
)

// A grid is cells in rows and columns, to be aligned.
type grid struct{ rows [][]cell }

// A cell is text between what goes before it: lead in its first line, next in
// those it is wrapped into, and fill in the lines that it does not need.
type cell struct {
	lead, next, fill, text string
	wide                   bool // the row has this cell only, across all columns
}

// Between two columns, and the narrowest that a column is made.
const (
	columnGap       = 3
	narrowestColumn = 14
)

// lines aligns g's columns. Where they are too wide together, the widest is
// made narrower and wrapped.
func (g *grid) lines() []string {
	widths := g.widths()
	var lines []string
	for _, cells := range g.rows {
		lines = append(lines, rowLines(cells, widths)...)
	}
	return lines
}

func (g *grid) widths() []int {
	var widths []int
	for _, cells := range g.rows {
		for i, c := range cells {
			if c.wide {
				break
			}
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c.lead+c.text), utf8.RuneCountInString(c.fill))
		}
	}
	room := textWidth - len(indent) - columnGap*(len(widths)-1)
	for total := sum(widths); total > room; total-- {
		widest := 0
		for i := range widths {
			if widths[i] > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= narrowestColumn {
			break
		}
		widths[widest]--
	}
	return widths
}

func sum(list []int) (total int) {
	for _, n := range list {
		total += n
	}
	return total
}

// rowLines is one row of cells, as many lines as the one that needs most.
func rowLines(cells []cell, widths []int) []string {
	if len(cells) == 1 && cells[0].wide {
		return Wrap(cells[0].text, indent, indent, textWidth)
	}
	texts := make([][]string, len(cells))
	height := 1
	for i, c := range cells {
		if c.text != "" || c.lead != "" {
			texts[i] = Wrap(c.text, c.lead, c.next, widths[i])
		}
		height = max(height, len(texts[i]))
	}
	lines := make([]string, height)
	for n := range lines {
		var line strings.Builder
		for i, c := range cells {
			text := c.fill
			if n < len(texts[i]) {
				text = texts[i][n]
			}
			line.WriteString(padded(text, widths[i]+columnGap))
		}
		lines[n] = indent + line.String()
	}
	return lines
}
