package main

import (
	"fmt"
	"runtime"
	"sync"
	"time"
)

// A runner performs operations on one filled map, as a driver does.
type runner func(m mix, g, from, n int) (done, found int)

// filler makes the keys, and returns a function that makes and fills a peer's map.
func filler(kind keyKind, seed uint64, size int) func(peer) runner {
	switch kind {
	case intKeys:
		w := intWorkload(seed, size)
		return func(p peer) runner { return fill(p.ints, w) }
	case pointerKeys:
		w := pointerWorkload(seed, size)
		return func(p peer) runner { return fill(p.pointers, w) }
	case stringKeys:
		w := stringWorkload(seed, size)
		return func(p peer) runner { return fill(p.strings, w) }
	}
	panic("no keys of kind " + string(kind))
}

func fill[K, V comparable](e *entrant[K, V], w *workload[K, V]) runner {
	t := e.new()
	for i, k := range w.fill {
		t.Store(k, w.values[i&valueMask])
	}
	return func(m mix, g, from, n int) (done, found int) { return e.drive(t, w, m, g, from, n) }
}

// A sample is the result of one measurement.
type sample struct {
	operations int
	cpu, wall  time.Duration
}

func (s sample) cpuNanos() float64  { return float64(s.cpu.Nanoseconds()) / float64(s.operations) }
func (s sample) wallNanos() float64 { return float64(s.wall.Nanoseconds()) / float64(s.operations) }

// chunk is the number of operations between two looks at the clock. One chunk per
// goroutine warms up.
const chunk = 1 << 10

// measure performs m on procs goroutines and processors for about d. It returns an error
// if an operation did not find what it should have.
func measure(run runner, m mix, procs int, d time.Duration) (sample, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	for g := range procs {
		run(m, g, 0, chunk)
	}
	var all sync.WaitGroup
	done, found := make([]int, procs), make([]int, procs)
	before, err := cpuTime()
	if err != nil {
		return sample{}, err
	}
	start := time.Now()
	for g := range procs {
		all.Go(func() {
			from := chunk + g<<14 // away from the keys of other goroutines
			for first := true; first || time.Since(start) < d; first = false {
				n, k := run(m, g, from, chunk)
				from += chunk
				done[g] += n
				found[g] += k
			}
		})
	}
	all.Wait()
	wall := time.Since(start)
	after, err := cpuTime()
	if err != nil {
		return sample{}, err
	}
	s := sample{cpu: after - before, wall: wall}
	hits := 0
	for g := range procs {
		s.operations += done[g]
		hits += found[g]
	}
	return s, m.check(s.operations, hits)
}

// check returns an error if m cannot have found this many keys.
func (m mix) check(operations, found int) error {
	switch {
	case operations == 0:
		return fmt.Errorf("%s: no operation was performed: are there entries in the map?", m)
	case (m == loadHit || m == zipfHit || m == loadOrStore) && found != operations:
		return fmt.Errorf("%s: %d of %d keys were not found although they are present", m, operations-found, operations)
	case m == loadMiss && found != 0:
		return fmt.Errorf("%s: %d of %d keys were found although they are absent", m, found, operations)
	}
	return nil
}
