package text

import (
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/report"
)

// The signs of a diagram in text: an operation in progress, and its return.
const (
	bar    = "│ "
	corner = "└ "
)

// Draw is d in at most rows lines and its header: a column for each goroutine, a
// row for each event.
func Draw(d *report.Diagram, rows int) []string {
	g := grid{rows: [][]cell{cellsOf(d.Lanes)}}
	numbers := make([]int, d.Height)
	for i := range numbers {
		numbers[i] = i
	}
	marked := map[int]bool{}
	for _, s := range d.Spans {
		if s.Marked {
			marked[s.From], marked[s.To] = true, true
		}
	}
	for _, p := range Abridge(numbers, func(n int) bool { return marked[n] }, rows) {
		if p.Gap > 0 {
			g.rows = append(g.rows, []cell{{text: LeftOut(p.Gap, d.Rest), wide: true}})
			continue
		}
		cells := make([]cell, len(d.Lanes))
		for lane := range cells {
			cells[lane] = laneCell(d, p.Item, lane)
		}
		g.rows = append(g.rows, cells)
	}
	return g.lines()
}

// laneCell is what one lane shows in row n: a bar for each operation that goes
// on, and what happens.
func laneCell(d *report.Diagram, n, lane int) cell {
	var c cell
	before := "" // bars of what goes on
	for i := range d.Spans {
		s := &d.Spans[i]
		if s.Lane != lane || n < s.From || n > s.To {
			continue
		}
		switch n {
		case s.From:
			c.lead, c.text, c.next = before, s.Call, before+bar+"  "
			if s.From == s.To {
				c.text, c.next = remarked(s.Call+" "+s.Result, s.Remark), before+"  "
				break
			}
			before += bar
		case s.To:
			c.lead, c.next, c.text = before+corner, before+"  ", remarked(s.Result, s.Remark)
		default:
			before += bar
			for _, v := range s.Visits {
				if v.Row == n {
					c.lead, c.text, c.next = before, remarked(v.Text, v.Remark), before+"  "
				}
			}
		}
	}
	c.fill = strings.TrimRight(before, " ")
	return c
}

// remarked is text with a remark behind it, if there is one.
func remarked(text, what string) string { return strings.TrimRight(text+"   "+remark(what), " ") }
