package flatmap_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/impl/flatmap"
	"github.com/mapspec/mapspec/linearizability"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property"
)

// A block is what pointers point to. It is large enough to judge R by.
type block [4]int

// subjects returns maps for every pair of kinds that the code distinguishes.
func subjects() map[string]model.Binder {
	m, _ := impl.Find("flatmap")
	promise := m.Subject.Bind().Promise()
	return map[string]model.Binder{
		"boxed":            m.Subject,
		"word word":        model.Subject[int, int]{Name: "word word", New: func() any { return new(flatmap.Map[int, int]) }, Promise: promise},
		"pointer pointer":  model.Subject[*block, *block]{Name: "pointer pointer", New: func() any { return new(flatmap.Map[*block, *block]) }, Promise: promise},
		"text word":        model.Subject[string, int]{Name: "text word", New: func() any { return new(flatmap.Map[string, int]) }, Promise: promise},
		"text pointer":     model.Subject[string, *block]{Name: "text pointer", New: func() any { return new(flatmap.Map[string, *block]) }, Promise: promise},
		"word boxed":       model.Subject[int, string]{Name: "word boxed", New: func() any { return new(flatmap.Map[int, string]) }, Promise: promise},
		"boxed key of NaN": model.Subject[float64, float64]{Name: "boxed key of NaN", New: func() any { return new(flatmap.Map[float64, float64]) }, Promise: promise},
	}
}

// each runs a test for every subject in the complete run, and in the default run only
// for the one called sample. With -short, which CI combines with -race, it uses the
// subject with the fullest buckets.
func each(t *testing.T, sample string, test func(*testing.T, model.Binder)) {
	if testing.Short() {
		sample = "text pointer"
	}
	all := subjects()
	for i, name := range slices.Sorted(maps.Keys(all)) {
		if name == sample || !testing.Short() && inPart(i) {
			t.Run(name, func(t *testing.T) { test(t, all[name]) })
		}
	}
}

// Clauses: S1, S2, S3, S4, S5, S6, S7, S8, S9, T1, T2, T3, T4, T5, T6, R1, R2, R4, P2, P3
func TestProperties(t *testing.T) {
	each(t, "text pointer", func(t *testing.T, s model.Binder) { property.Run(t, s) })
}

// Clauses: S1, S2, S3, S4, S5, T1, T5, T6
func TestHistories(t *testing.T) {
	each(t, "word word", func(t *testing.T, s model.Binder) { linearizability.Run(t, s) })
}
