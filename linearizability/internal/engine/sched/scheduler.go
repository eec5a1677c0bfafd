package sched

import (
	"fmt"
	"slices"
	"sync"
)

// Chooser is a strategy.
type Chooser interface {
	// Choose returns who goes next, one of enabled, or Stop. Every thread
	// waits at its next step, or is done.
	Choose(s *Scheduler, enabled Threads) int
}

// Stop ends the execution.
const Stop = -1

// Ending is how an execution ended.
type Ending uint8

// The ways for an execution to end: see the introduction.
const (
	Completed Ending = iota
	Deadlocked
	Livelocked
	StepLimit
	Stopped
)

var endingNames = [...]string{"completed", "deadlock", "livelock", "step limit", "stopped"}

func (e Ending) String() string { return endingNames[e] }

// Limits bound an execution. Zero stands for the default.
type Limits struct {
	Steps int // 10,000
	Wakes int // 8: see waiting.go
}

// Default limits.
const (
	DefaultSteps = 10_000
	DefaultWakes = 8
)

// Panic is a panic that ended a thread.
type Panic struct {
	Thread int
	Value  any
}

// Scheduler runs executions, one after the other, with coroutines and memory
// that it uses again. Close it after use.
type Scheduler struct {
	limits  Limits
	threads []*thread
	chooser Chooser
	memory  memory
	trace   []Event
	arena   []Wait // of the Waits in trace
	settled int    // events whose effect is known and noted
	next    *thread
	ending  Ending
	wakes   int
	waited  bool
	panics  []Panic
	exits   Threads
	blocked Threads // had not ended when the execution did
	fault   any     // a panic of the chooser

	starting, unwinding bool

	stall        [2]int // the thread to stop for ever, and after how many steps; none if negative
	single       thread // of Alone
	observe      bool   // the next execution
	observations []Observation
	starts, ends byte // what the race detector knows the start and the end of threads by
}

// turn is held while an execution runs: running has one value.
var turn sync.Mutex

// New returns a scheduler of programs with the given number of threads, at
// most MaxThreads.
func New(threads int, l Limits) *Scheduler {
	if threads > MaxThreads {
		panic(fmt.Sprintf("sched: %d threads: at most %d", threads, MaxThreads))
	}
	if l.Steps == 0 {
		l.Steps = DefaultSteps
	}
	if l.Wakes == 0 {
		l.Wakes = DefaultWakes
	}
	s := &Scheduler{limits: l, stall: [2]int{-1, 0}}
	for id := range threads {
		s.threads = append(s.threads, s.spawn(id))
	}
	return s
}

// Close ends the coroutines.
func (s *Scheduler) Close() {
	for _, t := range s.threads {
		t.discard()
	}
	s.threads = nil
}

// Run runs one execution: bodies[i] is thread i. What a thread does before its
// first declared operation it does at once, in the order of threads. Run panics
// if the chooser does.
func (s *Scheduler) Run(bodies []func(), c Chooser) Ending {
	if len(bodies) != len(s.threads) {
		panic(fmt.Sprintf("sched: %d bodies for %d threads", len(bodies), len(s.threads)))
	}
	turn.Lock()
	defer turn.Unlock()
	defer func() { running, observing = nil, false }()
	s.reset(bodies, c)
	observing, s.observe = s.observe, false
	raceFork(&s.starts)
	s.perform()
	raceJoin(&s.ends)
	if s.fault != nil {
		panic(s.fault)
	}
	return s.ending
}

// perform runs the threads until each has ended.
func (s *Scheduler) perform() {
	raceOff()
	defer raceOn()
	s.start()
	for s.next = s.decide(); s.next != nil; {
		running = s.next
		running.resume()
	}
	s.unwind()
}

func (s *Scheduler) reset(bodies []func(), c Chooser) {
	s.memory.reset()
	s.chooser, s.fault = c, nil
	s.trace, s.arena, s.settled = s.trace[:0], s.arena[:0], 0
	s.ending, s.wakes, s.waited = Completed, 0, false
	s.panics, s.exits, s.blocked = nil, 0, 0
	s.observations = nil
	for i, t := range s.threads {
		t.body, t.done = bodies[i], false
		t.reads = t.reads[:0]
		t.steps, t.operation, t.fresh = 0, 0, false
		t.ignored = 0
	}
}

// start brings every thread to its first step.
func (s *Scheduler) start() {
	s.starting = true
	for _, t := range s.threads {
		running = t
		t.resume()
	}
	s.starting = false
}

// unwind ends what has not ended by itself, and replaces coroutines that
// cannot be used again.
func (s *Scheduler) unwind() {
	s.unwinding = true
	for i, t := range s.threads {
		if !t.done {
			s.blocked |= Only(i)
			running = t
			t.resume()
		}
		if t.exited {
			t.discard()
			s.threads[i] = s.spawn(i)
			s.threads[i].pending = t.pending
		}
		t.body = nil
	}
	s.unwinding = false
	s.memory.release()
}

// decide notes the effect of the latest step and returns the thread to take
// the next one, or nil, with the ending.
func (s *Scheduler) decide() *thread {
	s.settle()
	enabled, over := s.enabled()
	if over {
		return nil
	}
	if len(s.trace) >= s.limits.Steps {
		s.ending = StepLimit
		return nil
	}
	id := s.choose(enabled)
	if id == Stop {
		s.ending = Stopped
		return nil
	}
	t := s.threads[id]
	s.take(t)
	return t
}

// choose asks the chooser. Its panic must not pass for one of the program, on
// whose stack it runs.
func (s *Scheduler) choose(enabled Threads) (id int) {
	defer func() {
		if r := recover(); r != nil {
			s.fault, id = r, Stop
		}
	}()
	id = s.chooser.Choose(s, enabled)
	if id != Stop && !enabled.Has(id) {
		panic(fmt.Sprintf("sched: thread %d was chosen: it may not go", id))
	}
	return id
}

// enabled returns who may go. If nobody may, the execution is over, with the
// ending.
func (s *Scheduler) enabled() (can Threads, over bool) {
	for {
		var suspended Threads
		alive := false
		for i, t := range s.threads {
			switch {
			case t.done, s.stall[0] == i && int(t.steps) >= s.stall[1]:
				continue
			case t.pending.Kind == Acquire && s.memory.locations[t.pending.Location].held:
			case t.pending.Kind == Pause && s.suspended(t):
				suspended |= Only(i)
			default:
				can |= Only(i)
			}
			alive = true
		}
		switch {
		case can != 0:
			return can, false
		case !alive:
			s.ending = Completed
		case suspended == 0:
			s.ending = Deadlocked
		case s.wakes >= s.limits.Wakes:
			s.ending = Livelocked
		case s.wake(suspended):
			continue
		}
		return 0, true
	}
}

// Stall makes the executions from here on stop a thread for ever when it has
// taken so many steps. The execution ends without it. A negative thread stands
// for none.
func (s *Scheduler) Stall(thread, after int) { s.stall = [2]int{thread, after} }

// take appends t's next step to the trace. Mutexes change hands here; what
// memory has become is known when t has made its access: see settle.
func (s *Scheduler) take(t *thread) {
	t.steps++
	n := len(s.trace)
	s.trace = slices.Grow(s.trace, 1)[:n+1]
	e := &s.trace[n]
	e.set(&t.pending)
	if observing {
		s.observed(t)
	}
	switch e.Kind {
	case Acquire, TryAcquire:
		l := &s.memory.locations[e.Location]
		t.granted = !l.held
		e.Writes = !l.held
		l.held = true
	case Release:
		l := &s.memory.locations[e.Location]
		t.granted = l.held
		l.held = false
	}
}

// settle notes the effect of the latest step.
func (s *Scheduler) settle() {
	if s.settled == len(s.trace) {
		return
	}
	e := &s.trace[s.settled]
	s.settled++
	if e.Writes {
		s.memory.written(e)
	}
	s.notice(s.threads[e.Thread], e)
}

func (s *Scheduler) failed(t *thread) {
	if n := len(s.trace); s.settled < n {
		if e := &s.trace[n-1]; e.Kind == CompareAndSwap && e.Thread == t.id {
			e.Writes = false
			return
		}
	}
	panic("sched: Failed must follow a compare-and-swap at once")
}
