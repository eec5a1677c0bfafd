package counterexample

import (
	"slices"

	"github.com/mapspec/mapspec/model"
)

// FirstFiller is the first of the keys that only fill the map that a schedule
// begins with.
const FirstFiller = 100

// A Step is one of a schedule's execution, for people. A line of steps.jsonl.
type Step struct {
	Thread    int    `json:"thread"`
	Operation string `json:"operation"` // that it belongs to: "Store(k0, v1)"
	// Calls were made right before the step.
	Calls []string `json:"calls,omitempty"`
	Kind  string   `json:"kind"` // "load", "lock", …; NoStep
	// Call is the method or function that the map called: "CompareAndSwap",
	// "RLock", "Gosched".
	Call string `json:"call"`
	// Object is where in the map it is, as a Go expression. "new" before it says
	// that it will be there, "old" that it was there; what never is has a number:
	// "mutex #2".
	Object   string `json:"object"`
	Line     string `json:"line"` // "hashtriemap.go:120"
	Function string `json:"function"`
	Read     string `json:"read,omitempty"`
	Wrote    string `json:"wrote,omitempty"`
	Failed   bool   `json:"failed,omitempty"` // a compare-and-swap, or a try-lock
	// Returns are operations that returned right after the step: "→ v1, true",
	// with the operation before it if it is not this one.
	Returns []string `json:"returns,omitempty"`
	// Reason is why its thread does not take the next step; Switch says the same
	// to people, and whom a thread waits for.
	Reason Reason `json:"reason,omitempty"`
	Switch string `json:"switch,omitempty"`
	// State is the abstract map after Returns, if every order that explains the
	// results so far gives the same, or says that there is no such order.
	State string `json:"state,omitempty"`
	// Never says that the step was not taken: its thread waits for ever.
	Never bool `json:"never,omitempty"`
}

// A Reason is why the thread of a step does not take the next one.
type Reason string

const (
	Ended     Reason = "ended"     // all its operations have returned
	Preempted Reason = "preempted" // it could go on
	Yields    Reason = "yields"    // its next step is a yield
	Waits     Reason = "waits"     // for a lock that another thread holds
	Stopped   Reason = "stopped"   // for ever, by the schedule's Stall
)

// NoStep is the Kind of what is no step: the Calls of a thread that takes none.
const NoStep = "none"

// NoState is the State after which no order explains the results any more.
const NoState = "no order explains this"

// Begin is what the history begins with: Init, but for traversals that prepare
// the map for a schedule, of which nothing is recorded.
func (c Counterexample) Begin() []model.Op {
	if c.Look != model.LookSchedule {
		return c.Init
	}
	return slices.DeleteFunc(slices.Clone(c.Init), func(o model.Op) bool { return o.Method.Traverses() })
}
