package search

import (
	"fmt"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Result is what an exploration found.
type Result struct {
	// Executions counts the executions that completed, deadlocked or livelocked.
	Executions int
	// Classes counts the equivalence classes of Executions, with Options.Distinct.
	Classes int
	// CutShort counts the executions that were cut short, because sleep sets
	// showed that every way to complete them repeats a class.
	CutShort int
	// Limited counts the executions that reached the limit on steps.
	Limited int
	// Steps counts the steps of all executions.
	Steps int
	// Failures counts the executions that failed. Failure is the first.
	Failures int
	Failure  *Failure
	Coverage Coverage
}

// Redundant returns how many executions were equivalent to an earlier one, with
// Options.Distinct.
func (r Result) Redundant() int { return r.Executions - r.Classes }

// Failure is an execution that failed.
type Failure struct {
	Ending   sched.Ending
	Err      error    // what is wrong
	Schedule Schedule // for [Replay]
}

func (f *Failure) String() string { return fmt.Sprintf("%v (schedule %v)", f.Err, f.Schedule) }

// Bound is a reason why an exploration did not cover everything.
type Bound string

// The reasons why an exploration may not cover everything.
const (
	Budget       Bound = "budget"            // MaxExecutions or Timeout
	Halted       Bound = "halted"            // Stop returned true
	StepLimit    Bound = "step limit"        // an execution did not end
	Spins        Bound = "spins"             // rounds of a loop with Yield were left out
	FirstFailure Bound = "first failure"     // there was a failure, without KeepGoing
	Sampled      Bound = "sampled schedules" // Sample ran
	OneSchedule  Bound = "one schedule"      // Replay ran

	FewPreemptions Bound = "few preemptions" // the strategy is Preemptions
)

// Coverage says whether every class was explored. Bounds are the reasons why not.
type Coverage struct{ Bounds []Bound }

// Complete reports whether every class was explored.
func (c Coverage) Complete() bool { return len(c.Bounds) == 0 }

func (c Coverage) String() string {
	if c.Complete() {
		return "complete"
	}
	names := make([]string, len(c.Bounds))
	for i, b := range c.Bounds {
		names[i] = string(b)
	}
	return "bounded: " + strings.Join(names, ", ")
}

// add adds a bound unless it is there already.
func (c *Coverage) add(b Bound) {
	for _, have := range c.Bounds {
		if have == b {
			return
		}
	}
	c.Bounds = append(c.Bounds, b)
}

// DivergenceError says that a program is not deterministic: it did something else
// although the same threads took the same steps. Look for random numbers,
// iteration over a Go map, addresses used as data, pools, clocks, and state that
// Setup does not create.
type DivergenceError struct {
	Step      int
	Want, Got string
	Schedule  Schedule // up to Step
}

func (e *DivergenceError) Error() string {
	return fmt.Sprintf("search: the program diverged at step %d, after the same schedule %q: it was %s and is now %s: "+
		"make the program deterministic, and let Setup create all of its state", e.Step, e.Schedule, e.Want, e.Got)
}

// SetupError says that Setup did not complete.
type SetupError struct{ Ending sched.Ending }

func (e *SetupError) Error() string { return fmt.Sprintf("search: Setup does not end: %v", e.Ending) }
