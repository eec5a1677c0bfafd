package minimise

import (
	"github.com/mapspec/mapspec/linearizability/stress"
	"github.com/mapspec/mapspec/model"
)

// smallest makes a program of several goroutines smaller, then tries all that
// are smaller still, and measures how often what is left fails.
func (s *search) smallest() model.Coverage {
	local := s.reduce()
	minimal := model.Bounded("the budget ended before smaller programs were all tried")
	if local {
		minimal = model.Bounded("a local minimum: without any one of its operations no failure in %d rounds or %v", candidateRounds, candidateTime)
	}
	s.measure()
	return minimal
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
