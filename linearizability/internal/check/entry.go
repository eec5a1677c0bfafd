package check

import (
	"math"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// An entry is an operation, or a part of one, as a search sees it.
type entry struct {
	op        model.Op // without the instance of the key, which makes no difference to results
	result    model.Result
	accept    acceptance
	kind      entryKind
	call, ret int
	source    *history.Operation
}

// forever is the return of a pending operation.
const forever = math.MaxInt

// An acceptance says which results of the step an entry accepts.
type acceptance uint8

const (
	exactly  acceptance = iota // the result that was observed
	anything                   // any: no result was observed
	present                    // any value: a Load found one that was not observed
	perhaps                    // a Clear that may spare the key; see judge.blameKey
)

// An entryKind says which part of an operation an entry is.
type entryKind uint8

const (
	itself  entryKind = iota // all of it
	visit                    // of a traversal: the Load of a key that it visited
	leftOut                  // of a traversal: the Load of a key that it did not visit
	wipe                     // of a Clear: the Delete of one key
)

// entryOf returns the entry of operation i.
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

// wipeOf returns the entry of Clear i on key.
func (j *judge) wipeOf(i, key int) entry {
	e := j.entryOf(i)
	e.op, e.result, e.kind = model.Op{Method: model.Delete, Key: key}, model.Result{}, wipe
	return e
}

// visitOf returns the entry of visit n of traversal i.
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

// leftOutOf returns the entry of traversal i on key, which it did not visit.
func (j *judge) leftOutOf(i, key int) entry {
	o := &j.ops[i]
	return entry{op: model.Op{Method: model.Load, Key: key}, kind: leftOut, call: o.Call, ret: o.Return, source: o}
}

// ranToEnd reports whether traversal i visited every key that it found, rather
// than being stopped. That includes a nil function that was not called, since it
// would have been called had the traversal found a key.
func (j *judge) ranToEnd(i int) bool {
	o := &j.ops[i]
	return !o.Pending() && o.Result.Panic == "" && !stoppedByFunc(o)
}

// A content is what one key holds: 0 for nothing, v-valueBase for value v. It is
// small for ordinary values, so that converting it to an interface does not
// allocate.
type content uint

const absent content = 0

// valueBase is the number just below all values, which start at
// model.Uncomparable.
const valueBase = model.Uncomparable - 1

func pack(c model.Cell) content {
	if !c.Present {
		return absent
	}
	return content(c.Value - valueBase)
}

func (h content) cell() model.Cell {
	if h == absent {
		return model.Cell{}
	}
	return model.Cell{Present: true, Value: int(h) + valueBase, Instances: 1}
}

func (h content) String() string {
	if h == absent {
		return "absent"
	}
	return model.ValueName(h.cell().Value)
}

// stepKey applies e to a key that holds h. It returns what the key holds then,
// and whether e accepts the result.
func (e *entry) stepKey(h content) (content, bool) {
	c, want := model.StepKey(h.cell(), e.op)
	switch e.accept {
	case exactly:
		return pack(c), e.result == want
	case present:
		return h, h != absent
	}
	return pack(c), true
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

// reads reports whether e leaves every state that accepts it unchanged.
func (e *entry) reads() bool {
	if e.accept != exactly {
		return e.accept == present
	}
	return !e.op.Method.Wrote(e.result)
}

// reveals returns what e's key holds right after e, if e's result alone
// determines it.
func (e *entry) reveals() (content, bool) {
	if e.accept != exactly || e.result.Panic != "" {
		return absent, false
	}
	stored := pack(model.Cell{Present: true, Value: e.op.Value})
	seen := pack(model.Cell{Present: e.result.OK, Value: e.result.Value})
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
		return absent, true
	case model.CompareAndSwap:
		return stored, e.result.OK
	case model.CompareAndDelete:
		return absent, e.result.OK
	}
	return absent, false
}

// parts maps each kind of entry to the part of the operation that it is.
var parts = [...]model.Part{itself: model.WholePart, visit: model.Visited, leftOut: model.LeftOut, wipe: model.Cleared}

// placed returns e for an explanation, without a state and the result wanted.
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
