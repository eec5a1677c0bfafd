package program

// Where the old of a compare comes from: 0 is the initial map, 1+p is place p,
// and one more than all places is nobody.

// compare chooses the olds from place p on. Choices that an exchange of equal
// threads turns into each other are one program: the least of them counts.
func (w *walk) compare(p int) bool {
	for p < w.places() && !w.letters[w.word[p]].compares {
		p++
	}
	if p == w.places() {
		return !w.isLeast() || w.found()
	}
	for old := range w.places() + 2 {
		if !w.couldBe(p, old) {
			continue
		}
		w.old[p] = old
		if !w.compare(p + 1) {
			return false
		}
	}
	return true
}

// couldBe reports whether the compare at place p may have this old.
func (w *walk) couldBe(p, old int) bool {
	key := w.letters[w.word[p]].key
	switch q := old - 1; {
	case old == 0:
		return w.held[key]
	case q == w.places(): // not only where there is no other, or a prefix would be missing
		return true
	default:
		l := w.letters[w.word[q]]
		return l.stores && l.key == key && (q < p || w.thread[q] != w.thread[p])
	}
}

// swap is an exchange of threads that leaves all letters as they are: where
// each place goes.
type swap []int

// symmetries lists the exchanges of threads with equal words, without the one
// that does nothing. Without a compare they do not matter.
func (w *walk) symmetries() []swap {
	compares := false
	for _, l := range w.word {
		compares = compares || w.letters[l].compares
	}
	if !compares {
		return nil
	}
	var list []swap
	threads := len(w.start) - 1
	to := make([]int, 0, threads)
	var used [maxThreads]bool
	var choose func()
	choose = func() {
		t := len(to)
		if t == threads {
			list = append(list, w.moved(to))
			return
		}
		for u := range threads {
			if !used[u] && w.equal(t, u) {
				used[u], to = true, append(to, u)
				choose()
				used[u], to = false, to[:t]
			}
		}
	}
	choose()
	return list[1:]
}

// equal reports whether threads t and u have the same letters.
func (w *walk) equal(t, u int) bool {
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

// moved returns where each place goes when thread t goes to to[t].
func (w *walk) moved(to []int) swap {
	s := make(swap, w.places())
	for p, t := range w.thread {
		s[p] = w.start[to[t]] + p - w.start[t]
	}
	return s
}

// isLeast reports whether no exchange of equal threads makes the olds, read
// place by place, less.
func (w *walk) isLeast() bool {
	for _, s := range w.swaps {
		if w.lessAfter(s) {
			return false
		}
	}
	return true
}

// lessAfter reports whether s makes the olds less.
func (w *walk) lessAfter(s swap) bool {
	var after [maxPlaces]int
	for p, l := range w.word {
		if w.letters[l].compares {
			after[s[p]] = s.source(w.old[p])
		}
	}
	for p, l := range w.word {
		if w.letters[l].compares && after[p] != w.old[p] {
			return after[p] < w.old[p]
		}
	}
	return false
}

// source returns what becomes of an old.
func (s swap) source(old int) int {
	if old == 0 || old > len(s) {
		return old
	}
	return 1 + s[old-1]
}
