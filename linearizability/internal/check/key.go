package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/model"
)

// judgeKeys judges each key separately.
func (j *judge) judgeKeys() {
	if j.keyOpCount == 0 {
		j.recordSkip(model.S1, "no operation on a key in the history")
	}
	if len(j.traversals) == 0 {
		j.recordSkip(model.T1, "no Range, All or Keys in the history")
	}
	for i, key := range j.keys {
		j.judgeKey(key, len(j.keys)-i)
	}
}

// judgeKey judges one key. remaining is the number of keys left to judge,
// including this one.
//
// It first searches for an order of all entries. If there is one, the key holds
// for every clause: removing reads from an order leaves an order. Only if there
// is none does it search again, to find the clause to blame.
func (j *judge) judgeKey(key, remaining int) {
	all := j.keyEntries(key, true)
	with := j.searchKey(all, j.budget.share(remaining))
	if with.status == model.OK {
		return
	}
	traverses := slices.ContainsFunc(all, func(e entry) bool { return e.kind == visit || e.kind == leftOut })
	without := with
	if traverses {
		without = j.searchKey(j.keyEntries(key, false), j.budget.share(remaining))
	}
	switch {
	case without.status == model.Violation:
		clause := j.blameKey(without, remaining)
		j.explainKey(clause, key, without)
		if traverses {
			j.recordSkip(model.T1, fmt.Sprintf("not judged: %s's other operations break %s", model.KeyName(key), clause))
		}
	case with.status == model.Violation: // only the traversals make it fail
		j.explainKey(model.T1, key, with)
		if without.status == model.Unknown {
			j.recordUnknownKey(model.S1, key, without)
		}
	default:
		if traverses {
			j.recordUnknownKey(model.T1, key, with)
		}
		if without.status == model.Unknown {
			j.recordUnknownKey(model.S1, key, without)
		}
	}
}

func (j *judge) explainKey(c model.Clause, key int, v outcome) {
	j.explain(c, v, false, key)
}

func (j *judge) recordUnknownKey(c model.Clause, key int, v outcome) {
	j.recordUnknown(c, model.KeyName(key)+": "+v.why)
}

// blameKey returns the clause broken by a key that has no order. If letting each
// Clear spare the key yields an order, the clause is T5: at either level of T5
// Clear must delete each key between its call and its return. Otherwise it is
// S1.
func (j *judge) blameKey(v outcome, remaining int) model.Clause {
	entries := slices.Clone(v.entries)
	wipes := false
	for i := range entries {
		if entries[i].kind == wipe && entries[i].accept == exactly {
			entries[i].accept, wipes = perhaps, true
		}
	}
	if !wipes {
		return model.S1
	}
	spared := j.search(oneKeySpared(absent), entries, 0, len(entries), j.budget.share(remaining))
	if spared.status == model.OK {
		return model.T5
	}
	return model.S1
}

// keyEntries returns the entries of one key, sorted by call.
func (j *judge) keyEntries(key int, traversals bool) []entry {
	p := j.byKey[key]
	size := len(p.ops) + len(j.clears)
	if traversals {
		size += len(j.traversals)
	}
	entries := make([]entry, 0, size)
	for _, i := range p.ops {
		if e := j.entryOf(i); !e.idle() {
			entries = append(entries, e)
		}
	}
	for _, i := range j.clears {
		entries = append(entries, j.wipeOf(i, key))
	}
	if traversals {
		entries = j.appendLoads(entries, key)
	}
	sortByCall(entries)
	return entries
}

// appendLoads appends each traversal's Load of key.
func (j *judge) appendLoads(entries []entry, key int) []entry {
	visits := j.byKey[key].visits // in the order of j.traversals
	for _, i := range j.traversals {
		if len(visits) == 0 || visits[0].traversal != i {
			if j.ranToEnd(i) {
				entries = append(entries, j.leftOutOf(i, key))
			}
			continue
		}
		entries = append(entries, j.visitOf(i, visits[0].visit))
		for len(visits) > 0 && visits[0].traversal == i {
			visits = visits[1:] // a second visit has been reported already
		}
	}
	return entries
}

func sortByCall(entries []entry) {
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.call, b.call) })
}
