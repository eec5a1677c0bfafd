package report

import (
	"fmt"
	"strings"

	"github.com/mapspec/mapspec/model"
)

// NameOf returns operation i, as a Retained of w counts it, as a call and by its
// number. Of a program that is repeated, later turns are counted on.
func NameOf(w model.Witness, i int) (call, number string) {
	ops := w.Program()
	if i >= 0 && i < len(ops) {
		return CallName(ops[i]), fmt.Sprintf("operation %d", i+1)
	}
	body := len(ops) - len(w.Init)
	if i < 0 || body <= 0 || w.Turns == 0 {
		return "", ""
	}
	turn, n := (i-len(w.Init))/body, len(w.Init)+(i-len(w.Init))%body
	return ops[n].Method.String(), fmt.Sprintf("operation %d in turn %d", n+1, turn+1)
}

// retentionWhy names what is retained, which call passed it to the map, which
// should have let go of it, and how the map reaches it.
func (t *teller) retentionWhy() []Block {
	blocks := []Block{paragraph("Every call returned what it should have. This is about what the map still holds.")}
	for _, r := range t.f.Retained {
		blocks = append(blocks, paragraph("%s", t.retained(r)))
	}
	if len(t.f.Retained) == 0 {
		blocks = append(blocks, t.sentenceWhy()...)
	}
	return blocks
}

func (t *teller) growthWhy() []Block {
	return append(t.retentionWhy(), paragraph("As many keys are live after every turn as before it, so no bound on the number of live keys bounds what the map holds."))
}

// retained is the story of one instance.
func (t *teller) retained(r model.Retained) string {
	passed, passedNumber := NameOf(t.c.Witness, r.Passed)
	left, leftNumber := NameOf(t.c.Witness, r.Left)
	var text string
	switch what := r.What(); {
	case passed == "":
		text = fmt.Sprintf("The map has no reason to hold %s.", what)
	case r.Left == r.Passed:
		text = fmt.Sprintf("%s, %s, passed %s to the map, which has no reason to keep it.", passed, passedNumber, what)
	case left == "":
		text = fmt.Sprintf("%s, %s, passed %s to the map.", passed, passedNumber, what)
	default:
		text = fmt.Sprintf("%s, %s, passed %s to the map. %s, %s, should have let go of it.", passed, passedNumber, what, left, leftNumber)
	}
	when := "After a garbage collection it"
	if t.f.Kind == model.Pins && !t.f.After {
		when = "After a garbage collection, while the Range is paused, it"
	}
	return fmt.Sprintf("%s %s is still reachable: %s", text, when, r.Path)
}

// releaseList is the program with what it returns, and what became of the
// instances that stay.
func (t *teller) releaseList() []Block {
	list := &Table{Rest: restOfProgram}
	var s model.State
	for i, o := range t.c.Program() {
		next, result := model.Step(s, o)
		s = next
		remark, wrong := t.releaseRemark(i)
		list.Rows = append(list.Rows, Row{
			Cells: []string{CallName(o), "→ " + result.Outcome(o.Method)}, Remark: remark, Marked: wrong, Kept: remark != ""})
	}
	list.Rows = append(list.Rows, t.collected("collect garbage", ""))
	holds := "nothing"
	if s.Len() > 0 {
		holds = s.String() + " and nothing else"
	}
	return []Block{{Table: list}, paragraph("At rest the map should hold %s.", holds)}
}

// releaseRemark says what operation i has to do with what stays, and whether it
// is the one that should have let go of it.
func (t *teller) releaseRemark(i int) (remark string, wrong bool) {
	var remarks []string
	for _, r := range t.f.Retained {
		switch i {
		case r.Left:
			wrong = true
			remarks = append(remarks, "should let go of "+r.What())
		case r.Passed:
			remarks = append(remarks, "passes "+r.What())
		}
	}
	return strings.Join(remarks, ", "), wrong
}

// collected is the row of the garbage collection, and what it leaves reachable.
func (t *teller) collected(cells ...string) Row {
	var what []string
	for _, r := range t.f.Retained {
		what = append(what, r.What())
	}
	row := Row{Cells: cells, Marked: true}
	if len(what) > 0 {
		row.Remark = strings.Join(what, " and ") + " still reachable"
	}
	return row
}
