package report

import "strings"

// The signs of a diagram in text: an operation in progress, and its return.
const (
	bar    = "│ "
	corner = "└ "
)

// text is d in lines: a column a goroutine, a row an event.
func (d *diagram) text(rows int) []string {
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
	for _, p := range abridged(numbers, func(n int) bool { return marked[n] }, rows) {
		if p.gap > 0 {
			g.rows = append(g.rows, []cell{{text: leftOut(p.gap, d.Rest), wide: true}})
			continue
		}
		cells := make([]cell, len(d.Lanes))
		for lane := range cells {
			cells[lane] = d.cell(p.item, lane)
		}
		g.rows = append(g.rows, cells)
	}
	return g.lines()
}

// cell is what one lane shows in one row: a bar for each operation that goes
// on, and what happens.
func (d *diagram) cell(n, lane int) cell {
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
				c.text, c.next = remarked(s.Call+" → "+s.Result, s.Remark), before+"  "
				break
			}
			before += bar
		case s.To:
			c.lead, c.next = before+corner, before+"  "
			c.text = s.Result
			if !s.Hung {
				c.text = remarked("→ "+s.Result, s.Remark)
			}
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
func remarked(text, remark string) string {
	if remark == "" {
		return text
	}
	return text + "   " + remark
}
