// Package history represents histories of operations on a map, records them, and
// reads and writes them as JSON lines.
//
// Use it to judge what was recorded anywhere, by any program. A [Recorder] records
// what goroutines do:
//
//	rec := history.NewRecorder(2)
//	c := rec.Client(0) // on the first goroutine:
//	id := c.Call(model.Op{Method: model.Store, Key: 2, Value: 1})
//	m.Store("two", "first value")
//	c.Return(id, model.Result{})
//	…
//	err := rec.History().Write(file) // and then: mapspec history FILE
//
// Programs in other languages write the lines themselves, one per event:
//
//	{"seq":1,"id":7,"client":0,"parent":null,"call":{"op":"Store","key":2,"value":1}}
//	{"seq":2,"id":8,"client":1,"parent":null,"call":{"op":"Range"}}
//	{"seq":3,"id":8,"visit":{"key":2,"value":1}}
//	{"seq":4,"id":7,"return":{}}
//
// Here the Store has returned, and the Range is pending: it may take effect at any
// later time with any result, or never. The map is empty before the first line.
//
// A history is a plain value. It describes the calls that were observed, and says
// nothing about which of them are right.
package history

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/model"
)

// NoParent is the parent of a call that no callback makes.
const NoParent = -1

// A Kind is the kind of an event.
type Kind uint8

const (
	Called   Kind = iota // an operation is called
	Visited              // a traversal passes an entry to its callback
	Returned             // an operation returns or panics
)

func (k Kind) String() string {
	if k <= Returned {
		return [...]string{"call", "visit", "return"}[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// An Event is one line of a history. Its Kind determines which fields are used; the
// others are zero.
type Event struct {
	Seq    int // position in the history, 0 or more; gaps are allowed
	ID     int // the operation that the event belongs to, 0 or more
	Kind   Kind
	Client int          // of a call: the goroutine, 0 or more
	Parent int          // of a call: the traversal whose callback makes it, or NoParent
	Op     model.Op     // of a call
	Visit  model.Visit  // of a visit
	Result model.Result // of a return
}

// A History is a sequence of events in the order in which they happened. The zero
// History is empty.
type History struct {
	Events []Event
}

// An Operation is one call with everything that belongs to it. Call, Return and the
// At of its visits are the Seq of their events.
type Operation struct {
	ID     int
	Client int
	Parent int // the traversal whose callback makes the call, or NoParent
	Op     model.Op
	Result model.Result // zero if pending
	Call   int
	Return int     // negative if pending
	Visits []Visit // of a traversal, in order
}

// A Visit is what a traversal passed to its callback, and the Seq of that event.
type Visit struct {
	At int
	model.Visit
}

// Pending reports whether o has not returned.
func (o Operation) Pending() bool { return o.Return < 0 }

func (o Operation) String() string {
	s := fmt.Sprintf("#%d client %d %v: ", o.ID, o.Client, o.Op)
	if o.Pending() {
		return s + "pending"
	}
	return s + o.Result.Text(o.Op.Method)
}

// Operations returns the operations of h, sorted by call. It ignores visits and
// returns without a call, which [History.Validate] reports.
func (h History) Operations() []Operation {
	calls := 0
	for i := range h.Events {
		if h.Events[i].Kind == Called {
			calls++
		}
	}
	ops := make([]Operation, 0, calls)
	index := make(map[int]int, calls)
	for i := range h.Events {
		e := &h.Events[i]
		if e.Kind == Called {
			index[e.ID] = len(ops)
			ops = append(ops, Operation{
				ID: e.ID, Client: e.Client, Parent: e.Parent, Op: e.Op, Call: e.Seq, Return: -1,
			})
			continue
		}
		at, ok := index[e.ID]
		if !ok {
			continue
		}
		if e.Kind == Visited {
			ops[at].Visits = append(ops[at].Visits, Visit{e.Seq, e.Visit})
		} else {
			ops[at].Return, ops[at].Result = e.Seq, e.Result
		}
	}
	return ops
}

// Of returns the history of ops, which may be in any order.
func Of(ops []Operation) History {
	events := make([]Event, 0, 2*len(ops))
	for i := range ops {
		o := &ops[i]
		events = append(events, Event{
			Seq: o.Call, ID: o.ID, Kind: Called, Client: o.Client, Parent: o.Parent, Op: o.Op,
		})
		for _, v := range o.Visits {
			events = append(events, Event{Seq: v.At, ID: o.ID, Kind: Visited, Visit: v.Visit})
		}
		if !o.Pending() {
			events = append(events, Event{Seq: o.Return, ID: o.ID, Kind: Returned, Result: o.Result})
		}
	}
	slices.SortFunc(events, func(a, b Event) int { return cmp.Compare(a.Seq, b.Seq) })
	return History{events}
}
