package report

import (
	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/check"
)

// notes point at the operation that the report is about, as far as porcupine
// does not do so itself.
func (t *teller) notes() []check.Note {
	var notes []check.Note
	for _, r := range t.c.Retained {
		if i, ok := t.outer(r.Passed); ok && r.Passed != r.Left {
			notes = append(notes, check.Note{Client: t.ops[i].Client, At: t.ops[i].Call, Text: "passes " + r.What})
		}
		if i, ok := t.outer(r.Left); ok {
			notes = append(notes, check.Note{
				Client: t.ops[i].Client, At: t.ops[i].Call, Wrong: true,
				Text: "should let go of " + r.What, Details: "It is still reachable: " + r.Path,
			})
		}
	}
	if w, ok := t.firstWrong(); ok {
		o := &t.ops[w.index]
		notes = append(notes, check.Note{Client: o.Client, At: o.Call, Text: w.remark()[len(pointer):], Wrong: true})
	}
	for i := range t.ops {
		if t.hung(i) {
			notes = append(notes, check.Note{Client: t.ops[i].Client, At: t.ops[i].Call, Text: "never returned", Wrong: true})
		}
	}
	return notes
}

// outer returns which operation of the history is number n of those outside
// callbacks.
func (t *teller) outer(n int) (index int, ok bool) {
	for i := range t.ops {
		if t.ops[i].Parent != history.NoParent {
			continue
		}
		if n == 0 {
			return i, true
		}
		n--
	}
	return 0, false
}
