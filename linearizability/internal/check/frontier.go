package check

import (
	"math/bits"
	"slices"
)

// # Long histories
//
// porcupine remembers each set of entries that it has placed, a bit an entry:
// for n entries that overlap in one run at least n²/8 bytes. A walk goes through
// the calls and returns in order instead, and remembers only what can be the
// case at the moment: the state, and which of the entries in progress have
// taken effect. Those configurations are Wing and Gong's (1993), kept as in
// Lowe's just-in-time linearization (2017). How many there are depends on how
// many entries are in progress at once, and not on the length of the history.
//
// At a call an entry becomes open. At a return every configuration is extended
// by steps of open entries, in every order, until the returning one has taken
// effect, and those in which it cannot are dropped. Nothing is lost by that: a
// step that an order takes after the returning entry's can wait until the next
// return. And nothing is invented: a step is taken by an entry between its call
// and its return, from a state in which its result is accepted. So there is an
// order exactly if a configuration is left at the end. A pending entry never
// returns.
//
// Three things keep the configurations few.
//
// An entry that leaves every state that accepts it as it is (entry.reads) takes
// effect as soon as the state does: in an order in which it comes later it can
// as well come now.
//
// Of two open entries that do and saw the same, the one that returns first
// takes effect first: in an order in which it is the other way round they can
// change places.
//
// A configuration is dropped for another with the same state in which the same
// writes have taken effect, but more reads or fewer pending entries: whatever
// follows the one can follow the other, less the reads that it has behind it,
// and an entry that is pending need never take effect.

const (
	// maxOpen is how many entries may be in progress at once: the bits of a
	// word.
	maxOpen = 64
	// checkpointEvents is how far checkpoints are apart, in calls and returns.
	// A violation is explained from the last but one.
	checkpointEvents = 256
	// maxBeginnings bounds from how many configurations of a checkpoint an
	// explanation is tried, and maxTrail how many steps it may take from each.
	maxBeginnings = 64
	maxTrail      = 1 << 18
	// clockSteps is how many steps are taken between two looks at the clock.
	clockSteps = 1 << 12
)

// A configuration is what can be the case at a moment: the state, and which
// open entries have taken effect, by slot.
type configuration[S any] struct {
	state S
	done  uint64
	trail int32 // the last of the steps that lead here, in walk.trail
}

// A footprint is one of the steps that lead to a configuration.
type footprint struct {
	entry  *entry
	before int32 // the step before, in walk.trail; 0 is none
}

// A point is a moment of a walk, with all that can be the case there.
type point[S any] struct {
	called  int             // entries that have been called
	open    [maxOpen]*entry // by slot; nil if it is free
	configs []configuration[S]
}

func (p point[S]) clone() point[S] {
	p.configs = slices.Clone(p.configs)
	return p
}

// A walk is a search that goes through the events of entries in order.
type walk[S any] struct {
	states[S]
	entries []entry // in the order of their calls
	most    int     // configurations at once
	until   deadline

	point[S]
	next   int             // the slot of the open entry that returns first; -1 if none is open
	reads  uint64          // slots of open entries that change no state
	writes uint64          // slots of the other open entries
	never  uint64          // of those, slots of pending entries
	first  [maxOpen]uint64 // by slot: slots of entries like it that return before it

	reached []configuration[S] // at a return
	todo    []int              // of reached, by index: what is still to be extended
	table   []int32            // of reached, by hash: index + 1, or 0
	steps   int

	before, last point[S]    // checkpoints
	trail        []footprint // nil if nobody wants to know; the first stands for the beginning
}

// An ending is how a walk ended.
type ending uint8

const (
	ordered ending = iota // there is an order
	stuck                 // there is none up to the return reached
	crowded               // more than maxOpen entries are open
	full                  // more configurations than are allowed
	late                  // out of time
)

func newWalk[S any](s states[S], entries []entry, from point[S], most int, until deadline) *walk[S] {
	w := &walk[S]{states: s, entries: entries, most: most, until: until, point: from.clone(), before: from, last: from}
	for slot, e := range w.open {
		if e != nil {
			w.enter(slot)
		}
	}
	w.next = w.firstToReturn()
	return w
}

// run takes the walk to its end, and says how many events it passed.
func (w *walk[S]) run() (end ending, events int) {
	for {
		switch {
		case w.called < len(w.entries) && (w.next < 0 || w.entries[w.called].call <= w.open[w.next].ret):
			end = w.call()
		case w.next < 0 || w.open[w.next].ret == forever:
			return ordered, events
		default:
			end = w.ret(w.next)
		}
		if end != ordered {
			return end, events
		}
		if events++; events%checkpointEvents == 0 {
			if w.until.passed() {
				return late, events
			}
			w.before, w.last = w.last, w.clone()
		}
	}
}

// call opens the next entry.
func (w *walk[S]) call() ending {
	slot := bits.TrailingZeros64(^(w.reads | w.writes))
	if slot == maxOpen {
		return crowded
	}
	e := &w.entries[w.called]
	w.called++
	w.open[slot] = e
	w.enter(slot)
	if w.next < 0 || e.ret < w.open[w.next].ret {
		w.next = slot
	}
	if w.reads&(1<<slot) == 0 {
		return ordered
	}
	for i, c := range w.configs {
		w.configs[i] = w.mark(w.settle(c), c.done)
	}
	return ordered
}

// enter notes what the entry in slot is.
func (w *walk[S]) enter(slot int) {
	e, bit := w.open[slot], uint64(1)<<slot
	if e.reads() {
		w.reads |= bit
		return
	}
	w.first[slot] = 0
	for left := w.writes; left != 0; left &= left - 1 {
		other := bits.TrailingZeros64(left)
		switch o := w.open[other]; {
		case o.op != e.op || o.result != e.result || o.accept != e.accept:
		case o.ret <= e.ret:
			w.first[slot] |= 1 << other
		default:
			w.first[other] |= bit
		}
	}
	w.writes |= bit
	if e.ret == forever {
		w.never |= bit
	}
}

// firstToReturn returns the slot of the open entry that returns first.
func (w *walk[S]) firstToReturn() int {
	first := -1
	for left := w.reads | w.writes; left != 0; left &= left - 1 {
		slot := bits.TrailingZeros64(left)
		if first < 0 || w.open[slot].ret < w.open[first].ret {
			first = slot
		}
	}
	return first
}

// ret closes the entry in slot. A walk that is stuck stays where it is.
func (w *walk[S]) ret(slot int) ending {
	bit := uint64(1) << slot
	if slices.ContainsFunc(w.configs, func(c configuration[S]) bool { return c.done&bit == 0 }) {
		if end := w.extend(bit); end != ordered {
			return end
		}
	}
	for i := range w.configs {
		w.configs[i].done &^= bit
	}
	for i := range w.first {
		w.first[i] &^= bit
	}
	w.open[slot] = nil
	w.reads, w.writes = w.reads&^bit, w.writes&^bit
	w.next = w.firstToReturn()
	return ordered
}

// extend takes steps from every configuration until the entry with this bit has
// taken effect, and keeps those in which it has.
func (w *walk[S]) extend(bit uint64) ending {
	w.reached, w.todo = w.reached[:0], w.todo[:0]
	w.resize(4 * len(w.configs))
	for _, c := range w.configs {
		w.reach(c, c.done)
	}
	for len(w.todo) > 0 {
		i := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		if c := w.reached[i]; c.done&bit == 0 {
			w.advance(c)
		}
		if len(w.reached) > w.most || len(w.trail) > maxTrail {
			return full
		}
		if w.steps >= clockSteps {
			w.steps = 0
			if w.until.passed() {
				return late
			}
		}
	}
	kept := w.configs[:0]
	for _, c := range w.reached {
		if c.done&bit != 0 {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		return stuck
	}
	w.configs = kept
	return ordered
}

// advance takes one step from c, in every way there is.
func (w *walk[S]) advance(c configuration[S]) {
	for left := w.writes &^ c.done; left != 0; left &= left - 1 {
		slot := bits.TrailingZeros64(left)
		if w.first[slot]&^c.done != 0 {
			continue
		}
		w.steps++
		e, next := w.open[slot], c
		next.done |= 1 << slot
		var ok bool
		if next.state, ok = w.step(e, c.state); !ok {
			continue
		}
		w.reach(w.settle(next), c.done)
		if e.accept == perhaps {
			next.state = c.state
			w.reach(w.settle(next), c.done)
		}
	}
}

// settle lets the open reads take effect that c's state accepts.
func (w *walk[S]) settle(c configuration[S]) configuration[S] {
	for left := w.reads &^ c.done; left != 0; left &= left - 1 {
		slot := bits.TrailingZeros64(left)
		if _, ok := w.step(w.open[slot], c.state); ok {
			c.done |= 1 << slot
		}
	}
	return c
}

// reach adds c to those reached, unless one is there that is as good; it takes
// the place of one that is worse. In the configuration that c was reached from,
// only was had taken effect.
func (w *walk[S]) reach(c configuration[S], was uint64) {
	must := w.writes &^ w.never
	i := w.place(c)
	for ; w.table[i] != 0; i = (i + 1) & (len(w.table) - 1) {
		at := int(w.table[i] - 1)
		old := &w.reached[at]
		if (old.done^c.done)&must != 0 || !w.equal(old.state, c.state) {
			continue
		}
		has, gets := w.merits(*old), w.merits(c)
		if gets&^has == 0 {
			return
		}
		if has&^gets == 0 {
			*old = w.mark(c, was)
			w.todo = append(w.todo, at)
			return
		}
	}
	w.reached = append(w.reached, w.mark(c, was))
	w.table[i] = int32(len(w.reached))
	w.todo = append(w.todo, len(w.reached)-1)
	if 2*len(w.reached) > len(w.table) {
		w.rehash()
	}
}

// mark leaves a footprint of each entry that took effect in c after was.
func (w *walk[S]) mark(c configuration[S], was uint64) configuration[S] {
	if w.trail == nil {
		return c
	}
	for _, kind := range []uint64{w.writes, w.reads} { // what is read after a write is read of it
		for left := c.done &^ was & kind; left != 0; left &= left - 1 {
			w.trail = append(w.trail, footprint{w.open[bits.TrailingZeros64(left)], c.trail})
			c.trail = int32(len(w.trail) - 1)
		}
	}
	return c
}

// merits are the bits of which it is good to have more: a read done, a pending
// entry not done.
func (w *walk[S]) merits(c configuration[S]) uint64 {
	return c.done&w.reads | ^c.done&w.never
}

// place is where in the table to look for c first. Configurations that differ in
// merits only have the same.
func (w *walk[S]) place(c configuration[S]) int {
	h := w.hash(c.state) ^ (c.done&(w.writes&^w.never)+1)*0xbf58476d1ce4e5b9
	h ^= h >> 32
	h *= 0x94d049bb133111eb
	return int(h>>32) & (len(w.table) - 1)
}

// rehash puts what was reached into a table twice as large.
func (w *walk[S]) rehash() {
	w.resize(2 * len(w.table))
	for n, c := range w.reached {
		i := w.place(c)
		for w.table[i] != 0 {
			i = (i + 1) & (len(w.table) - 1)
		}
		w.table[i] = int32(n + 1)
	}
}

// resize empties the table and makes it large enough for n of its places.
func (w *walk[S]) resize(n int) {
	size := 64
	for size < n {
		size *= 2
	}
	if cap(w.table) < size {
		w.table = make([]int32, size)
		return
	}
	w.table = w.table[:size]
	clear(w.table)
}
