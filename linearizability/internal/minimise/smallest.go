package minimise

import (
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/try"
	"github.com/mapspec/mapspec/model"
)

// smallest makes a program of several goroutines smaller. Then it tries all programs
// of two goroutines that are smaller still. If one goroutine is enough, it tries all
// programs of one goroutine instead.
func (s *search) smallest() model.Coverage {
	if !s.reduce() || !s.reduceHarder() {
		return model.Bounded("%s before smaller programs were all tried", s.ended())
	}
	if len(s.witness.Threads) > 1 {
		return s.trySmaller()
	}
	alone := s.witness
	alone.Look = model.LookResults
	if v, ok := s.try(alone); ok {
		s.accept(alone, v)
		return s.shortest()
	}
	return s.localMinimum()
}

// Most violations take at most manyOperations operations. A program with more is tried
// without each of them in harderRounds rounds, as goroutines seldom meet on a busy
// machine.
const (
	manyOperations = 3
	harderRounds   = 20_000
)

// reduceHarder removes single operations from a program that still has many.
func (s *search) reduceHarder() (local bool) {
	for again := true; again; {
		again = false
		for _, part := range parts(s.witness) {
			for i := range *part(&s.witness) {
				if len(s.witness.Threads) < 2 || s.witness.Operations() <= manyOperations {
					return true
				}
				if s.over() {
					return false
				}
				w := edit(s.witness, func(w *model.Witness) { *part(w) = slices.Delete(*part(w), i, i+1) })
				if v, ok := s.tryRounds(w, harderRounds); ok {
					s.accept(w, v)
					again = true
					break
				}
			}
			if again {
				break
			}
		}
		if again && !s.reduce() {
			return false
		}
	}
	return true
}

// smallerRounds is how many rounds all programs of one size run together.
const smallerRounds = 40_000

// trySmaller tries the programs of two goroutines that have fewer operations than the
// smallest so far, with its methods and keys, the shortest first. Reducing ends in a
// program that no single change makes smaller, but a shorter one may exist.
func (s *search) trySmaller() model.Coverage {
	minimal := fmt.Sprintf("without any one of its operations no failure in %d rounds", candidateRounds)
	ops, keys := s.concurrentAlphabet()
	for size := 2; size < s.witness.Operations() && size <= mostTried; size++ {
		programs := pairs(ops, size)
		each := min(candidateRounds, smallerRounds/(1+len(programs)))
		for _, w := range programs {
			if s.over() {
				return model.Bounded("%s; %s before others were tried", minimal, s.ended())
			}
			w = onKeys(w, keys)
			if v, ok := s.tryRounds(w, each); ok {
				s.accept(w, v)
				return model.Bounded("%s", minimal)
			}
		}
		minimal += fmt.Sprintf("; nor did any of %d others of %d operations over its %d calls, in %d rounds each", len(programs), size, len(ops), each)
	}
	return model.Bounded("%s", minimal)
}

// onKeys returns w with key i named keys[i].
func onKeys(w model.Witness, keys []int) model.Witness {
	named := map[int]int{}
	for i, k := range keys {
		named[i] = k
	}
	return edit(w, func(w *model.Witness) {
		renaming{keys: named}.ops(w.Init)
		for _, t := range w.Threads {
			renaming{keys: named}.ops(t)
		}
	})
}

// concurrentAlphabet lists the operations for trySmaller: the methods of the program,
// with each of its keys and two values, and its traversals. A key in ops is an index
// of keys, which are the keys of the program.
func (s *search) concurrentAlphabet() (ops []model.Op, keys []int) {
	var a alphabet
	var others []model.Op
	for _, ops := range append([][]model.Op{s.witness.Init}, s.witness.Threads...) {
		for _, o := range ops {
			if !o.Method.OnKey() {
				others = append(others, o)
				continue
			}
			if !slices.Contains(a.methods, o.Method) {
				a.methods = append(a.methods, o.Method)
			}
			if !slices.Contains(keys, o.Key) {
				keys = append(keys, o.Key)
			}
		}
	}
	slices.Sort(keys)
	for i := range keys {
		a.keys = append(a.keys, i)
	}
	a.values, a.olds = []int{1, 2}, []int{1, 2}
	return append(a.ops(), others...), keys
}

// pairs lists all programs of two goroutines with size operations from ops. Of
// programs that differ only in names, or in the order of the goroutines, it lists
// one. Init has only stores.
func pairs(ops []model.Op, size int) []model.Witness {
	stores := slices.DeleteFunc(slices.Clone(ops), func(o model.Op) bool { return o.Method != model.Store })
	var list []model.Witness
	for first := size - 2; first >= 0; first-- {
		for a := (size - first + 1) / 2; a < size-first; a++ {
			for split := range splits(stores, ops, first, a, size-first-a) {
				list = append(list, split)
			}
		}
	}
	return list
}

// splits yields the programs with first operations in Init, a on one goroutine and b
// on the other.
func splits(stores, ops []model.Op, first, a, b int) func(func(model.Witness) bool) {
	alphabets := slices.Concat(slices.Repeat([][]model.Op{stores}, first), slices.Repeat([][]model.Op{ops}, a+b))
	return func(yield func(model.Witness) bool) {
		var extend func(prefix []model.Op, n names) bool
		extend = func(prefix []model.Op, n names) bool {
			if len(prefix) == len(alphabets) {
				p := slices.Clone(prefix)
				return yield(model.Witness{Look: model.LookHistory, Init: p[:first:first], Threads: [][]model.Op{p[first : first+a : first+a], p[first+a:]}})
			}
			for _, o := range alphabets[len(prefix)] {
				if after, ok := n.after(o); ok && !extend(append(prefix, o), after) {
					return false
				}
			}
			return true
		}
		extend(nil, names{})
	}
}

// The smallest program is run until it fails, a few times, to see how many runs it
// takes.
const (
	measurements  = 5                    // how many times
	measureRounds = 10 * candidateRounds // in how many rounds in all
)

// measure notes the most runs that the smallest program took to fail. It returns false
// if the program has one goroutine and did not fail each time.
func (s *search) measure() (steady bool) {
	times := measurements
	switch {
	case s.witness.Look == model.LookRaces: // the detector reports a race only once in a process
		s.rounds = 1
		return true
	case s.best.Hung, s.witness.Look == model.LookHeap, s.witness.Look == model.LookPump:
		times = 1 // each takes seconds
	}
	missed, left := 0, measureRounds
	for i := 0; i < times && left > 0 && s.ctx.Err() == nil; i++ {
		o := try.Options{Rounds: left, Seed: s.options.Seed ^ uint64(i+1)<<40}
		v, rounds := s.trial.Run(s.ctx, s.clause, s.witness, o)
		left -= rounds
		switch {
		case v.Status != model.Violation:
			missed++
		case try.ByLuck(s.witness):
			s.rounds = max(s.rounds, rounds)
		default:
			s.rounds = max(s.rounds, 1)
		}
	}
	if missed > 0 && !try.ByLuck(s.witness) {
		s.rounds = unsteadyRounds
		return false
	}
	return true
}

// unsteadyRounds is the number of rounds of a program of one goroutine that fails in
// some runs only.
const unsteadyRounds = 20
