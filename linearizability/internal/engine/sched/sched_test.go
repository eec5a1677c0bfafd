package sched

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// inOrder always chooses the lowest enabled thread.
type inOrder struct{}

func (inOrder) Choose(_ *Scheduler, enabled Threads) int { return enabled.First() }

// turns chooses the listed threads, then the lowest enabled one.
type turns []int

func (c *turns) Choose(_ *Scheduler, enabled Threads) int {
	if len(*c) == 0 {
		return enabled.First()
	}
	t := (*c)[0]
	*c = (*c)[1:]
	return t
}

type variable struct{ v uint64 }

func (x *variable) at() unsafe.Pointer { return unsafe.Pointer(&x.v) }
func (x *variable) load() uint64       { Before(Load, x.at(), 8); return x.v }
func (x *variable) store(v uint64)     { Before(Store, x.at(), 8); x.v = v }

// traceText returns the trace as text: thread, kind, location.
func traceText(s *Scheduler) string {
	var b strings.Builder
	for _, e := range s.Trace() {
		fmt.Fprintf(&b, "%d:%v(%d) ", e.Thread, e.Kind, e.Location)
	}
	return strings.TrimSpace(b.String())
}

// run runs bodies once, in a new scheduler.
func run(t *testing.T, l Limits, c Chooser, bodies ...func()) (*Scheduler, Ending) {
	t.Helper()
	s := New(len(bodies), l)
	t.Cleanup(s.Close)
	return s, s.Run(bodies, c)
}

func TestThreadsRunInTheChosenOrder(t *testing.T) {
	var x, y variable
	s, ending := run(t, Limits{}, &turns{0, 1, 1, 0},
		func() { x.store(1); y.load() }, func() { y.store(1); x.load() })
	want := "0:store(0) 1:store(1) 1:load(0) 0:load(1)"
	if got := traceText(s); ending != Completed || got != want {
		t.Errorf("%v: %s, want %s", ending, got, want)
	}
}

func TestLockWaitsForUnlock(t *testing.T) {
	var m variable
	s, ending := run(t, Limits{}, &turns{1},
		func() { Lock(m.at()); Unlock(m.at()) }, func() { Lock(m.at()); Unlock(m.at()) })
	want := "1:lock(0) 1:unlock(0) 0:lock(0) 0:unlock(0)"
	if got := traceText(s); ending != Completed || got != want {
		t.Errorf("%v: %s, want %s", ending, got, want)
	}
}

func TestAnotherThreadUnlocksAHeldMutex(t *testing.T) {
	var x variable
	var ticket *variable
	wait := func() {
		x.store(1)
		ticket = new(variable)
		Hold(ticket.at())
		Lock(ticket.at())
	}
	s, ending := run(t, Limits{}, &turns{0, 1, 1}, wait, func() { x.load(); Unlock(ticket.at()) })
	want := "0:store(0) 1:load(0) 1:unlock(1) 0:lock(1)"
	if got := traceText(s); ending != Completed || got != want {
		t.Errorf("%v: %s, want %s", ending, got, want)
	}
	if _, ending := run(t, Limits{}, inOrder{}, wait); ending != Deadlocked {
		t.Errorf("without an unlock: %v, want a deadlock", ending)
	}
}

func TestTryLockReportsWhetherItLocked(t *testing.T) {
	var m variable
	var got [2]bool
	s, _ := run(t, Limits{}, inOrder{}, func() { got[0] = TryLock(m.at()); got[1] = TryLock(m.at()) })
	if got != [2]bool{true, false} || !s.Trace()[0].Writes || s.Trace()[1].Writes {
		t.Errorf("TryLock twice: %v, trace %+v; want true, a write; false, a read", got, s.Trace())
	}
}

func TestADeadlockEndsTheExecution(t *testing.T) {
	var a, b variable
	s, ending := run(t, Limits{}, &turns{0, 1},
		func() { Lock(a.at()); Lock(b.at()) }, func() { Lock(b.at()); Lock(a.at()) })
	if ending != Deadlocked || s.Blocked() != 0b11 || s.Pending(0).Kind != Acquire {
		t.Errorf("%v, blocked %b; want a deadlock of both", ending, s.Blocked())
	}
}

func TestThreadsThatYieldForEachOtherLivelock(t *testing.T) {
	var x, y variable
	spin := func(v *variable) {
		for v.load() == 0 {
			Yield()
		}
	}
	_, ending := run(t, Limits{Steps: 100}, inOrder{}, func() { spin(&x); y.store(1) }, func() { spin(&y); x.store(1) })
	if ending != Livelocked {
		t.Errorf("%v, want a livelock", ending)
	}
}

func TestYieldWaitsForAWriteToWhatItsThreadRead(t *testing.T) {
	var x, y variable
	s, ending := run(t, Limits{Steps: 20}, inOrder{},
		func() {
			for x.load() == 0 {
				Yield()
			}
		},
		func() { y.store(1); x.store(1) })
	want := "0:load(0) 1:store(1) 1:store(0) 0:yield(-1) 0:load(0)"
	if got := traceText(s); ending != Completed || got != want || !s.Waited() {
		t.Errorf("%v, waited %v: %s, want %s", ending, s.Waited(), got, want)
	}
}

func TestYieldDoesNotWaitForAWriteThatHasHappened(t *testing.T) {
	var x, y variable
	s, _ := run(t, Limits{}, &turns{0, 1, 0, 0}, func() { x.load(); y.load(); Yield() }, func() { x.store(1) })
	if s.Waited() || s.Trace()[3].Woken {
		t.Errorf("waited %v, woken %v; want neither", s.Waited(), s.Trace()[3].Woken)
	}
}

func TestYieldIsWokenWhenNoOtherThreadCanRun(t *testing.T) {
	var x, y variable
	s, ending := run(t, Limits{}, inOrder{}, func() { x.load(); Yield(); y.store(1) })
	if ending != Completed || !s.Waited() || !s.Trace()[1].Woken {
		t.Errorf("%v, waited %v: %s; want completed after waiting", ending, s.Waited(), traceText(s))
	}
}

func TestYieldIgnoresReadsOfEarlierOperations(t *testing.T) {
	var x variable
	s, _ := run(t, Limits{}, inOrder{}, func() { x.load(); Operation(); Yield() })
	if s.Waited() {
		t.Error("Yield waits for what an earlier operation read")
	}
}

func TestYieldIgnoresReadsBeforeItsThreadsWrite(t *testing.T) {
	var x, y variable
	s, _ := run(t, Limits{}, inOrder{}, func() { x.load(); y.store(1); Yield() })
	if s.Waited() {
		t.Error("Yield waits for what its thread read before it wrote")
	}
}

func TestTheStepLimitEndsTheExecution(t *testing.T) {
	var x variable
	s, ending := run(t, Limits{Steps: 10}, inOrder{}, func() {
		for {
			x.load()
		}
	})
	if ending != StepLimit || len(s.Trace()) != 10 {
		t.Errorf("%v after %d steps, want the limit after 10", ending, len(s.Trace()))
	}
}

func TestPanicAndGoexitEndOnlyTheirThread(t *testing.T) {
	var x variable
	s := New(3, Limits{})
	defer s.Close()
	bodies := []func(){
		func() { x.load(); panic("no") },
		func() { x.load(); runtime.Goexit() },
		func() { x.load(); x.store(1) },
	}
	for range 3 { // the scheduler can be used again
		ending := s.Run(bodies, inOrder{})
		p := s.Panics()
		if ending != Completed || len(p) != 1 || p[0] != (Panic{0, "no"}) || s.Exits() != Only(1) || len(s.Trace()) != 4 {
			t.Fatalf("%v, panics %v, exits %b: %s", ending, p, s.Exits(), traceText(s))
		}
	}
}

func TestUnlockOfAnUnlockedMutexPanics(t *testing.T) {
	var m variable
	s, _ := run(t, Limits{}, inOrder{}, func() { Unlock(m.at()) })
	if len(s.Panics()) != 1 {
		t.Errorf("panics %v, want one", s.Panics())
	}
}

// A thread is unwound even if it recovers from every panic, unlocks in deferred
// functions and loops.
func TestUnwindingEndsAThreadThatRecoversFromPanics(t *testing.T) {
	var m, x variable
	s, ending := run(t, Limits{}, inOrder{}, func() {
		for !Unwinding() {
			func() {
				defer func() { _ = recover() }()
				defer Unlock(m.at())
				Lock(m.at())
				Lock(m.at()) // deadlock
				x.load()
			}()
		}
		for {
			Lock(m.at())
			Unlock(m.at())
		}
	})
	if ending != Deadlocked {
		t.Errorf("%v, want a deadlock", ending)
	}
	if Running() || s.Run([]func(){func() {}}, inOrder{}) != Completed {
		t.Error("the scheduler cannot be used again")
	}
}

func TestPanicOfTheChooserReachesTheCaller(t *testing.T) {
	var x variable
	s := New(2, Limits{})
	defer s.Close()
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "thread 1, which is not enabled") {
			t.Errorf("recovered %v, want a complaint about thread 1", r)
		}
	}()
	s.Run([]func(){func() { x.load(); x.load() }, func() {}}, &turns{0, 1})
}

func TestAccessesConflictWhereTheirBytesOverlap(t *testing.T) {
	var x variable
	half := unsafe.Add(x.at(), 4)
	s, _ := run(t, Limits{}, inOrder{}, func() {
		Before(Load, x.at(), 8)
		Before(Store, x.at(), 4)
		Before(Load, half, 4)
		Before(Store, half, 4)
	})
	e := s.Trace()
	for _, c := range []struct {
		a, b int
		want bool
	}{{0, 1, true}, {1, 2, false}, {1, 3, false}, {2, 3, true}, {0, 2, false}} {
		if got := Conflict(&e[c.a], &e[c.b]); got != c.want {
			t.Errorf("%v and %v conflict: %v, want %v", e[c.a].Kind, e[c.b].Kind, got, c.want)
		}
	}
}

func TestAccessAcrossWordsPanics(t *testing.T) {
	var x [2]uint64
	s, _ := run(t, Limits{}, inOrder{}, func() { Before(Load, unsafe.Add(unsafe.Pointer(&x), 4), 8) })
	if len(s.Panics()) != 1 {
		t.Errorf("panics %v, want one", s.Panics())
	}
}

func TestLocationsAreDistinguished(t *testing.T) {
	words := make([]variable, 1000)
	s, _ := run(t, Limits{}, inOrder{}, func() {
		for range 2 {
			for i := range words {
				words[i].load()
			}
		}
	})
	if s.Locations() != len(words) {
		t.Errorf("%d locations, want %d", s.Locations(), len(words))
	}
}

func TestCallsOutsideAnExecutionDoNothing(t *testing.T) {
	var m variable
	Lock(m.at())
	Lock(m.at())
	Yield()
	Operation()
	if Running() || !TryLock(m.at()) {
		t.Error("an execution seems to run")
	}
}

// Close ends coroutines that have finished, were unwound, panicked or exited.
func TestCloseLeavesNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		var m, x variable
		s := New(4, Limits{})
		s.Run([]func(){
			func() { Lock(m.at()); x.load(); runtime.Goexit() },
			func() { Lock(m.at()) },
			func() { x.load(); panic("no") },
			func() { defer runtime.Goexit(); Lock(m.at()) },
		}, inOrder{})
		s.Close()
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}
