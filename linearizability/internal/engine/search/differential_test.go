package search

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
)

// step is an operation of a random program.
type step struct {
	op       string
	location int
	value    uint64
}

// state is what a random program works on: words, the two halves of the last
// word, and mutexes. seen is what each thread has read.
type state struct {
	words   [3]word
	mutexes [2]mutex
	seen    [3][]uint64
}

func (s *state) half(i int) unsafe.Pointer { return unsafe.Add(s.words[2].at(), 4*i) }

// do runs step c in thread t.
func (s *state) do(t int, c step) {
	w, m := &s.words[c.location], &s.mutexes[c.location%2]
	switch c.op {
	case "load":
		s.see(t, w.load())
	case "store":
		w.store(c.value)
	case "add":
		s.see(t, w.add(c.value))
	case "cas":
		if w.cas(c.value-1, c.value) {
			s.see(t, 1)
		}
	case "halfload":
		sched.Before(sched.Load, s.half(c.location%2), 4)
		s.see(t, uint64(*(*uint32)(s.half(c.location % 2))))
	case "halfstore":
		sched.Before(sched.Store, s.half(c.location%2), 4)
		*(*uint32)(s.half(c.location % 2)) = uint32(c.value)
	case "halfcas":
		half := (*uint32)(s.half(c.location % 2))
		sched.Before(sched.CompareAndSwap, unsafe.Pointer(half), 4)
		if *half != uint32(c.value-1) {
			sched.Failed()
			return
		}
		*half = uint32(c.value)
	case "halfwait":
		half := (*uint32)(s.half(c.location % 2))
		for range 2 {
			sched.Before(sched.Load, unsafe.Pointer(half), 4)
			if *half != 0 {
				return
			}
			sched.Yield()
		}
	case "lock":
		m.lock()
	case "unlock":
		m.unlock()
	case "trylock":
		if m.tryLock() {
			s.see(t, 1)
			m.unlock()
		}
	case "yield":
		sched.Yield()
	case "wait":
		for range 2 {
			if v := w.load(); v != 0 {
				s.see(t, v)
				return
			}
			sched.Yield()
		}
	case "branch":
		if w.load() == 0 {
			s.words[(c.location+1)%3].store(c.value)
		}
	}
}

func (s *state) see(t int, v uint64) { s.seen[t] = append(s.seen[t], v) }

// random returns a random program of 2 or 3 threads, and its text.
func random(r *rand.Rand, s *state) (Program, string) {
	ops := []string{
		"load", "store", "add", "cas", "halfload", "halfstore", "halfcas", "halfwait", "lock", "trylock", "yield", "wait", "branch", "critical",
	}
	p := Program{Setup: func() {
		s.words, s.mutexes = [3]word{}, [2]mutex{}
		for t := range s.seen {
			s.seen[t] = s.seen[t][:0]
		}
	}}
	var text strings.Builder
	for t := range 2 + r.IntN(2) {
		var steps []step
		for range 2 + r.IntN(2) {
			c := step{op: ops[r.IntN(len(ops))], location: r.IntN(3), value: 1 + uint64(r.IntN(2))}
			if c.op == "critical" {
				lock, unlock := c, c
				lock.op, unlock.op, c.op = "lock", "unlock", "add"
				steps = append(steps, lock, c, unlock)
				continue
			}
			steps = append(steps, c)
		}
		fmt.Fprintf(&text, "%d: %v\n", t, steps)
		p.Threads = append(p.Threads, func() {
			for _, c := range steps {
				s.do(t, c)
			}
		})
	}
	return p, text.String()
}

// outcomes explores p and returns the final states that it can reach.
func outcomes(t *testing.T, p Program, s *state, strategy Strategy) (map[string]bool, Result) {
	t.Helper()
	found := make(map[string]bool)
	p.Check = func(e Execution) error {
		found[fmt.Sprint(e.Ending, s.words, s.seen)] = true
		return nil
	}
	r, err := Run(p, Options{Strategy: strategy, Distinct: true, KeepGoing: true, MaxExecutions: 6_000})
	if err != nil {
		t.Fatal(err)
	}
	return found, r
}

// On random programs the reduced search finds the same classes and the same final
// states as the search of all interleavings.
func TestReductionFindsWhatEnumerationFinds(t *testing.T) {
	sample, seed := 250, uint64(1)
	if testing.Short() {
		sample = 60
	}
	var s state
	programs, skipped, classes, redundant, cut := 0, 0, 0, 0, 0
	for i := range testpart.Rows(sample, 5_000) {
		programs++
		p, text := random(rand.New(rand.NewPCG(seed, uint64(i))), &s)
		states, all := outcomes(t, p, &s, Exhaustive)
		if slices.Contains(all.Coverage.Bounds, Budget) {
			skipped++
			continue
		}
		got, r := outcomes(t, p, &s, SourceSets)
		classes, redundant, cut = classes+all.Classes, redundant+r.Redundant(), cut+r.CutShort
		if r.Classes != all.Classes || !maps.Equal(got, states) {
			t.Fatalf("seed %d, program %d: %d classes and %d final states, want %d and %d:\n%s",
				seed, i, r.Classes, len(got), all.Classes, len(states), text)
		}
	}
	t.Logf("%d programs, %d too large, %d classes, %d redundant executions, %d cut short",
		programs, skipped, classes, redundant, cut)
	if skipped > programs/2 {
		t.Errorf("%d of %d programs were too large: make them smaller", skipped, programs)
	}
}

// The first thread's compare-and-swap of a word fails if the second thread has
// written the upper half. If it succeeds, it conflicts with the third thread's
// read of the lower half. See sched.Conflict.
func TestFailedCompareAndSwapConflictsWithAReadOfHalfItsWord(t *testing.T) {
	var s state
	p := Program{
		Setup: func() { s = state{} },
		Threads: []func(){
			func() { s.do(0, step{"cas", 2, 1}) },
			func() { s.do(1, step{"store", 0, 1}); s.do(1, step{"halfstore", 1, 1}) },
			func() { s.do(2, step{"halfload", 0, 0}) },
		},
	}
	want, all := outcomes(t, p, &s, Exhaustive)
	got, r := outcomes(t, p, &s, SourceSets)
	if r.Classes != all.Classes || !maps.Equal(got, want) {
		t.Errorf("%d classes, final states %v; want %d, %v", r.Classes, got, all.Classes, want)
	}
}
