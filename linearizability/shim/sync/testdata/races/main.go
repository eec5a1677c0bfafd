// Command races runs one program, named by its argument, under a scheduler and
// the race detector: see TestTheRaceDetectorSeesWhatRealLocksOrder.
package main

import (
	"os"

	"github.com/mapspec/mapspec/linearizability/explore/search"
	"github.com/mapspec/mapspec/linearizability/shim/sync"
)

// state is what the programs share: x is what they may race on.
type state struct {
	x, y int
	m    sync.Mutex
	rw   sync.RWMutex
	g    sync.WaitGroup
	p    sync.Pool
	o    sync.Once
	s    sync.Map
	c    *sync.Cond

	failed bool
}

// fail and hasFailed tell one thread what another one did, without the
// detector.
//
//go:norace
func fail() { s.failed = true }

//go:norace
func hasFailed() bool { return s.failed }

var s *state

var programs = map[string][]func(){
	"ordered-mutex": {
		func() { s.m.Lock(); s.x++; s.m.Unlock() }, func() { s.m.Lock(); s.x++; s.m.Unlock() },
	},
	"ordered-writers-and-reader": {
		func() { s.rw.Lock(); s.x++; s.rw.Unlock() }, func() { s.rw.Lock(); s.x++; s.rw.Unlock() },
		func() { s.rw.RLock(); s.y = s.x; s.rw.RUnlock() },
	},
	"ordered-readers": {
		func() { s.rw.RLock(); _ = s.x; s.rw.RUnlock() }, func() { s.rw.RLock(); _ = s.x; s.rw.RUnlock() },
		func() { s.rw.Lock(); s.x++; s.rw.Unlock() },
	},
	"ordered-waitgroup": {
		func() { s.x++; s.g.Done() }, func() { s.y++; s.g.Done() }, func() { s.g.Wait(); s.x += s.y },
	},
	"ordered-cond": {
		func() {
			s.m.Lock()
			for s.x == 0 {
				s.c.Wait()
			}
			s.m.Unlock()
			s.y++
		},
		func() { s.m.Lock(); s.y++; s.x++; s.m.Unlock(); s.c.Signal() },
	},
	"ordered-pool": {
		func() { s.p.Put(use(new(int))) },
		func() {
			if i, ok := s.p.Get().(*int); ok {
				use(i)
			}
		},
	},
	"ordered-once": {
		func() { s.o.Do(func() { s.x++ }); _ = s.x }, func() { s.o.Do(func() { s.x++ }); _ = s.x },
	},
	"ordered-map": {
		func() { s.s.Store(1, use(new(int))) },
		func() {
			if i, ok := s.s.Load(1); ok {
				use(i.(*int))
			}
		},
	},
	"race-readers": {
		func() { s.rw.RLock(); s.x++; s.rw.RUnlock() }, func() { s.rw.RLock(); s.x++; s.rw.RUnlock() },
	},
	"race-failed-trylock": {
		func() { s.x++; s.rw.RLock(); s.rw.RUnlock() },
		func() {
			if s.rw.TryLock() {
				s.rw.Unlock()
			} else {
				s.x++
			}
		},
	},
	"race-after-failed-trylock": {
		func() { s.rw.RLock(); s.rw.RUnlock() },
		func() {
			s.x++
			if s.rw.TryLock() {
				s.rw.Unlock()
			} else {
				fail()
			}
		},
		func() {
			s.rw.Lock()
			if hasFailed() {
				s.x++
			}
			s.rw.Unlock()
		},
	},
	"race-map-keys": {
		func() { s.x++; s.s.Store(1, 1) }, func() { s.s.Store(2, 2); s.x++ },
	},
	"race-pool": {
		func() { s.x++; s.p.Put(1) }, func() { s.p.Put(2); s.x++ },
	},
	"race-before-wait": {
		func() { s.g.Done(); s.x++ }, func() { s.g.Done() }, func() { s.g.Wait(); s.x++ },
	},
}

func use(i *int) *int { *i++; return i }

func main() {
	setup := func() {
		s = new(state)
		s.c = sync.NewCond(&s.m)
		s.g.Add(2)
	}
	r, err := search.Run(search.Program{Setup: setup, Threads: programs[os.Args[1]]}, search.Options{})
	if err != nil || r.Failure != nil || !r.Coverage.Complete() {
		println("not explored", err, r.Failure)
		os.Exit(1)
	}
}
