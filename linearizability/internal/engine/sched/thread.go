package sched

import (
	"iter"
	"unsafe"
)

// thread is a coroutine that runs one function an execution.
//
//	state     running              done   may be resumed
//	idle      no function yet      true   by reset
//	waiting   at its next step     false  when chosen, or to be unwound
//	running   it is its turn       false  it is
//	done      function has ended   true   in the next execution
//	exited    by runtime.Goexit    true   never: it is replaced
type thread struct {
	s      *Scheduler
	id     uint8
	resume func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
	body   func()

	pending Event // the next step
	reads   []Wait
	place   Observation // of the next step
	ready   bool        // the Pause that is pending may go
	granted bool        // by the latest TryAcquire or Release

	steps, operation int32
	fresh            bool // an operation has begun since the latest step

	done, exited bool
	alone        bool // it runs outside of executions: see alone.go
	ignored      int  // mutex operations while unwinding
}

// over reports whether t's execution is over.
func (t *thread) over() bool { return t.s.unwinding }

// unwound is what unwinds a thread of an execution that is over.
type unwound struct{}

// maxIgnored bounds how many mutex operations a thread may make while it is
// unwound: a loop around nothing else would not end.
const maxIgnored = 1000

func (s *Scheduler) spawn(id int) *thread {
	t := &thread{s: s, id: uint8(id), done: true}
	t.resume, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		for t.perform() && t.pass() {
		}
	})
	return t
}

// pass gives the turn away at the end of a function. It reports whether there
// is another one.
func (t *thread) pass() bool {
	raceOff()
	defer raceOn()
	return t.yield(struct{}{})
}

// perform runs the function and hands on. It reports whether the coroutine can
// be used again. A call of runtime.Goexit cannot be undone: then perform gives
// the turn away in its deferred part, and comes back only to be stopped.
func (t *thread) perform() (again bool) {
	returned := false
	defer func() {
		if returned {
			return
		}
		r := recover()
		t.exited = r == nil
		t.s.noteEnd(t, r)
		t.finish()
		again = !t.exited
		if t.exited {
			t.pass()
		}
	}()
	raceJoin(&t.s.starts)
	t.body()
	returned = true
	t.finish()
	return true
}

// noteEnd notes that t ended by a panic with r, or by runtime.Goexit if r is
// nil. What happens while threads are unwound is nobody's result.
func (s *Scheduler) noteEnd(t *thread, r any) {
	switch {
	case s.unwinding:
	case r == nil:
		s.exits |= Only(int(t.id))
	default:
		s.panics = append(s.panics, Panic{Thread: int(t.id), Value: r})
	}
}

func (t *thread) finish() {
	raceFork(&t.s.ends)
	raceOff()
	defer raceOn()
	t.done = true
	if s := t.s; !s.unwinding && !s.starting {
		s.next = s.decide()
	}
}

// reach declares t's next step, and returns when it is t's turn to take it.
func (t *thread) reach(k Kind, p unsafe.Pointer, size uintptr) {
	s := t.s
	switch {
	case s.unwinding:
		t.unwindOn(k)
		return
	case t.alone:
		t.stepAlone()
		return
	}
	raceOff()
	defer raceOn()
	s.settle()
	if t.fresh {
		t.reads, t.fresh, s.wakes = t.reads[:0], false, 0
	}
	t.pending.declare(t, k)
	t.ready = false
	if observing {
		t.note(p)
	}
	if k == Pause {
		t.pending.Waits = s.waits(t)
	} else {
		l := s.memory.locate(p, size)
		at := &s.memory.locations[l]
		t.pending.Location, t.pending.Word, t.pending.Mask = l, at.word, at.mask
	}
	if !s.starting {
		if s.next = s.decide(); s.next == t {
			return
		}
	}
	t.handOver()
}

// handOver gives the turn away. It returns when t has it again.
func (t *thread) handOver() {
	if t.yield(struct{}{}); t.s.unwinding {
		panic(unwound{})
	}
}

// stuck ends the execution.
func (t *thread) stuck() {
	if t.s.unwinding {
		panic(unwound{})
	}
	t.s.ending, t.s.next = Deadlocked, nil
	if t.alone {
		t.s.unwinding = true
		panic(unwound{})
	}
	raceOff()
	defer raceOn()
	t.handOver()
}

// unwindOn is reach while t is unwound: mutexes are granted, so that what is
// deferred works, and all else goes on unwinding.
func (t *thread) unwindOn(k Kind) {
	t.ignored++
	if k != Acquire && k != Release || t.ignored > maxIgnored {
		panic(unwound{})
	}
}

// discard ends a coroutine. One that exited takes whoever stops it along, so a
// goroutine is spent on it.
func (t *thread) discard() {
	if !t.exited {
		t.stop()
		return
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		t.stop()
	}()
	<-gone
}
