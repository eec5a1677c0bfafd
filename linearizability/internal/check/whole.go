package check

import (
	"sort"

	"github.com/mapspec/mapspec/model"
)

// wholeName is how messages refer to the order of all keys.
const wholeName = "whole map"

// judgeWhole judges the operations on several keys at once, an atomic Clear and
// Len. It relies on each key being linearizable.
func (j *judge) judgeWhole() {
	if len(j.clears) == 0 {
		j.recordSkip(model.T5, "no Clear in the history")
	}
	j.lens = j.judgedLens()
	// An atomic Clear of one key is a Delete of that key, which judgeKeys judged.
	clears := j.promise.Clear == model.Strong && len(j.clears) > 0 && len(j.keys)+len(j.nanStores) > 1
	if !j.keysLinearizable() || !clears && len(j.lens) == 0 {
		return
	}
	with := j.searchWhole(j.wholeEntries(true), j.budget.share(1+min(len(j.lens), 1)))
	if with.status == model.OK {
		return
	}
	if !clears {
		j.recordWhole(model.T6, with)
		return
	}
	if len(j.lens) == 0 {
		j.recordWhole(model.T5, with)
		return
	}
	without := j.searchWhole(j.wholeEntries(false), j.budget.share(1))
	switch without.status {
	case model.OK:
		j.recordWhole(model.T6, with)
	case model.Violation:
		j.recordWhole(model.T5, without)
		j.recordSkip(model.T6, "not judged: the other operations break T5")
	default:
		j.recordWhole(model.T6, with)
		j.recordWhole(model.T5, without)
	}
}

// keysLinearizable reports whether every key has an order without traversals. If
// not, it records what that means for T5 and T6.
func (j *judge) keysLinearizable() bool {
	s1 := j.findings[model.S1]
	var record func(model.Clause)
	switch {
	case j.violated(model.S1):
		record = func(c model.Clause) { j.recordSkip(c, "not judged: single-key operations break S1") }
	case j.violated(model.T5):
		record = func(c model.Clause) { j.recordSkip(c, "not judged: Clear breaks T5") }
	case s1 != nil && s1.unknown != "":
		record = func(c model.Clause) { j.recordUnknown(c, s1.unknown) }
	default:
		return true
	}
	if len(j.clears) > 0 {
		record(model.T5)
	}
	if len(j.lens) > 0 {
		record(model.T6)
	}
	return false
}

func (j *judge) recordWhole(c model.Clause, v outcome) {
	if v.status == model.Unknown {
		j.recordUnknown(c, wholeName+": "+v.why)
		return
	}
	j.explain(c, v, true, 0)
}

// judgedLens returns the Len calls that T6 constrains: all if Len is promised to
// be linearizable, otherwise those during which no write is in progress. A write
// that never returned is in progress from its call on.
func (j *judge) judgedLens() []int {
	if j.lenCount == 0 {
		j.recordSkip(model.T6, "no Len in the history")
		return nil
	}
	if len(j.nanStores) > 0 && len(j.clears) > 0 && j.promise.Clear != model.Strong {
		j.recordSkip(model.T6, "not judged: a Clear that is not atomic may leave any of several NaN keys")
		return nil
	}
	var calls, returns []int // of the writes: each call, and the latest return up to it
	latest := -1
	for i := range j.ops {
		if !j.ops[i].Op.Method.Writes() {
			continue
		}
		ret := j.ops[i].Return
		if j.pending(i) {
			ret = forever
		}
		latest = max(latest, ret)
		calls, returns = append(calls, j.ops[i].Call), append(returns, latest)
	}
	var lens []int
	for i := range j.ops {
		o := &j.ops[i]
		if o.Op.Method != model.Len || j.pending(i) {
			continue
		}
		before := sort.SearchInts(calls, o.Call)
		quiet := (before == 0 || returns[before-1] < o.Call) &&
			(before == len(calls) || calls[before] > o.Return)
		if quiet || j.promise.Len == model.Strong {
			lens = append(lens, i)
		}
	}
	if len(lens) == 0 {
		j.recordSkip(model.T6, "a write is in progress during every Len")
	}
	return lens
}

// wholeEntries returns the entries of all keys, sorted by call. It includes
// those of traversals only if T1 is known to hold: otherwise T5 or T6 would take
// the blame.
func (j *judge) wholeEntries(lens bool) []entry {
	var entries []entry
	for _, key := range j.keys {
		for _, i := range j.byKey[key].ops {
			if e := j.entryOf(i); !e.idle() {
				entries = append(entries, e)
			}
		}
		if j.promise.Clear != model.Strong {
			for _, i := range j.clears {
				entries = append(entries, j.wipeOf(i, key))
			}
		}
		if j.findings[model.T1] == nil {
			entries = j.appendLoads(entries, key)
		}
	}
	if j.promise.Clear == model.Strong {
		for _, i := range j.clears {
			entries = append(entries, j.entryOf(i))
		}
	}
	for _, i := range j.nanStores {
		e := j.entryOf(i)
		e.accept = anything // its result was judged, and is the same in every state
		entries = append(entries, e)
	}
	if lens {
		for _, i := range j.lens {
			entries = append(entries, j.entryOf(i))
		}
	}
	sortByCall(entries)
	return entries
}
