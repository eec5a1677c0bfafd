package search

import "github.com/mapspec/mapspec/linearizability/internal/engine/sched"

// key identifies a class. Two classes have the same key with a probability of
// about 2^-128.
type key [2]uint64

// classes counts equivalence classes.
type classes struct {
	order *order
	seen  map[key]struct{}
}

func newClasses(threads int) *classes {
	return &classes{order: newOrder(threads), seen: make(map[key]struct{})}
}

func (c *classes) add(s *sched.Scheduler) {
	c.order.read(s, 0)
	c.seen[c.order.key(s.Trace())] = struct{}{}
}

// key returns the key of the execution that was read: a hash of its
// happens-before, which is a clock for each step, named by its thread and its
// index there. The sum over the steps does not depend on their order.
//
// That is enough. Take two executions with equal clocks, and a sequence of
// threads that is a linearization of both. It leads from the one start state to
// an execution equivalent to the first and to the second. What each step was is
// therefore known from the clocks; its kind is hashed to be told of mistakes.
func (o *order) key(trace []sched.Event) key {
	var k key
	for d := range trace {
		e := &trace[d]
		a := uint64(e.Thread)<<40 | uint64(e.Index)<<8 | uint64(e.Kind)<<1
		if e.Writes {
			a |= 1
		}
		b := a ^ 0x6a09e667f3bcc909
		for _, c := range o.clock(d) {
			a = mix(a + uint64(uint32(c)))
			b = mix(b ^ uint64(uint32(c))*0x9e3779b97f4a7c15)
		}
		k[0] += mix(a)
		k[1] += mix(b)
	}
	return k
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
