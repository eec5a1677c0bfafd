package interval

import (
	"math/rand/v2"
	"testing"
)

// TestSet compares a set with a Go map, across growth and the overflow of epochs.
func TestSet(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var s set
	for round := range 200 {
		s.empty()
		if round == 100 {
			s.epoch = ^uint32(0) - 3
		}
		want := map[digest]bool{}
		for range 1 + rng.IntN(1000) {
			k := digest{rng.Uint64N(500), rng.Uint64N(2)}
			if got := s.has(k); got != want[k] {
				t.Fatalf("round %d: has %v: %v, want %v", round, k, got, want[k])
			}
			if got := s.add(k); got == want[k] {
				t.Fatalf("round %d: add %v is new: %v, want %v", round, k, got, !want[k])
			}
			if want[k] = true; s.len != len(want) {
				t.Fatalf("round %d: %d keys, want %d", round, s.len, len(want))
			}
		}
	}
}

// TestEpochsBeginAgain checks that elements of an old epoch do not reappear when
// epochs overflow.
func TestEpochsBeginAgain(t *testing.T) {
	var s set
	s.add(digest{1})
	s.epoch = ^uint32(0)
	for range 3 {
		s.empty()
		if s.has(digest{1}) || !s.add(digest{2}) || s.has(digest{1}) {
			t.Errorf("epoch %d: a key is there that was added in the first one, or another one is not new", s.epoch)
		}
	}
}

func TestASetLetsGoOfMuchMemory(t *testing.T) {
	var s set
	for i := range uint64(mostSlots) {
		s.add(digest{i})
	}
	if s.empty(); s.slots != nil || s.has(digest{1}) {
		t.Errorf("%d slots after a set of %d keys was emptied, has one: %v", len(s.slots), mostSlots, s.has(digest{1}))
	}
	if !s.add(digest{1}) || s.add(digest{1}) {
		t.Error("a key is not new, or new twice")
	}
}
