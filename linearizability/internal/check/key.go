package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/model"
)

// judgeKeys judges each key's part by itself.
func (j *judge) judgeKeys() {
	if j.onKeys == 0 {
		j.skip(model.S1, "no operation on a key in the history")
	}
	if len(j.traversals) == 0 {
		j.skip(model.T1, "no Range, All or Keys in the history")
	}
	for n, key := range j.keys {
		j.judgeKey(key, len(j.keys)-n)
	}
}

// judgeKey judges one key, left keys being still to come, this one included.
//
// It searches for an order of all entries first. Only where there is none does
// it ask which clause is to blame: an order of a history is one of any part of
// it from which only reads were taken.
func (j *judge) judgeKey(key, left int) {
	all := j.keyEntries(key, true)
	with := j.searchKey(all, j.budget.share(left))
	if with.status == model.OK {
		return
	}
	traverses := slices.ContainsFunc(all, func(e entry) bool { return e.kind == visit || e.kind == leftOut })
	without := with
	if traverses {
		without = j.searchKey(j.keyEntries(key, false), j.budget.share(left))
	}
	switch {
	case without.status == model.Violation:
		clause := j.blameKey(without, left)
		j.violateKey(clause, key, without)
		if traverses {
			j.skip(model.T1, fmt.Sprintf("not judged: %s's other operations break %s", model.KeyName(key), clause))
		}
	case with.status == model.Violation: // found with the traversals only
		j.violateKey(model.T1, key, with)
		if without.status == model.Unknown {
			j.unknownKey(model.S1, key, without)
		}
	default:
		if traverses {
			j.unknownKey(model.T1, key, with)
		}
		if without.status == model.Unknown {
			j.unknownKey(model.S1, key, without)
		}
	}
}

func (j *judge) violateKey(c model.Clause, key int, v verdict) {
	j.explain(c, v, false, key)
}

func (j *judge) unknownKey(c model.Clause, key int, v verdict) {
	j.unknown(c, model.KeyName(key)+": "+v.why)
}

// blameKey names the clause that a key without an order breaks. If it has one
// as soon as each Clear may have spared the key, a Clear did not do what it
// must at either level of T5: delete the key within its interval. Otherwise it
// is S1.
func (j *judge) blameKey(v verdict, left int) model.Clause {
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
	spared := j.search(oneKeySpared(nothing), entries, 0, len(entries), j.budget.share(left))
	if spared.status == model.OK {
		return model.T5
	}
	return model.S1
}

// keyEntries returns the entries of one key in the order of their calls.
func (j *judge) keyEntries(key int, traversals bool) []entry {
	p := j.parts[key]
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
	visits := j.parts[key].visits // in the order of j.traversals
	for _, i := range j.traversals {
		if len(visits) == 0 || visits[0].traversal != i {
			if j.complete(i) {
				entries = append(entries, j.leftOutOf(i, key))
			}
			continue
		}
		entries = append(entries, j.visitOf(i, visits[0].visit))
		for len(visits) > 0 && visits[0].traversal == i {
			visits = visits[1:] // a second visit is a violation already
		}
	}
	return entries
}

func sortByCall(entries []entry) {
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.call, b.call) })
}
