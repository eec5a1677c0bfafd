package interval

// A set of keys is emptied at once, however large it was: a search has some ten
// of them, and there is one after the other. The zero value is empty.
type set struct {
	slots []slot // open addressing: a key is its own hash
	len   int
	epoch uint32 // slots of other epochs are free
}

type slot struct {
	key   key
	epoch uint32
}

// Slots of a set: at first, and the most that are kept when it is emptied.
const (
	fewSlots  = 1 << 6
	mostSlots = 1 << 16
)

// empty takes everything out.
func (s *set) empty() {
	s.len = 0
	s.epoch++
	if s.epoch == 0 || len(s.slots) > mostSlots {
		*s = set{}
	}
}

// has reports whether k was added.
func (s *set) has(k key) bool {
	return s.len > 0 && s.at(k).epoch == s.epoch
}

// add adds k, and reports whether it is new.
func (s *set) add(k key) bool {
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

// at returns the slot of k, or the one to put it in.
func (s *set) at(k key) *slot {
	last := uint64(len(s.slots) - 1)
	for i := k[0] & last; ; i = (i + 1) & last {
		if x := &s.slots[i]; x.epoch != s.epoch || x.key == k {
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
			*s.at(x.key) = x
		}
	}
}
