package interval

// A set is a hash set of digests that is emptied in constant time, whatever its
// size. A search uses about ten elements, and searches follow one another
// quickly. The zero value is an empty set.
type set struct {
	slots []slot // open addressing; a digest is its own hash
	len   int
	epoch uint32 // slots of other epochs are free
}

type slot struct {
	elem  digest
	epoch uint32
}

// The initial number of slots, and the largest number that empty retains.
const (
	fewSlots  = 1 << 6
	mostSlots = 1 << 16
)

// empty removes all elements.
func (s *set) empty() {
	s.len = 0
	s.epoch++
	if s.epoch == 0 || len(s.slots) > mostSlots {
		*s = set{}
	}
}

// has reports whether k is in s.
func (s *set) has(k digest) bool {
	return s.len > 0 && s.at(k).epoch == s.epoch
}

// add adds k, and reports whether it is new.
func (s *set) add(k digest) bool {
	if s.len >= len(s.slots)/4*3 {
		s.grow()
	}
	x := s.at(k)
	if x.epoch == s.epoch {
		return false
	}
	*x = slot{k, s.epoch}
	s.len++
	return true
}

// at returns the slot of k, or the free slot for it.
func (s *set) at(k digest) *slot {
	last := uint64(len(s.slots) - 1)
	for i := k[0] & last; ; i = (i + 1) & last {
		if x := &s.slots[i]; x.epoch != s.epoch || x.elem == k {
			return x
		}
	}
}

func (s *set) grow() {
	old := s.slots
	s.slots = make([]slot, max(fewSlots, 2*len(old)))
	s.epoch = max(s.epoch, 1)
	for _, x := range old {
		if x.epoch == s.epoch {
			*s.at(x.elem) = x
		}
	}
}
