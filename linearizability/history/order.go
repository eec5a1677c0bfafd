package history

import (
	"fmt"

	"github.com/mapspec/mapspec/model"
)

// An InvalidError says which line of a history is impossible, and what to do about
// it. [Read] and [History.Validate] return it.
type InvalidError struct {
	Line int // counted from 1; of a History in memory, the line that Write gives the event
	Why  string
}

func (e *InvalidError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Why) }

// Validate returns an [*InvalidError] if the events of h cannot have happened in
// this order. A client has one operation in progress at a time, except that a
// traversal's callback may make calls.
func (h History) Validate() error {
	var v validator
	for i := range h.Events {
		if err := v.accept(&h.Events[i]); err != nil {
			return &InvalidError{i + 1, err.Error()}
		}
	}
	return nil
}

// A validator accepts the events of a history one by one and rejects the first that
// is impossible.
type validator struct {
	begun    bool
	last     int                   // Seq of the previous event
	returned map[int]struct{}      // IDs of operations that have returned
	open     map[int]openOperation // operations in progress, by ID
	stacks   map[int][]int         // by client: the IDs of its open operations, innermost last
}

// An openOperation has been called and has not returned.
type openOperation struct {
	client int
	method model.Method
}

func (v *validator) accept(e *Event) error {
	if v.open == nil {
		v.returned, v.open, v.stacks = map[int]struct{}{}, map[int]openOperation{}, map[int][]int{}
	}
	switch {
	case e.Seq < 0 || e.ID < 0:
		return fmt.Errorf("seq %d, id %d: both must be 0 or more", e.Seq, e.ID)
	case v.begun && e.Seq <= v.last:
		return fmt.Errorf("seq %d follows seq %d: sort the lines by seq, and give each line its own", e.Seq, v.last)
	}
	v.begun, v.last = true, e.Seq
	switch e.Kind {
	case Called:
		return v.acceptCall(e)
	case Visited:
		return v.acceptVisit(e)
	case Returned:
		return v.acceptReturn(e)
	}
	return fmt.Errorf("%v: want a call, a visit or a return", e.Kind)
}

func (v *validator) acceptCall(e *Event) error {
	switch {
	case e.Op.Method > model.Len:
		return fmt.Errorf("method %v is not in the specification", e.Op.Method)
	case e.Client < 0:
		return fmt.Errorf("client %d: must be 0 or more", e.Client)
	case e.Parent < NoParent:
		return fmt.Errorf("parent %d: want the id of a traversal, or null", e.Parent)
	}
	_, returned := v.returned[e.ID]
	if _, open := v.open[e.ID]; open || returned {
		return fmt.Errorf("operation %d is called twice: give each call its own id", e.ID)
	}
	stack := v.stacks[e.Client]
	if err := v.checkParent(e, stack); err != nil {
		return err
	}
	v.open[e.ID] = openOperation{e.Client, e.Op.Method}
	v.stacks[e.Client] = append(stack, e.ID)
	return nil
}

// checkParent returns an error if e, a call, does not happen where its parent says.
// stack has the open operations of its client.
func (v *validator) checkParent(e *Event, stack []int) error {
	if e.Parent == NoParent {
		if len(stack) == 0 {
			return nil
		}
		inner := stack[len(stack)-1]
		return fmt.Errorf("client %d calls operation %d while its operation %d (%v) is in progress: give it another client, or a parent if a callback makes the call",
			e.Client, e.ID, inner, v.open[inner].method)
	}
	parent, open := v.open[e.Parent]
	_, returned := v.returned[e.Parent]
	switch {
	case returned:
		return fmt.Errorf("parent %d has already returned: a callback makes calls before its traversal returns", e.Parent)
	case !open:
		return fmt.Errorf("parent %d was never called: name an open traversal of client %d, or null", e.Parent, e.Client)
	case !parent.method.Traverses():
		return fmt.Errorf("parent %d is a %v, which has no callback: name an open traversal of client %d, or null", e.Parent, parent.method, e.Client)
	case parent.client != e.Client:
		return fmt.Errorf("parent %d belongs to client %d, but the call to client %d: a callback runs on the client of its traversal", e.Parent, parent.client, e.Client)
	}
	return v.requireInnermost(e.Parent, "the callback makes another call")
}

// requireInnermost returns an error if operation id, which is open, has another
// operation open inside its callback.
func (v *validator) requireInnermost(id int, what string) error {
	stack := v.stacks[v.open[id].client]
	if inner := stack[len(stack)-1]; inner != id {
		return fmt.Errorf("operation %d is in progress inside the callback of operation %d: it must return before %s", inner, id, what)
	}
	return nil
}

func (v *validator) acceptVisit(e *Event) error {
	op, open := v.open[e.ID]
	_, returned := v.returned[e.ID]
	switch {
	case returned:
		return fmt.Errorf("visit by operation %d, which has returned: a traversal visits before it returns", e.ID)
	case !open:
		return fmt.Errorf("visit by operation %d, which was never called: its call must come before the visit", e.ID)
	case !op.method.Traverses():
		return fmt.Errorf("visit by operation %d, a %v: only Range, All, Keys and Values visit", e.ID, op.method)
	}
	if err := validateVisit(op.method, e.Visit); err != nil {
		return err
	}
	return v.requireInnermost(e.ID, "the next visit")
}

// validateVisit returns an error if traversal m cannot visit v. Fields that a line
// omits are Unseen.
func validateVisit(m model.Method, v model.Visit) error {
	switch {
	case m == model.Values && v.Key != model.Unseen:
		return fmt.Errorf("visit of key %d by Values, which passes no keys: omit the key", v.Key)
	case m == model.Keys && v.Value != model.Unseen:
		return fmt.Errorf("visit of value %d by Keys, which passes no values: omit the value", v.Value)
	case m != model.Values && v.Key == model.Unseen:
		return fmt.Errorf(`visit by %v without "key": add the key that it passes`, m)
	case m != model.Keys && v.Value == model.Unseen:
		return fmt.Errorf(`visit by %v without "value": add the value that it passes`, m)
	case m != model.Values && v.Key < model.NaN:
		return fmt.Errorf("visit of key %d: want 0 or more, %d (foreign) or %d (NaN)", v.Key, model.Foreign, model.NaN)
	case m != model.Keys && v.Value < model.Uncomparable:
		return fmt.Errorf("visit of value %d: want 0 or more, %d (foreign) or %d (uncomparable)", v.Value, model.Foreign, model.Uncomparable)
	}
	return nil
}

func (v *validator) acceptReturn(e *Event) error {
	if _, returned := v.returned[e.ID]; returned {
		return fmt.Errorf("operation %d returns twice: remove one of the returns", e.ID)
	}
	op, open := v.open[e.ID]
	if !open {
		return fmt.Errorf("operation %d returns but was never called: its call must come before its return", e.ID)
	}
	if err := v.requireInnermost(e.ID, "the traversal does"); err != nil {
		return err
	}
	stack := v.stacks[op.client]
	v.stacks[op.client] = stack[:len(stack)-1]
	delete(v.open, e.ID)
	v.returned[e.ID] = struct{}{}
	return nil
}
