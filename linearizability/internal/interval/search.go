package interval

// limits bounds a search: its situations, and the configurations of each. Eight
// threads of two operations need some hundreds of situations and some dozens of
// configurations.
type limits struct{ situations, configurations int }

// An extensionSearch visits the linear extensions of a projection, depth first.
//
// # Which extensions
//
// Not all extensions are needed. A move at which nothing begins can be made as
// soon as its predecessors have been made. This makes intervals shorter, so every
// linearization of the resulting extension is one of an extension in which the
// move comes later. For the same reason, a move at which nothing ends is made just
// before the first move that it must precede. That leaves the order of the moves
// at which something ends. If one of them is possible without anything beginning,
// it is made at once.
//
// A Len that must be exact only while no write is in progress is no exception:
// shorter intervals overlap less, so more is required of it.
type extensionSearch struct {
	p         *projection
	seen      set             // of situations
	path      []int32         // the points at which something ended
	madeStack []int32         // a stack, of the number of moves made of each thread
	stack     []configuration // a stack, of the configurations of the situations on the path
	work      []configuration
	limits
	err error
}

func newSearch() extensionSearch {
	return extensionSearch{limits: limits{situations: 1 << 20, configurations: 1 << 13}}
}

// A situation is a place in the search. The numbers of moves made are on top of
// madeStack, and its configurations are stack[from:].
type situation struct {
	begun, ended uint64 // sets of parts, determined by the moves made
	from         int
}

// run reports whether some extension of p has no linearization. If so, path
// determines it.
func (s *extensionSearch) run(p *projection) (violated bool, err error) {
	s.p, s.err = p, nil
	s.seen.empty()
	s.path, s.madeStack, s.stack = s.path[:0], s.madeStack[:0], s.stack[:0]
	for range p.threads {
		s.madeStack = append(s.madeStack, 0)
	}
	s.stack = append(s.stack, configuration{0, p.initial})
	violated = s.explore(situation{})
	if s.err != nil {
		return false, s.err
	}
	return violated, nil
}

// made returns the number of moves made of each thread.
func (s *extensionSearch) made() []int32 { return s.madeStack[len(s.madeStack)-s.p.threads:] }

// explore reports whether some extension that passes through at has no
// linearization. If not, it leaves the stacks as they were.
func (s *extensionSearch) explore(at situation) bool {
	if s.visited(at) {
		return false
	}
	for t := range s.p.threads {
		if i := s.next(t); i != none && s.free(i) {
			return s.take(at, i)
		}
	}
	for t := range s.p.threads {
		if i := s.next(t); i != none && s.ready(i, t) && s.take(at, i) {
			return true
		}
	}
	return false
}

// visited reports whether the search has been here before, or must stop.
func (s *extensionSearch) visited(at situation) bool {
	if s.err != nil {
		return true
	}
	if !s.seen.add(s.digestOf(at)) {
		return true
	}
	if s.seen.len > s.situations {
		s.tooLarge("%d situations", s.situations)
		return true
	}
	return false
}

// next returns the next move of thread t at which something ends, or none.
func (s *extensionSearch) next(t int) int {
	i := s.p.start[t] + s.made()[t]
	if i == s.p.start[t+1] {
		return none
	}
	return int(s.p.moves[i].ending)
}

// free reports whether move i is possible without anything beginning.
func (s *extensionSearch) free(i int) bool {
	if s.p.moves[i].begins != 0 {
		return false
	}
	made := s.made()
	for u, n := range s.p.predecessors(i) {
		if n > made[u] {
			return false
		}
	}
	return true
}

// ready reports whether move i, the next of thread t at which something ends, has
// no predecessor at which something else ends.
func (s *extensionSearch) ready(i, t int) bool {
	for u, n := range s.p.predecessors(i) {
		if first := s.next(u); u != t && first != none && n > int32(first)-s.p.start[u] {
			return false
		}
	}
	return true
}

// take makes move i, preceded by its predecessors, and continues exploring.
func (s *extensionSearch) take(at situation, i int) bool {
	spots, stack, path := len(s.madeStack), len(s.stack), len(s.path)
	s.path = append(s.path, s.p.moves[i].point)
	next := at
	for u, n := range s.p.predecessors(i) {
		made := s.madeStack[spots-s.p.threads+u]
		for m := made; m < n; m++ {
			next.begun |= s.p.moves[s.p.start[u]+m].begins
		}
		s.madeStack = append(s.madeStack, max(made, n))
	}
	next.begun |= s.p.moves[i].begins
	s.made()[s.p.moves[i].thread]++
	next.from = s.begin(at.from, next.begun, s.excused(next))
	for left := s.p.moves[i].ends; left != 0; left &= left - 1 {
		next.from = s.end(next.from, next.begun, left&-left)
	}
	next.ended |= s.p.moves[i].ends
	if s.err == nil && len(s.stack) == next.from || s.explore(next) {
		return true
	}
	s.madeStack, s.stack, s.path = s.madeStack[:spots], s.stack[:stack], s.path[:path]
	return false
}

// excused returns the Len calls that are in progress at the same time as a write.
// Operations that have begun but not ended are all in progress just before the
// ends of a move. An excused Len counts as having taken effect in every
// configuration, so that it need not be remembered elsewhere.
func (s *extensionSearch) excused(at situation) uint64 {
	if open := at.begun &^ at.ended; open&s.p.writes != 0 {
		return open & s.p.lens
	}
	return 0
}

// digestOf returns the digest of a situation. It is a sum over the configurations,
// so it does not depend on their order.
func (s *extensionSearch) digestOf(at situation) digest {
	k, word := emptyDigest, uint64(0)
	for t, n := range s.made() { // one byte each suffices: at most 64 parts begin and end
		if word = word<<8 | uint64(n); t%8 == 7 {
			k, word = k.with(word), 0
		}
	}
	k = k.with(word)
	for _, c := range s.stack[at.from:] {
		k = k.plus(emptyDigest.with(c.state).with(c.done))
	}
	return k
}
