package main

import (
	"math"
	"slices"
)

// A verdict says whether a row meets its target.
type verdict string

const (
	met         verdict = "met"
	missed      verdict = "missed"
	noTarget    verdict = "-"            // the row has no target
	notMeasured verdict = "not measured" // the candidate, or all that it is compared with, is missing
)

// A series is the measurements of one peer, one value per round. It has NaN where there is
// none.
type series []float64

// A judgement is a row with its result.
type judgement struct {
	row
	peer  string  // that the candidate is compared with; "" if none
	of    float64 // that peer's median
	own   float64 // the candidate's median
	value spread  // of the ratios by round, or of the candidate's own values
	verdict
}

// A spread is the median, the least and the greatest of some values.
type spread struct{ median, low, high float64 }

// judge compares the candidate with the peer that the row names, or with the sound peer
// that has the least median.
func judge(r row, measured map[string]series, all []peer) judgement {
	j := judgement{row: r, of: math.NaN(), own: math.NaN(), value: spread{math.NaN(), math.NaN(), math.NaN()}, verdict: notMeasured}
	own, ok := candidateOf(all)
	if !ok || !measured[own.name].any() {
		return j
	}
	j.own = measured[own.name].spread().median
	if j.peer = r.against; r.against == bestSound || r.against == itself {
		j.peer = bestOf(measured, all)
	}
	if j.peer != "" {
		j.of = measured[j.peer].spread().median
	}
	values := measured[own.name]
	if r.against != itself {
		values = quotients(values, measured[j.peer])
	}
	if !values.any() {
		return j
	}
	j.value = values.spread()
	switch {
	case r.bound == 0:
		j.verdict = noTarget
	case j.value.median <= r.bound:
		j.verdict = met
	default:
		j.verdict = missed
	}
	return j
}

// bestOf returns the sound rival with the least median, or "" if there is none.
func bestOf(measured map[string]series, all []peer) (best string) {
	least := math.Inf(1)
	for _, p := range all {
		if p.role != rival || !p.sound || !measured[p.name].any() {
			continue
		}
		if m := measured[p.name].spread().median; m < least {
			best, least = p.name, m
		}
	}
	return best
}

// quotients divides a by b round by round, so that what slows down a whole round cancels
// out.
func quotients(a, b series) series {
	q := make(series, min(len(a), len(b)))
	for i := range q {
		q[i] = a[i] / b[i]
	}
	return q
}

func (s series) present() []float64 {
	return slices.DeleteFunc(slices.Clone(s), math.IsNaN)
}

func (s series) any() bool { return len(s.present()) > 0 }

// spread returns the spread of the values present.
func (s series) spread() spread {
	values := s.present()
	if len(values) == 0 {
		return spread{math.NaN(), math.NaN(), math.NaN()}
	}
	return spread{median(values), slices.Min(values), slices.Max(values)}
}

// median returns the middle value, or the mean of the two middle values.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
