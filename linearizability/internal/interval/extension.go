package interval

import (
	"slices"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// An Extension is an execution equivalent to one that was checked, reduced to a
// total order of calls, visits and returns. It does not refer to the record that
// it was found in.
type Extension struct {
	threads int
	initial []history.Operation
	ops     []Op
	points  []point // sorted
	ends    []end
}

// extension returns an extension of r that contains the points of order in that
// order. Each is preceded by the points that must come before it. The remaining
// points come last.
func (c *Checker) extension(r *Record, order []int32) Extension {
	x := Extension{
		threads: r.Threads, initial: slices.Clone(c.initial), ops: slices.Clone(r.Ops), ends: slices.Clone(c.precedence.ends),
	}
	for i := range x.ops {
		x.ops[i].Visits = slices.Clone(x.ops[i].Visits)
	}
	l := extensionBuilder{p: &c.precedence, made: make([]int32, r.Threads)}
	for _, i := range order {
		l.appendUpTo(i)
	}
	for i := range c.precedence.points {
		l.appendUpTo(int32(i))
	}
	for _, i := range l.order {
		x.points = append(x.points, c.precedence.points[i])
	}
	return x
}

// Extension returns some execution equivalent to r, whether right or wrong. If
// clock orders all steps, that is r itself. The error wraps [ErrMalformed].
func (c *Checker) Extension(r *Record, clock Clock) (Extension, error) {
	if err := c.precedence.build(r, clock); err != nil {
		return Extension{}, err
	}
	return c.extension(r, nil), nil
}

// An extensionBuilder builds a linear extension.
type extensionBuilder struct {
	p     *poset
	made  []int32 // the number of points of each thread in order
	order []int32
}

// appendUpTo appends point i, preceded by the points that must come before it.
func (l *extensionBuilder) appendUpTo(i int32) {
	t := l.p.points[i].thread
	for n := l.p.start[t] + l.made[t]; n <= i; n++ {
		for u, before := range l.p.predecessors(int(n)) {
			if u != int(t) && before > l.made[u] {
				l.appendUpTo(l.p.start[u] + before - 1)
			}
		}
		l.order = append(l.order, n)
		l.made[t]++
	}
}

// History returns x as a history, which package check finds in violation if Check
// did. The initial operations are those of an additional client. Operations that
// took no step and have not returned are omitted.
func (x Extension) History() history.History {
	ids := len(x.initial)
	events := make([]history.Event, 0, 2*(ids+len(x.ops)))
	add := func(e history.Event) {
		e.Seq = len(events)
		events = append(events, e)
	}
	for _, o := range x.initial {
		add(history.Event{Kind: history.Called, ID: o.ID, Client: x.threads, Parent: history.NoParent, Op: o.Op})
		add(history.Event{Kind: history.Returned, ID: o.ID, Result: o.Result})
	}
	for _, p := range x.points {
		if p.call != none {
			o := &x.ops[p.call]
			parent := history.NoParent
			if o.Parent != NoParent {
				parent = ids + o.Parent
			}
			add(history.Event{Kind: history.Called, ID: ids + int(p.call), Client: o.Thread, Parent: parent, Op: o.Op})
		}
		for _, e := range x.ends[p.from:p.to] {
			o := &x.ops[e.op]
			if e.visit == returned {
				add(history.Event{Kind: history.Returned, ID: ids + int(e.op), Result: o.Result})
				continue
			}
			v := model.Visit{Key: o.Visits[e.visit].Key, Value: o.Visits[e.visit].Value}
			add(history.Event{Kind: history.Visited, ID: ids + int(e.op), Visit: v})
		}
	}
	return history.History{Events: events}
}
