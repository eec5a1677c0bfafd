// Package job holds what an exploration is asked for and what it answers, as
// values that cross the boundary between mapspec and the program that runs the
// instrumented copy of a map. They travel as JSON: a [Job] on standard input, and
// each [Message] as a line on a descriptor of its own (process.Messages).
package job

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// Job asks for all programs of a size, from each initial map, under each hash
// policy, in one shard.
type Job struct {
	Size     string         // of programs: "2x2" is threads × operations
	Keys     int            // how many keys they use
	Policies []string       // of hashing: see package shim/hashing
	Initials []string       // maps to begin with: see Initials
	Methods  []model.Method `json:",omitempty"` // none: every one that the map has
	// Nested adds traversals whose callbacks write.
	Nested bool
	// Depth is that of PCT; 0 explores every class of executions.
	Depth int
	// Schedules is how many are sampled a program, by PCT.
	Schedules int
	Seed      uint64
	Shard     int // of Shards, from 0
	Shards    int
	Budget    time.Duration // 0: none
	// Executions bounds those of one program; 0: no bound.
	Executions int
	// Steps bounds one execution; 0 is the scheduler's default.
	Steps int
	// Stalls also stops each thread for ever after each of its steps, and judges
	// what that pins.
	Stalls bool
	// Patience is how long a call may go on without a step; 0 is 20 s.
	Patience time.Duration
	// Replay, if any, is what to do instead.
	Replay *Replay `json:",omitempty"`
}

// The initial maps: see package worker for how growth and shrink are found.
const (
	Empty  = "empty"
	OneKey = "one key"
	// Traversed is that of one key after a Range, which rearranges some maps.
	Traversed = "traversed"
	Growth    = "before growth"
	Shrink    = "before shrink"
)

// Left is that of one key beside which another was stored and deleted, and which
// takes more steps to delete for that: in a trie it is alone in a node whose
// parent goes with it. It is not among Initials, and there for mutants.
const Left = "one left"

// Initials lists the initial maps that are meant if none is named. Others can be
// written down: see [ParseInitial].
var Initials = []string{Empty, OneKey, Traversed, Growth, Shrink}

// ParseInitial returns the operations that an initial map is written down by, in
// words: "k0" stores key 0, "+9" stores nine keys that programs do not use, "-8"
// deletes the eight oldest of these, "range" traverses.
func ParseInitial(text string) ([]model.Op, error) {
	var ops []model.Op
	fillers, gone := 0, 0
	for word := range strings.FieldsSeq(text) {
		n, err := strconv.Atoi(word[1:])
		switch {
		case word == "range":
			ops = append(ops, model.Op{Method: model.Range})
			continue
		case err != nil || strings.ContainsAny(word[1:], "+-") || n > mostInitial:
		case word[0] == 'k' && n < FirstFiller:
			ops = append(ops, model.Op{Method: model.Store, Key: n, Value: 1})
			continue
		case word[0] == '+':
			for range n {
				ops = append(ops, model.Op{Method: model.Store, Key: FirstFiller + fillers, Value: 1})
				fillers++
			}
			continue
		case word[0] == '-' && gone+n <= fillers:
			for range n {
				ops = append(ops, model.Op{Method: model.Delete, Key: FirstFiller + gone})
				gone++
			}
			continue
		}
		return nil, fmt.Errorf("initial map %q: %q is neither k0, k1, …, a key to store; nor +9, that many others; nor -8, that many of these to delete; nor range", text, word)
	}
	if len(ops) == 0 {
		return nil, fmt.Errorf("initial map %q: it says nothing", text)
	}
	return ops, nil
}

// mostInitial bounds the numbers in what [ParseInitial] parses.
const mostInitial = 1000

// Replay is a program and its schedule.
type Replay struct {
	Program  history.Program
	Policy   string
	Schedule string
	Stall    *Stall `json:",omitempty"`
}

// Replayed is what came of a replay. Whether that is a violation is for package
// check, and others, to say.
type Replayed struct {
	// Diverged says why the schedule could not be followed; the rest is empty
	// then.
	Diverged string `json:",omitempty"`
	Steps    []counterexample.Step
	// History is what happened, a call right before its first step and a return
	// right after its last, what was there before and the reads at rest included:
	// client 0 makes those.
	History  string
	Ending   string           // of the execution: "completed", "deadlock", …
	Rest     string           // the same of the reads at rest, if there were any
	Retained []model.Retained // what is held and should not be
	Pinned   string           `json:",omitempty"` // the evidence, if a call that has stopped pins too much
	Raced    bool             // the race detector has spoken
}

// Stall is a thread that is stopped for ever after so many steps.
type Stall struct{ Thread, After int }

// Message is one line of what a worker says; one field is set.
type Message struct {
	Progress *Progress `json:",omitempty"`
	Found    *Found    `json:",omitempty"`
	Report   *Report   `json:",omitempty"`
	Replayed *Replayed `json:",omitempty"`
	Error    string    `json:",omitempty"` // one line: nothing that was said before counts
}

// Progress is said every second or so.
type Progress struct {
	Programs, Executions int
	// Of is how many programs there are in the shard.
	Of int
	// Operations is the size of the programs that are explored now.
	Operations int
}

// Rank is the place of a program among all of a job, whatever the shard.
type Rank struct{ Operations, Setting, Index int }

// Before reports whether r comes before s.
func (r Rank) Before(s Rank) bool {
	return cmp.Or(r.Operations-s.Operations, r.Setting-s.Setting, r.Index-s.Index) < 0
}

// Interrupt, as a rank to stop at, ends an exploration.
var Interrupt = Rank{Operations: -1}

// Found is a violation.
type Found struct {
	Clause   model.Clause
	Rank     Rank
	Policy   string
	Initial  string
	Program  history.Program
	Schedule string
	Stall    *Stall `json:",omitempty"`
	// Preemptions and Length are those of the schedule. Smallest says that no
	// schedule of the program with fewer preemptions, or as many and fewer
	// steps, shows the violation.
	Preemptions, Length int
	Smallest            bool
	Evidence            string
	Path                string           `json:",omitempty"`
	Retained            []model.Retained `json:",omitempty"`
	// Witness is how to see a violation of R3, which is none of one execution,
	// and Trace what was seen.
	Witness *model.Witness `json:",omitempty"`
	Trace   []string       `json:",omitempty"`
	// History has the operations and what they returned; a call right before
	// its first step and a return right after its last.
	History string `json:",omitempty"`
}

// Operations counts the operations of the program.
func (f *Found) Operations() int {
	w := model.Witness{Init: f.Program.Init, Threads: f.Program.Threads}
	return w.Operations()
}

// Report is said at the end.
type Report struct {
	Programs, Executions, CutShort, Limited, Steps int
	Released                                       int // executions whose heap was judged
	Stalled                                        int // executions with a stalled thread
	Pins                                           int // stops of a call that were judged for what they pin
	PinsWaited                                     int // stops that were not, as keys could not come and go
	// Running and Judging are the time for executions and for what was made of
	// them, garbage collection included.
	Running, Judging time.Duration
	Alphabet         []string // the calls that programs are made of
	// Settings are what was explored, with the programs of each in this shard
	// and in all of them.
	Settings []Setting
	// Bounds says why something was not explored; none if all was.
	Bounds []string
	// Notes say what was left out on purpose.
	Notes []string
	// Waits are operations that wait for one that has stopped.
	Waits []Wait
	// Unended are the first executions that had to be ended, one a bound.
	Unended []Unended
	Races   string // "none seen", "not checked", or the first report
	Hashes  bool   // the map asked for hashes
}

// Unended is an execution that had to be ended.
type Unended struct {
	Bound    string // why: one of the report's bounds
	Rank     Rank
	Policy   string
	Initial  string
	Program  history.Program
	Schedule string // until then
	Stall    *Stall `json:",omitempty"`
	Evidence string // what went on
}

// The bounds of executions that had to be ended.
const (
	StepLimit = "step limit"
	Endless   = "an operation never ends"
)

// Fillers counts the keys of the initial map that no program touches.
func (s Setting) Fillers() int {
	state := model.State{}
	for _, o := range s.Init {
		state, _ = model.Step(state, o)
	}
	n := 0
	for _, k := range state.Keys() {
		if k >= FirstFiller {
			n++
		}
	}
	return n
}

// FirstFiller is the first of the keys that only fill the initial map, and that
// no program touches but by a traversal or Clear.
const FirstFiller = counterexample.FirstFiller

// Wait says that one operation does not go on while another one, of another
// thread, has stopped in the middle.
type Wait struct{ Waiter, For model.Method }

// Setting is an initial map under a hash policy.
type Setting struct {
	Policy, Initial string
	Programs, Of    int
	Init            []model.Op `json:",omitempty"`
}
