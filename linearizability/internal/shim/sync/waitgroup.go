package sync

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
)

// WaitGroup counts tasks, and lets threads wait until there are none. The zero
// value counts none. It must not be copied after first use. Done synchronizes
// before the Waits that it ends.
type WaitGroup struct {
	noCopy  noCopy
	counter int32
	waiting line // empty if counter is 0
}

func (g *WaitGroup) at() unsafe.Pointer { return unsafe.Pointer(&g.counter) }

// Add adds delta, which may be negative, to the counter. At zero it ends all
// Waits. It panics if the counter becomes negative.
func (g *WaitGroup) Add(delta int) {
	if delta < 0 {
		raceReleaseMerge(g.at())
	}
	g.add(delta).release()
}

//go:norace
func (g *WaitGroup) add(delta int) (over line) {
	begin(sched.Update, g.at())
	g.counter += int32(delta)
	if g.counter < 0 {
		end()
		panic("sync: negative WaitGroup counter")
	}
	if g.counter == 0 {
		over = g.waiting.leaveAll()
	}
	end()
	return over
}

// Done takes one from the counter.
func (g *WaitGroup) Done() { g.Add(-1) }

// Wait waits until the counter is zero.
func (g *WaitGroup) Wait() {
	if t := g.join(); t != nil {
		t.wait()
	}
	raceAcquire(g.at())
}

// join returns the ticket to wait with, if any.
//
//go:norace
func (g *WaitGroup) join() (t *ticket) {
	begin(sched.CompareAndSwap, g.at())
	if g.counter > 0 {
		t = g.waiting.join()
	} else {
		sched.Failed()
	}
	end()
	return t
}

// Go calls f in a goroutine of its own, and counts it. An execution cannot have
// that: its threads are given.
func (g *WaitGroup) Go(f func()) {
	if sched.Running() {
		_, file, line, _ := runtime.Caller(1)
		refuse.At("WaitGroup.Go", fmt.Sprintf("%s:%d", file, line))
	}
	g.Add(1)
	go func() {
		// A panic of f ends the process: nobody is told before that all is done.
		f()
		g.Done()
	}()
}
