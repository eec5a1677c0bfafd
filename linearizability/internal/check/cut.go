package check

import (
	"iter"

	"github.com/mapspec/mapspec/model"
)

// # Where a history may be cut
//
// Take the entries of one key, and an instant at which none is in progress. If
// it is known what the key holds there, the entries before and after can be
// searched apart, the latter beginning with what is known.
//
// It is known after an entry that overlaps no other and whose result says what
// the key then holds (a Load; a Store; a CompareAndSwap that succeeded; see
// entry.reveals), and after any entry that overlaps no other if it was known
// before, since the step is a function.
//
// Nothing is lost or invented by that. Let e be such an entry, P the entries
// up to and with e, Q those after it, c what e reveals. An order of the whole
// that explains all results puts P before Q, and e last of P, because those
// intervals do not overlap. After e the key holds c, for e's result admits
// nothing else. So its parts are an order of P, and one of Q from c. Conversely
// an order of P ends in e, hence in c, and can be followed by one of Q from c.
//
// For the whole map it must be known of every key. There e need not overlap
// nothing; it is enough that no entry is in progress at the instant, and that
// the last entry on each key overlaps no other entry on that key: the argument
// above holds for each key, and what Len and Clear see is a state of all. And
// a part without Len and without an atomic Clear need not be searched at all:
// each key has an order of its own there, and linearizability is local.
//
// Between two cuts lie entries that overlap, directly or through others. Only
// those need porcupine, whose memory grows with the square of their number.

// groups yields the bounds of maximal groups of entries linked by overlap, in
// order. Entries must be in the order of their calls.
func groups(entries []entry) iter.Seq2[int, int] {
	return func(yield func(lo, hi int) bool) {
		lo, ret := 0, -1
		for i := range entries {
			if i > lo && ret < entries[i].call {
				if !yield(lo, i) {
					return
				}
				lo, ret = i, -1
			}
			ret = max(ret, entries[i].ret)
		}
		if lo < len(entries) {
			yield(lo, len(entries))
		}
	}
}

// searchKey searches an order of the entries of one key.
func (j *judge) searchKey(entries []entry, until deadline) verdict {
	if j.uncut {
		return j.search(oneKey(nothing), entries, 0, len(entries), until)
	}
	result := verdict{status: model.OK}
	holds, known := nothing, true // before the next group
	start, from := 0, nothing     // of the part that the next group belongs to, unless known
	for lo, hi := range groups(entries) {
		e := &entries[lo]
		alone := hi-lo == 1
		if known && alone && e.accept != perhaps {
			next, ok := e.stepKey(holds)
			if !ok {
				return violation(oneKey(holds), entries, lo, hi)
			}
			holds = next
			continue
		}
		if known {
			start, from, known = lo, holds, false
		}
		if !alone {
			continue
		}
		if holds, known = e.reveals(); known {
			if result.join(j.search(oneKey(from), entries, start, hi, until)) {
				return result
			}
		}
	}
	if !known {
		result.join(j.search(oneKey(from), entries, start, len(entries), until))
	}
	return result
}

// searchWhole searches an order of the entries of all keys.
func (j *judge) searchWhole(entries []entry, until deadline) verdict {
	if j.uncut {
		return j.search(wholeMap(model.State{}, len(j.keys)), entries, 0, len(entries), until)
	}
	result := verdict{status: model.OK}
	var state, from model.State // before the next group, and before the part that it belongs to
	start := 0
	var unsure unsure // keys of which nothing is known before the next group
	part := false     // whether a part has begun
	for lo, hi := range groups(entries) {
		if !part && hi-lo == 1 {
			next, ok := entries[lo].stepState(state)
			if !ok {
				return violation(wholeMap(state, len(j.keys)), entries, lo, hi)
			}
			state = next
			continue
		}
		if !part {
			part, start, from = true, lo, state
		}
		state = unsure.after(state, entries[lo:hi], j.keys)
		if len(unsure) > 0 {
			continue
		}
		part = false
		if result.join(j.searchPart(from, entries, start, hi, until)) {
			return result
		}
	}
	if part {
		result.join(j.searchPart(from, entries, start, len(entries), until))
	}
	return result
}

// searchPart searches entries lo to hi, if they have anything to say about
// several keys at once.
func (j *judge) searchPart(from model.State, entries []entry, lo, hi int, until deadline) verdict {
	for i := lo; i < hi; i++ {
		if !entries[i].op.Method.OnKey() {
			return j.search(wholeMap(from, len(j.keys)), entries, lo, hi, until)
		}
	}
	return verdict{status: model.OK}
}

// unsure holds the keys of which it is not known what they hold.
type unsure map[int]bool

// after returns state with what a group of entries reveals, and notes the keys
// of which the group leaves it open. What NaN keys hold is never revealed.
func (u *unsure) after(state model.State, group []entry, keys []int) model.State {
	if *u == nil {
		*u = unsure{}
	}
	type last struct {
		ret      int // the latest return
		holds    held
		revealed bool
	}
	touched := map[int]last{}
	touch := func(key int, e *entry, holds held, reveals bool) {
		before := touched[key]
		touched[key] = last{max(before.ret, e.ret), holds, reveals && before.ret < e.call}
	}
	for i := range group {
		switch e := &group[i]; {
		case e.op.Method.OnKey():
			holds, ok := e.reveals()
			touch(e.op.Key, e, holds, ok && e.op.Key != model.NaN)
		case e.op.Method == model.Clear:
			for _, k := range keys {
				touch(k, e, nothing, e.accept == exactly)
			}
			if len(state.NaNs()) > 0 {
				touch(model.NaN, e, nothing, false)
			}
		}
	}
	for key, l := range touched {
		if l.revealed {
			delete(*u, key)
			state = state.With(key, l.holds.cell())
		} else {
			(*u)[key] = true
		}
	}
	return state
}
