package model

import (
	"fmt"
	"slices"
	"strings"
)

// A Cell is what a map holds for one key. The zero Cell is an absent key.
type Cell struct {
	Present bool
	Value   int
	// Instances has a bit for each instance of the key that may be the live one.
	// Exactly one of them is live, and clause S8 leaves the choice to the map. All
	// others, and every instance of an absent key, must be released.
	Instances uint64
}

// A State is an abstract map: a cell for each key, and the values under NaN keys,
// which no operation finds. A State is immutable. The zero State is empty.
type State struct {
	cells []keyed // sorted by key, present ones only
	nans  []int   // sorted values, one for each NaN key
}

type keyed struct {
	key  int
	cell Cell
}

func (s State) find(key int) (int, bool) {
	return slices.BinarySearchFunc(s.cells, key, func(e keyed, k int) int { return e.key - k })
}

// Cell returns what s holds for key.
func (s State) Cell(key int) Cell {
	if i, ok := s.find(key); ok {
		return s.cells[i].cell
	}
	return Cell{}
}

// With returns s with key's cell replaced.
func (s State) With(key int, c Cell) State {
	i, ok := s.find(key)
	switch {
	case ok && s.cells[i].cell == c, !ok && !c.Present:
		return s
	case ok && c.Present:
		s.cells = slices.Clone(s.cells)
		s.cells[i].cell = c
	case ok:
		s.cells = slices.Concat(s.cells[:i], s.cells[i+1:])
	default:
		s.cells = slices.Concat(s.cells[:i], []keyed{{key, c}}, s.cells[i:])
	}
	return s
}

// withNaN returns s with one more NaN key, holding value.
func (s State) withNaN(value int) State {
	s.nans = append(slices.Clone(s.nans), value)
	slices.Sort(s.nans)
	return s
}

// Len returns the number of entries, including NaN keys.
func (s State) Len() int { return len(s.cells) + len(s.nans) }

// Keys returns the present keys in ascending order, without NaN keys.
func (s State) Keys() []int {
	keys := make([]int, len(s.cells))
	for i, e := range s.cells {
		keys[i] = e.key
	}
	return keys
}

// NaNs returns the values held under NaN keys, in ascending order.
func (s State) NaNs() []int { return slices.Clone(s.nans) }

// Equal reports whether s and t are the same abstract map.
func (s State) Equal(t State) bool {
	return slices.Equal(s.cells, t.cells) && slices.Equal(s.nans, t.nans)
}

// Hash returns equal numbers for equal states.
func (s State) Hash() uint64 {
	h := uint64(len(s.nans))
	mix := func(x int) { h = (h ^ uint64(x)) * 0x9e3779b97f4a7c15; h ^= h >> 29 }
	for _, e := range s.cells {
		mix(e.key)
		mix(e.cell.Value)
		mix(int(e.cell.Instances))
	}
	for _, v := range s.nans {
		mix(v)
	}
	return h
}

func (s State) String() string {
	parts := make([]string, 0, s.Len())
	for _, e := range s.cells {
		parts = append(parts, fmt.Sprintf("%s: %s", KeyName(e.key), ValueName(e.cell.Value)))
	}
	for _, v := range s.nans {
		parts = append(parts, "NaN: "+ValueName(v))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
