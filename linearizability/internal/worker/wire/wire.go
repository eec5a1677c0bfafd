// Package wire defines what mapspec and its worker processes tell each other: a
// worker is the program around an instrumented copy of a map. It reads a [Job]
// and answers with [Message] values, all of them as JSON, one on each line.
package wire

import (
	"cmp"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// A Job asks for one shard of all programs of a size, from each initial map and
// under each hash policy.
type Job struct {
	Size     string         // of programs: "2x2" is threads × operations
	Keys     int            // how many keys they use
	Policies []string       // of hashing: see package shim/hashing
	Initials []string       // maps to begin with: see Initials
	Methods  []model.Method `json:",omitempty"` // none: every method of the map
	Nested   bool           // add traversals whose callbacks write
	// Depth is that of PCT; 0 explores every class of executions. Schedules is how
	// many PCT samples of each program.
	Depth     int
	Schedules int
	Seed      uint64
	Shard     int // of Shards, from 0
	Shards    int
	Budget    time.Duration // 0: none
	// Executions bounds those of one program; 0: no bound. Steps bounds one
	// execution; 0 is the scheduler's default.
	Executions, Steps int
	// Stalls also stops each thread forever after each of its steps, and judges
	// what that pins.
	Stalls bool
	// Patience is how long a call may go on without a step; 0 is 20 s.
	Patience time.Duration
	// Replay, if any, is one program to run in the steps of its schedule instead.
	Replay *model.Witness `json:",omitempty"`
}

// A Message is one line from a worker. One field is set.
type Message struct {
	Progress *Progress `json:",omitempty"`
	Found    *Found    `json:",omitempty"`
	Report   *Report   `json:",omitempty"`
	Replayed *Replayed `json:",omitempty"`
	Error    string    `json:",omitempty"` // one line, which cancels what was said before
}

// Progress is sent about once a second.
type Progress struct {
	Programs, Executions int
	Of                   int // programs in the shard
	Operations           int // size of the programs that are explored now
}

// A Rank is the place of a program among all programs of a job, whatever the
// shard.
type Rank struct{ Operations, Setting, Index int }

// Before reports whether r comes before s.
func (r Rank) Before(s Rank) bool {
	return cmp.Or(r.Operations-s.Operations, r.Setting-s.Setting, r.Index-s.Index) < 0
}

// Interrupt ends an exploration if it is sent as the rank to stop at.
var Interrupt = Rank{Operations: -1}

// Found is a violation, with the first program that shows it.
type Found struct {
	Clause model.Clause
	Rank   Rank
	// Witness is the program and its schedule, which has no steps if the violation
	// is not one of a single execution.
	Witness model.Witness
	// Smallest says that no schedule of the program with fewer preemptions, or as
	// many and fewer steps, shows the violation.
	Smallest bool
	// Failure is nil if no order explains the results in History. Why not is for
	// package check to say.
	Failure *model.Failure `json:",omitempty"`
	// History has each call right before its first step and each return right
	// after its last step, as JSON lines.
	History string `json:",omitempty"`
	// Pump shows a violation of R3, which takes many executions.
	Pump *model.Witness `json:",omitempty"`
}

// Replayed is what one run of a schedule showed.
type Replayed struct {
	// Diverged says why the schedule could not be followed. Nothing else is set
	// then.
	Diverged string `json:",omitempty"`
	Steps    []counterexample.Step
	// Stuck are the calls that do not return, in the order of their threads.
	Stuck []model.Stuck `json:",omitempty"`
	// History is like that of Found. It also has what made the initial map and the
	// reads at rest, all by client 0.
	History string
	// Failures are what is wrong whatever the history says: of the kinds LeaksLock,
	// Retains, Pins and Races.
	Failures []*model.Failure `json:",omitempty"`
}

// Why something was not explored.
const (
	StepLimit    = "step limit"
	Endless      = "an operation never ends"
	OutOfTime    = "budget"
	Interrupted  = "interrupted"
	FirstFailure = "stopped at the first failure"
	Sampled      = "sampled schedules"
)

// What a Report says about data races.
const (
	RacesSeen       = "seen"
	RacesUnseen     = "none seen"
	RacesNotChecked = "not checked"
)

// A Report is the last message about an exploration.
type Report struct {
	Programs, Executions, CutShort, Limited, Steps int
	Released                                       int // executions whose heap was judged
	Stalled                                        int // executions with a stalled thread
	Pins                                           int // stops of a call that were judged for what they pin
	PinsWaited                                     int // stops that were not, as keys could not come and go
	// Running is the time for executions, and Judging the time for judging them,
	// garbage collection included.
	Running, Judging time.Duration
	Alphabet         []string  // the calls that programs are made of
	Settings         []Setting // what was explored
	Bounds           []string  // why something was not explored; none if all was
	Notes            []string  // what was left out on purpose
	Waits            []Wait    // operations that wait for one that has stopped
	Unended          []Unended // the first execution that each bound ended
	Races            string    // RacesSeen, RacesUnseen or RacesNotChecked
	Hashes           bool      // the map asked for hashes
}

// Unended is an execution that had to be ended, and why: StepLimit or Endless.
type Unended struct {
	Bound    string
	Rank     Rank
	Witness  model.Witness // its schedule ends where the execution did
	Evidence string        // which operation went on, for people
}

// A Wait says that an operation does not go on while another one, of another
// thread, has stopped in the middle.
type Wait struct{ Waiter, For model.Method }

// A Setting is an initial map under a hash policy, with the number of programs
// explored in this shard and that of all shards.
type Setting struct {
	Policy, Initial string
	Programs, Of    int
	Init            []model.Op `json:",omitempty"`
}

// Fillers counts the fillers of the initial map.
func (s Setting) Fillers() (n int) {
	for _, k := range StateAfter(s.Init).Keys() {
		if k >= FirstFiller {
			n++
		}
	}
	return n
}

// StateAfter is what a new map means after ops.
func StateAfter(ops []model.Op) model.State {
	state := model.State{}
	for _, o := range ops {
		state, _ = model.Step(state, o)
	}
	return state
}
