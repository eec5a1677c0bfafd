package worker

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// limits says where a job ends.
type limits struct {
	budget  time.Duration
	start   time.Time
	last    atomic.Pointer[wire.Rank] // programs after it need not be explored
	current wire.Rank                 // of the program that is explored
}

func newLimits(budget time.Duration) *limits {
	l := &limits{budget: budget, start: time.Now()}
	l.last.Store(&wire.Rank{Operations: 1 << 30})
	return l
}

// lower makes the programs after r superfluous. It may be called at any time.
func (l *limits) lower(r wire.Rank) {
	for {
		old := l.last.Load()
		if !r.Before(*old) || l.last.CompareAndSwap(old, &r) {
			return
		}
	}
}

// reached returns the bound that ends the exploration now, or "".
func (l *limits) reached() string {
	last := *l.last.Load()
	switch {
	case !last.Before(l.current):
	case last == wire.Interrupt:
		return wire.Interrupted
	default:
		return wire.FirstFailure
	}
	if l.budget > 0 && time.Since(l.start) > l.budget {
		return wire.OutOfTime
	}
	return ""
}

// stepLimits bound an execution. When only spinning threads are left, one of them
// is woken. After how many times in a row that is a livelock has two sides: a
// loop that gives up after hundreds of rounds is none, and a livelock has to be
// recognised before the limit of steps.
func stepLimits(steps int) sched.Limits {
	if steps == 0 {
		steps = sched.DefaultSteps
	}
	return sched.Limits{Steps: steps, Wakes: max(sched.DefaultWakes, steps/20)}
}

// A tally counts what was explored and keeps the first violation of each clause.
type tally struct {
	wire.Report
	found map[model.Clause]*wire.Found
	of    int // programs in the shard
}

// bound notes why something was not explored.
func (t *tally) bound(why string) { addUnique(&t.Bounds, why) }

// note notes what is left out on purpose.
func (t *tally) note(format string, args ...any) { addUnique(&t.Notes, fmt.Sprintf(format, args...)) }

func addUnique[T comparable](list *[]T, x T) {
	if !slices.Contains(*list, x) {
		*list = append(*list, x)
	}
}

// count adds the executions of one program.
func (t *tally) count(r search.Result, stalled bool) {
	t.Executions += r.Executions
	t.CutShort += r.CutShort
	t.Limited += r.Limited
	t.Steps += r.Steps
	if stalled {
		t.Stalled += r.Executions
	}
	for _, b := range r.Coverage.Bounds {
		if b != search.FirstFailure && b != search.Halted { // these are noted where they are decided
			t.bound(string(b))
		}
	}
}

// unended notes an execution that had to be ended, the first for each bound.
func (t *tally) unended(bound string, describe func() wire.Unended) {
	if !slices.ContainsFunc(t.Unended, func(u wire.Unended) bool { return u.Bound == bound }) {
		u := describe()
		u.Bound = bound
		t.Unended = append(t.Unended, u)
	}
}
