package check

import (
	"math/bits"
	"slices"
)

// # Long histories
//
// Porcupine remembers each set of entries that it has ordered, with one bit per
// entry: at least n²/8 bytes for n entries that overlap. A walk instead goes
// through the calls and returns in order, and remembers only what may be true at
// the moment: the state, and which of the entries in progress have taken effect.
// These are the configurations of Wing and Gong (1993), maintained as in Lowe's
// just-in-time linearization (2017). Their number depends on how many entries
// are in progress at once, not on the length of the history.
//
// At a call, an entry becomes open. At a return, every configuration is extended
// by steps of open entries, in every order, until the returning entry has taken
// effect, and configurations in which it cannot are dropped. This loses no
// order: a step that comes after the returning entry's can wait until the next
// return. And it invents none: an entry takes its step between its call and its
// return, from a state that accepts its result. So there is an order exactly if
// a configuration is left at the end. A pending entry never returns.
//
// Three rules keep the configurations few.
//
// An entry that leaves every state that accepts it unchanged (entry.reads) takes
// effect as soon as the state accepts it. In an order where it comes later, it
// can be moved forward.
//
// Of two open entries with equal arguments and results, the one that returns
// first takes effect first. In an order where it does not, the two can be
// exchanged.
//
// A configuration is dropped in favour of one with the same state, in which the
// same writes have taken effect but more reads or fewer pending entries. What
// follows the former can follow the latter, without the reads already done,
// since a pending entry need never take effect.

const (
	// maxOpen is the largest number of entries in progress at once, one bit of
	// a word for each.
	maxOpen = 64
	// checkpointEvents is the distance between checkpoints, in calls and
	// returns. An explanation begins at the last checkpoint but one.
	checkpointEvents = 256
	// maxBeginnings bounds the configurations of a checkpoint from which an
	// explanation is attempted, and maxTrail the steps of each attempt.
	maxBeginnings = 64
	maxTrail      = 1 << 18
	// clockSteps is the number of steps between two looks at the clock.
	clockSteps = 1 << 12
)

// A configuration is what may be true at a moment: the state, and the slots of
// the open entries that have taken effect.
type configuration[S any] struct {
	state S
	done  uint64
	trail int32 // the last step that led here, as an index of walk.trail
}

// A footprint is one step on the way to a configuration.
type footprint struct {
	entry  *entry
	before int32 // the step before it, as an index of walk.trail; 0 if none
}

// A point is a moment of a walk, with all configurations possible there.
type point[S any] struct {
	called  int             // the number of entries called so far
	open    [maxOpen]*entry // by slot; nil if the slot is free
	configs []configuration[S]
}

func (p point[S]) clone() point[S] {
	p.configs = slices.Clone(p.configs)
	return p
}

// A walk is a search that goes through the events of entries in order.
type walk[S any] struct {
	states[S]
	entries    []entry // sorted by call
	maxConfigs int     // the largest number of configurations at once
	until      deadline

	point[S]
	next         int             // the slot of the open entry that returns first; -1 if none is open
	reads        uint64          // slots of open entries that change no state
	writes       uint64          // slots of the other open entries
	pending      uint64          // slots of the writes that never return
	earlierTwins [maxOpen]uint64 // by slot: slots of equal entries that return before it

	reached []configuration[S] // the configurations found at a return
	todo    []int              // indices into reached, of those still to be extended
	table   []int32            // a hash table of indices into reached, plus one; 0 is free
	steps   int

	before, last point[S]    // the last checkpoint but one, and the last
	trail        []footprint // nil unless trails are wanted; the first element is the beginning
}

// An ending says how a walk ended.
type ending uint8

const (
	ordered ending = iota // there is an order
	stuck                 // there is no order of the entries up to the return reached
	crowded               // more than maxOpen entries are open
	full                  // there are more configurations than allowed
	late                  // the deadline has passed
)

func newWalk[S any](s states[S], entries []entry, from point[S], maxConfigs int, until deadline) *walk[S] {
	w := &walk[S]{states: s, entries: entries, maxConfigs: maxConfigs, until: until, point: from.clone(), before: from, last: from}
	for slot, e := range w.open {
		if e != nil {
			w.enter(slot)
		}
	}
	w.next = w.firstToReturn()
	return w
}

// run walks to the end and returns the number of events passed.
func (w *walk[S]) run() (end ending, events int) {
	for {
		switch {
		case w.called < len(w.entries) && (w.next < 0 || w.entries[w.called].call <= w.open[w.next].ret):
			end = w.openNext()
		case w.next < 0 || w.open[w.next].ret == forever:
			return ordered, events
		default:
			end = w.closeSlot(w.next)
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

// openNext passes the call of the next entry.
func (w *walk[S]) openNext() ending {
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

// enter classifies the entry in slot.
func (w *walk[S]) enter(slot int) {
	e, bit := w.open[slot], uint64(1)<<slot
	if e.reads() {
		w.reads |= bit
		return
	}
	w.earlierTwins[slot] = 0
	for left := w.writes; left != 0; left &= left - 1 {
		other := bits.TrailingZeros64(left)
		switch o := w.open[other]; {
		case o.op != e.op || o.result != e.result || o.accept != e.accept:
		case o.ret <= e.ret:
			w.earlierTwins[slot] |= 1 << other
		default:
			w.earlierTwins[other] |= bit
		}
	}
	w.writes |= bit
	if e.ret == forever {
		w.pending |= bit
	}
}

// firstToReturn returns the slot of the open entry that returns first, or -1.
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

// closeSlot passes the return of the entry in slot. A walk that is stuck does
// not move.
func (w *walk[S]) closeSlot(slot int) ending {
	bit := uint64(1) << slot
	if slices.ContainsFunc(w.configs, func(c configuration[S]) bool { return c.done&bit == 0 }) {
		if end := w.extend(bit); end != ordered {
			return end
		}
	}
	for i := range w.configs {
		w.configs[i].done &^= bit
	}
	for i := range w.earlierTwins {
		w.earlierTwins[i] &^= bit
	}
	w.open[slot] = nil
	w.reads, w.writes = w.reads&^bit, w.writes&^bit
	w.next = w.firstToReturn()
	return ordered
}

// extend takes steps from every configuration until the entry with this bit has
// taken effect, and keeps the configurations in which it has.
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
		if len(w.reached) > w.maxConfigs || len(w.trail) > maxTrail {
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

// advance takes each possible next step from c.
func (w *walk[S]) advance(c configuration[S]) {
	for left := w.writes &^ c.done; left != 0; left &= left - 1 {
		slot := bits.TrailingZeros64(left)
		if w.earlierTwins[slot]&^c.done != 0 {
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

// settle lets those open reads take effect that c's state accepts.
func (w *walk[S]) settle(c configuration[S]) configuration[S] {
	for left := w.reads &^ c.done; left != 0; left &= left - 1 {
		slot := bits.TrailingZeros64(left)
		if _, ok := w.step(w.open[slot], c.state); ok {
			c.done |= 1 << slot
		}
	}
	return c
}

// reach adds c to the configurations reached, unless one of them is at least as
// good. It replaces one that is worse. done is the set of entries that had taken
// effect in the configuration from which c was reached.
func (w *walk[S]) reach(c configuration[S], done uint64) {
	must := w.writes &^ w.pending
	i := w.probeStart(c)
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
			*old = w.mark(c, done)
			w.todo = append(w.todo, at)
			return
		}
	}
	w.reached = append(w.reached, w.mark(c, done))
	w.table[i] = int32(len(w.reached))
	w.todo = append(w.todo, len(w.reached)-1)
	if 2*len(w.reached) > len(w.table) {
		w.rehash()
	}
}

// mark adds to the trail the entries that took effect in c but are not in done.
func (w *walk[S]) mark(c configuration[S], done uint64) configuration[S] {
	if w.trail == nil {
		return c
	}
	for _, kind := range []uint64{w.writes, w.reads} { // writes first: a read that took effect with a write follows it
		for left := c.done &^ done & kind; left != 0; left &= left - 1 {
			w.trail = append(w.trail, footprint{w.open[bits.TrailingZeros64(left)], c.trail})
			c.trail = int32(len(w.trail) - 1)
		}
	}
	return c
}

// merits returns the bits that make a configuration better: reads that have
// taken effect, and pending entries that have not.
func (w *walk[S]) merits(c configuration[S]) uint64 {
	return c.done&w.reads | ^c.done&w.pending
}

// probeStart returns where in the table the search for c starts. It is the same
// for configurations that differ only in their merits.
func (w *walk[S]) probeStart(c configuration[S]) int {
	h := w.hash(c.state) ^ (c.done&(w.writes&^w.pending)+1)*0xbf58476d1ce4e5b9
	h ^= h >> 32
	h *= 0x94d049bb133111eb
	return int(h>>32) & (len(w.table) - 1)
}

// rehash doubles the table.
func (w *walk[S]) rehash() {
	w.resize(2 * len(w.table))
	for n, c := range w.reached {
		i := w.probeStart(c)
		for w.table[i] != 0 {
			i = (i + 1) & (len(w.table) - 1)
		}
		w.table[i] = int32(n + 1)
	}
}

// resize empties the table and makes room for n configurations.
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
