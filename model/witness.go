package model

// A Look is how one looks at a program to see that it breaks a clause.
type Look string

const (
	// LookResults: on one goroutine, each result against the model, and then
	// the map as a whole.
	LookResults Look = "results"
	// LookZero is LookResults on the zero value of the map's type (S9).
	LookZero Look = "zero value"
	// LookSequence: one sequence of All, Keys or Values, invoked twice (T2).
	LookSequence Look = "sequence"
	// LookHistory: on several goroutines, whether any order explains the history.
	LookHistory Look = "history"
	// LookSchedule: on several goroutines, in the steps that a schedule says
	// (package explore); what is looked at follows from the clause.
	LookSchedule Look = "schedule"
	// LookRaces: two goroutines under the race detector (M1, M2).
	LookRaces Look = "races"
	// LookRelease: on one goroutine, what is reachable at rest (R1, S8).
	LookRelease Look = "release"
	// LookPump: what is reachable after the program was repeated on fresh keys (R3).
	LookPump Look = "pump"
	// LookPin: what a Range in progress pins of keys that come and go (R2).
	LookPin Look = "pin"
	// LookHeap: the bytes that the map costs when it is empty again (R4).
	LookHeap Look = "heap"
)

// A Witness is a program that shows a violation, and how to look at it.
type Witness struct {
	Look    Look   `json:"look"`
	Init    []Op   `json:"init,omitempty"` // one after the other, before the threads
	Threads [][]Op `json:"threads"`        // one list a goroutine
	// Turns is how often a pump's one thread is repeated, its key 1 and its
	// values renamed each time; and how many keys come and go where the look
	// is pin or heap.
	Turns int `json:"turns,omitempty"`
}

// Operations counts the operations of w, those in callbacks included.
func (w Witness) Operations() int {
	n := countOps(w.Init)
	for _, t := range w.Threads {
		n += countOps(t)
	}
	return n
}

func countOps(ops []Op) int {
	n := len(ops)
	for _, o := range ops {
		if o.Func != nil {
			n += countOps(o.Func.Do)
		}
	}
	return n
}

// A Retained is an allocation that a map reaches and may not.
type Retained struct {
	What   string `json:"what"`   // "key k1", "value v2"
	Passed int    `json:"passed"` // the operation that passed it to the map, counted from 0
	Left   int    `json:"left"`   // the operation after which the map may not reach it
	Path   string `json:"path"`   // how the map does, as a Go expression
}
