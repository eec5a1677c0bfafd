package counterexample

import (
	"slices"

	"github.com/mapspec/mapspec/model"
)

// FirstFiller is the first of the keys whose only use is to fill the initial map of a
// schedule.
const FirstFiller = 100

// A Step is a step of an execution of a schedule, as people read it. It is a line of
// steps.jsonl.
type Step struct {
	Thread    int    `json:"thread"`
	Operation string `json:"operation"` // the operation that it is part of: "Store(k0, v1)"
	// Calls are the operations that were called right before the step.
	Calls []string `json:"calls,omitempty"`
	Kind  string   `json:"kind"` // "load", "lock", …, or NoStep
	// Call is the method or function that the map called: "CompareAndSwap",
	// "RLock", "Gosched".
	Call string `json:"call"`
	// Object is the place of the step's variable in the map, as a Go expression.
	// The prefix "new" says that the variable will be there later, and "old" that
	// it was there before. A variable that is never in the map has a number:
	// "mutex #2".
	Object   string `json:"object"`
	Line     string `json:"line"` // "hashtriemap.go:120"
	Function string `json:"function"`
	Read     string `json:"read,omitempty"`
	Wrote    string `json:"wrote,omitempty"`
	Failed   bool   `json:"failed,omitempty"` // the compare-and-swap or try-lock failed
	// Returns are the operations that returned right after the step: "→ v1, true".
	// If it is another operation than the step's, its name comes first.
	Returns []string `json:"returns,omitempty"`
	// Reason is why the thread does not take the next step. Switch says it for
	// people, with the thread that it waits for.
	Reason Reason `json:"reason,omitempty"`
	Switch string `json:"switch,omitempty"`
	// State is the abstract state after Returns, if all orders that explain the
	// results so far agree on it. It is NoState if there is no such order.
	State string `json:"state,omitempty"`
	// Never says that the step was not taken, because its thread waits forever.
	Never bool `json:"never,omitempty"`
}

// A Reason is why the thread of a step does not take the next one.
type Reason string

const (
	Ended     Reason = "ended"     // all its operations have returned
	Preempted Reason = "preempted" // it could continue
	Yields    Reason = "yields"    // its next step is a yield
	Waits     Reason = "waits"     // for a lock that another thread holds
	Stopped   Reason = "stopped"   // forever, by the schedule's Stall
	Spins     Reason = "spins"     // it takes steps forever
)

// NoStep is the Kind of a Step with only Calls, of a thread that takes no step.
const NoStep = "none"

// NoState is the State from which on no order explains the results.
const NoState = "no order explains this"

// Begin returns the operations that the history begins with. They are Init, without
// the traversals that prepare the initial map of a schedule, as these are not
// recorded.
func (c Counterexample) Begin() []model.Op {
	if c.Look != model.LookSchedule {
		return c.Init
	}
	return slices.DeleteFunc(slices.Clone(c.Init), func(o model.Op) bool { return o.Method.Traverses() })
}
