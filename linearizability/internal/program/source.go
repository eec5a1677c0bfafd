package program

// The source of a comparison's old value is a number: 0 for the initial map, 1+p
// for what place p stores, and 1 plus the number of places for a value that is
// never stored.

// chooseSources chooses the sources from place p on. If an exchange of threads with
// equal words turns one choice into another, both are the same program; only the
// least choice is visited.
func (w *walk) chooseSources(p int) bool {
	for p < w.places() && !w.letters[w.word[p]].compares {
		p++
	}
	if p == w.places() {
		return !w.isLeast() || w.visit()
	}
	for old := range w.places() + 2 {
		if !w.mayCompareWith(p, old) {
			continue
		}
		w.source[p] = old
		if !w.chooseSources(p + 1) {
			return false
		}
	}
	return true
}

// mayCompareWith reports whether the comparison at place p may have this source.
func (w *walk) mayCompareWith(p, source int) bool {
	key := w.letters[w.word[p]].key
	switch q := source - 1; {
	case source == 0:
		return w.initiallyPresent[key]
	case q == w.places(): // always allowed, or a prefix would be missing
		return true
	default:
		l := w.letters[w.word[q]]
		return l.stores && l.key == key && (q < p || w.thread[q] != w.thread[p])
	}
}

// A threadSwap is an exchange of threads with equal words. It holds the new place of
// each place.
type threadSwap []int

// symmetries lists the exchanges of threads with equal words, without the identity.
// If no letter compares, exchanging them changes nothing, and the list is empty.
func (w *walk) symmetries() []threadSwap {
	compares := false
	for _, l := range w.word {
		compares = compares || w.letters[l].compares
	}
	if !compares {
		return nil
	}
	var list []threadSwap
	threads := len(w.start) - 1
	to := make([]int, 0, threads)
	var used [maxThreads]bool
	var choose func()
	choose = func() {
		t := len(to)
		if t == threads {
			list = append(list, w.placeMapping(to))
			return
		}
		for u := range threads {
			if !used[u] && w.sameWords(t, u) {
				used[u], to = true, append(to, u)
				choose()
				used[u], to = false, to[:t]
			}
		}
	}
	choose()
	return list[1:]
}

// sameWords reports whether threads t and u have the same letters.
func (w *walk) sameWords(t, u int) bool {
	n := w.start[t+1] - w.start[t]
	if w.start[u+1]-w.start[u] != n {
		return false
	}
	for i := range n {
		if w.word[w.start[t]+i] != w.word[w.start[u]+i] {
			return false
		}
	}
	return true
}

// placeMapping returns the exchange that moves each thread t to to[t].
func (w *walk) placeMapping(to []int) threadSwap {
	s := make(threadSwap, w.places())
	for p, t := range w.thread {
		s[p] = w.start[to[t]] + p - w.start[t]
	}
	return s
}

// isLeast reports whether no exchange of threads with equal words yields smaller
// sources, compared place by place.
func (w *walk) isLeast() bool {
	for _, s := range w.swaps {
		if w.lessAfter(s) {
			return false
		}
	}
	return true
}

// lessAfter reports whether s yields smaller sources.
func (w *walk) lessAfter(s threadSwap) bool {
	var after [maxPlaces]int
	for p, l := range w.word {
		if w.letters[l].compares {
			after[s[p]] = s.apply(w.source[p])
		}
	}
	for p, l := range w.word {
		if w.letters[l].compares && after[p] != w.source[p] {
			return after[p] < w.source[p]
		}
	}
	return false
}

// apply returns the source that corresponds to source after s.
func (s threadSwap) apply(source int) int {
	if source == 0 || source > len(s) {
		return source
	}
	return 1 + s[source-1]
}
