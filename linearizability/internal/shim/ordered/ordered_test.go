package ordered_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/shim/ordered"
)

func keys[K comparable](m map[K]int) (all []K) {
	for k := range ordered.Map(m) {
		all = append(all, k)
	}
	return all
}

// ofKeys returns a map with the given keys.
func ofKeys[K comparable](ks ...K) map[K]int {
	m := make(map[K]int)
	for i, k := range ks {
		m[k] = i
	}
	return m
}

func TestKeysAreInOrder(t *testing.T) {
	if got, want := keys(ofKeys(3, -1, 200, 0)), []int{-1, 0, 3, 200}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := keys(ofKeys("b", "", "a\x00b", "a", "ab")), []string{"", "a", "a\x00b", "ab", "b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := keys(ofKeys(1.5, -2, 0, math.Inf(-1), -1)), []float64{math.Inf(-1), -2, -1, 0, 1.5}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	first := fmt.Sprint(keys(ofKeys[any](1, "1", int8(1), nil, [2]int{}, true)))
	for range 20 {
		if again := fmt.Sprint(keys(ofKeys[any](1, "1", int8(1), nil, [2]int{}, true))); again != first {
			t.Fatalf("got %s, and then %s", first, again)
		}
	}
}

func TestDeletedKeysAreSkippedAndValuesAreCurrent(t *testing.T) {
	m := map[int]int{1: 1, 2: 2, 3: 3}
	got := ""
	for k, v := range ordered.Map(m) {
		got += fmt.Sprint(k, v, " ")
		delete(m, 2)
		m[3], m[4] = 30, 4
	}
	if got != "1 1 3 30 " {
		t.Errorf("visited %q, want 1 1 and 3 30", got)
	}
}

func TestNaNsAreVisited(t *testing.T) {
	m := map[float64]int{math.NaN(): 1, 1: 2, math.Inf(1): 4}
	m[math.NaN()] = 8
	sum := 0
	for _, v := range ordered.Map(m) {
		sum += v
	}
	if sum != 15 {
		t.Errorf("the values add up to %d, want 15", sum)
	}
	visits := 0
	for range ordered.Map(m) {
		visits++
		clear(m)
	}
	if visits != 1 {
		t.Errorf("%d visits although the first one clears the map, want 1", visits)
	}
}
