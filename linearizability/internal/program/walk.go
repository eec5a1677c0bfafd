package program

import "slices"

// walk goes through the programs of a set in order, holding one at a time. A
// place is an operation of the program; places are numbered thread by thread.
type walk struct {
	set     *Set
	letters []letter // the alphabet
	held    []bool   // by key: the initial map has it

	start  []int // by thread: its first place; and last the number of places
	word   []int // by place: which letter
	old    []int // by place that compares: where the old comes from, see old.go
	thread []int // by place
	swaps  []swap
	found  func() bool // called at each program; false ends the walk
}

func newWalk(s *Set) *walk {
	if err := s.Size.Validate(); err != nil {
		panic(err)
	}
	w := &walk{set: s, letters: s.Alphabet().letters, start: []int{0}}
	for key := range s.Size.Keys {
		_, ok := s.Initial.Holds(key)
		w.held = append(w.held, ok)
	}
	return w
}

// each calls found at each program in turn, until it returns false.
func (w *walk) each(found func() bool) {
	w.found = found
	for total := 1; total <= w.set.Size.places(); total++ {
		if !w.split(total, w.set.Size.Operations) {
			return
		}
	}
}

// split gives rest operations to further threads, none more than longest, which
// is what the thread before has. It reports whether to go on, as all below do.
func (w *walk) split(rest, longest int) bool {
	if rest == 0 {
		w.lay()
		return w.spell(0)
	}
	if len(w.start) > w.set.Size.Threads {
		return true
	}
	places := w.places()
	for n := min(rest, longest); n > 0; n-- {
		w.start = append(w.start, places+n)
		goOn := w.split(rest-n, n)
		w.start = w.start[:len(w.start)-1]
		if !goOn {
			return false
		}
	}
	return true
}

func (w *walk) places() int { return w.start[len(w.start)-1] }

// lay makes room for the letters, the lengths being known.
func (w *walk) lay() {
	n := w.places()
	w.word, w.old, w.thread = make([]int, n), make([]int, n), make([]int, n)
	for t := range len(w.start) - 1 {
		for p := w.start[t]; p < w.start[t+1]; p++ {
			w.thread[p] = t
		}
	}
}

// spell chooses the letters from place p on.
func (w *walk) spell(p int) bool {
	if p == w.places() {
		w.swaps = w.symmetries()
		return w.compare(0)
	}
	for l := w.least(p); l < len(w.letters); l++ {
		w.word[p] = l
		if !w.spell(p + 1) {
			return false
		}
	}
	return true
}

// least returns the first letter that place p may have: threads of one length
// come in the order of their words, since their order makes no difference.
func (w *walk) least(p int) int {
	t := w.thread[p]
	if t == 0 {
		return 0
	}
	from, before := w.start[t], w.start[t-1]
	if w.start[t+1]-from != from-before {
		return 0
	}
	done := p - from
	if !slices.Equal(w.word[before:before+done], w.word[from:p]) {
		return 0
	}
	return w.word[before+done]
}
