package sched

import (
	"iter"
	"unsafe"
)

// thread is a coroutine that runs one function per execution.
//
//	state     meaning                    done   is resumed
//	idle      it has no function yet     true   by reset
//	waiting   it is at its next step     false  when it is chosen, or to unwind it
//	running   it is its turn             false  it runs already
//	done      its function has ended     true   in the next execution
//	exited    it called runtime.Goexit   true   never: another one replaces it
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
	ready   bool        // the pending Pause does not have to wait
	granted bool        // the latest TryAcquire or Release succeeded

	steps, operation int32
	fresh            bool // an operation has begun since the latest step

	done, exited bool
	alone        bool // it runs outside executions: see alone.go
	ignored      int  // mutex operations while it was unwound
}

// unwound is the panic that unwinds the threads of an execution that has ended.
type unwound struct{}

// maxIgnored bounds the mutex operations of a thread that is being unwound. A
// loop that does nothing else would otherwise never end.
const maxIgnored = 1000

func (s *Scheduler) spawn(id int) *thread {
	t := &thread{s: s, id: uint8(id), done: true}
	t.resume, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		for t.runBody() && t.waitForBody() {
		}
	})
	return t
}

// waitForBody gives up the turn after a function has ended. It reports whether
// the thread has another function to run.
func (t *thread) waitForBody() bool {
	raceOff()
	defer raceOn()
	return t.yield(struct{}{})
}

// runBody runs the thread's function and passes the turn on. It reports whether
// the coroutine can be used again. runtime.Goexit cannot be stopped, so after
// that runBody gives up the turn in its deferred function, and is resumed only by
// stop.
func (t *thread) runBody() (again bool) {
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
			t.waitForBody()
		}
	}()
	raceJoin(&t.s.raceStarts)
	t.body()
	returned = true
	t.finish()
	return true
}

// noteEnd records that t ended by a panic with r, or by runtime.Goexit if r is
// nil. What happens while threads are unwound is not a result of the program.
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
	raceFork(&t.s.raceEnds)
	raceOff()
	defer raceOn()
	t.done = true
	if s := t.s; !s.unwinding && !s.starting {
		s.next = s.decide()
	}
}

// reach declares t's next step and returns when it is t's turn to take it.
func (t *thread) reach(k Kind, p unsafe.Pointer, size uintptr) {
	s := t.s
	switch {
	case s.unwinding:
		t.reachUnwinding(k)
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
		t.notePlace(p)
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
	t.waitForTurn()
}

// waitForTurn gives up the turn and returns when t has it again.
func (t *thread) waitForTurn() {
	if t.yield(struct{}{}); t.s.unwinding {
		panic(unwound{})
	}
}

// blockForever ends the execution as a deadlock.
func (t *thread) blockForever() {
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
	t.waitForTurn()
}

// reachUnwinding is reach while t is unwound. Mutex operations succeed, so that
// deferred functions work. Every other operation continues the unwinding.
func (t *thread) reachUnwinding(k Kind) {
	t.ignored++
	if k != Acquire && k != Release || t.ignored > maxIgnored {
		panic(unwound{})
	}
}

// discard ends a coroutine. Stopping one that called runtime.Goexit ends the
// goroutine that stops it, too, so that case uses a goroutine of its own.
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
