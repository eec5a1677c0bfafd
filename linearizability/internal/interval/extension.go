package interval

import (
	"slices"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// An Extension is an execution equivalent to one that was checked, as far as
// calls, visits and returns go: they are in a total order, which no
// linearization explains. It is independent of the record that it was found in.
type Extension struct {
	threads int
	initial []history.Operation
	ops     []Op
	points  []point // in order
	ends    []end
}

// extension returns an extension of r in which order comes in this order. Of
// the other points, those that have to come before one of order do so right
// before it, and the rest comes last.
func (c *Checker) extension(r *Record, order []int32) Extension {
	x := Extension{
		threads: r.Threads, initial: slices.Clone(c.initial), ops: slices.Clone(r.Ops), ends: slices.Clone(c.poset.ends),
	}
	for i := range x.ops {
		x.ops[i].Visits = slices.Clone(x.ops[i].Visits)
	}
	l := linear{p: &c.poset, made: make([]int32, r.Threads)}
	for _, i := range order {
		l.upTo(i)
	}
	for i := range c.poset.points {
		l.upTo(int32(i))
	}
	for _, i := range l.order {
		x.points = append(x.points, c.poset.points[i])
	}
	return x
}

// Extension returns an execution that is equivalent to r, right or wrong: r
// itself, if clock orders all steps. The error wraps [ErrMalformed].
func (c *Checker) Extension(r *Record, clock Clock) (Extension, error) {
	if err := c.poset.build(r, clock); err != nil {
		return Extension{}, err
	}
	return c.extension(r, nil), nil
}

// linear is a linear extension in the making.
type linear struct {
	p     *poset
	made  []int32 // how many points of each thread are in order
	order []int32
}

// upTo appends point i, and before it what has to come before it.
func (l *linear) upTo(i int32) {
	t := l.p.points[i].thread
	for n := l.p.start[t] + l.made[t]; n <= i; n++ {
		for u, before := range l.p.of(int(n)) {
			if u != int(t) && before > l.made[u] {
				l.upTo(l.p.start[u] + before - 1)
			}
		}
		l.order = append(l.order, n)
		l.made[t]++
	}
}

// History returns x as a history that package check finds in violation. What
// was done before the threads started is done by one more client. Operations
// that never took a step and have not returned are left out.
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
