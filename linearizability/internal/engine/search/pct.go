package search

import (
	"math/rand/v2"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// PCT says how to sample.
type PCT struct {
	// Depth is how many ordering constraints the bugs that are looked for
	// need: at least 1.
	Depth int
	// Seed makes the samples. Print it.
	Seed uint64
	// Executions is how many there are.
	Executions int
}

// Sample runs p with priorities: of the threads that may go the one with the
// highest goes, and at Depth-1 random steps the one that goes gets the lowest.
// In a program of n threads and k steps an execution finds a bug of that depth
// with a probability of at least 1/(n*k^(Depth-1)) (Burckhardt, Kothari,
// Musuvathi and Nagarakatte, ASPLOS 2010). k is the largest number of steps
// seen so far.
func Sample(p Program, o Options, c PCT) (Result, error) {
	e := New(len(p.Threads), o)
	defer e.Close()
	return e.Sample(p, c)
}

// Sample explores p: see the function of this name.
func (e *Engine) Sample(p Program, c PCT) (Result, error) {
	return e.run(p, &pct{PCT: c, priorities: make([]int, len(p.Threads)), steps: 1})
}

// pct is the strategy. Priorities are positive at first; the i-th change
// gives -i, so that a later change sinks deeper.
type pct struct {
	PCT
	run        int
	random     *rand.Rand
	priorities []int
	changes    []int // steps
	steps      int
}

func (c *pct) bound() (Bound, bool) { return Sampled, true }

// begin draws the priorities and the steps at which they change. Each execution
// has random numbers of its own.
func (c *pct) begin() bool {
	if c.run == c.Executions {
		return false
	}
	c.random = rand.New(rand.NewPCG(c.Seed, uint64(c.run)))
	c.run++
	for i := range c.priorities {
		c.priorities[i] = i + 1
	}
	c.random.Shuffle(len(c.priorities), func(i, j int) {
		c.priorities[i], c.priorities[j] = c.priorities[j], c.priorities[i]
	})
	c.changes = c.changes[:0]
	for range c.Depth - 1 {
		c.changes = append(c.changes, c.random.IntN(c.steps))
	}
	return true
}

func (c *pct) Choose(s *sched.Scheduler, enabled sched.Threads) int {
	for i, d := range c.changes {
		if d == len(s.Trace()) {
			c.priorities[c.highest(enabled)] = -1 - i
		}
	}
	return c.highest(enabled)
}

func (c *pct) highest(enabled sched.Threads) int {
	best := enabled.First()
	for r := enabled.Rest(); r != 0; r = r.Rest() {
		if t := r.First(); c.priorities[t] > c.priorities[best] {
			best = t
		}
	}
	return best
}

func (c *pct) end(s *sched.Scheduler) error {
	c.steps = max(c.steps, len(s.Trace()))
	return nil
}
