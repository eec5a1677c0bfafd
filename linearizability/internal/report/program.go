package report

import (
	"fmt"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// restOfProgram is where the rest of a long program is.
const restOfProgram = counterexample.ProgramFile

// program shows what is run.
func (t *teller) program() []block {
	ops := allOps(t.c.Witness)
	if len(ops) == 0 {
		return []block{paragraph("No program is known that shows it by itself; what was seen is below.")}
	}
	var blocks []block
	switch t.c.Look {
	case model.LookSequence:
		blocks = sequenceProgram(ops[0].Method)
	case model.LookPump:
		blocks = t.repeatedProgram("then %d times, with another key and other values each time", lastThread(t.c.Witness))
	case model.LookPin:
		blocks = t.pinProgram()
	case model.LookHeap:
		blocks = t.heapProgram()
	case model.LookZero:
		blocks = append([]block{paragraph("On the zero value of %s, one goroutine:", t.typeName())}, numbered(ops))
	default:
		blocks = t.plainProgram(ops)
	}
	return append(blocks, paragraph("%s", legend(ops)))
}

func (t *teller) typeName() string {
	if t.c.Type == "" {
		return "the map's type"
	}
	return t.c.Type
}

// lastThread is the list of operations that a pump repeats.
func lastThread(w model.Witness) []model.Op {
	if len(w.Threads) == 0 {
		return nil
	}
	return w.Threads[len(w.Threads)-1]
}

// plainProgram is one numbered list, or a column a goroutine.
func (t *teller) plainProgram(ops []model.Op) []block {
	if len(t.c.Threads) < 2 {
		return []block{numbered(ops)}
	}
	var blocks []block
	if len(t.c.Init) > 0 {
		before := &table{Rest: restOfProgram}
		for i, line := range callLines(t.c.Init) {
			label := ""
			if i == 0 {
				label = "first"
			}
			before.add(label, line)
		}
		blocks = append(blocks, block{Table: before})
	}
	columns := &table{Rest: restOfProgram}
	for n, thread := range t.c.Threads {
		columns.Head = append(columns.Head, goroutine(n))
		for i, line := range callLines(thread) {
			if i == len(columns.Rows) {
				columns.add(make([]string, len(t.c.Threads))...)
			}
			columns.Rows[i].Cells[n] = line
		}
	}
	return append(blocks, block{Table: columns})
}

// callLines is ops, a line each, and under each what its function does.
func callLines(ops []model.Op) []string {
	var lines []string
	for _, o := range ops {
		lines = append(lines, callName(o))
		for _, does := range functionLines(o.Func) {
			lines = append(lines, "    "+does)
		}
	}
	return lines
}

// numbered is ops in one list, counted from 1 as the report speaks of them.
func numbered(ops []model.Op) block {
	list := &table{Rest: restOfProgram}
	for i, o := range ops {
		list.add(fmt.Sprint(i+1), callName(o))
		for _, does := range functionLines(o.Func) {
			list.add("", "    "+does)
		}
	}
	return block{Table: list}
}

// repeatedProgram is what runs first, and what is then repeated.
func (t *teller) repeatedProgram(how string, body []model.Op) []block {
	list := &table{Rest: restOfProgram}
	for i, o := range t.c.Init {
		list.add(fmt.Sprint(i+1), callName(o))
	}
	list.add("", fmt.Sprintf(how, t.c.Turns))
	for i, o := range body {
		list.add(fmt.Sprint(len(t.c.Init)+i+1), "    "+callName(o))
	}
	return []block{{Table: list}}
}

// pinProgram is a Range in whose first visit keys come and go.
func (t *teller) pinProgram() []block {
	blocks := t.repeatedProgram("Range(f), and f at its first visit, %d times with another key and other values each time,", t.churn())
	return append(blocks, paragraph("Garbage is collected while f has not returned, and again after Range has."))
}

// churn is what comes and goes inside the Range of a pin.
func (t *teller) churn() []model.Op {
	for _, o := range lastThread(t.c.Witness) {
		if o.Func != nil {
			return o.Func.Do
		}
	}
	return nil
}

// heapProgram stores many keys and deletes them again.
func (t *teller) heapProgram() []block {
	ops := allOps(t.c.Witness)
	list := &table{}
	var again []string
	for i, o := range ops {
		list.add(fmt.Sprint(i+1), fmt.Sprintf("%d times, with another key each time: %s", t.c.Turns, callName(o)))
		again = append(again, callName(o))
	}
	list.add("", fmt.Sprintf("once more for every second key: %s", strings.Join(again, "; ")))
	return []block{{Table: list}}
}

// sequenceProgram uses one sequence twice.
func sequenceProgram(m model.Method) []block {
	list := &table{}
	for i, line := range []string{
		"Store(k0, v1)", fmt.Sprintf("seq := %v()", m), "Store(k1, v2)", "traverse seq", "Store(k2, v3)", "traverse seq again",
	} {
		list.add(fmt.Sprint(i+1), line)
	}
	return []block{{Table: list}}
}
