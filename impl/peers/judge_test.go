package main

import (
	"math"
	"slices"
	"testing"
)

var none = math.NaN()

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}, {[]float64{5, 5, 1, 1, 100}, 5},
	} {
		if got := median(test.values); got != test.want {
			t.Errorf("median(%v) is %v, want %v", test.values, got, test.want)
		}
	}
}

// TestQuotientsArePaired checks that each ratio compares measurements of the same round, so
// that a round that is slow for both does not matter.
func TestQuotientsArePaired(t *testing.T) {
	got := quotients(series{5, 50, 6}, series{10, 100, 10, 7})
	if want := (series{0.5, 0.5, 0.6}); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if s := quotients(series{5, none, 6}, series{10, 10, none}).spread(); s != (spread{0.5, 0.5, 0.5}) {
		t.Errorf("with rounds missing: %v", s)
	}
}

// players are a candidate, the rivals a and b, and peers that do not count.
var players = []peer{
	{name: "mine", role: candidate, sound: true},
	{name: "a", sound: true}, {name: "b", sound: true},
	{name: "unsound"}, {name: "builtin", role: reference},
}

func TestJudgement(t *testing.T) {
	timed := row{kind: intKeys, size: small, mix: loadHit, procs: 1, target: target{bound: 0.75}}
	named, own, free := timed, timed, timed
	named.against, own.target, free.bound = "b", target{36, itself}, 0
	for _, test := range []struct {
		name     string
		row      row
		measured map[string]series
		peer     string
		median   float64
		want     verdict
	}{
		{"below the bound", timed, map[string]series{"mine": {7, 7, 7}, "a": {10, 10, 10}, "b": {11, 1, 11}}, "a", 0.7, met},
		{"at the bound", timed, map[string]series{"mine": {3, 9, 3}, "a": {4, 4, 4}}, "a", 0.75, met},
		{"above the bound", timed, map[string]series{"mine": {8, 8, 1}, "a": {10, 10, 10}, "b": {30, 30, 30}}, "a", 0.8, missed},
		{"a better peer that is not sound", timed, map[string]series{"mine": {7}, "a": {10}, "unsound": {1}, "builtin": {1}}, "a", 0.7, met},
		{"only peers that do not count", timed, map[string]series{"mine": {7}, "unsound": {1}, "builtin": {1}}, "", none, notMeasured},
		{"no candidate", timed, map[string]series{"a": {7}}, "", none, notMeasured},
		{"rounds that do not meet", timed, map[string]series{"mine": {7, none}, "a": {none, 10}}, "a", none, notMeasured},
		{"a peer by name", named, map[string]series{"mine": {7}, "a": {1}, "b": {10}}, "b", 0.7, met},
		{"a peer by name that is missing", named, map[string]series{"mine": {7}, "a": {1}}, "b", none, notMeasured},
		{"the figure itself", own, map[string]series{"mine": {35}, "a": {10}}, "a", 35, met},
		{"the figure itself, too large", own, map[string]series{"mine": {37}}, "", 37, missed},
		{"no target", free, map[string]series{"mine": {7}, "a": {1}}, "a", 7, noTarget},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := judge(test.row, test.measured, players)
			same := j.value.median == test.median || math.IsNaN(j.value.median) && math.IsNaN(test.median)
			if j.verdict != test.want || j.peer != test.peer || !same {
				t.Errorf("%+v; want %s, compared with %q, %v", j, test.want, test.peer, test.median)
			}
		})
	}
}

func TestSpreadIsOfTheQuotients(t *testing.T) {
	j := judge(row{}, map[string]series{"mine": {1, 2, 3}, "a": {10, 10, 10}}, players)
	if j.value != (spread{0.2, 0.1, 0.3}) {
		t.Errorf("%v", j.value)
	}
}

// TestTargetsAreOfRows checks that each target belongs to some row, and that no row has two
// targets.
func TestTargetsAreOfRows(t *testing.T) {
	rows := allRows()
	for i, target := range targets {
		matched := false
		for _, r := range rows {
			in := slices.Contains(target.mixes, r.mix) && slices.Contains(target.kinds, r.kind) && slices.Contains(target.sizes, r.size) &&
				(target.procs == nil || slices.Contains(target.procs, r.procs))
			matched = matched || in
			if in && r.bound != target.bound {
				t.Errorf("%s has the bound %v, and line %d says %v", r.name(), r.bound, i+1, target.bound)
			}
		}
		if !matched {
			t.Errorf("line %d of the targets is of no row", i+1)
		}
	}
	bounded := 0
	for _, r := range rows {
		if r.figure != "" && r.bound > 0 {
			bounded++
		}
	}
	if bounded != len(figureTargets) {
		t.Errorf("%d rows of figures have a target, want %d", bounded, len(figureTargets))
	}
}

// TestShortRunHasATargetOfEachLine checks that the short run covers each mix.
func TestShortRunHasATargetOfEachLine(t *testing.T) {
	seen := map[mix]bool{}
	for _, r := range allRows() {
		if r.inShort() && r.figure == "" {
			seen[r.mix] = true
		}
	}
	if len(seen) != len(mixes) {
		t.Errorf("the short run has %v", seen)
	}
}
