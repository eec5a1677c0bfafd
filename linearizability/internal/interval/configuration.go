package interval

import (
	"fmt"
	"math/bits"
)

// A configuration is one way in which parts may have taken effect so far: which of
// them have, and what the map then holds, packed.
type configuration struct{ done, state uint64 }

// applyReads returns c after every part of begun that changes nothing and is
// accepted by c's state has taken effect. The configuration without them is not
// needed: since these parts leave the state unchanged, whatever it allows remains
// possible.
func (s *extensionSearch) applyReads(c configuration, begun uint64) configuration {
	for left := begun & s.p.reads &^ c.done; left != 0; left &= left - 1 {
		n := bits.TrailingZeros64(left)
		if _, ok := s.p.parts[n].step(c.state); ok {
			c.done |= 1 << n
		}
	}
	return c
}

// begin pushes the successors of the configurations at stack[from:], after the
// parts in begun have begun. The parts in excused take effect with any result.
func (s *extensionSearch) begin(from int, begun, excused uint64) int {
	next := len(s.stack)
	for i := from; i < next; i++ {
		c := s.stack[i]
		c.done |= excused
		s.push(next, s.applyReads(c, begun))
	}
	return next
}

// end pushes the successors of the configurations at stack[from:], after the part
// with this bit has taken effect. Other parts take effect before it only if
// needed: a part that could follow it can also take effect later.
func (s *extensionSearch) end(from int, begun, bit uint64) int {
	next := len(s.stack)
	s.work = s.work[:0]
	for i := from; i < next; i++ {
		s.classify(next, s.stack[i], bit)
	}
	for i := 0; i < len(s.work); i++ {
		c := s.work[i]
		for left := begun &^ s.p.reads &^ c.done; left != 0; left &= left - 1 {
			n := bits.TrailingZeros64(left)
			if state, ok := s.p.parts[n].step(c.state); ok {
				s.classify(next, s.applyReads(configuration{c.done | 1<<n, state}, begun), bit)
			}
		}
		if len(s.work) > s.configurations {
			s.tooLarge("%d configurations of one situation", s.configurations)
			break
		}
	}
	return next
}

// classify pushes c if the part with this bit has taken effect, and otherwise adds
// it to the work list.
func (s *extensionSearch) classify(next int, c configuration, bit uint64) {
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

// push adds c to the configurations at stack[next:], unless it is among them.
func (s *extensionSearch) push(next int, c configuration) {
	for i := next; i < len(s.stack); i++ {
		if s.stack[i] == c {
			return
		}
	}
	s.stack = append(s.stack, c)
}

func (s *extensionSearch) tooLarge(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf("%w: more than "+format, append([]any{ErrTooLarge}, args...)...)
	}
}
