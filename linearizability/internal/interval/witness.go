package interval

import "math/bits"

// A witnessSearch looks for one order of the parts that linearizes every
// extension at once. Usually there is one, and no extension has to be searched. Of
// two operations that conflict, the one whose conflicting step comes first begins
// before the other ends, in every extension, so only that one can return before
// the other is called.
//
// An order linearizes an extension exactly if it has no part after another that
// was called only when the part had ended. So a part that can end before another
// is called, in any extension, must come first. If two operations do not conflict,
// each of them can end first. One order is then right for both cases only if
// neither operation changes the map. Therefore parts that read form sets without
// an internal order, one between any two writes.
type witnessSearch struct {
	p        *projection
	after    [64]uint64 // per part: the parts that must come after it
	ended    uint64     // the parts that end
	begun    uint64     // the parts that begin
	prefix   []uint64   // per move: the parts that begin at earlier moves of its thread
	maxTries int        // the number of parts to try; if 0, nothing is found
	tries    int        // the number of tries left
}

// maxWitnessTries bounds the parts that are tried. If so many fail, a search is
// hardly slower.
const maxWitnessTries = 100

// find reports whether it found such an order. If it did not, nothing is known: in
// the order every Len must be exact, although it need not be while a write is in
// progress. A search knows that.
func (w *witnessSearch) find(p *projection) bool {
	if w.maxTries == 0 {
		return false
	}
	w.p, w.tries = p, w.maxTries
	w.constrain()
	return w.extend(0, p.initial)
}

// constrain computes what must come after each part: the parts that need not have
// been called when it ends.
func (w *witnessSearch) constrain() {
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
		for u, n := range w.p.predecessors(i) {
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

// extend reports whether the parts that are not done can be ordered, starting in
// state.
func (w *witnessSearch) extend(done, state uint64) bool {
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
		if next, ok := w.p.parts[n].step(state); ok && w.extend(done|1<<n, next) {
			return true
		}
	}
	return false
}

// readable returns the largest set of parts that can read state together. Reading
// early never prevents another part from taking effect.
func (w *witnessSearch) readable(done, state uint64) (set uint64) {
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

// blocked returns the parts that must come after a part that is not done.
func (w *witnessSearch) blocked(done uint64) (set uint64) {
	for left := w.ended &^ done; left != 0; left &= left - 1 {
		set |= w.after[bits.TrailingZeros64(left)]
	}
	return set
}
