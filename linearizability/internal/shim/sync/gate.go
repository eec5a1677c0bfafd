package sync

import (
	real "sync"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// gate is a mutex that the race detector does not hear of: who uses it says
// itself what it orders.
//
// There are two states, the scheduler's and the real one. The scheduler decides
// within an execution, and then the real mutex is free; if not, it was locked
// before, and nobody will unlock it. Alone, nobody decides but the real mutex.
// While a thread is unwound its locks are granted whatever the real mutex is,
// and its unlocks leave that free: a mutex of the package is there in the next
// execution, too.
type gate struct{ m real.Mutex }

func (g *gate) at() unsafe.Pointer { return unsafe.Pointer(&g.m) }

func (g *gate) lock() {
	if !sched.Running() {
		raceOff()
		g.m.Lock()
		raceOn()
		return
	}
	sched.Lock(g.at())
	if !sched.Unwinding() && !g.tryReal() {
		sched.BlockForever()
	}
}

// tryLock fails on a mutex that was locked before the execution, which then
// counts as locked in it.
func (g *gate) tryLock() bool {
	return sched.TryLock(g.at()) && g.tryReal()
}

// unlock panics if the gate is not locked; outside an execution the real mutex
// ends the process.
func (g *gate) unlock() {
	sched.Unlock(g.at())
	if sched.Unwinding() { // what the execution locked is free for the next one
		g.tryReal()
		g.unlockReal()
		return
	}
	if sched.Running() && g.tryReal() {
		g.unlockReal()
		panic("sync: unlock of unlocked mutex")
	}
	g.unlockReal()
}

func (g *gate) tryReal() bool {
	raceOff()
	locked := g.m.TryLock()
	raceOn()
	return locked
}

func (g *gate) unlockReal() {
	raceOff()
	g.m.Unlock()
	raceOn()
}
