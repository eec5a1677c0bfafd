package sync_test

import (
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/shim/sync"
)

// program creates the threads of an execution, with a new state.
type program func() []func()

// explore runs one execution of each class of p.
func explore(t *testing.T, p program) search.Result {
	t.Helper()
	withoutDetector(t)
	bodies := p()
	n := len(bodies)
	threads := make([]func(), n)
	for i := range n {
		threads[i] = func() { bodies[i]() }
	}
	r, err := search.Run(search.Program{Setup: func() { bodies = p() }, Threads: threads},
		search.Options{Distinct: true, KeepGoing: true})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Coverage.Complete() {
		t.Fatalf("coverage is %v", r.Coverage)
	}
	return r
}

// withoutDetector skips a test of executions under the race detector, which would
// take the scheduler for part of the program.
func withoutDetector(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("the race detector would take the scheduler for part of the program: run without -race")
	}
}

// lockAndUnlock returns a function that locks and unlocks m.
func lockAndUnlock(m sync.Locker) func() {
	return func() {
		m.Lock()
		func() {}()
		m.Unlock()
	}
}

func twice(f func()) []func() { return []func(){f, f} }

// classCounts has the number of classes of programs, and how many of these classes
// deadlock. The counts are derived by hand. They are the orders of conflicting steps.
var classCounts = []struct {
	name                string
	classes, deadlocked int
	program             program
}{
	{"mutex: either thread is first", 2, 0, func() []func() {
		var m sync.Mutex
		return twice(lockAndUnlock(&m))
	}},
	{"TryLock: before, during and after", 3, 0, func() []func() {
		var m sync.Mutex
		return []func(){
			lockAndUnlock(&m),
			func() {
				if m.TryLock() {
					m.Unlock()
				}
			},
		}
	}},
	{"two readers: two steps each, all conflicting", 6, 0, func() []func() {
		var m sync.RWMutex
		return twice(lockAndUnlock(m.RLocker()))
	}},
	{"reader and writer: before, waited for, waiting, after", 4, 0, func() []func() {
		var m sync.RWMutex
		return []func(){
			lockAndUnlock(m.RLocker()),
			lockAndUnlock(&m),
		}
	}},
	{"TryRLock and writer: before, waited for, refused, after", 4, 0, func() []func() {
		var m sync.RWMutex
		return []func(){
			func() {
				if m.TryRLock() {
					m.RUnlock()
				}
			},
			lockAndUnlock(&m),
		}
	}},
	{"reader and TryLock: before, refused, waiting, after", 4, 0, func() []func() {
		var m sync.RWMutex
		return []func(){
			lockAndUnlock(m.RLocker()),
			func() {
				if m.TryLock() {
					m.Unlock()
				}
			},
		}
	}},
	{"two writers: either is first", 2, 0, func() []func() {
		var m sync.RWMutex
		return twice(lockAndUnlock(&m))
	}},
	{"nested RLock and writer: 6 orders of conflicting steps, 1 of them a deadlock", 6, 1, func() []func() {
		var m sync.RWMutex
		return []func(){
			func() { m.RLock(); lockAndUnlock(m.RLocker())(); m.RUnlock() },
			lockAndUnlock(&m),
		}
	}},
	{"signal: missed or not", 2, 1, func() []func() {
		var m sync.Mutex
		c := sync.NewCond(&m)
		return []func(){
			func() { m.Lock(); defer m.Unlock(); c.Wait() },
			func() { c.Signal() },
		}
	}},
	{"broadcast: missed or not", 2, 1, func() []func() {
		var m sync.Mutex
		c := sync.NewCond(&m)
		return []func(){
			func() { m.Lock(); defer m.Unlock(); c.Wait() },
			func() { c.Broadcast() },
		}
	}},
	{"Done and Wait: either is first", 2, 0, func() []func() {
		var g sync.WaitGroup
		g.Add(1)
		return []func(){g.Done, g.Wait}
	}},
	{"two Done and Wait: all conflict", 6, 0, func() []func() {
		var g sync.WaitGroup
		g.Add(2)
		return []func(){g.Done, g.Done, g.Wait}
	}},
	{"Wait for a task that is never done", 1, 1, func() []func() {
		var g sync.WaitGroup
		g.Add(1)
		return []func(){g.Wait}
	}},
	{"two Waits for no tasks: two reads", 1, 0, func() []func() {
		var g sync.WaitGroup
		return twice(g.Wait)
	}},
	{"Once: either thread calls, and the other waits or not", 4, 0, func() []func() {
		var o sync.Once
		return twice(func() { o.Do(func() {}) })
	}},
	{"pool: either thread gets the value", 2, 0, func() []func() {
		var p sync.Pool
		p.Put(1)
		return twice(func() { p.Get() })
	}},
	{"empty pool: two reads", 1, 0, func() []func() {
		var p sync.Pool
		return twice(func() { p.Get() })
	}},
	{"map: operations that change nothing read", 1, 0, func() []func() {
		var m sync.Map
		m.Store(1, 1)
		return []func(){
			func() { m.Load(1) }, func() { m.Load(2) }, func() { m.LoadOrStore(1, 2) }, func() { m.Delete(3) },
			func() { m.Range(func(_, _ any) bool { return true }) },
		}
	}},
	{"map: either thread stores", 2, 0, func() []func() {
		var m sync.Map
		return twice(func() { m.LoadOrStore(1, 1) })
	}},
}

func TestNumberOfClasses(t *testing.T) {
	for _, c := range classCounts {
		t.Run(c.name, func(t *testing.T) {
			r := explore(t, c.program)
			if r.Classes != c.classes || r.Failures != c.deadlocked {
				t.Errorf("%d classes, %d of them fail; want %d and %d", r.Classes, r.Failures, c.classes, c.deadlocked)
			}
			if r.Failure != nil && r.Failure.Ending != sched.Deadlocked {
				t.Errorf("%v, want a deadlock", r.Failure)
			}
		})
	}
}

// In every class, a predicate that is checked under the lock misses no signal, a
// writer is alone, Once calls its function once, and a pooled value has one owner.
func TestGuaranteesHoldInEveryClass(t *testing.T) {
	for name, p := range map[string]program{
		"cond": func() []func() {
			var m sync.Mutex
			c, ready := sync.NewCond(&m), false
			return []func(){
				func() {
					m.Lock()
					for !ready {
						c.Wait()
					}
					m.Unlock()
				},
				func() { m.Lock(); ready = true; m.Unlock(); c.Signal() },
			}
		},
		"writers exclude": func() []func() {
			var m sync.RWMutex
			inside := 0
			write := func() {
				m.Lock()
				if inside++; inside != 1 {
					panic("not alone")
				}
				inside--
				m.Unlock()
			}
			return []func(){write, write, func() {
				m.RLocker().Lock()
				if inside != 0 {
					panic("a writer is in")
				}
				m.RLocker().Unlock()
			}}
		},
		"once": func() []func() {
			var o sync.Once
			calls := 0
			return twice(func() {
				if o.Do(func() { calls++ }); calls != 1 {
					panic("not once")
				}
			})
		},
		"pool": func() []func() {
			var p sync.Pool
			p.Put(new(int))
			p.New = func() any { return new(int) }
			return twice(func() {
				x := p.Get().(*int)
				if *x++; *x != 1 {
					panic("two have it")
				}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			if r := explore(t, p); r.Failure != nil {
				t.Error(r.Failure)
			}
		})
	}
}

// turns chooses the listed threads, except those that are not enabled, and then the
// lowest enabled one.
type turns []int

func (c *turns) Choose(_ *sched.Scheduler, enabled sched.Threads) int {
	for len(*c) > 0 {
		t := (*c)[0]
		*c = (*c)[1:]
		if enabled.Has(t) {
			return t
		}
	}
	return enabled.First()
}

// runOnce runs one execution.
func runOnce(t *testing.T, c turns, bodies ...func()) (sched.Ending, []sched.Panic) {
	t.Helper()
	withoutDetector(t)
	s := sched.New(len(bodies), sched.Limits{})
	defer s.Close()
	return s.Run(bodies, &c), s.Panics()
}

func TestWaitingReadersPrecedeTheNextWriter(t *testing.T) {
	var m sync.RWMutex
	order := ""
	write := func(name string) func() {
		return func() { m.Lock(); order += name; m.Unlock() }
	}
	// The first writer holds the lock, the reader waits, and the second writer
	// runs whenever it can.
	ending, _ := runOnce(t, turns{0, 0, 1, 2, 0, 2, 2, 0, 2, 2, 0, 2, 2, 2}, write("a"),
		func() { m.RLock(); order += "r"; m.RUnlock() }, write("b"))
	if ending != sched.Completed || order != "arb" {
		t.Errorf("%v, in the order %s; want arb", ending, order)
	}
}

func TestSignalWakesTheThreadThatHasWaitedLongest(t *testing.T) {
	var m sync.Mutex
	c, order := sync.NewCond(&m), ""
	wait := func(name string) func() {
		return func() { m.Lock(); c.Wait(); order += name; m.Unlock() }
	}
	ending, _ := runOnce(t, turns{1, 1, 1, 0, 0, 0, 2, 2}, wait("a"), wait("b"), c.Signal)
	if ending != sched.Deadlocked || order != "b" {
		t.Errorf("%v, woken: %s; want a deadlock, and b, which waited first", ending, order)
	}
}

func TestLockingAMutexThatWasLockedBeforeTheExecutionDeadlocks(t *testing.T) {
	for name, lock := range map[string]func() (outside, within func()){
		"Mutex":   func() (_, _ func()) { var m sync.Mutex; return m.Lock, m.Lock },
		"RWMutex": func() (_, _ func()) { var m sync.RWMutex; return m.Lock, m.Lock },
		"reader":  func() (_, _ func()) { var m sync.RWMutex; return m.Lock, m.RLock },
		"writer":  func() (_, _ func()) { var m sync.RWMutex; return m.RLock, m.Lock },
	} {
		t.Run(name, func(t *testing.T) {
			s := sched.New(1, sched.Limits{})
			defer s.Close()
			outside, within := lock()
			if ending, p := s.Alone(outside); ending != sched.Completed || p != nil {
				t.Fatalf("first lock: %v %v", ending, p)
			}
			if ending, _ := s.Alone(within); ending != sched.Deadlocked {
				t.Errorf("alone: %v, want a deadlock", ending)
			}
			if ending, _ := runOnce(t, nil, within); ending != sched.Deadlocked {
				t.Errorf("in an execution: %v, want a deadlock", ending)
			}
		})
	}
}

func TestReadLockFromBeforeTheExecutionCanBeUnlocked(t *testing.T) {
	var m sync.RWMutex
	m.RLock()
	if ending, p := runOnce(t, turns{1, 1, 1}, m.RUnlock, m.Lock); ending != sched.Completed || p != nil {
		t.Errorf("%v %v, want completed", ending, p)
	}
	if m.TryRLock() {
		t.Error("the Lock in the execution had no effect after it")
	}
}

func TestTryLockFailsIfLockedBeforeTheExecution(t *testing.T) {
	var m sync.Mutex
	m.Lock()
	got := [2]bool{true, true}
	if ending, _ := runOnce(t, nil, func() { got[0] = m.TryLock(); got[1] = m.TryLock() }); ending != sched.Completed || got[0] || got[1] {
		t.Errorf("%v, TryLock twice: %v; want false", ending, got)
	}
}

func TestMisusePanics(t *testing.T) {
	for name, f := range map[string]func(){
		"Mutex":     func() { new(sync.Mutex).Unlock() },
		"RWMutex":   func() { new(sync.RWMutex).Unlock() },
		"RUnlock":   func() { new(sync.RWMutex).RUnlock() },
		"WaitGroup": func() { new(sync.WaitGroup).Done() },
		"copy": func() {
			c := sync.NewCond(new(sync.Mutex))
			c.Signal()
			d := &sync.Cond{}
			copyCond(d, c)
			d.Signal()
		},
		"hash": func() { new(sync.Map).Load([]int{}) },
	} {
		t.Run(name, func(t *testing.T) {
			s := sched.New(1, sched.Limits{})
			defer s.Close()
			if _, p := s.Alone(f); p == nil {
				t.Error("no panic alone")
			}
			if ending, p := runOnce(t, nil, f); ending != sched.Completed || len(p) != 1 {
				t.Errorf("%v, panics %v; want one", ending, p)
			}
		})
	}
}

func TestGoIsRefusedInAnExecution(t *testing.T) {
	var g sync.WaitGroup
	_, p := runOnce(t, nil, func() { g.Go(func() {}) })
	if len(p) != 1 || !strings.Contains(p[0].Value.(error).Error(), "explore_test.go") {
		t.Errorf("panics %v; want a refusal that names this file", p)
	}
}

// A deadlocked thread that is unwound runs its deferred unlocks. A OnceFunc does
// not stop the unwinding.
func TestUnwindingRunsDeferredUnlocks(t *testing.T) {
	var m, n sync.Mutex
	var rw sync.RWMutex
	after := false
	f := sync.OnceFunc(func() { n.Lock() })
	n.Lock()
	ending, p := runOnce(t, nil, func() {
		m.Lock()
		defer m.Unlock()
		rw.RLock()
		defer rw.RUnlock()
		f()
		after = true
	})
	if ending != sched.Deadlocked || p != nil || after {
		t.Errorf("%v %v, went on: %v; want a deadlock and nothing else", ending, p, after)
	}
}

var packageMutex sync.Mutex

// A thread that is unwound leaves a package-level mutex unlocked for the next
// execution.
func TestPackageLevelMutexIsFreeAfterUnwinding(t *testing.T) {
	var n sync.Mutex
	n.Lock() // for ever
	for i := range 2 {
		locked := false
		ending, p := runOnce(t, nil, func() {
			packageMutex.Lock()
			defer packageMutex.Unlock()
			locked = true
			n.Lock()
		})
		if ending != sched.Deadlocked || p != nil || !locked {
			t.Errorf("execution %d: %v %v, locked: %v; want a deadlock behind the lock", i, ending, p, locked)
		}
	}
}

// Like the real map's, Range reads one entry after the other. If both entries are
// deleted after it has read the first, it misses the second.
func TestRangeIsNotASnapshot(t *testing.T) {
	var seen []any
	missed := false
	explore(t, func() []func() {
		missed = missed || len(seen) == 1 && seen[0] == 0
		var m sync.Map
		m.Store(0, 0)
		m.Store(1, 1)
		seen = nil
		return []func(){
			func() { m.Range(func(k, _ any) bool { seen = append(seen, k); return true }) },
			func() { m.Delete(0); m.Delete(1) },
		}
	})
	if missed = missed || len(seen) == 1 && seen[0] == 0; !missed {
		t.Error("no Range sees only the first entry, although that is deleted before the second")
	}
}
