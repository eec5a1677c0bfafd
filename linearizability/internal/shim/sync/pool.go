package sync

import (
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Pool keeps values for later use. Get returns the one that was put last, which
// a real pool may do, and nothing but chance makes it do anything else; and it
// never forgets one. The zero value is empty. It must not be copied after first
// use. A Put synchronizes before the Get that returns its value.
type Pool struct {
	noCopy noCopy

	top *pooled
	_   [3]uint64 // as the real one

	// New makes a value when there is none. It may be nil.
	New func() any
}

type pooled struct {
	value any
	below *pooled
}

// Put adds a value, unless it is nil.
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
	begin(sched.Update, unsafe.Pointer(&p.top))
	i.below, p.top = p.top, i
	end()
}

// Get takes a value out. If there is none it returns New's, or nil.
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
	begin(sched.CompareAndSwap, unsafe.Pointer(&p.top))
	i := p.top
	if i != nil {
		p.top = i.below
	} else {
		sched.Failed()
	}
	end()
	return i
}
