package model

import (
	"encoding/json"
	"fmt"
)

// A FailureKind says in which way a map broke a clause. What each kind fills in
// of a [Failure] is listed with it.
type FailureKind string

const (
	// WrongResult: Call returned Got, and the specification wants Want.
	WrongResult FailureKind = "wrong result"
	// WrongTraversal: Call, a traversal, handed out or left out what Misvisit says.
	WrongTraversal FailureKind = "wrong traversal"
	// NoOrder: no order of the concurrent operations explains their results.
	// Order says how far one gets.
	NoOrder FailureKind = "no order"
	// Retains: the map still reaches what is in Retained, Count instances in all.
	Retains FailureKind = "retains"
	// KeepsEqualKeys: of Of equal but distinct keys Count are alive, and not one.
	KeepsEqualKeys FailureKind = "keeps equal keys"
	// Grows: what is retained grows with every turn of the program, without
	// bound. Retained shows the first of it, Measured the growth.
	Grows FailureKind = "grows"
	// Pins: an operation in progress keeps Count of Of instances alive, and the
	// number grows with the keys that come and go. After says that they stay
	// alive when the operation has returned.
	Pins FailureKind = "pins"
	// KeepsTable: the empty map costs Count bytes more after many keys than after
	// few, where Of are allowed.
	KeepsTable FailureKind = "keeps table"
	// Hangs: the calls in Stuck never returned.
	Hangs FailureKind = "hangs"
	// Waits: a Load in Stuck waits for another call, which has stopped.
	Waits FailureKind = "waits"
	// LeaksLock: every call of the program returned, and Call, a read at rest,
	// never does: somebody left a lock held.
	LeaksLock FailureKind = "leaks lock"
	// Races: the race detector saw a data race. Output is its report.
	Races FailureKind = "races"
	// Dies: the map took its process with it. Output is what the process said.
	Dies FailureKind = "dies"
	// NoZeroValue: what New returns is no pointer, so there is no zero value.
	NoZeroValue FailureKind = "no zero value"
	// UnseenCopy: go vet does not notice a copy of the map. Output names the type.
	UnseenCopy FailureKind = "unseen copy"
)

// A Failure is one thing that a map did and may not do. It is made by the
// checker that saw it and handed on as it is; only [Failure.Sentence] and
// [Failure.Lines] put it into words, and no code reads those again.
type Failure struct {
	Kind FailureKind `json:"kind"`
	// AtRest says that a read of the checker's own, after the program, saw it;
	// Zero that the map was the zero value of its type; Turn which invocation of
	// one sequence it was, counted from 1, where a sequence was invoked twice.
	AtRest bool `json:"at_rest,omitempty"`
	Zero   bool `json:"zero,omitempty"`
	Turn   int  `json:"turn,omitempty"`

	Call     *Op       `json:"call,omitempty"`
	Got      *Result   `json:"got,omitempty"`
	Want     *Result   `json:"want,omitempty"`
	Misvisit *Misvisit `json:"misvisit,omitempty"`
	// Should is what the map should hold at that point, as text for people.
	Should string `json:"should,omitempty"`
	// Trace is what a program of one goroutine did until then.
	Trace []Moment `json:"trace,omitempty"`

	Order *Order `json:"order,omitempty"`
	// Operation is the operation of a history that is wrong whatever the others
	// did, so that no order has to be looked for.
	Operation *Placed `json:"operation,omitempty"`
	Stuck     []Stuck `json:"stuck,omitempty"`

	Retained []Retained    `json:"retained,omitempty"`
	Count    int           `json:"count,omitempty"`
	Of       int           `json:"of,omitempty"`
	After    bool          `json:"after,omitempty"`
	Measured []Measurement `json:"measured,omitempty"`

	// Output is what others said: the race detector, or the process that died.
	Output []string `json:"output,omitempty"`
	// Phase is what the process that died was doing, and Exit how it ended.
	Phase string `json:"phase,omitempty"`
	Exit  string `json:"exit,omitempty"`

	// History is the violating history as JSON lines (package history), where
	// there is one.
	History []byte `json:"history,omitempty"`
}

// A Moment is one event of a program of one goroutine: a call, with its result
// if it returned, or a visit of the traversal around it.
type Moment struct {
	Depth  int     `json:"depth,omitempty"` // in how many callbacks
	Call   *Op     `json:"call,omitempty"`
	Result *Result `json:"result,omitempty"`
	Visit  *Visit  `json:"visit,omitempty"`
}

// A Stuck is a call that never returned, and where its goroutine stands.
type Stuck struct {
	Call      *Op    `json:"call,omitempty"` // nil if it is not known
	Goroutine int    `json:"goroutine"`
	Function  string `json:"function,omitempty"`
	Line      string `json:"line,omitempty"` // "map.go:120"
	// State is what it waits in: a goroutine's state, "sync.Mutex.Lock", or the
	// step that it would take, "m.core.mu.Lock".
	State string `json:"state,omitempty"`
}

// A Retained is an allocation that a map reaches and may not.
type Retained struct {
	Value  bool   `json:"is_value,omitempty"` // passed as a value, not as a key
	Index  int    `json:"index"`              // which symbolic key or value
	Passed int    `json:"passed"`             // the operation that passed it to the map, counted from 0
	Left   int    `json:"left"`               // the operation after which the map may not reach it
	Path   string `json:"path"`               // how the map does, as a Go expression
}

// A Measurement is what a map retained at one point of a repeated program.
type Measurement struct {
	Turns  int  `json:"turns"`
	During bool `json:"during,omitempty"` // while the traversal was paused
	Keys   int  `json:"keys"`
	Values int  `json:"values"`
}

// An Order is how far an order of concurrent operations gets that gives each the
// result it had, by the specification.
type Order struct {
	// Whole says that it is an order of the whole map's operations, and not only
	// of those on Key.
	Whole bool `json:"whole,omitempty"`
	Key   int  `json:"key"`
	// Operations is how many there are; Before lists those until the failure, in
	// the order of their calls, the last of them if there are many.
	Operations int      `json:"operations"`
	Before     []Placed `json:"before,omitempty"`
	Skipped    int      `json:"skipped,omitempty"` // operations before those in Before
	// From is what the map, or the key, holds before Longest, as text; Possible
	// is how many states it might be in there, if more than one.
	From     string   `json:"from"`
	Possible int      `json:"possible,omitempty"`
	Longest  []Placed `json:"longest,omitempty"` // the longest order found
	// Left are the operations that are not in Longest, the first to return first.
	// The first of them fits nowhere.
	Left []Placed `json:"left"`
}

// A Part says which part of an operation an order places: keys are ordered one
// by one, and an operation on the whole map has a part for each of them.
type Part string

const (
	WholePart Part = ""         // the operation itself
	Visited   Part = "visited"  // what a traversal found under Key
	LeftOut   Part = "left out" // that a traversal found nothing under Key
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
	// State is what the map, or the key, holds after it, as text; for one that
	// has no place, what it was tried in.
	State string `json:"state,omitempty"`
	// Want is what one that has no place would have returned there; nil if it is
	// pending. Of a part it says whether the key is there, and its value.
	Want *Result `json:"want,omitempty"`
}

// parts says which parts a failure of each kind has at least.
var parts = map[FailureKind]func(f *Failure) bool{
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

// UnmarshalJSON reads a failure. One of an unknown kind, or that lacks what its
// kind has, is an error.
func (f *Failure) UnmarshalJSON(b []byte) error {
	type plain Failure
	if err := json.Unmarshal(b, (*plain)(f)); err != nil {
		return err
	}
	complete, known := parts[f.Kind]
	if !known {
		return fmt.Errorf("failure kind %q: want one of docs/json.md", f.Kind)
	}
	if !complete(f) {
		return fmt.Errorf("a failure of kind %q lacks what its kind has: see docs/json.md", f.Kind)
	}
	return nil
}
