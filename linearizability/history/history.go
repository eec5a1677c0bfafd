// Package history holds what was to be run and what was seen: programs,
// histories, and their JSON lines.
//
//	program.go   initial operations, then one list of operations a goroutine
//	history.go   calls, visits and returns in the order in which they happened
//	order.go     which orders of events are possible at all
//	line.go      an event as one line of JSON
//	read.go      a stream of lines as a history, and back
//	recorder.go  a history of real goroutines
//	journal.go   an append-only list with one writer, readable at any time
//
// A history is a plain value. Whoever recorded it, it can be saved, read back
// and judged elsewhere:
//
//	{"seq":1,"id":7,"client":0,"parent":null,"call":{"op":"Store","key":2,"value":1}}
//	{"seq":2,"id":8,"client":1,"parent":null,"call":{"op":"Range"}}
//	{"seq":3,"id":8,"visit":{"key":2,"value":1}}
//	{"seq":4,"id":7,"return":{}}
//
// Here Store has returned and Range has not: Range is pending. It may take
// effect at any later time with any result, or never. The map is empty before
// the first line.
package history

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/model"
)

// NoParent is the parent of a call that no callback made.
const NoParent = -1

// A Kind says what an event is.
type Kind uint8

const (
	Called   Kind = iota // an operation is called
	Visited              // a traversal hands an entry to its callback
	Returned             // an operation returns, or panics
)

func (k Kind) String() string {
	if k <= Returned {
		return [...]string{"call", "visit", "return"}[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// An Event is one line of a history. Which fields count follows from Kind; the
// others are zero.
type Event struct {
	Seq    int // its place in the order, 0 and up; gaps are fine
	ID     int // the operation it belongs to, 0 and up
	Kind   Kind
	Client int          // of a call: the goroutine, 0 and up
	Parent int          // of a call: the traversal whose callback makes it, or NoParent
	Op     model.Op     // of a call
	Visit  model.Visit  // of a visit
	Result model.Result // of a return
}

// A History is what happened, in order. The zero History is empty.
type History struct {
	Events []Event
}

// An Operation is one call with all that belongs to it. Call, Return and the
// visits' At are the Seq of their events.
type Operation struct {
	ID     int
	Client int
	Parent int // the traversal whose callback makes the call, or NoParent
	Op     model.Op
	Result model.Result // zero if pending
	Call   int
	Return int     // negative if pending
	Visits []Visit // what a traversal handed out, in order
}

// A Visit is what a traversal handed to its callback, and when.
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

// Operations returns the operations of h in the order of their calls. A visit
// or a return without a call is left out; see [History.Validate].
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

// Of returns the history of ops, which may come in any order.
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
