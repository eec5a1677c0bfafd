package interval

import "math/bits"

// witness looks for one order of the parts that linearizes every extension at
// once, before each extension is searched by itself. Mostly there is one: of two
// operations that conflict, the one whose conflicting step comes first begins
// before the other ends, in every extension; so only that one can be over before
// the other is called.
//
// An order linearizes an extension exactly if no part comes in it after one that
// was called when the first was over already. So a part that can be over before
// another is called, in whatever extension, has to come first. Both can be over
// first if they do not conflict. Then they may do as they like, and still be right
// in the same order of all others, only if neither changes the map: parts that read
// are therefore put into sets, one between two that write, without an order inside.
type witness struct {
	p      *projection
	after  [64]uint64 // a part: those that have to come after it
	ended  uint64     // the parts that end
	begun  uint64     // those that begin
	prefix []uint64   // a move: the parts that begin at an earlier one of its thread
	most   int        // parts that are tried; none: nothing is found
	tries  int        // those that are left
}

// maxTries bounds the parts that are tried: where so many do not do, a search is
// hardly slower.
const maxTries = 100

// find reports whether there is such an order. If not, nothing is known. A Len has
// to be exact in it, though it may not have to be: that is found by a search.
func (w *witness) find(p *projection) bool {
	if w.most == 0 {
		return false
	}
	w.p, w.tries = p, w.most
	w.constrain()
	return w.from(0, p.initial)
}

// constrain finds what has to come after each part: what need not have been called
// when it ends.
func (w *witness) constrain() {
	w.ended, w.begun, w.prefix = 0, 0, w.prefix[:0]
	for t := range w.p.threads {
		begun := uint64(0)
		for i := w.p.start[t]; i < w.p.start[t+1]; i++ {
			w.prefix = append(w.prefix, begun)
			begun |= w.p.moves[i].begins
		}
		w.begun |= begun
	}
	for i := range w.p.moves {
		m := &w.p.moves[i]
		if m.ends == 0 {
			continue
		}
		called := m.begins
		for u, n := range w.p.of(i) {
			if n > 0 {
				last := w.p.start[u] + n - 1
				called |= w.prefix[last] | w.p.moves[last].begins
			}
		}
		for left := m.ends; left != 0; left &= left - 1 {
			w.after[bits.TrailingZeros64(left)] = ^called
		}
		w.ended |= m.ends
	}
}

// from reports whether the parts that are not done yet can be put in order from
// state on.
func (w *witness) from(done, state uint64) bool {
	done |= w.readable(done, state)
	if w.ended&^done == 0 {
		return true
	}
	for left := w.begun &^ w.p.reads &^ done &^ w.blocked(done); left != 0; left &= left - 1 {
		if w.tries == 0 {
			return false
		}
		w.tries--
		n := bits.TrailingZeros64(left)
		if next, ok := w.p.parts[n].step(state); ok && w.from(done|1<<n, next) {
			return true
		}
	}
	return false
}

// readable returns the largest set of parts that may read state together. To read
// early keeps nobody from anything.
func (w *witness) readable(done, state uint64) (set uint64) {
	for left := w.begun & w.p.reads &^ done; left != 0; left &= left - 1 {
		n := bits.TrailingZeros64(left)
		if _, ok := w.p.parts[n].step(state); ok {
			set |= 1 << n
		}
	}
	for blocked := set; blocked != 0; set &^= blocked {
		blocked = set & w.blocked(done|set)
	}
	return set
}

// blocked returns what has to come after something that is not done.
func (w *witness) blocked(done uint64) (set uint64) {
	for left := w.ended &^ done; left != 0; left &= left - 1 {
		set |= w.after[bits.TrailingZeros64(left)]
	}
	return set
}
