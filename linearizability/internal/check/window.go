package check

import (
	"cmp"
	"slices"
)

// A window is the part of a history that an explanation is about.
type window struct {
	space    space // begins in the state before part
	part     []*entry
	order    []*entry // the longest found, if it is known already
	possible int      // of how many configurations the window begins in one
}

// pointers returns where entries are.
func pointers(entries []entry) []*entry {
	list := make([]*entry, len(entries))
	for i := range entries {
		list[i] = &entries[i]
	}
	return list
}

// window returns what happened up to the return at which w is stuck, from the
// last checkpoint but one. Each configuration there fails at some return; the
// window begins in the one that gets furthest, or the first of those. Where the
// way is too long to remember it begins later.
func (w *walk[S]) window() window {
	var win window
	for _, from := range []point[S]{w.before, w.last, w.point} {
		var complete bool
		if win, complete = w.windowFrom(from); complete {
			break
		}
	}
	return win
}

// windowFrom returns the window from one point of a walk. It is complete unless
// a limit was hit before any configuration there failed.
func (w *walk[S]) windowFrom(from point[S]) (win window, complete bool) {
	until := after(explainTime, w.until.now)
	furthest := -1
	for _, begin := range from.configs[:min(len(from.configs), maxBeginnings)] {
		p := from
		p.configs = []configuration[S]{begin}
		again := newWalk(w.states, w.entries[:w.called], p, w.most, until)
		again.trail = make([]footprint, 1)
		if end, events := again.run(); end == stuck && events > furthest {
			furthest = events
			win = window{w.space(begin.state), w.since(from, begin), again.longestTrail(), len(from.configs)}
		}
	}
	if furthest < 0 {
		begin := from.configs[0]
		return window{w.space(begin.state), w.since(from, begin), []*entry{}, len(from.configs)}, false
	}
	return win, true
}

// since returns the entries that had not taken effect in configuration c of a
// point, and those that were called after it.
func (w *walk[S]) since(p point[S], c configuration[S]) []*entry {
	var part []*entry
	for slot, e := range p.open {
		if e != nil && c.done>>slot&1 == 0 {
			part = append(part, e)
		}
	}
	slices.SortFunc(part, func(a, b *entry) int { return cmp.Compare(a.call, b.call) })
	return append(part, pointers(w.entries[p.called:w.called])...)
}

// longestTrail returns the order of the entries that took effect on the longest
// way to a configuration reached at the end.
func (w *walk[S]) longestTrail() []*entry {
	longest := []*entry{}
	for _, c := range w.reached {
		var order []*entry
		for at := c.trail; at > 0; at = w.trail[at].before {
			order = append(order, w.trail[at].entry)
		}
		if len(order) > len(longest) {
			longest = order
		}
	}
	slices.Reverse(longest)
	return longest
}
