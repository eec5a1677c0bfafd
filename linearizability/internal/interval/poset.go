package interval

import (
	"fmt"
	"slices"
)

// A poset is the points of all threads in their partial order. A point that
// precedes another in it does so in every equivalent execution.
type poset struct {
	threads int
	points  []point // thread by thread
	ends    []end
	start   []int32 // the first point of each thread, followed by the number of points
	numbers []int32 // per operation: the number of operations called before it, thread by thread
	preds   []int32 // per point, one per thread: the number of that thread's points that precede it
}

// predecessors returns the number of points of each thread that precede point i.
func (p *poset) predecessors(i int) []int32 { return p.preds[i*p.threads : (i+1)*p.threads] }

// build makes p the poset of r.
func (p *poset) build(r *Record, clock Clock) error {
	p.threads = r.Threads
	p.points, p.ends, p.start = p.points[:0], p.ends[:0], p.start[:0]
	p.numbers = slices.Grow(p.numbers[:0], len(r.Ops))[:len(r.Ops)]
	walked := 0
	for t := range r.Threads {
		p.start = append(p.start, int32(len(p.points)))
		w := threadWalk{r: r, p: p, thread: t, first: len(p.points), waiting: none, walked: walked}
		for i := range r.Ops {
			if r.Ops[i].Thread != t || r.Ops[i].Parent != NoParent {
				continue
			}
			if err := w.placeOperation(i); err != nil {
				return err
			}
		}
		w.finish()
		walked = w.walked
	}
	p.start = append(p.start, int32(len(p.points)))
	if walked != len(r.Ops) {
		return fmt.Errorf("%w: only %d of %d operations have a thread below %d and, if nested, an earlier parent that has visited",
			ErrMalformed, walked, len(r.Ops), r.Threads)
	}
	p.relate(clock)
	return nil
}

// relate fills in the predecessors of each point. Clocks grow along a thread, so
// counting continues from the preceding point.
func (p *poset) relate(clock Clock) {
	n := len(p.points) * p.threads
	p.preds = slices.Grow(p.preds[:0], n)[:n]
	for i := range p.points {
		q := &p.points[i]
		here := p.predecessors(i)
		clear(here)
		if i > int(p.start[q.thread]) {
			copy(here, p.predecessors(i-1))
		}
		here[q.thread] = int32(i) - p.start[q.thread]
		if q.step == 0 {
			continue
		}
		for u, steps := range clock(int(q.thread), int(q.step)) {
			if u == int(q.thread) {
				continue
			}
			for next := p.start[u] + here[u]; next < p.start[u+1] && p.points[next].place() <= steps; next++ {
				here[u]++
			}
		}
	}
}
