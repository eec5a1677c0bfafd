package search

import (
	"math/rand/v2"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// PCT configures probabilistic concurrency testing: see [Sample].
type PCT struct {
	// Depth is the number of ordering constraints that a bug may need to show.
	// It is at least 1.
	Depth int
	// Seed is the seed of the random numbers. Print it.
	Seed uint64
	// Executions is the number of executions.
	Executions int
}

// Sample runs p with random priorities. The enabled thread with the highest
// priority runs, and at Depth-1 random steps the running thread gets the lowest
// priority. In a program of n threads and k steps, an execution finds a bug of
// that depth with a probability of at least 1/(n*k^(Depth-1)) (Burckhardt,
// Kothari, Musuvathi and Nagarakatte, ASPLOS 2010). For k, Sample takes the
// largest number of steps that it has seen.
func Sample(p Program, o Options, c PCT) (Result, error) {
	e := New(len(p.Threads), o)
	defer e.Close()
	return e.Sample(p, c)
}

// Sample runs p as the function Sample does.
func (e *Engine) Sample(p Program, c PCT) (Result, error) {
	return e.run(p, &pct{PCT: c, priorities: make([]int, len(p.Threads)), steps: 1})
}

// pct is the strategy of [Sample]. Priorities are positive at first. The i-th
// change sets a priority to -1-i, so that later changes sink deeper.
type pct struct {
	PCT
	begun      int // executions
	random     *rand.Rand
	priorities []int // by thread
	changes    []int // the steps at which priorities change
	steps      int   // the most of an execution so far
}

func (c *pct) bound() (Bound, bool) { return Sampled, true }

// begin draws the priorities and the steps at which they change. Each execution
// has its own random numbers, so that it does not depend on the ones before it.
func (c *pct) begin() bool {
	if c.begun == c.Executions {
		return false
	}
	c.random = rand.New(rand.NewPCG(c.Seed, uint64(c.begun)))
	c.begun++
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
