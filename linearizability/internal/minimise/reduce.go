package minimise

import "reflect"

// reduce replaces the program by a simpler one that fails as well, until none
// of those that one change makes simpler does: a local minimum, reached by
// delta debugging (Zeller and Hildebrandt 2002). It reports whether it came
// that far. Each change takes an operation away or makes one do less, so it
// ends.
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

// rename gives the program the smallest names that it fails under: a map may
// mind which keys it holds.
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
