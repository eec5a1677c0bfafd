package interval

// Steps returns a schedule of x: an order of all steps, each given by its thread,
// in which x can happen. lengths has the number of steps that each thread took,
// and clock is the argument of Check.
//
// A scheduler that replays it lets each thread run up to its next step, so a call
// happens long before the first step of its operation. To reproduce x, record a
// call when that step is taken, and events without a step where x has them.
func (x Extension) Steps(lengths []int32, clock Clock) []uint8 {
	total := 0
	for _, n := range lengths {
		total += int(n)
	}
	s := scheduleBuilder{clock: clock, taken: make([]int32, len(lengths)), order: make([]uint8, 0, total)}
	for _, p := range x.points {
		s.appendUpTo(int(p.thread), p.step)
	}
	for t, n := range lengths {
		s.appendUpTo(t, n)
	}
	return s.order
}

// A scheduleBuilder builds an order of steps.
type scheduleBuilder struct {
	clock Clock
	taken []int32 // by each thread
	order []uint8
}

// appendUpTo appends the steps of thread t up to the given one, each preceded by
// the steps that happen before it.
func (s *scheduleBuilder) appendUpTo(t int, step int32) {
	for s.taken[t] < step {
		n := s.taken[t] + 1
		for u := range s.taken {
			if u == t {
				continue
			}
			// Call the clock each time: the recursive call below may have overwritten
			// what it returned.
			if before := s.clock(t, int(n)); u < len(before) {
				s.appendUpTo(u, before[u])
			}
		}
		s.order = append(s.order, uint8(t))
		s.taken[t]++
	}
}
