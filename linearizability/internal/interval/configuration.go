package interval

import (
	"fmt"
	"math/bits"
)

// A configuration is one way in which the parts up to now can have taken
// effect: which have, and what the map holds then, packed.
type configuration struct{ done, state uint64 }

// read returns c with every part of begun that changes nothing, and may take
// effect where c stands, having done so. No other configuration is needed:
// whatever is possible without the part is possible when it has taken effect,
// as it leaves the state alone.
func (s *search) read(c configuration, begun uint64) configuration {
	for left := begun & s.p.reads &^ c.done; left != 0; left &= left - 1 {
		n := bits.TrailingZeros64(left)
		if _, ok := s.p.parts[n].step(c.state); ok {
			c.done |= 1 << n
		}
	}
	return c
}

// begin appends to the stack what becomes of the configurations from `from` on
// when begun are the parts that have begun, of which excused need not fit.
func (s *search) begin(from int, begun, excused uint64) int {
	next := len(s.stack)
	for i := from; i < next; i++ {
		c := s.stack[i]
		c.done |= excused
		s.push(next, s.read(c, begun))
	}
	return next
}

// end appends to the stack what becomes of the configurations from `from` on
// when the part with this bit has to have taken effect. Others take effect
// before it only as far as they must: what could come right after it can come
// later as well.
func (s *search) end(from int, begun, bit uint64) int {
	next := len(s.stack)
	s.work = s.work[:0]
	for i := from; i < next; i++ {
		s.sort(next, s.stack[i], bit)
	}
	for i := 0; i < len(s.work); i++ {
		c := s.work[i]
		for left := begun &^ s.p.reads &^ c.done; left != 0; left &= left - 1 {
			n := bits.TrailingZeros64(left)
			if state, ok := s.p.parts[n].step(c.state); ok {
				s.sort(next, s.read(configuration{c.done | 1<<n, state}, begun), bit)
			}
		}
		if len(s.work) > s.configurations {
			s.tooLarge("%d configurations of one situation", s.configurations)
			break
		}
	}
	return next
}

// sort puts c with those that are through, or with those that are to go on.
func (s *search) sort(next int, c configuration, bit uint64) {
	if c.done&bit != 0 {
		s.push(next, c)
		return
	}
	for i := range s.work {
		if s.work[i] == c {
			return
		}
	}
	s.work = append(s.work, c)
}

// push adds c to the configurations from next on, unless it is among them.
func (s *search) push(next int, c configuration) {
	for i := next; i < len(s.stack); i++ {
		if s.stack[i] == c {
			return
		}
	}
	s.stack = append(s.stack, c)
}

func (s *search) tooLarge(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf("%w: more than "+format, append([]any{ErrTooLarge}, args...)...)
	}
}
