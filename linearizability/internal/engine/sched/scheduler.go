package sched

import (
	"fmt"
	"slices"
	"sync"
)

// Chooser is a strategy: it decides which thread takes the next step.
type Chooser interface {
	// Choose returns one of the enabled threads, or Stop. Every thread waits at
	// its next step or has ended.
	Choose(s *Scheduler, enabled Threads) int
}

// Stop ends the execution.
const Stop = -1

// Ending is how an execution ended.
type Ending uint8

// The endings. The package comment explains them.
const (
	Completed Ending = iota
	Deadlocked
	Livelocked
	StepLimit
	Stopped
)

var endingNames = [...]string{"completed", "deadlock", "livelock", "step limit", "stopped"}

func (e Ending) String() string { return endingNames[e] }

// Limits bounds an execution. Zero means the default.
type Limits struct {
	Steps int // the most steps of all threads
	Wakes int // how often in a row threads may be woken: see waiting.go
}

// The default Limits.
const (
	DefaultSteps = 10_000
	DefaultWakes = 8
)

// Panic is a panic that ended a thread.
type Panic struct {
	Thread int
	Value  any
}

// Scheduler runs executions one after the other. They share its coroutines and
// its memory, so that an execution allocates almost nothing. Close it after use.
type Scheduler struct {
	limits  Limits
	threads []*thread
	chooser Chooser
	memory  memory
	trace   []Event
	arena   []Wait // the memory of the Waits in trace
	settled int    // the number of events whose effect is recorded
	next    *thread
	ending  Ending
	wakes   int
	waited  bool
	panics  []Panic
	exits   Threads
	blocked Threads // the threads that had not ended when the execution did
	fault   any     // the value of a panic of the chooser

	starting, unwinding bool

	stall        [2]int // the thread that Stall stops, or -1; and after how many steps
	aloneThread  thread // what Alone runs
	observe      bool   // whether to observe the next execution
	observations []Observation

	raceStarts, raceEnds byte // tokens for raceFork and raceJoin
}

// turn is held while an execution runs, as there is only one variable running.
var turn sync.Mutex

// New returns a scheduler for programs with the given number of threads, at most
// MaxThreads.
func New(threads int, l Limits) *Scheduler {
	if threads > MaxThreads {
		panic(fmt.Sprintf("sched: %d threads are too many: at most %d are supported", threads, MaxThreads))
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

// Run runs one execution, in which bodies[i] is thread i. At the start each
// thread in turn runs up to its first declared operation. Run panics if the
// chooser does.
func (s *Scheduler) Run(bodies []func(), c Chooser) Ending {
	if len(bodies) != len(s.threads) {
		panic(fmt.Sprintf("sched: %d bodies for %d threads", len(bodies), len(s.threads)))
	}
	turn.Lock()
	defer turn.Unlock()
	defer func() { running, observing = nil, false }()
	s.reset(bodies, c)
	observing, s.observe = s.observe, false
	raceFork(&s.raceStarts)
	s.runThreads()
	raceJoin(&s.raceEnds)
	if s.fault != nil {
		panic(s.fault)
	}
	return s.ending
}

// runThreads runs the threads until each has ended.
func (s *Scheduler) runThreads() {
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

// start runs every thread up to its first step.
func (s *Scheduler) start() {
	s.starting = true
	for _, t := range s.threads {
		running = t
		t.resume()
	}
	s.starting = false
}

// unwind ends the threads that have not ended by themselves, and replaces
// coroutines that cannot be used again.
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

// decide records the effect of the latest step and returns the thread that takes
// the next one. If the execution ends here, it sets s.ending and returns nil.
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

// choose asks the chooser, on the stack of one of the program's threads. If the
// chooser panics, that must not look like a panic of the program.
func (s *Scheduler) choose(enabled Threads) (id int) {
	defer func() {
		if r := recover(); r != nil {
			s.fault, id = r, Stop
		}
	}()
	id = s.chooser.Choose(s, enabled)
	if id != Stop && !enabled.Has(id) {
		panic(fmt.Sprintf("sched: the chooser returned thread %d, which is not enabled", id))
	}
	return id
}

// enabled returns the threads that can run. If there are none, the execution is
// over, and enabled sets s.ending.
func (s *Scheduler) enabled() (can Threads, over bool) {
	for {
		var suspended Threads
		alive := false
		for i, t := range s.threads {
			switch {
			case t.done, s.stall[0] == i && int(t.steps) >= s.stall[1]:
				continue
			case t.pending.Kind == Acquire && s.memory.locations[t.pending.Location].held:
			case t.pending.Kind == Pause && s.isSuspended(t):
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

// Stall makes later executions stop the given thread for ever once it has taken
// after steps. They end without it. A negative thread means none.
func (s *Scheduler) Stall(thread, after int) { s.stall = [2]int{thread, after} }

// take appends t's next step to the trace. Mutexes change hands here. The effect
// on other memory is known only after t has made its access: see settle.
func (s *Scheduler) take(t *thread) {
	t.steps++
	n := len(s.trace)
	s.trace = slices.Grow(s.trace, 1)[:n+1]
	e := &s.trace[n]
	e.set(&t.pending)
	if observing {
		s.observeStep(t)
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

// settle records the effect of the latest step.
func (s *Scheduler) settle() {
	if s.settled == len(s.trace) {
		return
	}
	e := &s.trace[s.settled]
	s.settled++
	if e.Writes {
		s.memory.noteWrite(e)
	}
	s.notice(s.threads[e.Thread], e)
}

// markFailed makes the latest step, a compare-and-swap of t, a read.
func (s *Scheduler) markFailed(t *thread) {
	if n := len(s.trace); s.settled < n {
		if e := &s.trace[n-1]; e.Kind == CompareAndSwap && e.Thread == t.id {
			e.Writes = false
			return
		}
	}
	panic("sched: Failed does not follow a compare-and-swap: call it right after one")
}
