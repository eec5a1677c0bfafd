// Package report tells people about a counterexample: what breaks, in which
// program, what happened, and why that is wrong.
//
// [Of] makes one account of it. Packages below this one lay it out: text for a
// terminal, page for a browser; gotest writes the program as a test in Go.
package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/english"
	"github.com/mapspec/mapspec/model"
)

// An Account is a counterexample told in words. Its layouts add none, so they
// say the same.
type Account struct {
	Map      string
	Clause   model.Clause
	Summary  string // of the clause, in a few words
	Facts    []Fact
	Sections []Section
}

// Headline says in one line what the account is about.
func (a Account) Headline() string {
	return fmt.Sprintf("%s breaks %s: %s", a.Map, a.Clause, a.Summary)
}

// A Fact is one line under the headline.
type Fact struct{ Name, Text string }

// A Section is a part with a heading.
type Section struct {
	ID, Title string
	Blocks    []Block
}

// A Block is a paragraph, a table or a diagram: one of its fields is set.
type Block struct {
	Paragraph string
	Table     *Table
	Diagram   *Diagram
}

// A Table is rows of cells, one below the other. A layout may leave out rows of
// a long one; Rest is the file that has them all.
type Table struct {
	Head []string // empty: columns that need no name
	Rows []Row
	Rest string
}

// A Row is marked if it is what the account is about. Leading spaces of a cell
// are its indentation.
type Row struct {
	Cells  []string
	Remark string // on the whole row
	Marked bool
	Kept   bool // stays in a table that is cut, although it is not marked
}

// Stays reports whether r stays in a table that is cut.
func (r Row) Stays() bool { return r.Marked || r.Kept }

// Of returns the account of c.
func Of(c counterexample.Counterexample) Account {
	t := &teller{c: c, f: c.Failure, Timeline: NewTimeline(c)}
	a := Account{Map: MapName(c), Clause: c.Clause, Summary: c.Clause.Sentence(), Facts: t.facts()}
	for _, s := range []Section{
		{"program", "The program", t.program()},
		{"happened", "What happened", t.happened()},
		{"why", "Why that breaks " + string(c.Clause), t.why()},
		{"more", "Read more", []Block{paragraph("docs/specification.md#%s", strings.ToLower(string(c.Clause)))}},
	} {
		for _, b := range s.Blocks {
			if b.Table != nil {
				b.Table.trim()
			}
		}
		if len(s.Blocks) > 0 {
			a.Sections = append(a.Sections, s)
		}
	}
	return a
}

// A teller makes the parts of an account.
type teller struct {
	c counterexample.Counterexample
	f *model.Failure
	*Timeline
}

func paragraph(format string, args ...any) Block {
	return Block{Paragraph: fmt.Sprintf(format, args...)}
}

func (t *Table) add(cells ...string) *Row {
	t.Rows = append(t.Rows, Row{Cells: cells})
	return &t.Rows[len(t.Rows)-1]
}

// trim removes columns that have no name and are empty in every row.
func (t *Table) trim() {
	if len(t.Rows) == 0 {
		return
	}
	for c := len(t.Rows[0].Cells) - 1; c >= 0; c-- {
		if len(t.Head) > 0 && t.Head[c] != "" || slices.ContainsFunc(t.Rows, func(r Row) bool { return r.Cells[c] != "" }) {
			continue
		}
		if len(t.Head) > 0 {
			t.Head = slices.Delete(t.Head, c, c+1)
		}
		for i := range t.Rows {
			t.Rows[i].Cells = slices.Delete(t.Rows[i].Cells, c, c+1)
		}
	}
}

// MapName is the name of c's map, for a sentence.
func MapName(c counterexample.Counterexample) string {
	if c.Map == "" {
		return "the map"
	}
	return c.Map
}

// facts say what was seen, and what that is worth.
func (t *teller) facts() []Fact {
	facts := []Fact{{"seen", t.f.Sentence()}}
	if n := t.c.Operations(); n > 0 {
		facts = append(facts, Fact{"size", t.size(n)})
	}
	if s := t.c.Schedule; s != nil {
		facts = append(facts, Fact{"schedule", fmt.Sprintf("%s, with %s; initial map %q, hash policy %q",
			s.Steps, english.Count(s.Preemptions, "preemption"), s.Initial, s.Hashes)})
	}
	return append(facts, Fact{"certain", t.certainty()}, Fact{"found with", t.c.Go})
}

// ofType reports whether the failure is one of the map's type, which takes no
// program.
func (t *teller) ofType() bool { return t.f.Kind == model.NoZeroValue || t.f.Kind == model.UnseenCopy }

// size says how small the program is, and how far that was looked into.
func (t *teller) size(operations int) string {
	text := english.Count(operations, "operation") + " on one goroutine"
	if n := len(t.c.Threads); n > 1 {
		text = fmt.Sprintf("%s on %d goroutines", english.Count(operations, "operation"), n)
	}
	if t.c.Turns > 0 {
		text += ", repeated"
	}
	switch m := t.c.Minimal; {
	case m.What == "":
	case m.Complete:
		text += "; complete: " + m.What
	default:
		text += "; " + m.What
	}
	return text
}

// certainty says how likely one is to see it again.
func (t *teller) certainty() string {
	rounds := english.Count(max(1, t.c.Rounds), "round")
	switch {
	case t.ofType():
		return "it follows from the map's type"
	case t.c.Operations() == 0:
		return "it was seen once; no program is known that shows it again"
	case t.c.Look == model.LookSchedule:
		return "every run of the schedule shows it"
	case t.c.Look == model.LookRaces:
		return "the race detector saw it within " + rounds + "; it is a matter of luck whether goroutines meet"
	case t.c.Rounds == 0 && t.c.Lucky():
		return "seen once, and not tried again; on real goroutines it is a matter of luck"
	case t.c.Rounds == 0:
		return "seen once, and not tried again"
	case t.c.Look != model.LookHistory && t.c.Lucky():
		return "one run shows it and another does not: the map does not do the same each time"
	case t.c.Lucky():
		return "seen within " + rounds + "; on real goroutines it is a matter of luck"
	}
	return "every run shows it"
}
