// Package broken has, for each clause of docs/specification.md, maps that break
// it: the checkers are right only if they fail these.
//
// Every map embeds one that is right (core) and overrides the few methods that
// break its clause, in a way that was seen in real code. Its doc comment names
// the clause, the bug it is after, and the smallest pattern that shows it.
// Beyond that it is as right as it can be, so that a checker cannot blame it for
// the wrong reason: a map that loses updates is perfect for one goroutine, one
// that retains keys returns every value right.
//
// Nothing here depends on chance or time. Where two goroutines have to meet, the
// window between them is a critical section that ended too early, held open by
// one runtime.Gosched.
//
//	atomicity.go   S1        two goroutines see it
//	meaning.go     S2 to S9  one goroutine sees it
//	traversal.go   T1 to T6  one goroutine sees most of it, in a callback of Range
//	release.go     R1 to R4  the garbage collector sees it
//	memory.go      M1, M2    the race detector sees it
//	progress.go    P1 to P3  a watchdog or an explorer sees it
//
// To use a map, use another one.
package broken

// A Map is a row of the catalogue.
type Map struct {
	Name   string // the clause, and what goes wrong: "S1-lost-swap" is S1LostSwap
	Clause string // the clause that it breaks
	// Also are the clauses that fall with it, where one bug is against two
	// sentences.
	Also []string
	// Sees is the least that a checker needs in order to see it.
	Sees Sight
	// Hangs says that calls may never return: use a watchdog, and a process.
	Hangs bool
	// Promise is what the map claims, and keeps but for Clause and Also.
	Promise Promise
	Comment string // what goes wrong, in a line
	New     func() any
}

// Sight is what it takes to see that a clause is broken.
type Sight string

const (
	Sequential  Sight = "sequential"  // one goroutine, calls from callbacks included
	Concurrent  Sight = "concurrent"  // several, within some rounds
	Release     Sight = "release"     // the garbage collector, or the size of the heap
	Exploration Sight = "exploration" // a goroutine that is stopped where one likes
	Race        Sight = "race"        // the race detector
)

// Promise has the fields of model.Promise, which this package does not import.
type Promise struct {
	Release    string // "prompt", "bounded"
	Clear, Len string // "strong", or "" for the weaker level
	Zero       bool   // the zero value is ready for use
	Shrinks    bool
	LoadFree   bool // Load never waits
}

// What the core keeps, and what a map promises that breaks something else.
var (
	usual    = Promise{Release: "prompt", Clear: "strong", Len: "strong", Zero: true}
	bounded  = Promise{Release: "bounded", Clear: "strong", Len: "strong", Zero: true}
	shrinks  = Promise{Release: "prompt", Clear: "strong", Len: "strong", Zero: true, Shrinks: true}
	loadFree = Promise{Release: "prompt", Clear: "strong", Len: "strong", Zero: true, LoadFree: true}
)

// Maps is the catalogue, in the order of the specification.
var Maps = []Map{
	{Name: "S1-lost-swap", Clause: "S1", Sees: Concurrent, Promise: usual,
		Comment: "two Swaps displace one value", New: func() any { return new(S1LostSwap) }},
	{Name: "S1-two-deleters", Clause: "S1", Sees: Concurrent, Promise: usual,
		Comment: "two LoadAndDelete return one value", New: func() any { return new(S1TwoDeleters) }},
	{Name: "S1-two-storers", Clause: "S1", Sees: Concurrent, Promise: usual,
		Comment: "two LoadOrStore of one key both store", New: func() any { return new(S1TwoStorers) }},
	{Name: "S1-compare-then-swap", Clause: "S1", Sees: Concurrent, Promise: usual,
		Comment: "CompareAndSwap overwrites another value than the one it compared", New: func() any { return new(S1CompareThenSwap) }},
	{Name: "S1-compare-then-delete", Clause: "S1", Sees: Concurrent, Promise: usual,
		Comment: "CompareAndDelete deletes another value than the one it compared", New: func() any { return new(S1CompareThenDelete) }},
	{Name: "S1-gap-in-store", Clause: "S1", Also: []string{"T1", "T6"}, Sees: Concurrent, Promise: usual,
		Comment: "a key is absent while Store overwrites it", New: func() any { return new(S1GapInStore) }},
	{Name: "S1-length-as-version", Clause: "S1", Sees: Concurrent, Promise: usual,
		Comment: "LoadOrStore overwrites if the length is unchanged; it takes two keys to show", New: func() any { return new(S1LengthAsVersion) }},
	{Name: "S1-store-to-dead-entry", Clause: "S1", Sees: Concurrent, Promise: usual,
		Comment: "Store writes to an entry that has left the map", New: func() any { return new(S1StoreToDeadEntry) }},
	{Name: "S1-reused-entry", Clause: "S1", Sees: Concurrent, Promise: usual,
		Comment: "Load returns the value of the key that took over the entry", New: func() any { return new(S1ReusedEntry) }},
	{Name: "S1-stale-load", Clause: "S1", Also: []string{"R1"}, Sees: Concurrent, Promise: usual,
		Comment: "Load remembers what it read before a write", New: func() any { return new(S1StaleLoad) }},

	{Name: "S2-folded-by-length", Clause: "S2", Sees: Sequential, Promise: usual,
		Comment: "Store sets the value of all keys of the same length", New: func() any { return new(S2FoldedByLength) }},
	{Name: "S2-evicts-neighbour", Clause: "S2", Sees: Sequential, Promise: usual,
		Comment: "Store removes another key that ends in the same letter", New: func() any { return new(S2EvictsNeighbour) }},

	{Name: "S3-nil-is-absent", Clause: "S3", Sees: Sequential, Promise: usual,
		Comment: "Load reports a present nil as absent", New: func() any { return new(S3NilIsAbsent) }},
	{Name: "S3-value-with-false", Clause: "S3", Sees: Sequential, Promise: usual,
		Comment: "Load of an absent key returns another key's value", New: func() any { return new(S3ValueWithFalse) }},

	{Name: "S4-overwrites-loaded", Clause: "S4", Sees: Sequential, Promise: usual,
		Comment: "LoadOrStore stores although it returns loaded=true", New: func() any { return new(S4OverwritesLoaded) }},
	{Name: "S4-swap-returns-new", Clause: "S4", Sees: Sequential, Promise: usual,
		Comment: "Swap returns the new value", New: func() any { return new(S4SwapReturnsNew) }},
	{Name: "S4-deleted-says-false", Clause: "S4", Sees: Sequential, Promise: usual,
		Comment: "LoadAndDelete returns the value and false", New: func() any { return new(S4DeletedSaysFalse) }},

	{Name: "S5-failed-swap-deletes", Clause: "S5", Sees: Sequential, Promise: usual,
		Comment: "a failed CompareAndSwap deletes the key", New: func() any { return new(S5FailedSwapDeletes) }},
	{Name: "S5-failed-swap-stores", Clause: "S5", Sees: Sequential, Promise: usual,
		Comment: "a failed CompareAndSwap stores", New: func() any { return new(S5FailedSwapStores) }},
	{Name: "S5-absent-nil-deletes", Clause: "S5", Sees: Sequential, Promise: usual,
		Comment: "CompareAndDelete(absent, nil) returns true", New: func() any { return new(S5AbsentNilDeletes) }},
	{Name: "S5-absent-nil-swaps", Clause: "S5", Sees: Sequential, Promise: usual,
		Comment: "CompareAndSwap(absent, nil, v) stores", New: func() any { return new(S5AbsentNilSwaps) }},

	{Name: "S6-removes-first", Clause: "S6", Sees: Sequential, Promise: usual,
		Comment: "a comparison that panics in CompareAndDelete removes the key", New: func() any { return new(S6RemovesFirst) }},
	{Name: "S6-deep-equal", Clause: "S6", Sees: Sequential, Promise: usual,
		Comment: "CompareAndSwap compares deeply and does not panic", New: func() any { return new(S6DeepEqual) }},
	{Name: "S6-swallows-panic", Clause: "S6", Sees: Sequential, Promise: usual,
		Comment: "CompareAndSwap recovers from its comparison", New: func() any { return new(S6SwallowsPanic) }},
	{Name: "S6-compares-boxes", Clause: "S6", Sees: Sequential, Promise: usual,
		Comment: "CompareAndSwap compares identities", New: func() any { return new(S6ComparesBoxes) }},

	{Name: "S7-nan-found", Clause: "S7", Sees: Sequential, Promise: usual,
		Comment: "Load finds NaN", New: func() any { return new(S7NaNFound) }},
	{Name: "S7-nan-overwritten", Clause: "S7", Sees: Sequential, Promise: usual,
		Comment: "Store overwrites NaN", New: func() any { return new(S7NaNOverwritten) }},
	{Name: "S7-swallows-unhashable", Clause: "S7", Sees: Sequential, Promise: usual,
		Comment: "Store of an unhashable key does nothing", New: func() any { return new(S7SwallowsUnhashable) }},
	{Name: "S7-panic-has-effect", Clause: "S7", Also: []string{"T6"}, Sees: Sequential, Promise: usual,
		Comment: "an unhashable key is counted before it panics", New: func() any { return new(S7PanicHasEffect) }},
	{Name: "S7-clear-keeps-nan", Clause: "S7", Also: []string{"T5"}, Sees: Sequential, Promise: usual,
		Comment: "Clear leaves NaN keys", New: func() any { return new(S7ClearKeepsNaN) }},

	{Name: "S8-keeps-both", Clause: "S8", Also: []string{"R1"}, Sees: Release, Promise: usual,
		Comment: "Store keeps both instances of the key", New: func() any { return new(S8KeepsBoth) }},
	{Name: "S8-keeps-neither", Clause: "S8", Sees: Release, Promise: usual,
		Comment: "Store replaces both instances of the key by a copy", New: func() any { return new(S8KeepsNeither) }},

	{Name: "S9-needs-new", Clause: "S9", Sees: Sequential, Promise: usual,
		Comment: "the zero value panics in every method", New: func() any { return NewS9NeedsNew() }},
	{Name: "S9-nil-table", Clause: "S9", Sees: Sequential, Promise: usual,
		Comment: "the zero value panics in Store", New: func() any { return NewS9NilTable() }},

	{Name: "T1-visits-twice", Clause: "T1", Sees: Sequential, Promise: usual,
		Comment: "Range visits a key twice if it is deleted and stored again", New: func() any { return new(T1VisitsTwice) }},
	{Name: "T1-misses-resident", Clause: "T1", Sees: Sequential, Promise: usual,
		Comment: "Range skips a key when one before it is deleted", New: func() any { return new(T1MissesResident) }},
	{Name: "T1-foreign-value", Clause: "T1", Sees: Sequential, Promise: usual,
		Comment: "Range hands out a deleted key with another key's value", New: func() any { return new(T1ForeignValue) }},

	{Name: "T2-all-once", Clause: "T2", Sees: Sequential, Promise: usual,
		Comment: "the sequence of All is empty the second time", New: func() any { return new(T2AllOnce) }},
	{Name: "T2-keys-at-call", Clause: "T2", Sees: Sequential, Promise: usual,
		Comment: "Keys traverses what was there when it was called", New: func() any { return new(T2KeysAtCall) }},
	{Name: "T2-values-skip-nil", Clause: "T2", Sees: Sequential, Promise: usual,
		Comment: "Values skips nil values", New: func() any { return new(T2ValuesSkipNil) }},

	{Name: "T3-lock-held", Clause: "T3", Sees: Sequential, Hangs: true, Promise: usual,
		Comment: "any call from the callback hangs", New: func() any { return new(T3LockHeld) }},
	{Name: "T3-read-lock-held", Clause: "T3", Sees: Sequential, Hangs: true, Promise: usual,
		Comment: "a write from the callback hangs", New: func() any { return new(T3ReadLockHeld) }},

	{Name: "T4-swallows-panic", Clause: "T4", Sees: Sequential, Promise: usual,
		Comment: "Range recovers from its callback", New: func() any { return new(T4SwallowsPanic) }},
	{Name: "T4-swallows-goexit", Clause: "T4", Sees: Sequential, Promise: usual,
		Comment: "Range returns although its callback called Goexit", New: func() any { return new(T4SwallowsGoexit) }},
	{Name: "T4-keeps-lock", Clause: "T4", Also: []string{"P3"}, Sees: Sequential, Hangs: true, Promise: usual,
		Comment: "a panic in the callback leaves the lock held", New: func() any { return new(T4KeepsLock) }},
	{Name: "T4-nil-ignored", Clause: "T4", Sees: Sequential, Promise: usual,
		Comment: "Range(nil) returns although the map has keys", New: func() any { return new(T4NilIgnored) }},

	{Name: "T5-clear-in-halves", Clause: "T5", Also: []string{"T6"}, Sees: Concurrent, Promise: usual,
		Comment: "Clear deletes the older keys first, so it is not atomic", New: func() any { return new(T5ClearInHalves) }},
	{Name: "T5-shrinking-loop", Clause: "T5", Sees: Sequential, Promise: usual,
		Comment: "Clear leaves the newer half of the keys", New: func() any { return new(T5ShrinkingLoop) }},

	{Name: "T6-uncounted-delete", Clause: "T6", Sees: Sequential, Promise: usual,
		Comment: "CompareAndDelete does not update the count", New: func() any { return new(T6UncountedDelete) }},
	{Name: "T6-counts-overwrites", Clause: "T6", Sees: Sequential, Promise: usual,
		Comment: "Store increments the count when it overwrites", New: func() any { return new(T6CountsOverwrites) }},
	{Name: "T6-counts-late", Clause: "T6", Sees: Concurrent, Promise: usual,
		Comment: "Store and Delete update the count after unlocking, so it is exact only at rest", New: func() any { return new(T6CountsLate) }},

	{Name: "R1-keeps-keys", Clause: "R1", Sees: Release, Promise: usual,
		Comment: "Delete keeps keys, at most as many as were ever live", New: func() any { return new(R1KeepsKeys) }},
	{Name: "R1-keeps-compared-key", Clause: "R1", Sees: Release, Promise: usual,
		Comment: "CompareAndDelete keeps keys, at most as many as were ever live", New: func() any { return new(R1KeepsComparedKey) }},
	{Name: "R1-keeps-last-value", Clause: "R1", Sees: Release, Promise: usual,
		Comment: "the last deleted value stays in the free entry", New: func() any { return new(R1KeepsLastValue) }},
	{Name: "R1-keeps-overwritten", Clause: "R1", Sees: Release, Promise: usual,
		Comment: "the last overwritten value of each key stays", New: func() any { return new(R1KeepsOverwritten) }},
	{Name: "R1-clear-truncates", Clause: "R1", Sees: Release, Promise: usual,
		Comment: "Clear keeps the keys in a truncated slice", New: func() any { return new(R1ClearTruncates) }},

	{Name: "R2-logs-removals", Clause: "R2", Sees: Release, Promise: usual,
		Comment: "a Range in progress pins what is deleted", New: func() any { return new(R2LogsRemovals) }},
	{Name: "R2-keeps-log", Clause: "R2", Sees: Release, Promise: bounded,
		Comment: "what a Range pinned stays until the next one", New: func() any { return new(R2KeepsLog) }},

	{Name: "R3-tombstone-per-delete", Clause: "R3", Also: []string{"R2"}, Sees: Release, Promise: bounded,
		Comment: "every deleted key stays for ever", New: func() any { return new(R3TombstonePerDelete) }},
	{Name: "R3-value-per-overwrite", Clause: "R3", Also: []string{"R2"}, Sees: Release, Promise: bounded,
		Comment: "every overwritten value stays until its key is deleted", New: func() any { return new(R3ValuePerOverwrite) }},

	{Name: "R4-never-shrinks", Clause: "R4", Sees: Release, Promise: shrinks,
		Comment: "64 bytes per key stay after its deletion", New: func() any { return new(R4NeverShrinks) }},

	{Name: "M1-absent-by-len", Clause: "M1", Sees: Race, Promise: usual,
		Comment: "Load sees an empty map without synchronizing", New: func() any { return new(M1AbsentByLen) }},
	{Name: "M2-counts-loads", Clause: "M2", Sees: Race, Promise: usual,
		Comment: "Load increments a plain field", New: func() any { return new(M2CountsLoads) }},
	{Name: "M2-len-unlocked", Clause: "M2", Sees: Race, Promise: usual,
		Comment: "Len reads the table without the lock", New: func() any { return new(M2LenUnlocked) }},

	{Name: "P1-load-locks", Clause: "P1", Sees: Exploration, Promise: loadFree,
		Comment: "Load takes the writers' lock", New: func() any { return new(P1LoadLocks) }},
	{Name: "P1-miss-locks", Clause: "P1", Sees: Exploration, Promise: loadFree,
		Comment: "Load takes the writers' lock for an absent key", New: func() any { return new(P1MissLocks) }},
	{Name: "P1-load-spins", Clause: "P1", Sees: Exploration, Promise: loadFree,
		Comment: "Load spins while a Store is in progress", New: func() any { return new(P1LoadSpins) }},

	{Name: "P2-lock-order", Clause: "P2", Sees: Concurrent, Hangs: true, Promise: usual,
		Comment: "Swap and Clear take two locks in opposite order", New: func() any { return new(P2LockOrder) }},
	{Name: "P2-lost-wakeup", Clause: "P2", Sees: Concurrent, Hangs: true, Promise: usual,
		Comment: "a Store sleeps through its wake-up", New: func() any { return new(P2LostWakeup) }},
	{Name: "P2-clear-keeps-lock", Clause: "P2", Sees: Sequential, Hangs: true, Promise: usual,
		Comment: "Clear of an empty map leaves the lock held", New: func() any { return new(P2ClearKeepsLock) }},

	{Name: "P3-compare-panic", Clause: "P3", Also: []string{"S6"}, Sees: Sequential, Hangs: true, Promise: usual,
		Comment: "a comparison that panics leaves the lock held", New: func() any { return new(P3ComparePanic) }},
	{Name: "P3-hash-panic", Clause: "P3", Also: []string{"S7"}, Sees: Sequential, Hangs: true, Promise: usual,
		Comment: "an unhashable key leaves the lock held", New: func() any { return new(P3HashPanic) }},
}
