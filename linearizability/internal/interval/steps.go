package interval

// Steps returns an order of all steps in which x can take place, each step told
// by its thread: the schedule of an execution equivalent to the one that was
// checked. Lengths says how many steps each thread took, and clock is that of
// Check.
//
// A scheduler that replays it lets a thread run on until right before its next
// step, so a call comes to pass long before the first step of its operation. To
// see x, note a call when that step is taken, and what a thread does without a
// step where x has it.
func (x Extension) Steps(lengths []int32, clock Clock) []uint8 {
	total := 0
	for _, n := range lengths {
		total += int(n)
	}
	s := steps{clock: clock, taken: make([]int32, len(lengths)), order: make([]uint8, 0, total)}
	for _, p := range x.points {
		s.upTo(int(p.thread), p.step)
	}
	for t, n := range lengths {
		s.upTo(t, n)
	}
	return s.order
}

// steps is an order of steps in the making.
type steps struct {
	clock Clock
	taken []int32 // by each thread
	order []uint8
}

// upTo appends the steps of thread t up to this one, and before each what
// happens before it.
func (s *steps) upTo(t int, step int32) {
	for s.taken[t] < step {
		n := s.taken[t] + 1
		for u := range s.taken {
			if u == t {
				continue
			}
			// Asked anew each time: the call below may have changed what the clock returned.
			if before := s.clock(t, int(n)); u < len(before) {
				s.upTo(u, before[u])
			}
		}
		s.order = append(s.order, uint8(t))
		s.taken[t]++
	}
}
