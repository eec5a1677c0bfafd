package worker

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
)

// A thread may stop for ever in the middle of an operation, which then is
// pending in all histories. The worker's verdict with stalls is that of all
// interleavings of all stalls.
func TestVerdictWithStallsIsThatOfAllInterleavings(t *testing.T) {
	programs, violating := 0, 0
	for i := range examples(*cases / 10) {
		x := drawExample(rand.New(rand.NewPCG(*seed, uint64(i))))
		for t, ops := range x.program.Threads {
			x.program.Threads[t] = ops[:1] // stalls are for programs of one operation a thread
		}
		want, stalled, known := stalledByForce(t, x)
		if !known || want.stuck || want.held {
			continue // what is stuck at rest is not judged as a history
		}
		programs++
		if stalled && !want.wrong {
			violating++ // only when somebody stops
		}
		j := judgedBy(t, x.subject(), x.program, wire.Job{Keys: x.keys, Stalls: true})
		if got := j.verdict(); got.wrong != (want.wrong || stalled) || got.stuck {
			t.Fatalf("the worker says %+v, all interleavings %+v, and wrong with stalls: %v\n%v\nto repeat: %s", got, want, stalled, x,
				fmt.Sprintf("-run %s -worker.seed=%d -worker.only=%d", t.Name(), *seed, i))
		}
	}
	t.Logf("seed %d: %d programs, %d in violation only when a thread stops", *seed, programs, violating)
}

// stalledByForce judges all interleavings of x, and with each thread stopped
// after each of its steps.
func stalledByForce(t *testing.T, x example) (v verdict, stalled, known bool) {
	t.Helper()
	b := newBrute(t, x.subject(), x.program, x.keys)
	v, all := b.explore(search.Exhaustive, bruteLimit)
	if slices.Contains(all.Coverage.Bounds, search.Budget) || all.Limited > 0 || v.stuck {
		return v, false, v.stuck
	}
	for thread := range x.program.Threads {
		for after := 1; after < mostSteps; after++ {
			b := newBrute(t, x.subject(), x.program, x.keys)
			b.stall = &search.Stall{Thread: thread, After: after}
			w, all := b.explore(search.Exhaustive, bruteLimit)
			if slices.Contains(all.Coverage.Bounds, search.Budget) || all.Limited > 0 {
				return v, false, false
			}
			stalled = stalled || w.wrong
		}
	}
	return v, stalled, true
}

// mostSteps is more than any operation of the drawn maps takes that is not
// kept from ending.
const mostSteps = 16
