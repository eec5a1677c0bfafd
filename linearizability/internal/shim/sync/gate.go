package sync

import (
	real "sync"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// gate is a mutex that the race detector does not know. The types that use it
// report what they order themselves.
//
// A gate has two states, the scheduler's and the real mutex's. In an execution the
// scheduler's state decides. If the scheduler grants a lock whose real mutex is
// locked, then it was locked before the execution, and no thread will unlock it.
// Code that runs alone has only the real mutex. A thread that is unwound gets every
// lock regardless of the real mutex, and its unlocks leave the real mutex free:
// the mutex may be a package variable, which the next execution uses, too.
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
	if !sched.Unwinding() && !g.tryLockReal() {
		sched.BlockForever()
	}
}

// tryLock fails on a mutex that was locked before the execution. The scheduler
// takes it for locked from then on.
func (g *gate) tryLock() bool {
	return sched.TryLock(g.at()) && g.tryLockReal()
}

// unlock panics if the gate is not locked. Outside an execution the real mutex ends
// the process instead.
func (g *gate) unlock() {
	sched.Unlock(g.at())
	if sched.Unwinding() { // leave it free for the next execution
		g.tryLockReal()
		g.unlockReal()
		return
	}
	if sched.Running() && g.tryLockReal() {
		g.unlockReal()
		panic("sync: unlock of unlocked mutex")
	}
	g.unlockReal()
}

func (g *gate) tryLockReal() bool {
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
