package minimise

import (
	"iter"

	"github.com/mapspec/mapspec/linearizability/internal/english"
	"github.com/mapspec/mapspec/model"
)

// mostTried is the number of operations up to which all programs are tried. There
// are millions with four operations.
const mostTried = 3

// shortest tries all programs of one goroutine with fewer operations than the
// smallest so far, the shortest first. It says how far it came.
func (s *search) shortest() model.Coverage {
	if s.clause == model.S8 || s.witness.Look == model.LookZero {
		return s.localMinimum()
	}
	ops, tryAll := sequentialAlphabet(s.in).ops(), s.tryPrograms
	if s.witness.Look == model.LookRelease {
		ops, tryAll = releaseAlphabet(s.in).ops(), s.tryRetaining
	}
	for size := 1; size < s.witness.Operations() && size <= mostTried; size++ {
		if !tryAll(programs(ops, size)) {
			return model.Bounded("%s before all programs of %s were tried", s.ended(), english.Count(size, "operation"))
		}
	}
	if s.witness.Operations() <= mostTried+1 {
		return model.Complete("no program of fewer operations does it, of all over %d calls on two keys", len(ops))
	}
	return model.Bounded("without any one of its operations it does not fail, and no program of at most %d operations does", mostTried)
}

func (s *search) localMinimum() model.Coverage {
	if s.over() {
		return model.Bounded("%s before smaller programs were all tried", s.ended())
	}
	return model.Bounded("without any one of its operations it does not fail")
}

// tryPrograms tries programs until one fails. It returns false if the search was
// over before.
func (s *search) tryPrograms(programs iter.Seq[[]model.Op]) bool {
	for program := range programs {
		if s.over() {
			return false
		}
		w := model.Witness{Look: model.LookResults, Threads: [][]model.Op{program}}
		if v, ok := s.try(w); ok {
			s.accept(w, v)
			return true
		}
	}
	return true
}

// retainingBatch is how many programs share a garbage collection.
const retainingBatch = 512

// tryRetaining is tryPrograms for release. Many programs share a garbage collection.
func (s *search) tryRetaining(programs iter.Seq[[]model.Op]) bool {
	var batch [][]model.Op
	flush := func() (found bool) {
		s.tries += len(batch)
		s.runs += len(batch)
		for i, v := range s.trial.Retaining(batch) {
			if v.Hung { // one of them hangs, and nothing is known of the others
				s.hangs = maxHangs
				return false
			}
			if v.Status == model.Violation {
				s.accept(model.Witness{Look: model.LookRelease, Threads: [][]model.Op{batch[i]}}, v)
				return true
			}
		}
		batch = batch[:0]
		return false
	}
	for program := range programs {
		if s.over() {
			return false
		}
		if batch = append(batch, program); len(batch) == retainingBatch && flush() {
			return true
		}
	}
	return flush() || !s.over()
}

// programs yields all programs of size operations from ops, but only one of those
// that differ only in names. Calls that callbacks make count as operations.
func programs(ops []model.Op, size int) iter.Seq[[]model.Op] {
	return func(yield func([]model.Op) bool) {
		extend(nil, names{}, ops, size, yield)
	}
}

// extend yields prefix followed by more operations, in every way. It returns false if
// yield does.
func extend(prefix []model.Op, n names, ops []model.Op, more int, yield func([]model.Op) bool) bool {
	if more == 0 {
		return yield(append([]model.Op(nil), prefix...))
	}
	for _, o := range ops {
		left := more - model.Witness{Init: []model.Op{o}}.Operations()
		after, ok := n.after(o)
		if ok && left >= 0 && !extend(append(prefix, o), after, ops, left, yield) {
			return false
		}
	}
	return true
}
