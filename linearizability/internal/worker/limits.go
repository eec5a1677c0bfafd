package worker

import (
	"sync/atomic"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
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
