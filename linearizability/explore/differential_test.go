package explore

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/explore/sched"
)

// step is an operation of a random program, as data.
type step struct {
	op       string
	location int
	value    uint64
}

// state is what a random program works on: words, the halves of the last of
// them, and mutexes. seen is what the threads have read.
type state struct {
	words   [3]word
	mutexes [2]mutex
	seen    [3][]uint64
}

func (s *state) half(i int) unsafe.Pointer { return unsafe.Add(s.words[2].at(), 4*i) }

// do takes a step in thread t.
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

// random returns a program of 2 or 3 threads, and its text.
func random(r *rand.Rand, s *state) (Program, string) {
	ops := []string{
		"load", "store", "add", "cas", "halfload", "halfstore", "lock", "trylock", "yield", "wait", "branch", "critical",
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

// outcomes explores p and returns the final states that it can have. false
// says that there are too many executions.
func outcomes(t *testing.T, p Program, s *state, strategy Strategy) (map[string]bool, Result) {
	t.Helper()
	found := make(map[string]bool)
	p.Check = func(e Execution) error {
		found[fmt.Sprint(e.Ending, s.words, s.seen)] = true
		return nil
	}
	r, err := Run(p, Options{Strategy: strategy, Distinct: true, KeepGoing: true, MaxExecutions: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	return found, r
}

// Classes and final states are those of all interleavings, whatever the
// program.
func TestReductionFindsWhatEnumerationFinds(t *testing.T) {
	programs, seed := 3_000, uint64(1)
	if testing.Short() {
		programs = 300
	}
	var s state
	skipped, classes, redundant, cut := 0, 0, 0, 0
	for i := range programs {
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
