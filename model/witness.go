package model

import "slices"

// A Look says how to run a program and what to look at, to see that the map breaks a
// clause.
type Look string

const (
	// LookResults: run on one goroutine and compare each result, and then the whole
	// map, with the model.
	LookResults Look = "results"
	// LookZero: LookResults with the zero value of the map's type (S9).
	LookZero Look = "zero value"
	// LookSequence: invoke one sequence of All, Keys or Values twice (T2).
	LookSequence Look = "sequence"
	// LookHistory: run on several goroutines and search for an order that explains the
	// history.
	LookHistory Look = "history"
	// LookSchedule: run on several goroutines in the steps of a schedule (package
	// explore). What to look at depends on the clause.
	LookSchedule Look = "schedule"
	// LookRaces: run two goroutines under the race detector (M1, M2).
	LookRaces Look = "races"
	// LookRelease: run on one goroutine and look at what is reachable at rest (R1, S8).
	LookRelease Look = "release"
	// LookPump: repeat the program with new keys and look at what is reachable (R3).
	LookPump Look = "pump"
	// LookPin: store and delete keys during a Range and look at what it pins (R2).
	LookPin Look = "pin"
	// LookHeap: measure how many bytes the map takes when it is empty again (R4).
	LookHeap Look = "heap"
)

// A Witness is a program that shows a violation, with the way to run it.
type Witness struct {
	Look    Look   `json:"look"`
	Init    []Op   `json:"init,omitempty"` // called in order, before the threads start
	Threads [][]Op `json:"threads"`        // the operations of each goroutine
	// Turns depends on Look. For LookPump, it is how often the one thread is
	// repeated, each time with a new key 1 and new values. For LookPin and LookHeap,
	// it is how many keys are stored and deleted.
	Turns int `json:"turns,omitempty"`
	// Schedule is the order of the threads' steps, for LookSchedule.
	Schedule *Schedule `json:"schedule,omitempty"`
}

// A Schedule is everything except the program that is needed to repeat one execution
// of an exploration step by step.
type Schedule struct {
	// New is the Go expression that makes the map.
	New string `json:"new,omitempty"`
	// HashFunctions are the map's hash functions. The instrumented copy replaces them.
	HashFunctions []string `json:"hash_functions,omitempty"`
	// Hashes names the policy that gives keys their hashes.
	Hashes string `json:"hashes,omitempty"`
	// Initial names the initial map, which the program's Init makes.
	Initial string `json:"initial,omitempty"`
	// Steps lists the thread that takes each step: "0x3,1,0" means 0, 0, 0, 1, 0.
	Steps string `json:"steps"`
	// Preemptions counts the switches away from a thread that could continue.
	Preemptions int `json:"preemptions,omitempty"`
	// Stall, if it is not nil, is a thread that stops for ever.
	Stall *Stall `json:"stall,omitempty"`
	// Digest is the digest of the source that the schedule was found in.
	Digest string `json:"digest,omitempty"`
}

// A Stall stops a thread for ever after a number of steps.
type Stall struct {
	Thread int `json:"thread"`
	After  int `json:"after"`
}

// Program returns the operations that the fields Passed and Left of a [Retained]
// refer to: Init and each thread in turn. For LookPin, these are Init and what the
// callback of the traversal calls.
func (w Witness) Program() []Op {
	if w.Look == LookPin {
		return slices.Concat(w.Init, w.Churn())
	}
	return slices.Concat(append([][]Op{w.Init}, w.Threads...)...)
}

// Churn returns the operations that the callback of the traversal calls, for LookPin.
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

// Operations returns the number of operations in w, including callbacks.
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
