package program

import "slices"

// Count returns the number of programs of s, without listing them. By Burnside's
// lemma it is the average, over all permutations of the threads, of the number of
// programs that the permutation leaves unchanged. Threads may be empty here, and the
// program with only empty threads is subtracted. The time is polynomial in the
// number of kinds of threads, which does not depend on how many methods are alike.
func (s *Set) Count() int {
	c := newCounter(s)
	sum, ways := 0, 0
	fixed := map[[maxThreads]int]int{} // by cycle lengths
	eachCycles(s.Size.Threads, func(cycles []int) {
		var lengths [maxThreads]int
		copy(lengths[:], cycles)
		slices.Sort(lengths[:])
		if _, ok := fixed[lengths]; !ok {
			fixed[lengths] = c.countFixed(cycles, nil)
		}
		sum += fixed[lengths]
		ways++
	})
	return sum/ways - 1
}

// A threadKind is what matters of a thread when counting. Threads of one kind have
// equally many sources to choose from, and provide equally many to others.
type threadKind struct {
	stores [maxKeys]int8
	// compares counts comparisons by key, and by the number of values that the
	// thread stored under it before.
	compares [maxKeys][maxPlaces]int8
}

// A counter holds what Count needs.
type counter struct {
	kinds            []threadKind
	words            map[threadKind]int // the number of threads of each kind
	initiallyPresent []int              // by key: 1 if the initial map holds it, else 0
}

func newCounter(s *Set) *counter {
	w := newWalk(s)
	c := &counter{words: map[threadKind]int{{}: 1}}
	for _, held := range w.initiallyPresent {
		n := 0
		if held {
			n = 1
		}
		c.initiallyPresent = append(c.initiallyPresent, n)
	}
	last := map[threadKind]int{{}: 1}
	for range s.Size.Operations {
		longer := map[threadKind]int{}
		for k, n := range last {
			for _, l := range w.letters {
				longer[k.with(l)] += n
			}
		}
		for k, n := range longer {
			c.words[k] += n
		}
		last = longer
	}
	for k := range c.words {
		c.kinds = append(c.kinds, k)
	}
	return c
}

// with returns the kind of a thread of kind k with one more letter.
func (k threadKind) with(l letter) threadKind {
	if l.compares {
		k.compares[l.key][k.stores[l.key]]++
	}
	if l.stores {
		k.stores[l.key]++
	}
	return k
}

// countFixed counts the programs that a permutation with these cycles leaves
// unchanged. The threads of a cycle have equal letters, and the sources of one of
// them determine those of the others. chosen has the kinds chosen for the first
// cycles.
func (c *counter) countFixed(cycles []int, chosen []threadKind) int {
	if len(chosen) == len(cycles) {
		n := 1
		for i := range cycles {
			n *= c.countSources(cycles, chosen, i)
		}
		return n
	}
	sum := 0
	for _, k := range c.kinds {
		sum += c.words[k] * c.countFixed(cycles, append(chosen[:len(chosen):len(chosen)], k))
	}
	return sum
}

// countSources counts the choices of sources for a thread of cycle i. Applying the
// permutation as often as its cycle is long maps the thread to itself. It must map
// the sources to themselves too, so they belong to cycles whose length divides that
// of cycle i.
func (c *counter) countSources(cycles []int, chosen []threadKind, i int) int {
	n := 1
	for key, held := range c.initiallyPresent {
		others := -int(chosen[i].stores[key])
		for j, k := range chosen {
			if cycles[i]%cycles[j] == 0 {
				others += cycles[j] * int(k.stores[key])
			}
		}
		for own, times := range chosen[i].compares[key] {
			for range times {
				n *= held + own + others + 1 // the last is the value that is never stored
			}
		}
	}
	return n
}

// eachCycles calls f with the cycle lengths of each permutation of n elements.
func eachCycles(n int, f func(cycles []int)) {
	to := make([]int, n)
	for i := range to {
		to[i] = i
	}
	var choose func(i int)
	choose = func(i int) {
		if i == n {
			f(cyclesOf(to))
			return
		}
		for j := i; j < n; j++ {
			to[i], to[j] = to[j], to[i]
			choose(i + 1)
			to[i], to[j] = to[j], to[i]
		}
	}
	choose(0)
}

// cyclesOf returns the cycle lengths of a permutation.
func cyclesOf(to []int) []int {
	var lengths []int
	seen := make([]bool, len(to))
	for i := range to {
		n := 0
		for ; !seen[i]; i = to[i] {
			seen[i] = true
			n++
		}
		if n > 0 {
			lengths = append(lengths, n)
		}
	}
	return lengths
}
