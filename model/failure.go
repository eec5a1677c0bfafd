package model

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// A FailureKind is a way in which a map can break a clause. The comment on each
// kind names the fields of [Failure] that it fills in.
type FailureKind string

const (
	// WrongResult: Call returned Got, but the specification wants Want.
	WrongResult FailureKind = "wrong result"
	// WrongTraversal: Call, a traversal, made the wrong visit that is Misvisit, or
	// left it out.
	WrongTraversal FailureKind = "wrong traversal"
	// NoOrder: no order of the concurrent operations explains their results. Order
	// is the longest attempt.
	NoOrder FailureKind = "no order"
	// Retains: the map still reaches what is in Retained, Count instances in all.
	Retains FailureKind = "retains"
	// KeepsEqualKeys: Count of the Of equal but distinct keys are alive, instead of
	// one.
	KeepsEqualKeys FailureKind = "keeps equal keys"
	// Grows: the map retains more each time the program is repeated, without bound.
	// Retained has an example, and Measured the growth.
	Grows FailureKind = "grows"
	// Pins: an operation in progress keeps Count of Of instances alive, and the
	// number grows with the keys that come and go. After says that they stay
	// alive when the operation has returned.
	Pins FailureKind = "pins"
	// KeepsTable: the empty map takes Count bytes more after many keys than after
	// few. At most Of are allowed.
	KeepsTable FailureKind = "keeps table"
	// Hangs: the calls in Stuck never returned.
	Hangs FailureKind = "hangs"
	// Waits: the Load in Stuck waits for another call, which has stopped.
	Waits FailureKind = "waits"
	// LeaksLock: every call of the program returned, but Call, a read at rest, never
	// returns. An earlier call left a lock held.
	LeaksLock FailureKind = "leaks lock"
	// Races: the race detector saw a data race. Output is its report.
	Races FailureKind = "races"
	// Dies: the map ended its process. Output is what the process printed.
	Dies FailureKind = "dies"
	// NoZeroValue: New does not return a pointer, so there is no zero value to use.
	NoZeroValue FailureKind = "no zero value"
	// UnseenCopy: go vet does not report a copy of the map. Output names the type.
	UnseenCopy FailureKind = "unseen copy"
)

// A Failure is something that a map did and must not do. The checker that saw it
// makes the Failure, and everything else passes it on unchanged. Only
// [Failure.Sentence] and [Failure.Lines] put it into words, and no code parses
// these.
type Failure struct {
	Kind FailureKind `json:"kind"`
	// AtRest says that the checker's own reads saw it, after the program.
	AtRest bool `json:"at_rest,omitempty"`
	// Zero says that the map was the zero value of its type.
	Zero bool `json:"zero,omitempty"`
	// Turn is 1 or 2 if a sequence was invoked twice and this is what the first or
	// second invocation did.
	Turn int `json:"turn,omitempty"`

	Call     *Op       `json:"call,omitempty"`
	Got      *Result   `json:"got,omitempty"`
	Want     *Result   `json:"want,omitempty"`
	Misvisit *Misvisit `json:"misvisit,omitempty"`
	// Should is what the map should hold at that point, as text for people.
	Should string `json:"should,omitempty"`
	// Trace is what a program of one goroutine did up to the failure.
	Trace []Moment `json:"trace,omitempty"`

	Order *Order `json:"order,omitempty"`
	// Operation is an operation of a history that is wrong regardless of the others,
	// so that no order has to be searched for.
	Operation *Placed `json:"operation,omitempty"`
	Stuck     []Stuck `json:"stuck,omitempty"`

	Retained []Retained    `json:"retained,omitempty"`
	Count    int           `json:"count,omitempty"`
	Of       int           `json:"of,omitempty"`
	After    bool          `json:"after,omitempty"`
	Measured []Measurement `json:"measured,omitempty"`

	// Output is the report of the race detector, or what a process that died printed.
	Output []string `json:"output,omitempty"`
	// Phase is what the process that died was doing, and Exit is how it ended.
	Phase string `json:"phase,omitempty"`
	Exit  string `json:"exit,omitempty"`

	// History is the violating history as JSON lines (package history), if there is
	// one.
	History []byte `json:"history,omitempty"`
}

// A Moment is one event of a program of one goroutine: a call, with its result if
// it returned, or a visit by the enclosing traversal.
type Moment struct {
	Depth  int     `json:"depth,omitempty"` // number of enclosing callbacks
	Call   *Op     `json:"call,omitempty"`
	Result *Result `json:"result,omitempty"`
	Visit  *Visit  `json:"visit,omitempty"`
}

// A Stuck is a call that never returned, and the line where its goroutine is.
type Stuck struct {
	Call      *Op    `json:"call,omitempty"` // nil if it is not known
	Goroutine int    `json:"goroutine"`
	Function  string `json:"function,omitempty"`
	Line      string `json:"line,omitempty"` // "map.go:120"
	// State is what the goroutine waits in, such as "sync.Mutex.Lock", or the step
	// that it would take next, such as "m.core.mu.Lock".
	State string `json:"state,omitempty"`
}

// A Retained is an allocation that a map reaches and must not reach.
type Retained struct {
	Value  bool   `json:"is_value,omitempty"` // passed as a value, not as a key
	Index  int    `json:"index"`              // which symbolic key or value
	Passed int    `json:"passed"`             // the operation that passed it to the map, counted from 0
	Left   int    `json:"left"`               // the operation after which the map must not reach it
	Path   string `json:"path"`               // leads from the map to it, as a Go expression
}

// A Measurement is what a map retained at one point of a repeated program.
type Measurement struct {
	Turns  int  `json:"turns"`
	During bool `json:"during,omitempty"` // while the traversal was paused
	Keys   int  `json:"keys"`
	Values int  `json:"values"`
}

// An Order is an attempt to order concurrent operations so that each has the
// result that the specification gives it there. It is the longest one found.
type Order struct {
	// Whole says that all operations on the map are ordered, instead of only the
	// ones on Key.
	Whole bool `json:"whole,omitempty"`
	Key   int  `json:"key"`
	// Operations is the number of operations to order.
	Operations int `json:"operations"`
	// Before lists the operations up to the failure in the order of their calls. If
	// there are many, it has the last ones, and Skipped counts the earlier ones.
	Before  []Placed `json:"before,omitempty"`
	Skipped int      `json:"skipped,omitempty"`
	// From is the state of the map, or of the key, before Longest, as text. Possible
	// is the number of states that were possible there, if more than one.
	From     string   `json:"from"`
	Possible int      `json:"possible,omitempty"`
	Longest  []Placed `json:"longest,omitempty"`
	// Left lists the operations that are not in Longest, the first to return first.
	// The first one fits nowhere.
	Left []Placed `json:"left"`
}

// A Part says which part of an operation an order places. Each key has an order of
// its own, so an operation on the whole map has a part for each key.
type Part string

const (
	WholePart Part = ""         // the operation itself
	Visited   Part = "visited"  // what a traversal found under Key
	LeftOut   Part = "left out" // a traversal found nothing under Key
	Cleared   Part = "cleared"  // the deletion of Key by a Clear
)

// A Placed is an operation in an order, or one that has no place in it.
type Placed struct {
	ID      int    `json:"id"`     // of the operation in the history
	Client  int    `json:"client"` // the goroutine that called it
	Called  int    `json:"called"`
	Ended   int    `json:"ended,omitempty"` // 0 while it is pending
	Op      Op     `json:"op"`
	Part    Part   `json:"part,omitempty"`
	Key     int    `json:"key,omitempty"`
	Result  Result `json:"result"`
	Pending bool   `json:"pending,omitempty"`
	// State is the state of the map, or of the key, after the operation, as text. If
	// the operation has no place, it is the state in which it was tried.
	State string `json:"state,omitempty"`
	// Want is what an operation without a place would have returned in State. It is
	// nil if the operation is pending. For a part of an operation, it says whether
	// the key is present, and its value.
	Want *Result `json:"want,omitempty"`
}

// isComplete reports, for each kind, whether a failure has the fields that Sentence
// and Lines need.
var isComplete = map[FailureKind]func(f *Failure) bool{
	WrongResult:    func(f *Failure) bool { return f.Call != nil && f.Got != nil },
	WrongTraversal: func(f *Failure) bool { return f.Call != nil && f.Misvisit != nil },
	NoOrder:        func(f *Failure) bool { return f.Order != nil && len(f.Order.Left) > 0 },
	Retains:        func(f *Failure) bool { return len(f.Retained) > 0 },
	KeepsEqualKeys: func(f *Failure) bool { return f.Of > 0 },
	Grows:          func(f *Failure) bool { return len(f.Retained) > 0 && len(f.Measured) > 0 },
	Pins:           func(f *Failure) bool { return f.Of > 0 },
	KeepsTable:     func(f *Failure) bool { return f.Count > 0 },
	Hangs:          func(f *Failure) bool { return len(f.Stuck) > 0 },
	Waits:          func(f *Failure) bool { return len(f.Stuck) > 0 },
	LeaksLock:      func(*Failure) bool { return true },
	Races:          func(*Failure) bool { return true },
	Dies:           func(*Failure) bool { return true },
	NoZeroValue:    func(*Failure) bool { return true },
	UnseenCopy:     func(f *Failure) bool { return len(f.Output) > 0 },
}

// UnmarshalJSON reads a failure. An unknown kind is an error, and so is a field
// that the kind needs and that is missing.
func (f *Failure) UnmarshalJSON(b []byte) error {
	type plain Failure
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode((*plain)(f)); err != nil {
		return err
	}
	complete, known := isComplete[f.Kind]
	if !known {
		return fmt.Errorf("unknown failure kind %q: docs/json.md lists the kinds", f.Kind)
	}
	if !complete(f) {
		return fmt.Errorf("a failure of kind %q lacks a field that this kind needs: see docs/json.md", f.Kind)
	}
	return nil
}
