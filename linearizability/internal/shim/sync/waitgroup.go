package sync

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
)

// WaitGroup counts tasks and lets threads wait until none is left. The zero value
// counts no tasks. It must not be copied after first use. Done synchronizes before
// the Waits that it ends.
type WaitGroup struct {
	noCopy  noCopy
	counter int32
	waiting queue // empty if counter is 0
}

func (g *WaitGroup) at() unsafe.Pointer { return unsafe.Pointer(&g.counter) }

// Add adds delta, which may be negative, to the counter. If the counter becomes
// zero, all Waits end. If it becomes negative, Add panics.
func (g *WaitGroup) Add(delta int) {
	if delta < 0 {
		raceReleaseMerge(g.at())
	}
	g.add(delta).release()
}

// add returns the threads to wake.
//
//go:norace
func (g *WaitGroup) add(delta int) (done queue) {
	beginStep(sched.Update, g.at())
	g.counter += int32(delta)
	if g.counter < 0 {
		endStep()
		panic("sync: negative WaitGroup counter")
	}
	if g.counter == 0 {
		done = g.waiting.popAll()
	}
	endStep()
	return done
}

// Done subtracts one from the counter.
func (g *WaitGroup) Done() { g.Add(-1) }

// Wait waits until the counter is zero.
func (g *WaitGroup) Wait() {
	if t := g.enqueue(); t != nil {
		t.wait()
	}
	raceAcquire(g.at())
}

// enqueue returns the ticket to wait with, or nil if the counter is zero.
//
//go:norace
func (g *WaitGroup) enqueue() (t *ticket) {
	beginStep(sched.CompareAndSwap, g.at())
	if g.counter > 0 {
		t = g.waiting.push()
	} else {
		sched.Failed()
	}
	endStep()
	return t
}

// Go counts f as a task and calls it in a new goroutine. An execution refuses it,
// as its threads are fixed.
func (g *WaitGroup) Go(f func()) {
	if sched.Running() {
		_, file, line, _ := runtime.Caller(1)
		refuse.At("WaitGroup.Go", fmt.Sprintf("%s:%d", file, line))
	}
	g.Add(1)
	go func() {
		// Done is not deferred: if f panics, the process ends before any Wait does.
		f()
		g.Done()
	}()
}
