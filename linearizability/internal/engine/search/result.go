package search

import (
	"fmt"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Result is what an exploration found.
type Result struct {
	// Executions ended by themselves: completed, deadlocked or livelocked.
	Executions int
	// Classes are the different ones among Executions, with Options.Distinct.
	Classes int
	// CutShort executions were given up, as sleep sets showed that each way
	// to end them is equivalent to an execution explored before.
	CutShort int
	// Limited executions reached the limit of steps.
	Limited int
	// Steps counts the steps of all executions.
	Steps int
	// Failures among Executions, and the first.
	Failures int
	Failure  *Failure
	Coverage Coverage
}

// Redundant is how many executions were equivalent to an earlier one, with
// Options.Distinct.
func (r Result) Redundant() int { return r.Executions - r.Classes }

// Failure is an execution that should not be.
type Failure struct {
	Ending sched.Ending
	// Err says what is wrong.
	Err error
	// Schedule replays the execution: see [Replay].
	Schedule Schedule
}

func (f *Failure) String() string { return fmt.Sprintf("%v (schedule %v)", f.Err, f.Schedule) }

// Bound is a reason why an exploration did not cover everything.
type Bound string

// The bounds.
const (
	Budget       Bound = "budget"            // MaxExecutions or Timeout
	Halted       Bound = "halted"            // by Stop
	StepLimit    Bound = "step limit"        // an execution did not end
	Spins        Bound = "spins"             // rounds of a loop with Yield were left out
	FirstFailure Bound = "first failure"     // not KeepGoing
	Sampled      Bound = "sampled schedules" // by Sample
	OneSchedule  Bound = "one schedule"      // by Replay
	// FewPreemptions is the bound of the strategy Preemptions.
	FewPreemptions Bound = "few preemptions"
)

// Coverage says whether every class was explored, or why not.
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

// add notes a bound once.
func (c *Coverage) add(b Bound) {
	for _, have := range c.Bounds {
		if have == b {
			return
		}
	}
	c.Bounds = append(c.Bounds, b)
}

// DivergenceError says that a program did not do again what it did before,
// though the same threads took the same steps. Look for random numbers,
// iteration over a Go map, addresses used as data, pools, clocks, and state that
// Setup does not make afresh.
type DivergenceError struct {
	Step      int
	Want, Got string
	Schedule  Schedule // up to Step
}

func (e *DivergenceError) Error() string {
	return fmt.Sprintf("search: the program diverged at step %d: was %s, is now %s, after the same schedule %q: "+
		"a program must be deterministic, and Setup must make its whole state afresh", e.Step, e.Want, e.Got, e.Schedule)
}

// SetupError says that Setup does not end.
type SetupError struct{ Ending sched.Ending }

func (e *SetupError) Error() string { return fmt.Sprintf("search: Setup does not end: %v", e.Ending) }
