package sync

import (
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Pool keeps values for later use. Get returns the value that was put last. A real
// Pool may do the same, and deviates only by chance. Unlike a real Pool, it never
// drops a value. The zero value is empty. It must not be copied after first use. A
// Put synchronizes before the Get that returns its value.
type Pool struct {
	noCopy noCopy

	top *pooled
	_   [3]uint64 // the size of the real type

	// New makes a value if the pool is empty. It may be nil.
	New func() any
}

// pooled is an element of a Pool, which is a stack.
type pooled struct {
	value any
	below *pooled
}

// Put adds x to the pool, unless x is nil.
func (p *Pool) Put(x any) {
	if x == nil {
		return
	}
	i := &pooled{value: x}
	raceRelease(unsafe.Pointer(i))
	p.push(i)
}

//go:norace
func (p *Pool) push(i *pooled) {
	beginStep(sched.Update, unsafe.Pointer(&p.top))
	i.below, p.top = p.top, i
	endStep()
}

// Get removes a value from the pool and returns it. If the pool is empty, Get
// returns New(), or nil if New is nil.
func (p *Pool) Get() any {
	if i := p.pop(); i != nil {
		raceAcquire(unsafe.Pointer(i))
		return i.value
	}
	if p.New != nil {
		return p.New()
	}
	return nil
}

//go:norace
func (p *Pool) pop() *pooled {
	beginStep(sched.CompareAndSwap, unsafe.Pointer(&p.top))
	i := p.top
	if i != nil {
		p.top = i.below
	} else {
		sched.Failed()
	}
	endStep()
	return i
}
