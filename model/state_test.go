package model_test

import (
	"slices"
	"testing"

	. "github.com/mapspec/mapspec/model"
)

func TestStateOfNaNKeysIsAMultisetOfValues(t *testing.T) {
	of := func(values ...int) (s State) {
		for _, v := range values {
			s, _ = Step(s, store(NaN, v))
		}
		return s
	}
	a, b := of(2, 1, 2), of(1, 2, 2)
	if !a.Equal(b) || a.Hash() != b.Hash() || !slices.Equal(a.NaNs(), []int{1, 2, 2}) {
		t.Errorf("%s and %s: stored in another order, NaNs %v", a, b, a.NaNs())
	}
	for _, other := range []State{of(1, 1, 2), of(1, 2), of(1, 2, 2, 2)} {
		if a.Equal(other) || a.Hash() == other.Hash() {
			t.Errorf("%s equals %s, or has its hash", a, other)
		}
	}
}

func TestStateCopiesWhatItHandsOut(t *testing.T) {
	s, _ := Step(State{}, store(0, 1))
	s, _ = Step(s, store(NaN, 1))
	before := identity(s)
	s.Keys()[0], s.NaNs()[0] = 7, 7
	if identity(s) != before {
		t.Errorf("%s after a change to its Keys and NaNs", s)
	}
}

func TestStateIsShownWithItsKeysInOrder(t *testing.T) {
	var s State
	for _, o := range []Op{store(2, Zero), store(0, 1), store(NaN, 2), store(NaN, Uncomparable)} {
		s, _ = Step(s, o)
	}
	if got, want := s.String(), "{k0: v1, k2: zero, NaN: uncomparable, NaN: v2}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := (State{}).String(); got != "{}" {
		t.Errorf("the empty state is shown as %s", got)
	}
}

func TestStateWithACellReplacedKeepsTheOthers(t *testing.T) {
	var s State
	one := Cell{Present: true, Value: 1, Instances: 1}
	for _, k := range []int{3, 1, 2} {
		s = s.With(k, one)
	}
	s = s.With(2, Cell{Present: true, Value: 2, Instances: 3}).With(1, Cell{}).With(7, Cell{})
	if got, want := s.String(), "{k2: v2, k3: v1}"; got != want || s.Cell(2).Instances != 3 || s.Cell(1).Present {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestStatesAreEqualIfTheyLookEqualAndThenHaveEqualHashes(t *testing.T) {
	transitions, _ := search()
	byIdentity, hashes := map[string]State{}, map[uint64]bool{}
	for _, x := range transitions {
		before, after := identity(x.before), identity(x.after)
		first, ok := byIdentity[after]
		if !ok {
			byIdentity[after] = x.after
			hashes[x.after.Hash()] = true
		} else if !first.Equal(x.after) || first.Hash() != x.after.Hash() {
			t.Fatalf("%s: not equal to %s", x, first)
		}
		if same := before == after; same != x.before.Equal(x.after) {
			t.Fatalf("%s: Equal is %v", x, !same)
		}
	}
	if len(hashes) != reachableStates {
		t.Errorf("%d states have %d hashes", reachableStates, len(hashes))
	}
}
