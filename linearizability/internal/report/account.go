package report

import (
	"fmt"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/english"
	"github.com/mapspec/mapspec/model"
)

// An account is a counterexample told in words. Text and HTML only lay it out,
// so they say the same.
type account struct {
	Map      string
	Clause   model.Clause
	Sentence string // of the clause, in a few words
	Facts    []fact
	Sections []section
}

// A fact is one line under the headline.
type fact struct{ Name, Text string }

// A section is a part with a heading.
type section struct {
	ID, Title string
	Blocks    []block
}

// A block is a paragraph, a table or a diagram: one of its fields is set.
type block struct {
	Paragraph string
	Table     *table
	Diagram   *diagram
}

// A table is rows of cells below one another. Where it is too long, rows are
// left out, and Rest says which file has them.
type table struct {
	Head []string // empty: columns that need no name
	Rows []row
	Rest string
}

// A row may be marked, as what the report is about; it then stays in a table
// that is cut, as does one that is kept. Cells begin with spaces where they are
// indented, and with an arrow where they are a remark on the others.
type row struct {
	Cells  []string
	Marked bool
	Kept   bool
}

func (r row) stays() bool { return r.Marked || r.Kept }

// pointer begins a remark.
const pointer = "<- "

func paragraph(format string, args ...any) block {
	return block{Paragraph: fmt.Sprintf(format, args...)}
}

func (t *table) add(cells ...string) { t.Rows = append(t.Rows, row{Cells: cells}) }

// trimColumns removes columns that are empty in every row.
func (t *table) trimColumns() {
	if len(t.Rows) == 0 {
		return
	}
	for c := len(t.Rows[0].Cells) - 1; c >= 0; c-- {
		used := false
		for _, r := range t.Rows {
			used = used || r.Cells[c] != ""
		}
		if used {
			continue
		}
		for i := range t.Rows {
			t.Rows[i].Cells = append(t.Rows[i].Cells[:c:c], t.Rows[i].Cells[c+1:]...)
		}
	}
}

// tell makes the account.
func (t *teller) tell() account {
	c := t.c
	a := account{Map: mapName(c), Clause: c.Clause, Sentence: c.Clause.Sentence(), Facts: t.facts()}
	for _, s := range []section{
		{"program", "The program", t.program()},
		{"happened", "What happened", t.happened()},
		{"why", "Why that breaks " + string(c.Clause), t.why()},
		{"more", "Read more", t.more()},
	} {
		if len(s.Blocks) > 0 {
			a.Sections = append(a.Sections, s)
		}
	}
	return a
}

func mapName(c counterexample.Counterexample) string {
	if c.Map == "" {
		return "the map"
	}
	return c.Map
}

// headline says in one line what the report is about.
func (a account) headline() string {
	return fmt.Sprintf("%s breaks %s: %s", a.Map, a.Clause, a.Sentence)
}

// facts say what was seen, and what that is worth.
func (t *teller) facts() []fact {
	c := t.c
	facts := []fact{{"seen", c.Evidence}}
	if n := c.Operations(); n > 0 {
		facts = append(facts, fact{"size", t.size(n)})
	}
	facts = append(facts, t.scheduleFacts()...)
	return append(facts, fact{"certain", t.certainty()}, fact{"found with", c.Go})
}

// size says how small the program is, and how far that was looked into.
func (t *teller) size(operations int) string {
	text := english.Count(operations, "operation")
	if n := len(t.c.Threads); n > 1 {
		text += fmt.Sprintf(" on %d goroutines", n)
	} else {
		text += " on one goroutine"
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

// certainty says how far one can rely on seeing it again.
func (t *teller) certainty() string {
	rounds := english.Count(max(1, t.c.Rounds), "round")
	switch {
	case t.c.Operations() == 0:
		return "it was seen once; no program is known that shows it again"
	case t.c.Look == model.LookSchedule:
		return "every run of the schedule shows it"
	case t.c.Look == model.LookRaces:
		return "seen by the race detector within " + rounds + "; whether goroutines meet is a matter of luck"
	case t.c.Rounds == 0 && t.c.Lucky():
		return "seen once, and not tried again; real goroutines make it a matter of luck"
	case t.c.Rounds == 0:
		return "seen once, and not tried again"
	case t.c.Look != model.LookHistory && t.c.Lucky():
		return "one run shows it, another does not: the map does not do the same each time"
	case t.c.Lucky():
		return "seen within " + rounds + "; real goroutines make it a matter of luck"
	}
	return "every run shows it"
}

// more says where the clause stands.
func (t *teller) more() []block {
	return []block{paragraph("docs/specification.md#%s", strings.ToLower(string(t.c.Clause)))}
}
