package report

import (
	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// A wrong is the first thing in a history of one goroutine that no map may do.
type wrong struct {
	index  int         // of the operation
	did    string      // "visited k0 twice"
	should string      // what it should have done instead, or nothing
	state  model.State // what the map means at that point
}

// remark is w behind its operation.
func (w wrong) remark() string {
	if w.should != "" {
		return pointer + "should have " + w.should
	}
	return pointer + w.did
}

// firstWrong replays a history of one goroutine on the model. ok is false if
// every result is right, or there are several goroutines.
func (t *teller) firstWrong() (w wrong, ok bool) {
	r := replay{at: t.at}
	for i := range t.c.History.Events {
		e := &t.c.History.Events[i]
		if e.Kind == history.Called && e.Client != 0 {
			return wrong{}, false
		}
		if w, ok = r.event(e); ok {
			return w, true
		}
	}
	return wrong{}, false
}

// A replay is the model's side of a history of one goroutine.
type replay struct {
	at    map[int]int
	state model.State
	open  []running
}

// running is an operation in progress.
type running struct {
	op        model.Op
	visits    int
	traversal *model.Traversal
}

// event takes one event, and reports what is wrong with it.
func (r *replay) event(e *history.Event) (w wrong, bad bool) {
	w = wrong{index: r.at[e.ID], state: r.state}
	if e.Kind == history.Called {
		c := running{op: e.Op}
		if e.Op.Method.Traverses() {
			c.traversal = model.NewTraversal(e.Op.Method, r.state)
		}
		r.open = append(r.open, c)
		return w, false
	}
	if len(r.open) == 0 {
		return w, false
	}
	top := &r.open[len(r.open)-1]
	if e.Kind == history.Visited {
		w.did = top.visit(e.Visit)
	} else {
		r.open = r.open[:len(r.open)-1]
		w.did, w.should = r.returned(top, e.Result)
		for _, outer := range r.open {
			outer.traversal.Observe(r.state)
		}
	}
	return w, w.did != ""
}

// visit says what is wrong with the next visit.
func (c *running) visit(v model.Visit) (did string) {
	if c.traversal == nil {
		return ""
	}
	c.visits++
	if c.visits > c.op.Func.Asked(c.visits) {
		return "called f again, which had asked to stop"
	}
	if err := c.traversal.Visit(v.Key, v.Value); err != nil {
		return err.Error()
	}
	return ""
}

// returned says what is wrong with a result.
func (r *replay) returned(c *running, got model.Result) (did, should string) {
	if c.traversal != nil {
		return c.finished(r.state, got)
	}
	next, ok := model.Allows(r.state, c.op, got)
	_, want := model.Step(r.state, c.op)
	r.state = next
	if ok {
		return "", ""
	}
	return ending(c.op.Method, got), ending(c.op.Method, want)
}

// finished says what is wrong with the end of a traversal.
func (c *running) finished(s model.State, got model.Result) (did, should string) {
	m := c.op.Method
	if c.op.Func.IsNil() {
		if _, ok := model.Allows(s, c.op, got); ok {
			return "", ""
		}
		return ending(m, got), ending(m, model.Result{Panic: model.PanicNilFunc})
	}
	ends, stopped := c.op.Func.End(c.visits)
	if got.Panic != ends {
		return ending(m, got), ending(m, model.Result{Panic: ends})
	}
	if stopped {
		return "", ""
	}
	if err := c.traversal.End(); err != nil {
		return err.Error(), ""
	}
	return "", ""
}

// remarkWrong remarks on the first operation that is wrong.
func (t *teller) remarkWrong() map[int]string {
	if w, ok := t.firstWrong(); ok {
		return map[int]string{w.index: w.remark()}
	}
	return nil
}
