package check

import (
	"cmp"
	"slices"
)

// A window is the part of a history that explains a violation.
type window struct {
	space    searchSpace // begins in the state before entries
	entries  []*entry
	order    []*entry // the longest order found, or nil if it is still to be searched for
	possible int      // the number of configurations that the window could begin in
}

// pointers returns the addresses of entries.
func pointers(entries []entry) []*entry {
	list := make([]*entry, len(entries))
	for i := range entries {
		list[i] = &entries[i]
	}
	return list
}

// window returns the entries up to the return at which w is stuck, from the last
// checkpoint but one. Every configuration of that checkpoint fails at some
// return. The window begins in the one that gets furthest, the first of several.
// If the way from there is too long to remember, the window begins at a later
// checkpoint.
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

// windowFrom returns the window that begins at one point of a walk. It is
// complete unless every attempt hit a limit before it got stuck.
func (w *walk[S]) windowFrom(from point[S]) (win window, complete bool) {
	until := after(explainTime, w.until.now)
	furthest := -1
	for _, begin := range from.configs[:min(len(from.configs), maxBeginnings)] {
		p := from
		p.configs = []configuration[S]{begin}
		again := newWalk(w.states, w.entries[:w.called], p, w.maxConfigs, until)
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

// since returns the entries that had not taken effect in configuration c of
// point p, and those that were called after it.
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

// longestTrail returns the entries that took effect on the longest way to any
// configuration reached at the end, in order.
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
