package interval

import (
	"iter"
	"math/rand/v2"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// An execution is a simulation. Threads take steps on a few locations, and their
// operations take effect on a model in between. The steps have no relation to what
// the operations do. So the execution itself is right, but others of its class may
// be wrong.
type execution struct {
	rng     *rand.Rand   // for the program
	turns   *rand.Rand   // for the interleaving and for spoiling
	threads []*rand.Rand // one per thread, for what it does
	least   int          // operations per thread, at most 2
	promise model.Promise
	keys    int
	methods []model.Method
	init    []model.Op
	state   model.State
	record  Record
	taken   []int32
	trace   []step
	events  [][]happening // per thread
}

// A step is a step of some thread on some location.
type step struct {
	thread   int
	location int
	writes   bool
	clock    []int32
}

// A happening is an event of a thread. after is the number of steps that the
// thread had taken.
type happening struct {
	kind  history.Kind
	op    int
	visit int
	after int32
}

// cutShort ends a thread of an execution that is cut short.
type cutShort struct{}

func newExecution(rng *rand.Rand) *execution {
	e := &execution{rng: rng, turns: rng, keys: 1 + rng.IntN(2), least: 1}
	if rng.IntN(2) == 0 {
		e.promise.Clear = model.Strong
	}
	if rng.IntN(2) == 0 {
		e.promise.Len = model.Strong
	}
	onKey := []model.Method{
		model.Load, model.Store, model.LoadOrStore, model.LoadAndDelete, model.Delete, model.Swap,
		model.CompareAndSwap, model.CompareAndDelete,
	}
	e.methods = [][]model.Method{
		onKey,
		append(onKey, model.Clear, model.Clear, model.Len, model.Len),
		append(onKey, model.Range, model.Range, model.Keys, model.Values, model.All),
		{model.Store, model.Load, model.Clear, model.Range, model.Range, model.Len},
		{model.Store, model.Delete, model.Len},
		{model.Load, model.Load, model.Store, model.Delete, model.Clear, model.Len, model.Range},
	}[rng.IntN(6)]
	for k := range e.keys {
		if rng.IntN(2) == 0 {
			e.init = append(e.init, model.Op{Method: model.Store, Key: k, Value: 1 + rng.IntN(2)})
		}
	}
	for _, o := range e.init {
		e.state, _ = model.Step(e.state, o)
	}
	return e
}

// run lets threads take turns until all have ended, or for at most limit steps.
func (e *execution) run(threads, limit int) {
	e.record.Threads = threads
	e.taken, e.events = make([]int32, threads), make([][]happening, threads)
	for range threads {
		e.threads = append(e.threads, rand.New(rand.NewPCG(e.rng.Uint64(), 0)))
	}
	left := make([]func() (struct{}, bool), threads)
	for t := range threads {
		next, stop := iter.Pull(e.thread(t))
		defer stop()
		left[t] = next
		if _, ok := next(); !ok {
			left[t] = nil
		}
	}
	for range limit {
		var able []int
		for t, next := range left {
			if next != nil {
				able = append(able, t)
			}
		}
		if len(able) == 0 {
			break
		}
		t := able[e.turns.IntN(len(able))]
		if _, ok := left[t](); !ok {
			left[t] = nil
		}
	}
	for i := range e.record.Ops {
		if o := &e.record.Ops[i]; o.Pending {
			o.Last = e.taken[o.Thread]
		}
	}
	e.stamp()
}

// stamp computes the clocks.
func (e *execution) stamp() {
	counts := make([]int32, e.record.Threads)
	for d := range e.trace {
		s := &e.trace[d]
		s.clock = make([]int32, e.record.Threads)
		for _, b := range e.trace[:d] {
			if b.thread == s.thread || b.location == s.location && (b.writes || s.writes) {
				for u, n := range b.clock {
					s.clock[u] = max(s.clock[u], n)
				}
			}
		}
		counts[s.thread]++
		s.clock[s.thread] = counts[s.thread]
	}
}

// clock is the Clock of e.
func (e *execution) clock(thread, n int) []int32 {
	for d := range e.trace {
		if e.trace[d].thread == thread && e.trace[d].clock[thread] == int32(n) {
			return e.trace[d].clock
		}
	}
	panic("no such step")
}

func (e *execution) thread(t int) iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		defer func() {
			if r := recover(); r != nil && r != (cutShort{}) {
				panic(r)
			}
		}()
		take := func() {
			if !yield(struct{}{}) {
				panic(cutShort{})
			}
			e.taken[t]++
			e.trace = append(e.trace, step{thread: t, location: e.threads[t].IntN(3), writes: e.threads[t].IntN(2) == 0})
		}
		for range e.least + e.threads[t].IntN(3-e.least) {
			e.operation(t, NoParent, take)
		}
	}
}

// draw draws an operation. A callback gets no traversal.
func (e *execution) draw(t int, inside bool) model.Op {
	o := model.Op{Method: e.methods[e.threads[t].IntN(len(e.methods))]}
	if inside && o.Method.Traverses() {
		o.Method = model.Load
	}
	if o.Method.OnKey() {
		o.Key = e.threads[t].IntN(e.keys)
		if e.threads[t].IntN(30) == 0 {
			o.Key = model.Unhashable
		}
	}
	if o.Method.Stores() {
		o.Value = 1 + e.threads[t].IntN(2)
	}
	if o.Method.Compares() {
		o.Old = 1 + e.threads[t].IntN(2)
	}
	if o.Method.Traverses() {
		switch e.threads[t].IntN(6) {
		case 0:
			o.Func = &model.Func{Stop: 1}
		case 1:
			o.Func = &model.Func{Panic: 1 + e.threads[t].IntN(2)}
		case 2:
			o.Func = &model.Func{Goexit: 1}
		case 3, 4:
			o.Func = &model.Func{Do: []model.Op{e.draw(t, true)}}
		}
	}
	return o
}

func (e *execution) note(t int, kind history.Kind, op, visit int) {
	e.events[t] = append(e.events[t], happening{kind, op, visit, e.taken[t]})
}

// operation performs a random operation.
func (e *execution) operation(t, parent int, take func()) {
	e.perform(t, parent, e.draw(t, false), take)
}

func (e *execution) perform(t, parent int, o model.Op, take func()) {
	i := len(e.record.Ops)
	e.record.Ops = append(e.record.Ops, Op{
		Thread: t, Parent: parent, Op: o, Pending: true, First: e.taken[t] + 1, Last: e.taken[t],
	})
	e.note(t, history.Called, i, 0)
	some := func(n int) {
		for range e.threads[t].IntN(n) {
			take()
		}
	}
	some(3)
	var r model.Result
	switch {
	case o.Method.Traverses():
		r.Panic = e.traverse(t, i, take)
	case o.Method == model.Clear && e.promise.Clear != model.Strong:
		for k := range e.keys {
			e.state = e.state.With(k, model.Cell{})
			some(2)
		}
	case o.Method == model.Len && e.promise.Len != model.Strong:
		for k := range e.keys {
			if e.state.Cell(k).Present {
				r.Len++
			}
			some(2)
		}
	default:
		e.state, r = model.Step(e.state, o)
	}
	some(2)
	e.note(t, history.Returned, i, 0)
	op := &e.record.Ops[i]
	op.Result, op.Last, op.Pending = r, e.taken[t], false
}

func (e *execution) traverse(t, i int, take func()) model.Panic {
	o := e.record.Ops[i].Op
	at, ends := o.Func.Step()
	for k := range e.keys {
		c := e.state.Cell(k)
		if !c.Present {
			continue
		}
		if e.threads[t].IntN(2) == 0 {
			take()
		}
		v := Visit{Key: k, Value: c.Value, At: e.taken[t]}
		if o.Method == model.Keys {
			v.Value = model.Unseen
		}
		if o.Method == model.Values {
			v.Key = model.Unseen
		}
		op := &e.record.Ops[i]
		op.Visits = append(op.Visits, v)
		n := len(op.Visits)
		e.note(t, history.Visited, i, n-1)
		if n == 1 && o.Func != nil {
			for _, inner := range o.Func.Do {
				e.perform(t, i, inner, take)
			}
		}
		if n == at {
			return ends
		}
	}
	return ""
}

// spoil changes something that was observed.
func (e *execution) spoil() {
	if len(e.record.Ops) == 0 {
		return
	}
	o := &e.record.Ops[e.turns.IntN(len(e.record.Ops))]
	if len(o.Visits) > 0 && o.Op.Method != model.Values {
		v := &o.Visits[e.turns.IntN(len(o.Visits))]
		if e.turns.IntN(2) == 0 || o.Op.Method == model.Keys {
			v.Key = e.turns.IntN(e.keys)
		} else {
			v.Value = e.turns.IntN(3)
		}
		return
	}
	if o.Pending {
		return
	}
	switch m := o.Op.Method; {
	case e.turns.IntN(20) == 0:
		o.Result = model.Result{Panic: model.PanicOther}
	case m == model.Len:
		o.Result.Len = e.turns.IntN(3)
	case m == model.Load || m == model.LoadAndDelete || m == model.Swap:
		o.Result = model.Result{Value: 1 + e.turns.IntN(2), OK: true}
		if e.turns.IntN(2) == 0 {
			o.Result = model.Result{}
		}
	case m.Compares():
		o.Result.OK = !o.Result.OK
	}
}
