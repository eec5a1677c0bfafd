package check

import (
	"iter"

	"github.com/mapspec/mapspec/model"
)

// # Cutting a history
//
// Take the entries of one key, and an instant at which none is in progress. If
// the content of the key at that instant is known, the entries before and after
// it can be searched separately, the latter from the known content.
//
// The content is known after an entry that overlaps no other if its result says
// what the key then holds (a Load, a Store, a CompareAndSwap that succeeded; see
// entry.reveals). It is also known after any entry that overlaps no other if it
// was known before, since the step is a function.
//
// Such a cut neither loses nor invents an order. Let e be such an entry, P the
// entries up to and including e, Q the later ones, and c what e reveals. In an
// order of all entries P comes before Q and e is the last of P, because those
// intervals do not overlap. After e the key holds c, because e's result admits
// nothing else. So the order splits into one of P and one of Q from c.
// Conversely, an order of P ends with e and therefore with c, and an order of Q
// from c can follow it.
//
// A cut of the whole map needs the content of every key. There e may overlap
// other entries. It suffices that no entry is in progress at the instant, and
// that the last entry on each key overlaps no other entry on that key: the
// argument above holds for each key, and Len and Clear see the state of all of
// them. A segment without Len and without an atomic Clear need not be searched
// at all, because each of its keys has been, and linearizability is local.
//
// The entries between two cuts form a segment. Segments are searched separately
// because porcupine's memory grows with the square of their length.

// groups yields the bounds of the maximal groups of entries linked by overlap,
// in order. Entries must be sorted by call.
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

// searchKey searches for an order of the entries of one key.
func (j *judge) searchKey(entries []entry, until deadline) outcome {
	if j.uncut {
		return j.search(oneKey(absent), entries, 0, len(entries), until)
	}
	result := outcome{status: model.OK}
	holds, known := absent, true // before the next group
	start, from := 0, absent     // of the segment that the next group belongs to; valid unless known
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

// searchWhole searches for an order of the entries of all keys.
func (j *judge) searchWhole(entries []entry, until deadline) outcome {
	if j.uncut {
		return j.search(wholeMap(model.State{}, len(j.keys)), entries, 0, len(entries), until)
	}
	result := outcome{status: model.OK}
	var state, from model.State // before the next group, and at the start of its segment
	start := 0
	var unknown unknownKeys // before the next group
	inSegment := false      // whether a segment has begun
	for lo, hi := range groups(entries) {
		if !inSegment && hi-lo == 1 {
			next, ok := entries[lo].stepState(state)
			if !ok {
				return violation(wholeMap(state, len(j.keys)), entries, lo, hi)
			}
			state = next
			continue
		}
		if !inSegment {
			inSegment, start, from = true, lo, state
		}
		state = unknown.after(state, entries[lo:hi], j.keys)
		if len(unknown) > 0 {
			continue
		}
		inSegment = false
		if result.join(j.searchSegment(from, entries, start, hi, until)) {
			return result
		}
	}
	if inSegment {
		result.join(j.searchSegment(from, entries, start, len(entries), until))
	}
	return result
}

// searchSegment searches entries lo to hi if any of them concerns several keys
// at once.
func (j *judge) searchSegment(from model.State, entries []entry, lo, hi int, until deadline) outcome {
	for i := lo; i < hi; i++ {
		if !entries[i].op.Method.OnKey() {
			return j.search(wholeMap(from, len(j.keys)), entries, lo, hi, until)
		}
	}
	return outcome{status: model.OK}
}

// unknownKeys is the set of keys whose content is not known.
type unknownKeys map[int]bool

// after returns state updated by what a group of entries reveals, and updates u.
// The content of NaN keys is never revealed.
func (u *unknownKeys) after(state model.State, group []entry, keys []int) model.State {
	if *u == nil {
		*u = unknownKeys{}
	}
	type last struct {
		ret      int // the latest return
		holds    content
		revealed bool
	}
	touched := map[int]last{}
	touch := func(key int, e *entry, holds content, reveals bool) {
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
				touch(k, e, absent, e.accept == exactly)
			}
			if len(state.NaNs()) > 0 {
				touch(model.NaN, e, absent, false)
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
