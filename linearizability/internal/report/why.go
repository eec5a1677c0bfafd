package report

import (
	"fmt"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// whys say, for each kind of failure, why what happened breaks the clause.
var whys = map[model.FailureKind]func(*teller) []Block{
	model.WrongResult:    (*teller).resultWhy,
	model.WrongTraversal: (*teller).resultWhy,
	model.NoOrder:        (*teller).orderWhy,
	model.Retains:        (*teller).retentionWhy,
	model.KeepsEqualKeys: (*teller).retentionWhy,
	model.Grows:          (*teller).growthWhy,
	model.Pins:           (*teller).retentionWhy,
	model.KeepsTable: func(t *teller) []Block {
		return []Block{paragraph("The map is empty, and costs %d bytes more than an empty map through which fewer keys have gone. At most %d bytes more are allowed.", t.f.Count, t.f.Of)}
	},
	model.Hangs: (*teller).hangWhy,
	model.Waits: (*teller).waitWhy,
	model.LeaksLock: func(t *teller) []Block {
		return append(t.stuck("Every call of the program returned. Then the checker read the map, and that call never returned, so one of the others left a lock held:"), t.afterPanic()...)
	},
	model.Races: func(*teller) []Block {
		return []Block{paragraph("Two goroutines accessed the same variable, at least one of them wrote to it, and nothing in the map orders the two accesses.")}
	},
	model.Dies: func(t *teller) []Block {
		return []Block{paragraph("The process in which the map ran died in phase %s. What it said is above.", t.f.Phase)}
	},
	model.NoZeroValue: (*teller).sentenceWhy,
	model.UnseenCopy:  (*teller).sentenceWhy,
}

func (t *teller) why() []Block {
	return whys[t.f.Kind](t)
}

func (t *teller) sentenceWhy() []Block { return []Block{paragraph("%s.", capital(t.f.Sentence()))} }

// resultWhy says what the failing call should have done.
func (t *teller) resultWhy() []Block {
	m := t.f.Call.Method
	var text string
	switch {
	case t.f.Zero:
		text = "On the zero value, "
	case t.f.Turn == 1:
		text = "In the first traversal of one sequence, "
	case t.f.Turn == 2:
		text = "In the second traversal of one sequence, "
	case t.f.AtRest:
		text = "Read at rest, "
	case t.f.Operation != nil:
		text = capital(t.who(*t.f.Operation)) + ": "
	}
	text += CallName(*t.f.Call) + " "
	if t.f.Misvisit != nil {
		text += t.f.Misvisit.String()
	} else {
		text += t.f.Got.Ending(m)
	}
	switch {
	case t.f.Want != nil:
		text += ". It should have " + t.f.Want.Ending(m)
	case t.f.Misvisit == nil && t.f.Got.Panic != model.PanicOther:
		text += ", and nothing in its arguments calls for that"
	}
	if t.f.Operation != nil {
		text += ", regardless of the other operations"
	}
	if t.f.Should != "" {
		text += ". At that point the map should hold " + t.f.Should
	}
	return []Block{paragraph("%s.", text)}
}

// orderWhy shows how far one gets with an order, and what fits nowhere.
func (t *teller) orderWhy() []Block {
	x := t.f.Order
	on := "all operations"
	if !x.Whole {
		on = "the operations on " + x.Name()
	}
	return []Block{
		paragraph("If the clause held, there would be an order of %s in which each takes effect at one instant between its call and its return, "+
			"and in which a plain map gives each the result that it had. There is none. The longest one that works stops here:", on),
		{Table: t.orderTable(x)},
		paragraph("Nothing can come next:"),
		{Table: t.leftTable(x)},
	}
}

// orderTable is the longest order found, and what the map, or the key, holds
// after each operation.
func (t *teller) orderTable(x *model.Order) *Table {
	what := "the map"
	if !x.Whole {
		what = x.Name()
	}
	list := &Table{Head: []string{"in this order", "", what + " then holds"}, Rest: counterexample.HistoryFile}
	begin := "at the beginning"
	if t.firstOf(x) > 0 {
		begin = "after what had returned by then"
	}
	list.add("", begin, x.Begins())
	for _, p := range x.Longest {
		list.add(t.who(p), p.Did(), p.State)
	}
	return list
}

// firstOf is the first operation, by index, that x places or leaves.
func (t *teller) firstOf(x *model.Order) int {
	begin := len(t.Operations)
	for _, list := range [][]model.Placed{x.Longest, x.Left} {
		for _, p := range list {
			if i, ok := t.at[p.ID]; ok {
				begin = min(begin, i)
			}
		}
	}
	return begin
}

// leftTable is what fits nowhere: what it did, and what it would have to do. The
// first is what the search failed at. Of the others those follow that could come
// next, had they another result.
func (t *teller) leftTable(x *model.Order) *Table {
	list := &Table{Head: []string{"", "what it did", "what the clause allows there"}, Rest: counterexample.HistoryFile}
	for n, p := range x.Left {
		if n > 0 && (p.Fits() || !x.Left[0].Pending && p.Called > x.Left[0].Ended) {
			continue
		}
		list.add(t.who(p), p.Did(), p.Wanted()).Marked = n == 0
	}
	return list
}

// who says which goroutine an operation belongs to, or that it ran before or
// after all of them.
func (t *teller) who(p model.Placed) string {
	i, ok := t.at[p.ID]
	switch {
	case !ok:
		return goroutine(p.Client)
	case t.Phase[i] == Before:
		return "first"
	case t.Phase[i] == AtRest:
		return "at rest"
	}
	return goroutine(t.Lane[i])
}

// hangWhy says which calls never returned.
func (t *teller) hangWhy() []Block {
	text := "This call never returned, and nothing is left that could wake it:"
	if len(t.f.Stuck) > 1 {
		text = "These calls never returned, and nothing is left that could wake them:"
	}
	return append(t.stuck(text), t.afterPanic()...)
}

// afterPanic names the last call that ended in a panic: what it held may be what
// others wait for.
func (t *teller) afterPanic() []Block {
	o, r, ok := t.lastPanic()
	if !ok {
		return nil
	}
	return []Block{paragraph("Before that, %s %s. A map has to survive a panic, and may leave no lock held.", CallName(o), r.Ending(o.Method))}
}

// waitWhy says which call waits for one that may have stopped.
func (t *teller) waitWhy() []Block {
	who := "another goroutine"
	if s := t.c.Schedule; s != nil && s.Stall != nil {
		who = goroutine(s.Stall.Thread)
	}
	return t.stuck(fmt.Sprintf("The operating system may stop a goroutine at any time, for as long as it likes. While %s is stopped, this call does not return:", who))
}

// stuck lists the calls that never returned, and where they stand.
func (t *teller) stuck(text string) []Block {
	list := &Table{}
	for _, s := range t.f.Stuck {
		who, where := "", shortName(s.Function)
		if len(t.c.Threads) > 1 {
			who = "on " + goroutine(s.Goroutine)
		}
		if s.Line != "" {
			where += " at " + s.Line
		}
		list.add(s.Name(), who, where, s.State)
	}
	if len(list.Rows) == 0 {
		return []Block{paragraph("%s", text)}
	}
	return []Block{paragraph("%s", text), {Table: list}}
}

// shortName is a function without the directory of its package.
func shortName(function string) string {
	end := strings.IndexAny(function, "[(")
	if end < 0 {
		end = len(function)
	}
	return function[strings.LastIndexByte(function[:end], '/')+1:]
}

// lastPanic is the last call that ended in a panic.
func (t *teller) lastPanic() (o model.Op, r model.Result, ok bool) {
	for _, m := range t.f.Trace {
		if m.Call != nil && m.Result != nil && m.Result.Panic != "" {
			o, r, ok = *m.Call, *m.Result, true
		}
	}
	for i := range t.Operations {
		if p := &t.Operations[i]; !ok && !p.Pending() && p.Result.Panic != "" {
			return p.Op, p.Result, true
		}
	}
	return o, r, ok
}
