package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/model"
)

// isRelease reports whether the counterexample is about what the map holds,
// not about what it returned.
func (t *teller) isRelease() bool {
	switch t.c.Look {
	case model.LookRelease, model.LookPump, model.LookPin, model.LookHeap:
		return true
	}
	return len(t.c.Retained) > 0
}

// releaseOps are the operations that Passed and Left of a Retained count.
func (t *teller) releaseOps() []model.Op {
	if t.c.Look == model.LookPin {
		return slices.Concat(t.c.Init, t.churn())
	}
	return allOps(t.c.Witness)
}

// retainedOp returns operation i as a call and by its number. Later turns of
// what is repeated are counted on, and belong to the operation that is
// repeated.
func (t *teller) retainedOp(i int) (call, number string) {
	ops := t.releaseOps()
	if i >= 0 && i < len(ops) {
		return callName(ops[i]), fmt.Sprintf("operation %d", i+1)
	}
	body := len(ops) - len(t.c.Init)
	if i < 0 || body <= 0 || t.c.Turns == 0 {
		return "", ""
	}
	turn, n := (i-len(t.c.Init))/body, len(t.c.Init)+(i-len(t.c.Init))%body
	return ops[n].Method.String(), fmt.Sprintf("operation %d in turn %d", n+1, turn+1)
}

// releaseWhy names what is retained, who passed it, who should have let go of
// it, and how the map reaches it.
func (t *teller) releaseWhy() []block {
	var blocks []block
	if t.c.Look != model.LookHeap {
		blocks = append(blocks, paragraph("Every call returned what it should. This is about what the map still holds."))
	}
	for _, r := range t.c.Retained {
		blocks = append(blocks, paragraph("%s", t.retained(r)))
	}
	if len(t.c.Retained) == 0 {
		blocks = append(blocks, paragraph("%s.", sentence(t.c.Evidence)))
	}
	if t.c.Look == model.LookPump {
		blocks = append(blocks, paragraph("As many keys are live after every turn as before it, so no bound on the number of live keys bounds what the map holds."))
	}
	return blocks
}

// retained is the story of one instance.
func (t *teller) retained(r model.Retained) string {
	passed, passedNumber := t.retainedOp(r.Passed)
	left, leftNumber := t.retainedOp(r.Left)
	var text string
	switch {
	case passed == "":
		text = fmt.Sprintf("The map has no reason to hold %s.", r.What)
	case r.Left == r.Passed:
		text = fmt.Sprintf("%s, %s, passed %s to the map, which has no reason to keep it.", passed, passedNumber, r.What)
	case left == "":
		text = fmt.Sprintf("%s, %s, passed %s to the map.", passed, passedNumber, r.What)
	default:
		text = fmt.Sprintf("%s, %s, passed %s to the map. %s, %s, should have let go of %[3]s.", passed, passedNumber, r.What, left, leftNumber)
	}
	when := "After a garbage collection"
	if t.c.Look == model.LookPin {
		when = "After a garbage collection, while the Range is paused,"
	}
	return fmt.Sprintf("%s %s it is still reachable: %s", text, when, r.Path)
}

// sentence begins s with a capital letter.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// releaseList is the program with what it returned, and what became of the
// instance that stays.
func (t *teller) releaseList() []block {
	list := &table{Rest: restOfProgram}
	var s model.State
	for i, o := range t.releaseOps() {
		next, result := model.Step(s, o)
		s = next
		remark, wrong := t.releaseRemark(i)
		list.Rows = append(list.Rows, row{
			Cells: []string{callName(o), "→ " + outcome(o.Method, result), remark}, Marked: wrong, Kept: remark != ""})
	}
	list.Rows = append(list.Rows, row{Cells: []string{"collect garbage", "", t.leftBehind()}, Marked: true})
	list.trimColumns()
	return []block{{Table: list}, paragraph("At rest the map means %v, and may hold nothing else.", s)}
}

// releaseRemark says what operation i has to do with what stays, and whether it
// is the one that should have let go of it.
func (t *teller) releaseRemark(i int) (remark string, wrong bool) {
	var remarks []string
	for _, r := range t.c.Retained {
		switch i {
		case r.Left:
			wrong = true
			remarks = append(remarks, "should let go of "+r.What)
		case r.Passed:
			remarks = append(remarks, "passes "+r.What)
		}
	}
	if len(remarks) == 0 {
		return "", false
	}
	return pointer + strings.Join(remarks, ", "), wrong
}

// leftBehind says what is reachable in the end.
func (t *teller) leftBehind() string {
	var what []string
	for _, r := range t.c.Retained {
		what = append(what, r.What)
	}
	if len(what) == 0 {
		return ""
	}
	return pointer + strings.Join(what, " and ") + " still reachable"
}

// growth is the lines of a trace that were measured.
func (t *teller) growth() []block {
	list := &table{Rest: restOfProgram}
	for _, line := range t.c.Trace {
		measured := strings.Contains(line, "collect garbage")
		if measured || t.c.Look == model.LookPin && strings.HasPrefix(line, "Range") {
			list.Rows = append(list.Rows, row{Cells: []string{line}, Marked: measured})
		}
	}
	if len(list.Rows) == 0 {
		return nil
	}
	if t.c.Look == model.LookPump { // what was measured last says it all
		for i := range list.Rows[:len(list.Rows)-1] {
			list.Rows[i].Marked = false
		}
	}
	return []block{{Table: list}}
}
