package report

import (
	"strings"

	"github.com/mapspec/mapspec/model"
)

// why says why what happened breaks the clause.
func (t *teller) why() []block {
	var blocks []block
	switch {
	case t.isRelease():
		blocks = t.releaseWhy()
	case t.c.Look == model.LookSchedule && t.c.Steps != nil && strings.Contains(t.c.Evidence, neverReturned):
		blocks = t.stuckWhy()
	case strings.Contains(t.c.Evidence, neverReturned):
		blocks = t.hangWhy()
	case len(t.ops) > 0 && len(t.goroutines()) > 1:
		blocks = t.historyWhy()
	case t.c.Look == model.LookRaces:
		blocks = t.raceWhy()
	default:
		blocks = t.resultsWhy()
	}
	if t.c.Path != "" && len(t.c.Retained) == 0 {
		blocks = append(blocks, paragraph("It is held by %s.", t.c.Path))
	}
	return blocks
}

// hangWhy says which calls never returned, and where their goroutines stand.
func (t *teller) hangWhy() []block {
	calls, where, _ := strings.Cut(t.c.Evidence, neverReturned)
	stuck := &table{}
	for i := range t.ops {
		if t.hung(i) && len(t.inside[t.ops[i].ID]) == 0 {
			stuck.add(callName(t.ops[i].Op), "on "+goroutine(t.lane[i]))
		}
	}
	if len(stuck.Rows) == 0 {
		for call := range strings.SplitSeq(calls, " and ") {
			stuck.add(call)
		}
	}
	stand := &table{}
	for position := range strings.SplitSeq(where, "; ") {
		stand.add(position)
	}
	nobody, standing := "Nobody is left who could let it go on, and this call never returned:", "Its goroutine stands in"
	if len(stuck.Rows) > 1 {
		nobody = "Nobody is left who could let them go on, and these calls never returned:"
	}
	if len(stuck.Rows) > 1 || len(stand.Rows) > 1 {
		standing = "The goroutines stand in"
	}
	return append([]block{paragraph("%s", nobody), {Table: stuck}, paragraph("%s", standing), {Table: stand}}, t.afterPanic()...)
}

// afterPanic names the last call that ended in a panic before the program
// hung: what that held may be what others wait for.
func (t *teller) afterPanic() []block {
	for i := len(t.ops) - 1; i >= 0; i-- {
		if o := &t.ops[i]; !o.Pending() && o.Result.Panic != "" {
			return []block{paragraph("Before that, %s %s. A map has to survive that, and to leave no lock held.",
				callName(o.Op), ending(o.Op.Method, o.Result))}
		}
	}
	return nil
}

// resultsWhy says what the first wrong result should have been.
func (t *teller) resultsWhy() []block {
	w, ok := t.firstWrong()
	if !ok {
		return t.evidenceWhy()
	}
	text := callName(t.ops[w.index].Op) + " " + w.did + "."
	if w.should != "" {
		text += " It should have " + w.should + "."
	}
	if t.when[w.index] == atRest {
		text = "Read at rest, " + text
	}
	return []block{paragraph("%s At that point the map means %v.", text, w.state)}
}

// evidenceWhy says what the checker says, and what the map should mean.
func (t *teller) evidenceWhy() []block {
	blocks := []block{paragraph("%s", found(t.c.Evidence).sentences())}
	for _, line := range t.c.Trace {
		if state, ok := strings.CutPrefix(line, shouldBe); ok {
			blocks = append(blocks, paragraph("The map should mean %s.", state))
		}
	}
	return blocks
}

// raceWhy says what the race detector saw.
func (t *teller) raceWhy() []block {
	return []block{paragraph("The race detector saw two accesses to one variable, one of them a write, that nothing in the map orders: %s.", t.c.Evidence)}
}
