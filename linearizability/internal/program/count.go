package program

import "slices"

// Count returns how many programs s has, without listing them. By Burnside's
// lemma that is the average, over all ways to exchange the threads, of the number
// of programs that stay as they are; threads may be empty here, and the program
// of empty threads only is taken off. Time is polynomial in the number of kinds
// of threads, which do not multiply with methods of one kind.
func (s *Set) Count() int {
	c := newCount(s)
	sum, ways := 0, 0
	fixed := map[[maxThreads]int]int{} // by lengths of cycles
	eachCycles(s.Size.Threads, func(cycles []int) {
		var lengths [maxThreads]int
		copy(lengths[:], cycles)
		slices.Sort(lengths[:])
		if _, ok := fixed[lengths]; !ok {
			fixed[lengths] = c.fixed(cycles, nil)
		}
		sum += fixed[lengths]
		ways++
	})
	return sum/ways - 1
}

// kind is what counts of a thread: threads of one kind have as many olds to
// choose from, and give as many to others.
type kind struct {
	stores [maxKeys]int8
	// compares counts, by key and by how many values the thread stored under it
	// before.
	compares [maxKeys][maxPlaces]int8
}

// count is what counting takes.
type count struct {
	kinds []kind
	words map[kind]int // how many threads are of a kind
	held  []int        // by key: 1 if the initial map has it
}

func newCount(s *Set) *count {
	w := newWalk(s)
	c := &count{words: map[kind]int{{}: 1}}
	for _, held := range w.held {
		n := 0
		if held {
			n = 1
		}
		c.held = append(c.held, n)
	}
	last := map[kind]int{{}: 1}
	for range s.Size.Operations {
		longer := map[kind]int{}
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

// with returns the kind of a thread of kind k and one letter more.
func (k kind) with(l letter) kind {
	if l.compares {
		k.compares[l.key][k.stores[l.key]]++
	}
	if l.stores {
		k.stores[l.key]++
	}
	return k
}

// fixed counts the programs that an exchange with these cycles leaves as they
// are: the threads of a cycle have the same letters, and one of them says what
// all compare with. The first cycles' threads are chosen.
func (c *count) fixed(cycles []int, chosen []kind) int {
	if len(chosen) == len(cycles) {
		n := 1
		for i := range cycles {
			n *= c.olds(cycles, chosen, i)
		}
		return n
	}
	sum := 0
	for _, k := range c.kinds {
		sum += c.words[k] * c.fixed(cycles, append(chosen[:len(chosen):len(chosen)], k))
	}
	return sum
}

// olds counts what the compares of a thread of cycle i can compare with. Going
// round its cycle the thread comes back, and with it must what it compares with:
// so that is of a cycle whose length divides its own.
func (c *count) olds(cycles []int, chosen []kind, i int) int {
	n := 1
	for key, held := range c.held {
		others := -int(chosen[i].stores[key])
		for j, k := range chosen {
			if cycles[i]%cycles[j] == 0 {
				others += cycles[j] * int(k.stores[key])
			}
		}
		for own, times := range chosen[i].compares[key] {
			for range times {
				n *= held + own + others + 1 // and nobody's
			}
		}
	}
	return n
}

// eachCycles calls f with the lengths of the cycles of each permutation of n.
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

// cyclesOf returns the lengths of the cycles of a permutation.
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
