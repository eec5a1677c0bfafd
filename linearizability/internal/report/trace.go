package report

import (
	"strings"

	"github.com/mapspec/mapspec/model"
)

// What a checker's evidence and trace say in these words is told in others.
const (
	neverReturned = " never returned: " // between the calls and where their goroutines stand
	afterwards    = "afterwards "       // before a read of the checker's own
	onZeroValue   = "the zero value: "  // before what was seen there
	shouldBe      = "the map should be "
	resultOf      = "   -> "
)

// A finding is the evidence of one goroutine's results, taken apart.
type finding struct {
	zero  bool   // seen on the zero value
	read  bool   // seen in a read after the program
	call  string // empty if the evidence is not of this form
	got   string // "v1, true", "panic: compare"
	want  string // empty if it is not said
	whole string // all of it
}

// found takes evidence apart: "afterwards Load(k0) returned zero, false, want
// v1, true".
func found(evidence string) finding {
	f := finding{whole: evidence}
	rest, zero := strings.CutPrefix(evidence, onZeroValue)
	rest, read := strings.CutPrefix(rest, afterwards)
	f.zero, f.read = zero, read
	did, want, _ := strings.Cut(rest, ", want ")
	for _, verb := range []string{") returned ", ") ended with "} {
		if call, got, ok := strings.Cut(did, verb); ok {
			f.call, f.got, f.want = call+")", strings.Trim(got, `"`), strings.Trim(want, `"`)
			break
		}
	}
	return f
}

// sentences say f in full.
func (f finding) sentences() string {
	where := ""
	switch {
	case f.zero:
		where = "on the zero value, "
	case f.read:
		where = "read after the program, "
	}
	if f.call == "" {
		rest := strings.TrimPrefix(strings.TrimPrefix(f.whole, onZeroValue), afterwards)
		return sentence(where+strings.Replace(rest, ", want ", "; wanted: ", 1)) + "."
	}
	text := sentence(where + f.call + " " + told(f.got) + ".")
	if f.want != "" {
		text += " It should have " + told(f.want) + "."
	}
	return text
}

// told turns a result in a checker's words into a verb.
func told(result string) string {
	kind, panicked := strings.CutPrefix(result, "panic: ")
	switch {
	case panicked:
		return ending(model.Store, model.Result{Panic: model.Panic(kind)})
	case result == "returned":
		return "returned"
	case result == "Goexit":
		return ending(model.Range, model.Result{Panic: model.Goexit})
	}
	return "returned " + result
}

// shownAs is told behind an arrow.
func shownAs(result string) string {
	switch text := told(result); {
	case text == "returned":
		return "→ ok"
	case strings.HasPrefix(text, "returned "):
		return "→ " + strings.TrimPrefix(text, "returned ")
	default:
		return "→ " + strings.Replace(text, "panicked", "panic", 1)
	}
}

// traceTable is a checker's trace: a call, what it returned if the line says
// so, and what it should have returned.
func (t *teller) traceTable() *table {
	list := &table{Rest: restOfProgram}
	for _, line := range t.c.Trace {
		if line == "" || strings.HasSuffix(t.c.Evidence, line) || strings.HasPrefix(line, shouldBe) {
			continue
		}
		call, result, ok := strings.Cut(line, resultOf)
		if ok {
			result = shownAs(result)
		}
		list.add(call, result, "")
	}
	t.remarkTrace(list)
	list.trimColumns()
	return list
}

// remarkTrace adds what the evidence says to the row of its call.
func (t *teller) remarkTrace(list *table) {
	f, remark := found(t.c.Evidence), ""
	if f.want != "" {
		remark = pointer + "should have " + told(f.want)
	}
	n := len(list.Rows)
	switch {
	case f.read && f.call != "":
		list.Rows = append(list.Rows, row{Cells: []string{f.call, shownAs(f.got), remark}, Marked: true})
	case n == 0:
	case strings.Contains(t.c.Evidence, neverReturned):
		if last := list.Rows[n-1].Cells; last[1] == "" {
			list.Rows[n-1] = row{Cells: []string{last[0], "→ never returned", ""}, Marked: true}
		}
	case f.call != "":
		for i := n - 1; i >= 0; i-- {
			if cells := list.Rows[i].Cells; strings.TrimSpace(cells[0]) == f.call {
				list.Rows[i] = row{Cells: []string{cells[0], cells[1], remark}, Marked: true}
				return
			}
		}
	}
}
