package sync

import (
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// ticket is what a thread waits with. A new one is held; wait returns after
// release, which synchronizes before it.
type ticket struct {
	g    gate
	next *ticket
}

// newTicket takes no step, so that it can be called within one.
func newTicket() *ticket {
	t := new(ticket)
	sched.Hold(t.g.at())
	t.g.tryReal()
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

// line is a list of tickets. Its zero value is empty. It has one word: it is
// the last ticket, and the last one leads to the first.
type line struct{ last *ticket }

//go:norace
func (l *line) empty() bool { return l.last == nil }

// join appends a new ticket.
//
//go:norace
func (l *line) join() *ticket {
	t := newTicket()
	if l.last == nil {
		t.next = t
	} else {
		t.next, l.last.next = l.last.next, t
	}
	l.last = t
	return t
}

// leave takes the first ticket off; nil if there is none.
//
//go:norace
func (l *line) leave() *ticket {
	if l.last == nil {
		return nil
	}
	t := l.last.next
	if t == l.last {
		l.last = nil
	} else {
		l.last.next = t.next
	}
	return t
}

// leaveAll empties the line and returns what was in it.
//
//go:norace
func (l *line) leaveAll() line {
	all := *l
	l.last = nil
	return all
}

// release ends the wait of all in the order in which they came. The line is the
// caller's own.
func (l line) release() {
	for t := l.leave(); t != nil; t = l.leave() {
		t.release()
	}
}

//go:norace
func (l *line) len() (n int32) {
	if l.last == nil {
		return 0
	}
	n = 1
	for t := l.last.next; t != l.last; t = t.next {
		n++
	}
	return n
}
