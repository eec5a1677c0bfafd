package search

import "github.com/mapspec/mapspec/linearizability/internal/engine/sched"

// classKey identifies an equivalence class. Two different classes have the same
// key with a probability of about 2^-128.
type classKey [2]uint64

// classSet is a set of equivalence classes.
type classSet struct {
	order *happensBefore
	keys  map[classKey]struct{}
}

func newClassSet(threads int) *classSet {
	return &classSet{order: newHappensBefore(threads), keys: make(map[classKey]struct{})}
}

// add adds the class of the scheduler's latest execution.
func (c *classSet) add(s *sched.Scheduler) {
	c.order.compute(s, 0)
	c.keys[c.order.key(s.Trace())] = struct{}{}
}

// key returns the key of the execution that o was computed for: a hash of its
// happens-before relation. That relation is given by the clock of each step, where
// a step is named by its thread and its index in that thread. The hashes of the
// steps are added up, so the order of the steps in the trace does not matter.
//
// The clocks identify the class. Take two executions with equal clocks, and a
// sequence of threads that is a linearization of both. Run from the common start
// state, it gives an execution that is equivalent to both. So the clocks determine
// what each step does. The kind of a step is hashed nevertheless, to reveal
// mistakes in the clocks.
func (o *happensBefore) key(trace []sched.Event) classKey {
	var k classKey
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
