package minimise

import (
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/linearizability/stress"
	"github.com/mapspec/mapspec/model"
)

// smallest makes a program of several goroutines smaller, tries all of two
// goroutines that are smaller still, and measures how often what is left fails.
func (s *search) smallest() model.Coverage {
	minimal := model.Bounded("the budget ended before smaller programs were all tried")
	if s.reduce() {
		minimal = model.Bounded("without any one of its operations no failure in %d rounds", candidateRounds)
		if len(s.witness.Threads) > 1 {
			minimal = s.trySmaller(minimal)
		}
	}
	s.measure()
	return minimal
}

// smallerRounds is how many rounds the programs of one size are given together.
const smallerRounds = 40_000

// trySmaller tries all programs of two goroutines that are smaller than the
// one found, the smallest first, over its methods and keys. Reducing may have
// ended in a program that no single change makes smaller, though others are.
func (s *search) trySmaller(minimal model.Coverage) model.Coverage {
	ops := s.concurrentAlphabet()
	for size := 2; size < s.witness.Operations() && size <= mostTried; size++ {
		programs := pairs(ops, size)
		each := min(candidateRounds, smallerRounds/(1+len(programs)))
		for _, w := range programs {
			if s.over() {
				return minimal
			}
			if v, ok := s.tryRounds(w, each); ok {
				s.accept(w, v)
				return model.Bounded("no smaller program of two goroutines and its %d calls failed in %d rounds each", len(ops), each)
			}
		}
		minimal.What += fmt.Sprintf("; nor did any of the %d of %d operations over its %d calls, in %d rounds each", len(programs), size, len(ops), each)
	}
	return minimal
}

// concurrentAlphabet lists the calls of the program found, with each of its
// keys and two values; traversals as they are.
func (s *search) concurrentAlphabet() []model.Op {
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
			if !slices.Contains(a.keys, o.Key) {
				a.keys = append(a.keys, o.Key)
			}
		}
	}
	slices.Sort(a.keys)
	a.values, a.olds = []int{1, 2}, []int{1, 2}
	return append(a.ops(), others...)
}

// pairs lists all programs of two goroutines with size operations over ops, of
// those that differ in names, or in which goroutine does what, only one. What
// comes first only stores.
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

// splits yields the programs with a given number of operations first, on the
// one goroutine, and on the other.
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

// measurements is how often a program is made to fail to see how lucky one
// must be.
const measurements = 5

// measure notes the most rounds that the smallest program took to fail.
func (s *search) measure() {
	for i := range measurements {
		if s.over() {
			return
		}
		v, rounds := attempt(s.ctx, s.trial, s.clause, s.witness, stress.Options{Seed: s.options.Seed ^ uint64(i+1)<<40})
		if v.Status == model.Violation {
			s.rounds = max(s.rounds, rounds)
		}
	}
}
