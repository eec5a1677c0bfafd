package interval

// limits bound a search: its situations, and the configurations of one. Few
// programs come near: eight threads of two operations make some hundreds of
// situations, and some dozens of configurations.
type limits struct{ situations, configurations int }

// A search goes through the linear extensions of a projection, depth first.
//
// # Which extensions
//
// Not all are needed. A move at which nothing begins may come as soon as what
// comes before it has: this makes intervals shorter, so an extension in which it
// comes later has every linearization that this one has. For the same reason a
// move at which nothing ends comes right before the first move that it must
// precede. What is left to choose is the order of the moves at which something
// ends; and if one of them is possible with nothing beginning, it is that one.
//
// A Len that is exact only while no write is in progress is no exception:
// shorter intervals overlap less, so more is demanded of it.
type search struct {
	p     *projection
	seen  set             // situations
	path  []int32         // the points at which something ended
	spots []int32         // a stack: how many moves of each thread were made
	stack []configuration // a stack: those of the situations on the path
	work  []configuration
	limits
	err error
}

func newSearch() search {
	return search{limits: limits{situations: 1 << 20, configurations: 1 << 13}}
}

// A situation is a place of the search: the moves made are on top of spots,
// its configurations are at stack[from:].
type situation struct {
	begun, ended uint64 // parts; they follow from the moves made
	from         int
}

// run reports whether some extension of p has no linearization; path is then
// one of them, as far as it matters.
func (s *search) run(p *projection) (violated bool, err error) {
	s.p, s.err = p, nil
	s.seen.empty()
	s.path, s.spots, s.stack = s.path[:0], s.spots[:0], s.stack[:0]
	for range p.threads {
		s.spots = append(s.spots, 0)
	}
	s.stack = append(s.stack, configuration{0, p.initial})
	violated = s.explore(situation{})
	if s.err != nil {
		return false, s.err
	}
	return violated, nil
}

// made returns how many moves of each thread were made.
func (s *search) made() []int32 { return s.spots[len(s.spots)-s.p.threads:] }

// explore reports whether an extension that goes through here has no
// linearization. If not, it leaves the stacks as they were.
func (s *search) explore(at situation) bool {
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

// visited reports whether the search has been here, or has to end.
func (s *search) visited(at situation) bool {
	if s.err != nil {
		return true
	}
	if !s.seen.add(s.key(at)) {
		return true
	}
	if s.seen.len > s.situations {
		s.tooLarge("%d situations", s.situations)
		return true
	}
	return false
}

// next returns the next move of thread t at which something ends, or none.
func (s *search) next(t int) int {
	i := s.p.start[t] + s.made()[t]
	if i == s.p.start[t+1] {
		return none
	}
	return int(s.p.moves[i].ending)
}

// free reports whether move i is possible with nothing beginning.
func (s *search) free(i int) bool {
	if s.p.moves[i].begins != 0 {
		return false
	}
	made := s.made()
	for u, n := range s.p.of(i) {
		if n > made[u] {
			return false
		}
	}
	return true
}

// ready reports whether only moves at which nothing ends have to come before
// move i, the next of thread t at which something does.
func (s *search) ready(i, t int) bool {
	for u, n := range s.p.of(i) {
		if first := s.next(u); u != t && first != none && n > int32(first)-s.p.start[u] {
			return false
		}
	}
	return true
}

// take makes move i, and those that have to come before it, and explores on.
func (s *search) take(at situation, i int) bool {
	spots, stack, path := len(s.spots), len(s.stack), len(s.path)
	s.path = append(s.path, s.p.moves[i].point)
	next := at
	for u, n := range s.p.of(i) {
		made := s.spots[spots-s.p.threads+u]
		for m := made; m < n; m++ {
			next.begun |= s.p.moves[s.p.start[u]+m].begins
		}
		s.spots = append(s.spots, max(made, n))
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
	s.spots, s.stack, s.path = s.spots[:spots], s.stack[:stack], s.path[:path]
	return false
}

// excused returns the Len calls that are in progress together with a write. What
// has begun and not ended is in progress at the same time right before the ends
// of a move. An excused Len counts as having taken effect in each configuration,
// so nothing else has to remember it.
func (s *search) excused(at situation) uint64 {
	if open := at.begun &^ at.ended; open&s.p.writes != 0 {
		return open & s.p.lens
	}
	return 0
}

// key returns the key of a situation. The sum over configurations does not
// depend on their order.
func (s *search) key(at situation) key {
	k, word := nothing, uint64(0)
	for t, n := range s.made() { // a byte each: 64 parts begin and end
		if word = word<<8 | uint64(n); t%8 == 7 {
			k, word = k.with(word), 0
		}
	}
	k = k.with(word)
	for _, c := range s.stack[at.from:] {
		k = k.plus(nothing.with(c.state).with(c.done))
	}
	return k
}
