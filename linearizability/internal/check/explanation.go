package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// An Explanation says why some operations have no order.
type Explanation struct {
	Clause model.Clause
	Of     string   // "k0" or "whole map"; "" if one operation is wrong regardless of the others
	From   string   // the abstract state before Order
	Order  []Placed // the longest partial linearization found
	Left   []Placed // the operations not in Order, by return; the first fits nowhere
}

// A Placed is an operation in an order, or one that has no place in it.
type Placed struct {
	ID     int    // the operation's ID in the history
	Client int    // the client that called it
	Did    string // what it did, as in a trace: "Swap(k0, v2) returned zero, false"
	State  string // in Order: the abstract state after it; in Left: the state that Order ends in
	Want   string // in Left: what it would have returned in State; "" if pending
}

// Explain explains the violations that [History] finds in h, sorted by clause.
// The traces of the verdicts say the same. It returns nil if there is no
// violation or h is malformed.
func Explain(h history.History, o Options) []Explanation {
	if h.Validate() != nil {
		return nil
	}
	return judgeAll(h.Operations(), o).explanations()
}

func (j *judge) explanations() []Explanation {
	var list []Explanation
	for _, f := range j.findings {
		if f.violated {
			list = append(list, f.explanation)
		}
	}
	slices.SortFunc(list, func(a, b Explanation) int { return cmp.Compare(a.Clause.Order(), b.Clause.Order()) })
	return list
}

// explanation describes the order of w's entries, and those left over.
func (w window) explanation(c model.Clause, of string, order, left []*entry) Explanation {
	m := w.space.model
	state := m.Init()
	x := Explanation{Clause: c, Of: of, From: m.DescribeState(state)}
	if w.possible > 1 {
		x.From += fmt.Sprintf(", one of %d possible there", w.possible)
	}
	for _, e := range order {
		_, state = m.Step(state, e, nil)
		p := e.placed()
		p.State = m.DescribeState(state)
		x.Order = append(x.Order, p)
	}
	for _, e := range left {
		p := e.placed()
		p.State, p.Want = m.DescribeState(state), w.space.want(state, e)
		x.Left = append(x.Left, p)
	}
	return x
}

func (e *entry) placed() Placed {
	return Placed{ID: e.source.ID, Client: e.source.Client, Did: e.describe()}
}

// want describes r as the result that e would have had.
func (e *entry) want(r model.Result) string {
	if e.ret == forever {
		return ""
	}
	key := model.KeyName(e.op.Key)
	switch {
	case e.kind == itself:
		return r.Text(e.op.Method)
	case e.kind == wipe:
		return "returned"
	case !r.OK:
		return key + " left out"
	case e.source.Op.Method == model.Keys:
		return key + " visited"
	}
	return fmt.Sprintf("%s visited with %s", key, model.ValueName(r.Value))
}
