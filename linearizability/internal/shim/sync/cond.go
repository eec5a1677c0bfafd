package sync

import (
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Cond lets threads wait for a change that another thread announces. It wakes them
// in the order in which they began to wait. A Cond is ready once L is set. It must
// not be copied after first use. Signal and Broadcast synchronize before the Waits
// that they end.
type Cond struct {
	noCopy noCopy

	L Locker // held while a thread reads or changes what the others wait for

	waiting queue
	self    *Cond     // to detect a copy
	_       [3]uint64 // the size of the real type
}

// noCopy makes go vet report copies.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// NewCond returns a Cond with the given Locker.
func NewCond(l Locker) *Cond { return &Cond{L: l} }

// Wait unlocks c.L, waits for Signal or Broadcast, and locks c.L again. It does not
// miss a Signal that comes after it has unlocked c.L.
func (c *Cond) Wait() {
	t := c.enqueue()
	c.L.Unlock()
	t.wait()
	c.L.Lock()
}

//go:norace
func (c *Cond) enqueue() *ticket {
	beginStep(sched.Update, unsafe.Pointer(&c.waiting))
	c.checkNotCopied()
	t := c.waiting.push()
	endStep()
	return t
}

// Signal wakes the thread that has waited longest, if there is one.
func (c *Cond) Signal() {
	if t := c.dequeue(); t != nil {
		t.release()
	}
}

// dequeue returns the ticket of the thread that has waited longest, or nil.
//
//go:norace
func (c *Cond) dequeue() *ticket {
	beginStep(sched.CompareAndSwap, unsafe.Pointer(&c.waiting))
	c.checkNotCopied()
	t := c.waiting.pop()
	if t == nil {
		sched.Failed()
	}
	endStep()
	return t
}

// Broadcast wakes all threads that wait.
func (c *Cond) Broadcast() { c.dequeueAll().release() }

//go:norace
func (c *Cond) dequeueAll() queue {
	beginStep(sched.CompareAndSwap, unsafe.Pointer(&c.waiting))
	c.checkNotCopied()
	all := c.waiting.popAll()
	if all.empty() {
		sched.Failed()
	}
	endStep()
	return all
}

// checkNotCopied panics if c is a copy. It must be called within a step, which it
// ends if it panics.
//
//go:norace
func (c *Cond) checkNotCopied() {
	if c.self == nil {
		c.self = c
	}
	if c.self != c {
		endStep()
		panic("sync.Cond is copied")
	}
}
