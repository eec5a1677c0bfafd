package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// restOfProgram is where the rest of a long program is.
const restOfProgram = counterexample.ProgramFile

// program shows what is run.
func (t *teller) program() []Block {
	ops := AllOps(t.c.Witness)
	if len(ops) == 0 {
		if t.ofType() {
			return []Block{paragraph("None is needed: it follows from the map's type.")}
		}
		return []Block{paragraph("No program is known that shows it by itself. What was seen is below.")}
	}
	var blocks []Block
	switch t.c.Look {
	case model.LookSequence:
		blocks = []Block{numbered(sequenceLines(ops[0].Method))}
	case model.LookPump:
		blocks = t.repeated("then %d times, with another key and other values each time", LastThread(t.c.Witness))
	case model.LookPin:
		blocks = append(t.repeated("Range(f), and f at its first visit, %d times with another key and other values each time,", t.c.Churn()),
			paragraph("Garbage is collected while f has not returned, and again after Range has."))
	case model.LookHeap:
		blocks = t.heapProgram(ops)
	case model.LookZero:
		typ := t.c.Type
		if typ == "" {
			typ = "the map's type"
		}
		blocks = append([]Block{paragraph("On the zero value of %s, one goroutine:", typ)}, numberedCalls(ops))
	default:
		blocks = t.plainProgram(ops)
	}
	return append(blocks, paragraph("%s", legend(ops)))
}

// sequenceLines are the program that traverses one sequence of m twice.
func sequenceLines(m model.Method) []string {
	return []string{"Store(k0, v1)", fmt.Sprintf("seq := %v()", m), "Store(k1, v2)", "traverse seq", "Store(k2, v3)", "traverse seq again"}
}

// AllOps returns all operations of the program in one list.
func AllOps(w model.Witness) []model.Op {
	return slices.Concat(append([][]model.Op{w.Init}, w.Threads...)...)
}

// LastThread is the list of operations that a pump repeats.
func LastThread(w model.Witness) []model.Op {
	if len(w.Threads) == 0 {
		return nil
	}
	return w.Threads[len(w.Threads)-1]
}

// plainProgram is one numbered list, or a column for each goroutine.
func (t *teller) plainProgram(ops []model.Op) []Block {
	if len(t.c.Threads) < 2 {
		return []Block{numberedCalls(ops)}
	}
	var blocks []Block
	if len(t.c.Init) > 0 {
		before := &Table{Rest: restOfProgram}
		for _, line := range callLines(t.c.Init) {
			before.add("", line)
		}
		before.Rows[0].Cells[0] = "first"
		blocks = append(blocks, Block{Table: before})
	}
	columns := &Table{Rest: restOfProgram}
	for n, thread := range t.c.Threads {
		columns.Head = append(columns.Head, goroutine(n))
		for i, line := range callLines(thread) {
			if i == len(columns.Rows) {
				columns.add(make([]string, len(t.c.Threads))...)
			}
			columns.Rows[i].Cells[n] = line
		}
	}
	return append(blocks, Block{Table: columns})
}

// numbered is lines counted from 1.
func numbered(lines []string) Block {
	list := &Table{Rest: restOfProgram}
	for i, line := range lines {
		list.add(fmt.Sprint(i+1), line)
	}
	return Block{Table: list}
}

// numberedCalls is ops counted from 1, as the account speaks of them.
func numberedCalls(ops []model.Op) Block {
	list := &Table{Rest: restOfProgram}
	for i, o := range ops {
		list.add(fmt.Sprint(i+1), CallName(o))
		for _, does := range functionLines(o.Func) {
			list.add("", "    "+does)
		}
	}
	return Block{Table: list}
}

// repeated is what runs first, and the body that then runs as often as how says.
func (t *teller) repeated(how string, body []model.Op) []Block {
	list := numberedCalls(t.c.Init)
	list.Table.add("", fmt.Sprintf(how, t.c.Turns))
	for i, o := range body {
		list.Table.add(fmt.Sprint(len(t.c.Init)+i+1), "    "+CallName(o))
	}
	return []Block{list}
}

// heapProgram stores many keys and deletes them again.
func (t *teller) heapProgram(ops []model.Op) []Block {
	var lines, again []string
	for _, o := range ops {
		lines = append(lines, fmt.Sprintf("%d times, with another key each time: %s", t.c.Turns, CallName(o)))
		again = append(again, CallName(o))
	}
	list := numbered(lines)
	list.Table.add("", "once more for every second key: "+strings.Join(again, "; "))
	return []Block{list}
}
