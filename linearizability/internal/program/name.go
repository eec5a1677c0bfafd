package program

import (
	"slices"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// program returns the program at which w stands, its values named.
func (w *walk) program() history.Program {
	values, nobody := w.names()
	p := history.Program{Init: w.set.Traits.FitAll(slices.Clone(w.set.Initial.Ops))}
	for t := range len(w.start) - 1 {
		var ops []model.Op
		for i := w.start[t]; i < w.start[t+1]; i++ {
			l, old := w.letters[w.word[i]], model.Zero
			if l.compares {
				old = w.value(l.key, w.old[i], values[:], nobody)
			}
			ops = append(ops, l.named(old, values[i]))
		}
		p.Threads = append(p.Threads, w.set.Traits.FitAll(ops))
	}
	return p
}

// names returns the value that each place stores, [model.Zero] if none, and one
// that none of them does.
func (w *walk) names() (values [maxPlaces]int, nobody int) {
	next := w.set.Initial.greatest() + 1
	for p, l := range w.word {
		if w.letters[l].stores {
			values[p] = next
			next++
		}
	}
	return values, next
}

// value returns the value that an old stands for.
func (w *walk) value(key, old int, values []int, nobody int) int {
	switch {
	case old == 0:
		held, _ := w.set.Initial.Holds(key)
		return held
	case old > w.places():
		return nobody
	}
	return values[old-1]
}
