package program

import "slices"

// A walk visits the programs of a set in order, and holds one at a time. A place is
// the position of an operation in the program. Places are numbered thread by
// thread.
type walk struct {
	set              *Set
	letters          []letter // the alphabet
	initiallyPresent []bool   // by key

	start  []int // by thread: its first place, followed by the number of places
	word   []int // by place: an index of letters
	source []int // by place, if its letter compares: see source.go
	thread []int // by place
	swaps  []threadSwap
	visit  func() bool // called for each program; stops the walk by returning false
}

func newWalk(s *Set) *walk {
	if err := s.Size.Validate(); err != nil {
		panic(err)
	}
	w := &walk{set: s, letters: s.Alphabet().letters, start: []int{0}}
	for key := range s.Size.Keys {
		_, ok := s.Initial.Holds(key)
		w.initiallyPresent = append(w.initiallyPresent, ok)
	}
	return w
}

// each calls visit for each program, until it returns false.
func (w *walk) each(found func() bool) {
	w.visit = found
	for total := 1; total <= w.set.Size.places(); total++ {
		if !w.chooseLengths(total, w.set.Size.Operations) {
			return
		}
	}
}

// chooseLengths distributes rest operations to further threads. No thread is longer
// than longest, the length of the thread before it. Like the methods below, it
// reports whether to continue.
func (w *walk) chooseLengths(rest, longest int) bool {
	if rest == 0 {
		w.allocate()
		return w.chooseLetters(0)
	}
	if len(w.start) > w.set.Size.Threads {
		return true
	}
	places := w.places()
	for n := min(rest, longest); n > 0; n-- {
		w.start = append(w.start, places+n)
		goOn := w.chooseLengths(rest-n, n)
		w.start = w.start[:len(w.start)-1]
		if !goOn {
			return false
		}
	}
	return true
}

func (w *walk) places() int { return w.start[len(w.start)-1] }

// allocate makes room for the letters once the lengths are chosen.
func (w *walk) allocate() {
	n := w.places()
	w.word, w.source, w.thread = make([]int, n), make([]int, n), make([]int, n)
	for t := range len(w.start) - 1 {
		for p := w.start[t]; p < w.start[t+1]; p++ {
			w.thread[p] = t
		}
	}
}

// chooseLetters chooses the letters from place p on.
func (w *walk) chooseLetters(p int) bool {
	if p == w.places() {
		w.swaps = w.symmetries()
		return w.chooseSources(0)
	}
	for l := w.firstLetter(p); l < len(w.letters); l++ {
		w.word[p] = l
		if !w.chooseLetters(p + 1) {
			return false
		}
	}
	return true
}

// firstLetter returns the first letter that place p may have. Threads of equal
// length are sorted by their words, since their order makes no difference.
func (w *walk) firstLetter(p int) int {
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
