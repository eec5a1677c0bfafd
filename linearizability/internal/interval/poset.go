package interval

import (
	"fmt"
	"slices"
)

// A poset is the points of all threads in their partial order: whatever comes
// before a point in it does so in every equivalent execution.
type poset struct {
	threads int
	points  []point // thread by thread
	ends    []end
	start   []int32 // the first point of each thread, and how many there are at last
	numbers []int32 // an operation: how many are called before it, thread by thread
	preds   []int32 // threads a point: how many of the thread's points come before it
}

// of returns how many points of each thread come before point i.
func (p *poset) of(i int) []int32 { return p.preds[i*p.threads : (i+1)*p.threads] }

// build makes p the poset of r.
func (p *poset) build(r *Record, clock Clock) error {
	p.threads = r.Threads
	p.points, p.ends, p.start = p.points[:0], p.ends[:0], p.start[:0]
	p.numbers = slices.Grow(p.numbers[:0], len(r.Ops))[:len(r.Ops)]
	walked := 0
	for t := range r.Threads {
		p.start = append(p.start, int32(len(p.points)))
		w := walk{r: r, p: p, thread: t, first: len(p.points), waiting: none, walked: walked}
		for i := range r.Ops {
			if r.Ops[i].Thread != t || r.Ops[i].Parent != NoParent {
				continue
			}
			if err := w.operation(i); err != nil {
				return err
			}
		}
		w.finish()
		walked = w.walked
	}
	p.start = append(p.start, int32(len(p.points)))
	if walked != len(r.Ops) {
		return fmt.Errorf("%w: %d of %d operations have a thread below %d, or a parent that comes before them and has visited",
			ErrMalformed, walked, len(r.Ops), r.Threads)
	}
	p.relate(clock)
	return nil
}

// relate finds out what comes before each point. Clocks grow along a thread, so
// counting goes on where the point before left off.
func (p *poset) relate(clock Clock) {
	n := len(p.points) * p.threads
	p.preds = slices.Grow(p.preds[:0], n)[:n]
	for i := range p.points {
		q := &p.points[i]
		here := p.of(i)
		clear(here)
		if i > int(p.start[q.thread]) {
			copy(here, p.of(i-1))
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
