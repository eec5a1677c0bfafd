package sync

import (
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// ticket is what a thread waits with. A new ticket is locked, and wait returns
// after release. release synchronizes before the return of wait.
type ticket struct {
	g    gate
	next *ticket
}

// newTicket takes no step, so that it can be called within one.
func newTicket() *ticket {
	t := new(ticket)
	sched.Hold(t.g.at())
	t.g.tryLockReal()
	return t
}

func (t *ticket) wait() {
	t.g.lock()
	raceAcquire(unsafe.Pointer(t))
}

func (t *ticket) release() {
	raceRelease(unsafe.Pointer(t))
	t.g.unlock()
}

// queue is a queue of tickets. The zero value is empty. It takes one word, which
// points to the last ticket. The last ticket points to the first.
type queue struct{ last *ticket }

//go:norace
func (q *queue) empty() bool { return q.last == nil }

// push appends a new ticket and returns it.
//
//go:norace
func (q *queue) push() *ticket {
	t := newTicket()
	if q.last == nil {
		t.next = t
	} else {
		t.next, q.last.next = q.last.next, t
	}
	q.last = t
	return t
}

// pop removes the first ticket and returns it, or nil if there is none.
//
//go:norace
func (q *queue) pop() *ticket {
	if q.last == nil {
		return nil
	}
	t := q.last.next
	if t == q.last {
		q.last = nil
	} else {
		q.last.next = t.next
	}
	return t
}

// popAll empties the queue and returns its former content.
//
//go:norace
func (q *queue) popAll() queue {
	all := *q
	q.last = nil
	return all
}

// release releases all tickets in order. No other thread may use the queue.
func (q queue) release() {
	for t := q.pop(); t != nil; t = q.pop() {
		t.release()
	}
}

//go:norace
func (q *queue) len() (n int32) {
	if q.last == nil {
		return 0
	}
	n = 1
	for t := q.last.next; t != q.last; t = t.next {
		n++
	}
	return n
}
