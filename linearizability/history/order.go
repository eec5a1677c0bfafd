package history

import (
	"fmt"

	"github.com/mapspec/mapspec/model"
)

// An InvalidError says which line of a history is impossible, and what to do.
// It is the error of [Read] and of [History.Validate].
type InvalidError struct {
	Line int // counted from 1; of a History in memory, the line that Write gives the event
	Why  string
}

func (e *InvalidError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Why) }

// Validate reports whether the events of h can have happened in this order:
// a client has one operation in progress at a time, unless a traversal's
// callback makes calls. The error is an [*InvalidError].
func (h History) Validate() error {
	var o order
	for i := range h.Events {
		if err := o.next(&h.Events[i]); err != nil {
			return &InvalidError{i + 1, err.Error()}
		}
	}
	return nil
}

// An order is told the events of a history one by one and refuses the first
// that is impossible. It holds each identifier once, and what is open.
type order struct {
	begun    bool
	last     int              // Seq of the event before
	returned map[int]struct{} // identifiers of operations that have returned
	open     map[int]opened   // identifiers of operations that have not
	stacks   map[int][]int    // client: its open operations, the innermost last
}

// opened is an operation that has been called and has not returned.
type opened struct {
	client int
	method model.Method
}

func (o *order) next(e *Event) error {
	if o.open == nil {
		o.returned, o.open, o.stacks = map[int]struct{}{}, map[int]opened{}, map[int][]int{}
	}
	switch {
	case e.Seq < 0 || e.ID < 0:
		return fmt.Errorf("seq %d, id %d: want both 0 and up", e.Seq, e.ID)
	case o.begun && e.Seq <= o.last:
		return fmt.Errorf("seq %d after %d: sort the lines by seq and give each its own", e.Seq, o.last)
	}
	o.begun, o.last = true, e.Seq
	switch e.Kind {
	case Called:
		return o.call(e)
	case Visited:
		return o.visit(e)
	case Returned:
		return o.ret(e)
	}
	return fmt.Errorf("%v: want a call, a visit or a return", e.Kind)
}

func (o *order) call(e *Event) error {
	switch {
	case e.Op.Method > model.Len:
		return fmt.Errorf("%v: want a method of the specification", e.Op.Method)
	case e.Client < 0:
		return fmt.Errorf("client %d: want 0 and up", e.Client)
	case e.Parent < NoParent:
		return fmt.Errorf("parent %d: want the id of a traversal, or null", e.Parent)
	}
	_, returned := o.returned[e.ID]
	if _, open := o.open[e.ID]; open || returned {
		return fmt.Errorf("operation %d is called twice: give each call its own id", e.ID)
	}
	stack := o.stacks[e.Client]
	if err := o.nest(e, stack); err != nil {
		return err
	}
	o.open[e.ID] = opened{e.Client, e.Op.Method}
	o.stacks[e.Client] = append(stack, e.ID)
	return nil
}

// nest refuses a call that is not where its parent says.
func (o *order) nest(e *Event, stack []int) error {
	if e.Parent == NoParent {
		if len(stack) == 0 {
			return nil
		}
		inner := stack[len(stack)-1]
		return fmt.Errorf("client %d calls operation %d while its operation %d (%v) is in progress: give it another client, or a parent if a callback makes the call",
			e.Client, e.ID, inner, o.open[inner].method)
	}
	parent, open := o.open[e.Parent]
	_, returned := o.returned[e.Parent]
	switch {
	case returned:
		return fmt.Errorf("parent %d has already returned: a callback makes calls before its traversal returns", e.Parent)
	case !open:
		return fmt.Errorf("parent %d was never called: name an open traversal of client %d, or null", e.Parent, e.Client)
	case !parent.method.Traverses():
		return fmt.Errorf("parent %d is a %v, which calls no function: name an open traversal of client %d, or null", e.Parent, parent.method, e.Client)
	case parent.client != e.Client:
		return fmt.Errorf("parent %d belongs to client %d and the call to client %d: a callback runs on its traversal's client", e.Parent, parent.client, e.Client)
	}
	return o.innermost(e.Parent, "its callback makes another call")
}

// innermost refuses what operation id, which is open, cannot do while an
// operation inside its callback is open.
func (o *order) innermost(id int, what string) error {
	stack := o.stacks[o.open[id].client]
	if inner := stack[len(stack)-1]; inner != id {
		return fmt.Errorf("operation %d is open inside the callback of %d: it must return before %s", inner, id, what)
	}
	return nil
}

func (o *order) visit(e *Event) error {
	op, open := o.open[e.ID]
	_, returned := o.returned[e.ID]
	switch {
	case returned:
		return fmt.Errorf("visit by operation %d, which has returned: a traversal visits before it returns", e.ID)
	case !open:
		return fmt.Errorf("visit by operation %d, which was never called: put its call before it", e.ID)
	case !op.method.Traverses():
		return fmt.Errorf("visit by operation %d, a %v: only Range, All, Keys and Values visit", e.ID, op.method)
	}
	if err := checkVisit(op.method, e.Visit); err != nil {
		return err
	}
	return o.innermost(e.ID, "the next visit")
}

// checkVisit refuses what traversal m cannot hand out. What a line leaves out is
// Unseen.
func checkVisit(m model.Method, v model.Visit) error {
	switch {
	case m == model.Values && v.Key != model.Unseen:
		return fmt.Errorf("visit of key %d by Values, which hands out no keys: leave the key out", v.Key)
	case m == model.Keys && v.Value != model.Unseen:
		return fmt.Errorf("visit of value %d by Keys, which hands out no values: leave the value out", v.Value)
	case m != model.Values && v.Key == model.Unseen:
		return fmt.Errorf(`visit by %v without "key": say which key it hands out`, m)
	case m != model.Keys && v.Value == model.Unseen:
		return fmt.Errorf(`visit by %v without "value": say which value it hands out`, m)
	case m != model.Values && v.Key < model.NaN:
		return fmt.Errorf("visit of key %d: want 0 and up, %d (foreign) or %d (NaN)", v.Key, model.Foreign, model.NaN)
	case m != model.Keys && v.Value < model.Uncomparable:
		return fmt.Errorf("visit of value %d: want 0 and up, %d (foreign) or %d (uncomparable)", v.Value, model.Foreign, model.Uncomparable)
	}
	return nil
}

func (o *order) ret(e *Event) error {
	if _, returned := o.returned[e.ID]; returned {
		return fmt.Errorf("operation %d returns twice: remove one of the returns", e.ID)
	}
	op, open := o.open[e.ID]
	if !open {
		return fmt.Errorf("operation %d returns and was never called: put its call before it", e.ID)
	}
	if err := o.innermost(e.ID, "the traversal returns"); err != nil {
		return err
	}
	stack := o.stacks[op.client]
	o.stacks[op.client] = stack[:len(stack)-1]
	delete(o.open, e.ID)
	o.returned[e.ID] = struct{}{}
	return nil
}
