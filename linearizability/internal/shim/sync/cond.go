package sync

import (
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Cond lets threads wait until another one says that something has changed,
// and wakes them in the order in which they came. The zero value is ready once L
// is set. It must not be copied after first use. Signal and Broadcast
// synchronize before the Waits that they end.
type Cond struct {
	noCopy noCopy

	L Locker // held by who looks at or changes what is waited for

	waiting line
	self    *Cond     // to find a copy
	_       [3]uint64 // as the real one
}

// noCopy is seen by go vet.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// NewCond returns a Cond with the given Locker.
func NewCond(l Locker) *Cond { return &Cond{L: l} }

// Wait unlocks c.L, waits for Signal or Broadcast, and locks c.L. A Signal
// after the unlocking is not missed.
func (c *Cond) Wait() {
	t := c.join()
	c.L.Unlock()
	t.wait()
	c.L.Lock()
}

//go:norace
func (c *Cond) join() *ticket {
	begin(sched.Update, unsafe.Pointer(&c.waiting))
	c.notCopied()
	t := c.waiting.join()
	end()
	return t
}

// Signal wakes the thread that has waited longest, if there is one.
func (c *Cond) Signal() {
	if t := c.first(); t != nil {
		t.release()
	}
}

//go:norace
func (c *Cond) first() *ticket {
	begin(sched.CompareAndSwap, unsafe.Pointer(&c.waiting))
	c.notCopied()
	t := c.waiting.leave()
	if t == nil {
		sched.Failed()
	}
	end()
	return t
}

// Broadcast wakes all threads that wait.
func (c *Cond) Broadcast() { c.all().release() }

//go:norace
func (c *Cond) all() line {
	begin(sched.CompareAndSwap, unsafe.Pointer(&c.waiting))
	c.notCopied()
	all := c.waiting.leaveAll()
	if all.empty() {
		sched.Failed()
	}
	end()
	return all
}

// notCopied is called within a step, and ends it if it panics.
//
//go:norace
func (c *Cond) notCopied() {
	if c.self == nil {
		c.self = c
	}
	if c.self != c {
		end()
		panic("sync.Cond is copied")
	}
}
