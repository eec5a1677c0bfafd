// Command races explores the program that its argument names, under the race
// detector. TestRaceDetectorSeesWhatRealLocksOrder runs it.
package main

import (
	"os"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/shim/sync"
)

// state is what the programs share. They may race on x.
type state struct {
	x, y int
	m    sync.Mutex
	rw   sync.RWMutex
	g    sync.WaitGroup
	p    sync.Pool
	o    sync.Once
	s    sync.Map
	c    *sync.Cond

	done bool
}

// mark and marked tell one thread that another has reached mark. The race detector
// does not see them, so they order nothing for it.
//
//go:norace
func mark() {
	sched.Before(sched.Store, unsafe.Pointer(&s.done), 1)
	s.done = true
}

//go:norace
func marked() bool {
	sched.Before(sched.Load, unsafe.Pointer(&s.done), 1)
	return s.done
}

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
	// A lock that orders too much is noticed only if nothing else but time orders
	// two accesses.
	"race-after-failed-trylock": {
		func() { s.rw.RLock(); s.y++; s.rw.RUnlock() },
		func() {
			s.x++
			if s.rw.TryLock() {
				s.rw.Unlock()
			} else {
				mark()
			}
		},
		func() {
			if marked() {
				s.rw.Lock()
				s.x++
				s.rw.Unlock()
			}
		},
	},
	"race-readers-one-by-one": {
		func() { s.rw.RLock(); s.x++; s.rw.RUnlock(); mark() },
		func() {
			if marked() {
				s.rw.RLock()
				s.x++
				s.rw.RUnlock()
			}
		},
	},
	"race-pool-one-by-one": {
		func() { s.x++; s.p.Put(1); mark() },
		func() {
			if marked() {
				s.p.Put(2)
				s.x++
			}
		},
	},
	"race-map-keys-one-by-one": {
		func() { s.x++; s.s.Store(1, 1); mark() },
		func() {
			if marked() {
				s.s.Store(2, 2)
				s.x++
			}
		},
	},
	"race-before-wait": {
		func() { s.g.Done(); s.x++ }, func() { s.g.Done() }, func() { s.g.Wait(); s.x++ },
	},
}

func use(i *int) *int { *i++; return i }

func main() {
	sched.HideSwitches()
	setup := func() {
		s = new(state)
		s.c = sync.NewCond(&s.m)
		s.g.Add(2)
	}
	r, err := search.Run(search.Program{Setup: setup, Threads: programs[os.Args[1]]}, search.Options{})
	if err != nil || r.Failure != nil || !r.Coverage.Complete() {
		println("not fully explored:", err, r.Failure)
		os.Exit(1)
	}
}
