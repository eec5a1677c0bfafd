package check

import (
	"math"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// An entry is an operation, or a part of one, as a search sees it.
type entry struct {
	op        model.Op // which instance of a key is passed makes no difference to results: always 0
	result    model.Result
	accept    accept
	kind      kind
	call, ret int
	source    *history.Operation
}

// forever is the return of a pending operation.
const forever = math.MaxInt

// accept says which result of the step an entry accepts.
type accept uint8

const (
	exactly  accept = iota // the one that was seen
	anything               // nobody saw it
	present                // a Load that found something, nobody saw what
	perhaps                // a Clear that may spare the key: see judge.blameKey
)

// kind says which part of an operation an entry is.
type kind uint8

const (
	itself  kind = iota // all of it
	visit               // the Load that a traversal's visit is
	leftOut             // the Load that found nothing, of a key that a traversal left out
	wipe                // the Delete of one key that a Clear is
)

// entryOf returns operation i as an entry.
func (j *judge) entryOf(i int) entry {
	o := &j.ops[i]
	e := entry{op: o.Op, result: o.Result, call: o.Call, ret: o.Return, source: o}
	e.op.Instance, e.op.Func = 0, nil
	if j.pending(i) {
		e.accept, e.ret, e.result = anything, forever, model.Result{}
	}
	return e
}

// idle reports whether e can neither change a state nor contradict one.
func (e *entry) idle() bool { return e.accept == anything && !e.op.Method.Writes() }

// wipeOf returns what Clear i does to key.
func (j *judge) wipeOf(i, key int) entry {
	e := j.entryOf(i)
	e.op, e.result, e.kind = model.Op{Method: model.Delete, Key: key}, model.Result{}, wipe
	return e
}

// visitOf returns visit n of traversal i.
func (j *judge) visitOf(i, n int) entry {
	o := &j.ops[i]
	v := o.Visits[n]
	e := entry{
		op: model.Op{Method: model.Load, Key: v.Key}, result: model.Result{Value: v.Value, OK: true},
		kind: visit, call: o.Call, ret: v.At, source: o,
	}
	if o.Op.Method == model.Keys {
		e.accept = present
	}
	return e
}

// leftOutOf returns the Load of key, which traversal i left out.
func (j *judge) leftOutOf(i, key int) entry {
	o := &j.ops[i]
	return entry{op: model.Op{Method: model.Load, Key: key}, kind: leftOut, call: o.Call, ret: o.Return, source: o}
}

// complete reports whether traversal i left out only keys that it did not
// find: it came to its end by itself. A nil function that was not called
// found nothing to be called for.
func (j *judge) complete(i int) bool {
	o := &j.ops[i]
	return !o.Pending() && o.Result.Panic == "" && !stopped(o)
}

// held is what one key holds: 0 for nothing, value v as v-absentee. It is small
// for ordinary values, so that an interface holds it without an allocation.
type held uint

const nothing held = 0

// absentee is the number below all values, which start at model.Uncomparable.
const absentee = model.Uncomparable - 1

func holding(c model.Cell) held {
	if !c.Present {
		return nothing
	}
	return held(c.Value - absentee)
}

func (h held) cell() model.Cell {
	if h == nothing {
		return model.Cell{}
	}
	return model.Cell{Present: true, Value: int(h) + absentee, Instances: 1}
}

func (h held) String() string {
	if h == nothing {
		return "absent"
	}
	return model.ValueName(h.cell().Value)
}

// stepKey takes e's step from what its key holds, and reports whether e accepts
// the result.
func (e *entry) stepKey(h held) (held, bool) {
	c, want := model.StepKey(h.cell(), e.op)
	switch e.accept {
	case exactly:
		return holding(c), e.result == want
	case present:
		return h, h != nothing
	}
	return holding(c), true
}

// stepState is stepKey for the whole map.
func (e *entry) stepState(s model.State) (model.State, bool) {
	switch e.accept {
	case exactly:
		return model.Allows(s, e.op, e.result)
	case present:
		return s, s.Cell(e.op.Key).Present
	}
	next, _ := model.Step(s, e.op)
	return next, true
}

// reads reports whether e leaves every state that accepts it as it is.
func (e *entry) reads() bool {
	if e.accept != exactly {
		return e.accept == present
	}
	return !e.op.Method.Wrote(e.result)
}

// reveals returns what e's key holds right after e, if e's result says so
// whatever it held before.
func (e *entry) reveals() (held, bool) {
	if e.accept != exactly || e.result.Panic != "" {
		return nothing, false
	}
	stored := holding(model.Cell{Present: true, Value: e.op.Value})
	seen := holding(model.Cell{Present: e.result.OK, Value: e.result.Value})
	switch e.op.Method {
	case model.Load:
		return seen, true
	case model.Store, model.Swap:
		return stored, true
	case model.LoadOrStore:
		if e.result.OK {
			return seen, true
		}
		return stored, true
	case model.LoadAndDelete, model.Delete:
		return nothing, true
	case model.CompareAndSwap:
		return stored, e.result.OK
	case model.CompareAndDelete:
		return nothing, e.result.OK
	}
	return nothing, false
}

// parts says which part of an operation an entry of each kind is.
var parts = [...]model.Part{itself: model.WholePart, visit: model.Visited, leftOut: model.LeftOut, wipe: model.Cleared}

// placed returns e as an explanation speaks of it.
func (e *entry) placed() model.Placed {
	p := model.Placed{
		ID: e.source.ID, Client: e.source.Client, Called: e.call, Op: e.source.Op, Part: parts[e.kind], Key: e.op.Key,
		Result: e.result, Pending: e.ret == forever,
	}
	if !p.Pending {
		p.Ended = e.ret
	}
	return p
}
