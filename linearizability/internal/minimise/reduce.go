package minimise

import "reflect"

// reduce replaces the program by a simpler one that also fails, again and again, as
// delta debugging does (Zeller and Hildebrandt 2002). It reports whether it reached a
// local minimum, where no program that is simpler by one change fails. Each change
// removes an operation or makes one do less, so reduce ends.
func (s *search) reduce() (local bool) {
	for again := true; again; {
		again = false
		for _, w := range simpler(s.witness) {
			if s.over() {
				return false
			}
			if v, ok := s.try(w); ok {
				s.accept(w, v)
				again = true
				break
			}
		}
	}
	s.rename()
	return true
}

// rename gives the program the smallest names with which it fails. A map may behave
// differently with other keys.
func (s *search) rename() {
	for _, what := range []struct{ keys, values bool }{{true, true}, {false, true}, {true, false}} {
		w := canonical(s.witness, what.keys, what.values)
		if s.over() || reflect.DeepEqual(w, s.witness) {
			continue
		}
		if v, ok := s.try(w); ok {
			s.accept(w, v)
		}
	}
}
