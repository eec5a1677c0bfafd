package explore

import "slices"

// survivor is mutants that nothing notices, for one reason.
type survivor struct {
	reason string
	// hole says that the mutant is no equivalent: it is wrong, and no check here
	// sees it.
	hole bool
	keys []string
}

// why returns what is known of why a mutant survives, or nil.
func why(code, key string) *survivor {
	list := survivors[code]
	i := slices.IndexFunc(list, func(s survivor) bool { return slices.Contains(s.keys, key) })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// String is what the table says.
func (s *survivor) String() string {
	switch {
	case s == nil:
		return "unexplained"
	case s.hole:
		return "HOLE: " + s.reason
	}
	return s.reason
}

// survivors are the mutants that nothing notices, by the name of the mutated
// code.
var survivors = map[string][]survivor{
	"locked":    lockedSurvivors,
	"readdirty": readdirtySurvivors,
	"hash trie": trieSurvivors,
	"flatmap":   flatmapSurvivors,
}

var lockedSurvivors = []survivor{
	{reason: "what comes after is about variables of the call alone", keys: []string{
		"locked.go, unlocked too early: Load: m.mu.RUnlock() before return value, ok",
		"locked.go, lock let go in between: Load: m.mu.RUnlock(); m.mu.RLock(); before return value, ok",
		"locked.go, unlocked too early: LoadOrStore: m.mu.Unlock() before return value, false",
		"locked.go, lock let go in between: LoadOrStore: m.mu.Unlock(); m.mu.Lock(); before return value, false",
		"locked.go, unlocked too early: LoadAndDelete: m.mu.Unlock() before return value, loaded",
		"locked.go, lock let go in between: LoadAndDelete: m.mu.Unlock(); m.mu.Lock(); before return value, loaded",
		"locked.go, unlocked too early: Swap: m.mu.Unlock() before return previous, loaded",
		"locked.go, lock let go in between: Swap: m.mu.Unlock(); m.mu.Lock(); before return previous, loaded",
		"locked.go, unlocked too early: CompareAndSwap: m.mu.Unlock() before return true",
		"locked.go, lock let go in between: CompareAndSwap: m.mu.Unlock(); m.mu.Lock(); before return true",
		"locked.go, unlocked too early: CompareAndDelete: m.mu.Unlock() before return true",
		"locked.go, lock let go in between: CompareAndDelete: m.mu.Unlock(); m.mu.Lock(); before return true",
		"locked.go, unlocked too early: pairs: m.mu.RUnlock() before return pairs",
		"locked.go, lock let go in between: pairs: m.mu.RUnlock(); m.mu.RLock(); before return pairs",
	}},
	{reason: "what was read before is the size to reserve, which may be wrong", keys: []string{
		"locked.go, lock let go in between: pairs: m.mu.RUnlock(); m.mu.RLock(); before for key, value := range mapspecOrdered.Map(m.entries) { pai…",
	}},
}

var readdirtySurvivors = []survivor{
	{reason: "what comes after is about variables of the call alone, and a box, which nobody writes to", keys: []string{
		"readdirty.go, unlocked too early: find: m.mu.Unlock() before if r&take == 0 { return nil }",
		"readdirty.go, unlocked too early: find: m.mu.Unlock() before return e",
		"readdirty.go, lock let go in between: find: m.mu.Unlock(); m.mu.Lock(); before if r&take == 0 { return nil }",
		"readdirty.go, lock let go in between: find: m.mu.Unlock(); m.mu.Lock(); before return e",
		"readdirty.go, unlocked too early: swap: m.mu.Unlock() before return contents(was)",
		"readdirty.go, lock let go in between: swap: m.mu.Unlock(); m.mu.Lock(); before return contents(was)",
		"readdirty.go, unlocked too early: loadOrStore: m.mu.Unlock() before return actual, loaded",
		"readdirty.go, lock let go in between: loadOrStore: m.mu.Unlock(); m.mu.Lock(); before return actual, loaded",
		"readdirty.go, unlocked too early: compareAndSwap: m.mu.Unlock() before return swapped",
		"readdirty.go, lock let go in between: compareAndSwap: m.mu.Unlock(); m.mu.Lock(); before return swapped",
	}},
	{reason: "the index that is loaded after the unlock has all keys that had a value at the last promotion or Clear before that load, and each key is one Load of its own (T1): what it lacks was absent then, within the call", keys: []string{
		"readdirty.go, unlocked too early: whole: m.mu.Unlock() before return m.published()",
		"readdirty.go, lock let go in between: whole: m.mu.Unlock(); m.mu.Lock(); before return m.published()",
	}},
	{reason: "no caller reads this answer: the one without the lock begins again under mu whatever it is, and under mu the entry is not expunged", keys: []string{
		"entry.go, wrong answer: loadOrStore: return nil, false, false with true",
	}},
	{reason: "the call only begins again under mu, where it does the same and passes over this answer", keys: []string{
		"entry.go, wrong answer: loadOrStore: return *was, true, true with false (2)",
	}},
	{reason: "nil is exchanged for nil, and the answer is nil as before", keys: []string{
		"entry.go, condition held: erase: was == nil → false",
	}},
	{reason: "expunge never meets an expunged entry: refill alone expunges, it is called with an index that was promoted or is empty, and a promoted one has none (invariant 3)", keys: []string{
		"entry.go, skipped expunged check: expunge: was == expunged → false",
	}},
	{reason: "the next turn of the loop finds what this one put there, and reports it", keys: []string{
		"entry.go, skipped expunged check: expunge: e.box.CompareAndSwap(nil, expunged) → false",
	}},
	{reason: "it only takes mu where that is not needed: what is looked up without it is looked up again under it. No method is promised to be free of waiting", keys: []string{
		"readdirty.go, condition held: find: ok → false",
		"readdirty.go, condition held: find: !ix.amended → false",
		"readdirty.go, condition held: swap: ok → false",
		"readdirty.go, condition held: loadOrStore: ok → false",
		"readdirty.go, condition held: compareAndSwap: !ix.amended → false",
		"readdirty.go, condition held: clear: len(ix.entries) == 0 → false",
		"readdirty.go, condition held: clear: !ix.amended → false",
		"readdirty.go, condition held: whole: !ix.amended → false",
	}},
	{reason: "only when misses promote is different: a call may promote whenever it holds mu and read is amended, as no key's entry or value changes by that, and Range promotes in any case. How soon deleted keys go is not promised, and promotion alone never adds one", keys: []string{
		"readdirty.go, condition held: find: r&miss != 0 → false",
		"readdirty.go, call left out: find: no m.missed()",
		"readdirty.go, condition held: loadOrStore: !inRead → false",
		"readdirty.go, call left out: loadOrStore: no m.missed()",
		"readdirty.go, call left out: compareAndSwap: no m.missed()",
		"readdirty.go, lock let go in between: clear: m.mu.Unlock(); m.mu.Lock(); before m.misses = 0",
		"readdirty.go, kept: clear: no m.misses = 0",
		"readdirty.go, wrong answer: storable: return m.dirty[key], false with true",
		"readdirty.go, condition held: missed: m.misses >= len(m.dirty) → true",
		"readdirty.go, condition held: missed: m.misses >= len(m.dirty) → false",
		"readdirty.go, off by one: missed: no m.misses++",
		"readdirty.go, off by one: missed: m.misses >= len(m.dirty) with >",
		"readdirty.go, call left out: missed: no m.promote()",
		"readdirty.go, kept: promote: no m.misses = 0",
	}},
	{reason: "the condition holds as it is: only Go 1.14's rule lacks take and miss, and the maps that are tried here follow others", keys: []string{
		"readdirty.go, condition held: find: r&miss != 0 → true",
		"readdirty.go, condition held: find: r&take == 0 → false",
	}},
	{reason: "both are plain, and under mu", keys: []string{
		"readdirty.go, two stores exchanged: clear: clear(m.dirty) after m.misses = 0",
		"readdirty.go, two stores exchanged: promote: m.dirty = nil after m.misses = 0",
	}},
	{reason: "nobody finds the entry before mu is let go: it is in dirty alone", keys: []string{
		"readdirty.go, two stores exchanged: insert: e.box.Store(box) after m.dirty[key] = e",
	}},
	{reason: "an empty index takes the place of one that is empty and not amended", keys: []string{
		"readdirty.go, missing recheck: clear: len(ix.entries) > 0 → true",
		"readdirty.go, missing recheck: clear: ix.amended → true",
		"readdirty.go, off by one: clear: len(ix.entries) > 0 with >=",
	}},
	{reason: "read stays amended though dirty is empty, which costs the next call that finds nothing a look into it; Clear then linearizes when dirty is emptied, under mu: who has an entry from before overlaps it", keys: []string{
		"readdirty.go, missing recheck: clear: ix.amended → false",
	}},
	{reason: "read is amended already, and dirty is there: refill does nothing, and the same index is stored again", keys: []string{
		"readdirty.go, condition held: insert: !ix.amended → true",
	}},
	{reason: "dirty is nil here, or empty together with read (invariant 1): an empty map takes the place of an empty map", keys: []string{
		"readdirty.go, condition held: refill: m.dirty != nil → false",
	}},
}

var trieSurvivors = []survivor{
	{reason: "any seed will do: it makes hashes hard to guess, of which no clause speaks", keys: []string{
		"hashtriemap.go, lost update: initSlow: no ht.seed = uintptr(runtime_rand())",
	}},
	{reason: "all three are written under initMu, and nobody reads them before inited is set", keys: []string{
		"hashtriemap.go, two stores exchanged: initSlow: ht.root.Store(newIndirectNode[K, V](nil)) after ht.keyHash = mapType.Hasher",
		"hashtriemap.go, two stores exchanged: initSlow: ht.keyHash = mapType.Hasher after ht.valEqual = mapType.Elem.Equal",
		"hashtriemap.go, two stores exchanged: initSlow: ht.valEqual = mapType.Elem.Equal after ht.seed = uintptr(runtime_rand())",
	}},
	{reason: "who gets in between finds inited unset, and sets everything again; nobody uses any of it before inited is set, and who comes then changes nothing", keys: []string{
		"hashtriemap.go, lock let go in between: initSlow: ht.initMu.Unlock(); ht.initMu.Lock(); before ht.inited.Store(1)",
	}},
	{reason: "what comes after is about variables of the call alone", keys: []string{
		"hashtriemap.go, unlocked too early: LoadOrStore: i.mu.Unlock() before return value, false",
		"hashtriemap.go, unlocked too early: Swap: i.mu.Unlock() before return zero, false",
		"hashtriemap.go, two stores exchanged: find: i = nil after n = nil",
	}},
	{reason: "the node that both are stored in is not in the tree yet", keys: []string{
		"hashtriemap.go, two stores exchanged: expand: newIndirect.children[oi].Store(&oldEntry.node) after newIndirect.children[ni].Store(&newEntry.node)",
	}},
	{reason: "dead is looked at under i.mu, which is held for all of this; the parent's lock guards its slot", keys: []string{
		"hashtriemap.go, two stores exchanged: LoadAndDelete: i.dead.Store(true) after parent.children[(hash>>hashShift)&nChildrenMask].Store(nil)",
		"hashtriemap.go, check outside the lock: LoadAndDelete: parent.mu.Lock() after i.dead.Store(true)",
		"hashtriemap.go, two stores exchanged: CompareAndDelete: i.dead.Store(true) after parent.children[(hash>>hashShift)&nChildrenMask].Store(nil)",
		"hashtriemap.go, check outside the lock: CompareAndDelete: parent.mu.Lock() after i.dead.Store(true)",
	}},
	{reason: "while i is in its parent's slot, and i.mu is held, nobody else changes that slot, and the parent is not empty, so that it stays in the tree", keys: []string{
		"hashtriemap.go, lock let go in between: LoadAndDelete: parent.mu.Unlock(); parent.mu.Lock(); before parent.children[(hash>>hashShift)&nChildrenMask].Store(nil)",
		"hashtriemap.go, lock let go in between: CompareAndDelete: parent.mu.Unlock(); parent.mu.Lock(); before parent.children[(hash>>hashShift)&nChildrenMask].Store(nil)",
	}},
	{reason: "a dead node stays empty, as whatever is stored there sees that it is dead: the slot says that the key is absent, which it was when the node lost its last entry; find saw the key in the slot before, so that was during the call", keys: []string{
		"hashtriemap.go, skipped dead check: find: !i.dead.Load() → true",
	}},
	{reason: "what find compares without the lock, compareAndSwap compares again under it", keys: []string{
		"hashtriemap.go, comparison ignored: lookupWithValue: valEqual == nil → true",
		"hashtriemap.go, comparison ignored: lookupWithValue: valEqual(unsafe.Pointer(&e.value), abi.NoEscape(unsafe.Poin… → true",
	}},
}

var flatmapSurvivors = []survivor{
	{reason: "the bucket can be reached when the state of the one before says chained, which comes after both", keys: []string{
		"flatmap.go, two stores exchanged: insert: next.state.Store(tagAt(tagOf(hash), 0)) after b.guard.Store(b.guard.Load()|index)",
	}},
	{reason: "what comes after decides only whether to look if the table has become sparse", keys: []string{
		"flatmap.go, unlocked too early: remove: first.mutex().Unlock() before empty := first.state.Load()&allTags == 0",
	}},
	{reason: "it is known who computes only to find out a function that goes on for ever: of two that compute at a time one may be missed", keys: []string{
		"flatmap.go, store for compare-and-swap: compute: m.computing.Store(&computation{hash, goroutine()})",
		"flatmap.go, compares with a second load: compute: m.computing.CompareAndSwap(nil, &computation{hash, goroutin… in place of nil",
		"flatmap.go, one attempt: compute: m.computing.CompareAndSwap(nil, &computation{hash, goroutin… || true",
	}},
	{reason: "the map has less room than it was asked to have, and grows later", keys: []string{
		"flatmap.go, one attempt: Grow: m.root.CompareAndSwap(nil, firstTable[K, V](buckets)) || true",
	}},
	{reason: "next is set by then: where addresses are long no table is too large for make, and a program without memory ends. On wasm make may panic, and TestAMapGrowsThoughThereWasNoRoomForATable of impl/flatmap sees the mutant there", keys: []string{
		"resize.go, lost update: resize: no t.resized.Store(t.next.Load() != nil)",
	}},
	{reason: "who shrinks looks again whether the table is the root", keys: []string{
		"resize.go, one attempt: step: m.root.CompareAndSwap(t, next) || true",
	}},
}
