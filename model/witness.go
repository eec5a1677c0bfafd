package model

import "slices"

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

// A Witness is a program that shows a violation, and how to run and look at it.
type Witness struct {
	Look    Look   `json:"look"`
	Init    []Op   `json:"init,omitempty"` // one after the other, before the threads
	Threads [][]Op `json:"threads"`        // one list for each goroutine
	// Turns is how often a pump's one thread is repeated, its key 1 and its
	// values renamed each time; and how many keys come and go where the look
	// is pin or heap.
	Turns int `json:"turns,omitempty"`
	// Schedule is the order of the threads' steps, with LookSchedule.
	Schedule *Schedule `json:"schedule,omitempty"`
}

// A Schedule is what it takes, besides the program, to run an exploration's
// execution again step by step.
type Schedule struct {
	// New is the Go expression that makes the map.
	New string `json:"new,omitempty"`
	// HashFunctions are functions of the map that hash. The copy that is run
	// replaces them.
	HashFunctions []string `json:"hash_functions,omitempty"`
	// Hashes is the policy by which keys are hashed. Initial names the map that
	// the program begins with, which its Init makes.
	Hashes  string `json:"hashes,omitempty"`
	Initial string `json:"initial,omitempty"`
	// Steps says which thread takes each step: "0x3,1,0" is 0, 0, 0, 1, 0.
	Steps string `json:"steps"`
	// Preemptions is how often a thread that could go on does not.
	Preemptions int `json:"preemptions,omitempty"`
	// Stall, if any, is a thread that stops for ever.
	Stall *Stall `json:"stall,omitempty"`
	// Digest is that of the source that the schedule was found in.
	Digest string `json:"digest,omitempty"`
}

// A Stall stops a thread for ever after a number of steps.
type Stall struct {
	Thread int `json:"thread"`
	After  int `json:"after"`
}

// Program returns the operations that w's Retained are counted by: those of
// Init and of each thread in turn, or what comes and goes inside a paused
// traversal.
func (w Witness) Program() []Op {
	if w.Look == LookPin {
		return slices.Concat(w.Init, w.Churn())
	}
	return slices.Concat(append([][]Op{w.Init}, w.Threads...)...)
}

// Churn returns what comes and goes inside the traversal of a pin.
func (w Witness) Churn() []Op {
	if len(w.Threads) == 0 {
		return nil
	}
	for _, o := range w.Threads[len(w.Threads)-1] {
		if o.Func != nil {
			return o.Func.Do
		}
	}
	return nil
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
