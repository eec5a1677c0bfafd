package report

import (
	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// happened shows what was seen: a history as a diagram or a list, otherwise
// what the checker wrote down step by step.
func (t *teller) happened() []block {
	switch {
	case t.c.Look == model.LookPump, t.c.Look == model.LookPin:
		return t.growth()
	case t.c.Look == model.LookRelease:
		return t.releaseList()
	case t.c.Look == model.LookSchedule && len(t.c.Steps) > 0:
		return t.stepBlocks()
	case len(t.ops) > 0 && len(t.goroutines()) > 1:
		return t.concurrentBlocks()
	case len(t.ops) > 0 && !(t.loses() && len(t.c.Trace) > 0):
		return []block{{Table: t.list()}}
	case len(t.c.Trace) > 0:
		return []block{{Table: t.traceTable()}}
	}
	return nil
}

// list is a history of one goroutine: call, result, and a remark on what is
// wrong.
func (t *teller) list() *table {
	list := &table{Rest: counterexample.HistoryFile}
	remarks := t.remarkWrong()
	for i := range t.ops {
		if t.ops[i].Parent == history.NoParent {
			t.listOperation(list, i, "", remarks)
		}
	}
	list.trimColumns()
	return list
}

// listOperation adds operation i, and below it what a traversal visited and
// its function called. remarks are on operations by index.
func (t *teller) listOperation(list *table, i int, indent string, remarks map[int]string) {
	o := &t.ops[i]
	label := ""
	if t.when[i] == atRest && (i == 0 || t.when[i-1] != atRest) {
		label = "at rest"
	}
	list.Rows = append(list.Rows, row{
		Cells:  []string{label, indent + callName(o.Op), "→ " + t.ended(i), remarks[i]},
		Marked: remarks[i] != "" || t.hung(i),
	})
	visits := o.Visits
	for _, child := range t.inside[o.ID] {
		for len(visits) > 0 && visits[0].At < t.ops[child].Call {
			list.add("", indent+"    visits "+visitName(o.Op.Method, visits[0].Visit), "", "")
			visits = visits[1:]
		}
		t.listOperation(list, child, indent+"    ", remarks)
	}
	for _, v := range visits {
		list.add("", indent+"    visits "+visitName(o.Op.Method, v.Visit), "", "")
	}
}
