package program

import (
	"slices"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// program returns the current program of w, with values.
func (w *walk) program() history.Program {
	values, unstored := w.assignValues()
	p := history.Program{Init: w.set.Traits.FitAll(slices.Clone(w.set.Initial.Ops))}
	for t := range len(w.start) - 1 {
		var ops []model.Op
		for i := w.start[t]; i < w.start[t+1]; i++ {
			l, old := w.letters[w.word[i]], model.Zero
			if l.compares {
				old = w.sourceValue(l.key, w.source[i], values[:], unstored)
			}
			ops = append(ops, l.withValues(old, values[i]))
		}
		p.Threads = append(p.Threads, w.set.Traits.FitAll(ops))
	}
	return p
}

// assignValues returns the value that each place stores, or [model.Zero], and a
// value that no place stores.
func (w *walk) assignValues() (values [maxPlaces]int, unstored int) {
	next := w.set.Initial.greatest() + 1
	for p, l := range w.word {
		if w.letters[l].stores {
			values[p] = next
			next++
		}
	}
	return values, next
}

// sourceValue returns the value that a source stands for.
func (w *walk) sourceValue(key, source int, values []int, unstored int) int {
	switch {
	case source == 0:
		value, _ := w.set.Initial.Holds(key)
		return value
	case source > w.places():
		return unstored
	}
	return values[source-1]
}
