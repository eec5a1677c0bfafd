package interval

import (
	"math/rand/v2"
	"testing"
)

// A set is compared with a Go map, through growth, and through as many epochs as
// there are.
func TestSet(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var s set
	for round := range 200 {
		s.empty()
		if round == 100 {
			s.epoch = ^uint32(0) - 3
		}
		want := map[key]bool{}
		for range 1 + rng.IntN(1000) {
			k := key{rng.Uint64N(500), rng.Uint64N(2)}
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

// What was added long ago does not come back when the epochs have all been.
func TestEpochsBeginAgain(t *testing.T) {
	var s set
	s.add(key{1})
	s.epoch = ^uint32(0)
	for range 3 {
		s.empty()
		if s.has(key{1}) || !s.add(key{2}) || s.has(key{1}) {
			t.Errorf("epoch %d: a key is there that was added in the first one, or another one is not new", s.epoch)
		}
	}
}

func TestASetLetsGoOfMuchMemory(t *testing.T) {
	var s set
	for i := range uint64(mostSlots) {
		s.add(key{i})
	}
	if s.empty(); s.slots != nil || s.has(key{1}) {
		t.Errorf("%d slots after a set of %d keys was emptied, has one: %v", len(s.slots), mostSlots, s.has(key{1}))
	}
	if !s.add(key{1}) || s.add(key{1}) {
		t.Error("a key is not new, or new twice")
	}
}
