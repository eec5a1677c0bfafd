// Package broken provides maps that break the specification: for each clause of
// docs/specification.md, one or more maps that break it. They test the checkers,
// which are right only if they reject every map here.
//
// Each map embeds a correct one (core) and overrides the few methods that break
// its clause, in a way found in real code. Its comment names the clause, the code
// it is modelled on, and the smallest program that shows the violation. In all
// other respects the map is as correct as possible, so that a checker cannot blame
// it for the wrong reason. A map that loses updates is perfect for one goroutine,
// and a map that retains keys returns the right values.
//
// Nothing depends on chance or time. Where two goroutines have to meet, a critical
// section ends too early, and one runtime.Gosched keeps the window open.
//
// If you need a map, use another one.
package broken

// A Map is a row of the catalogue.
type Map struct {
	Name   string // the clause, and what goes wrong: "S1-lost-swap" for S1LostSwap
	Clause string // the clause that the map breaks
	// Also lists the clauses that are broken with it, where one bug violates
	// several.
	Also []string
	// Sees is the least that a checker needs to see the violation.
	Sees Sight
	// Hangs says that calls may never return. Judge such a map under a watchdog,
	// in a process of its own.
	Hangs bool
	// Promise is what the map claims. It keeps it except for Clause and Also.
	Promise Promise
	Comment string // what goes wrong, in one line
	New     func() any
}

// A Sight is a means of seeing that a clause is broken.
type Sight string

const (
	Sequential  Sight = "sequential"  // one goroutine, including calls from callbacks
	Concurrent  Sight = "concurrent"  // several goroutines, within some rounds
	Release     Sight = "release"     // the garbage collector, or the size of the heap
	Exploration Sight = "exploration" // a goroutine suspended at a given step
	Race        Sight = "race"        // the race detector
)

// A Promise has the fields of model.Promise. Package broken does not import model.
type Promise struct {
	Release    string // "prompt" or "bounded"
	Clear, Len string // "strong", or "" for the weaker level
	Zero       bool   // the zero value is ready for use
	Shrinks    bool
	LoadFree   bool // Load never waits
}

// usual is what core keeps. The others are promises of maps that break something
// else.
var (
	usual    = Promise{Release: "prompt", Clear: "strong", Len: "strong", Zero: true}
	bounded  = Promise{Release: "bounded", Clear: "strong", Len: "strong", Zero: true}
	shrinks  = Promise{Release: "prompt", Clear: "strong", Len: "strong", Zero: true, Shrinks: true}
	loadFree = Promise{Release: "prompt", Clear: "strong", Len: "strong", Zero: true, LoadFree: true}
)

// Maps is the catalogue, in the order of the specification.
var Maps = []Map{
	{Name: "S1-lost-swap", Clause: "S1", Sees: Concurrent, Promise: usual,
		Comment: "two Swaps return the same displaced value", New: func() any { return new(S1LostSwap) }},
	{Name: "S1-two-deleters", Clause: "S1", Sees: Concurrent, Promise: usual,
		Comment: "two LoadAndDelete calls return the same value", New: func() any { return new(S1TwoDeleters) }},
	{Name: "S1-two-storers", Clause: "S1", Sees: Concurrent, Promise: usual,
		Comment: "two LoadOrStore calls on one key both store", New: func() any { return new(S1TwoStorers) }},
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
		Comment: "Load returns the value of another key, which reused the entry", New: func() any { return new(S1ReusedEntry) }},
	{Name: "S1-stale-load", Clause: "S1", Also: []string{"R1"}, Sees: Concurrent, Promise: usual,
		Comment: "Load remembers a value that was overwritten since it read it", New: func() any { return new(S1StaleLoad) }},

	{Name: "S2-folded-by-length", Clause: "S2", Sees: Sequential, Promise: usual,
		Comment: "Store sets the value of all keys of the same length", New: func() any { return new(S2FoldedByLength) }},
	{Name: "S2-evicts-neighbour", Clause: "S2", Sees: Sequential, Promise: usual,
		Comment: "Store removes other keys that end with the same letter", New: func() any { return new(S2EvictsNeighbour) }},

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
		Comment: "CompareAndSwap compares addresses instead of values", New: func() any { return new(S6ComparesBoxes) }},

	{Name: "S7-nan-found", Clause: "S7", Sees: Sequential, Promise: usual,
		Comment: "Load finds a NaN key", New: func() any { return new(S7NaNFound) }},
	{Name: "S7-nan-overwritten", Clause: "S7", Sees: Sequential, Promise: usual,
		Comment: "Store overwrites a NaN key", New: func() any { return new(S7NaNOverwritten) }},
	{Name: "S7-swallows-unhashable", Clause: "S7", Sees: Sequential, Promise: usual,
		Comment: "Store of an unhashable key does nothing", New: func() any { return new(S7SwallowsUnhashable) }},
	{Name: "S7-panic-has-effect", Clause: "S7", Also: []string{"T6"}, Sees: Sequential, Promise: usual,
		Comment: "an unhashable key is counted before it panics", New: func() any { return new(S7PanicHasEffect) }},
	{Name: "S7-clear-keeps-nan", Clause: "S7", Also: []string{"T5"}, Sees: Sequential, Promise: usual,
		Comment: "Clear does not delete NaN keys", New: func() any { return new(S7ClearKeepsNaN) }},

	{Name: "S8-keeps-both", Clause: "S8", Also: []string{"R1"}, Sees: Release, Promise: usual,
		Comment: "Store keeps both instances of the key", New: func() any { return new(S8KeepsBoth) }},
	{Name: "S8-keeps-neither", Clause: "S8", Sees: Release, Promise: usual,
		Comment: "Store replaces both instances of the key with a copy", New: func() any { return new(S8KeepsNeither) }},

	{Name: "S9-needs-new", Clause: "S9", Sees: Sequential, Promise: usual,
		Comment: "the zero value panics in every method", New: func() any { return NewS9NeedsNew() }},
	{Name: "S9-nil-table", Clause: "S9", Sees: Sequential, Promise: usual,
		Comment: "the zero value panics in Store", New: func() any { return NewS9NilTable() }},

	{Name: "T1-visits-twice", Clause: "T1", Sees: Sequential, Promise: usual,
		Comment: "Range visits a key twice if it is deleted and stored again", New: func() any { return new(T1VisitsTwice) }},
	{Name: "T1-misses-resident", Clause: "T1", Sees: Sequential, Promise: usual,
		Comment: "Range skips a key if an earlier one is deleted", New: func() any { return new(T1MissesResident) }},
	{Name: "T1-foreign-value", Clause: "T1", Sees: Sequential, Promise: usual,
		Comment: "Range visits a deleted key with another key's value", New: func() any { return new(T1ForeignValue) }},

	{Name: "T2-all-once", Clause: "T2", Sees: Sequential, Promise: usual,
		Comment: "the sequence of All is empty the second time", New: func() any { return new(T2AllOnce) }},
	{Name: "T2-keys-at-call", Clause: "T2", Sees: Sequential, Promise: usual,
		Comment: "Keys traverses the keys present when it was called", New: func() any { return new(T2KeysAtCall) }},
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
		Comment: "Clear does not delete the newer half of the keys", New: func() any { return new(T5ShrinkingLoop) }},

	{Name: "T6-uncounted-delete", Clause: "T6", Sees: Sequential, Promise: usual,
		Comment: "CompareAndDelete does not decrement the count", New: func() any { return new(T6UncountedDelete) }},
	{Name: "T6-counts-overwrites", Clause: "T6", Sees: Sequential, Promise: usual,
		Comment: "Store increments the count when it overwrites", New: func() any { return new(T6CountsOverwrites) }},
	{Name: "T6-counts-late", Clause: "T6", Sees: Concurrent, Promise: usual,
		Comment: "Store and Delete update the count after unlocking, so it is exact only at rest", New: func() any { return new(T6CountsLate) }},

	{Name: "R1-keeps-keys", Clause: "R1", Sees: Release, Promise: usual,
		Comment: "Delete retains keys, at most as many as were ever live", New: func() any { return new(R1KeepsKeys) }},
	{Name: "R1-keeps-compared-key", Clause: "R1", Sees: Release, Promise: usual,
		Comment: "CompareAndDelete retains keys, at most as many as were ever live", New: func() any { return new(R1KeepsComparedKey) }},
	{Name: "R1-keeps-last-value", Clause: "R1", Sees: Release, Promise: usual,
		Comment: "the last deleted value stays in a free entry", New: func() any { return new(R1KeepsLastValue) }},
	{Name: "R1-keeps-overwritten", Clause: "R1", Sees: Release, Promise: usual,
		Comment: "the last overwritten value of each key stays", New: func() any { return new(R1KeepsOverwritten) }},
	{Name: "R1-clear-truncates", Clause: "R1", Sees: Release, Promise: usual,
		Comment: "Clear leaves the keys in a truncated slice", New: func() any { return new(R1ClearTruncates) }},

	{Name: "R2-logs-removals", Clause: "R2", Sees: Release, Promise: usual,
		Comment: "a Range in progress pins what is deleted", New: func() any { return new(R2LogsRemovals) }},
	{Name: "R2-keeps-log", Clause: "R2", Sees: Release, Promise: bounded,
		Comment: "what a Range pins stays until the next one begins", New: func() any { return new(R2KeepsLog) }},

	{Name: "R3-tombstone-per-delete", Clause: "R3", Also: []string{"R2"}, Sees: Release, Promise: bounded,
		Comment: "every deleted key stays for ever", New: func() any { return new(R3TombstonePerDelete) }},
	{Name: "R3-value-per-overwrite", Clause: "R3", Also: []string{"R2"}, Sees: Release, Promise: bounded,
		Comment: "every overwritten value stays until its key is deleted", New: func() any { return new(R3ValuePerOverwrite) }},

	{Name: "R4-never-shrinks", Clause: "R4", Sees: Release, Promise: shrinks,
		Comment: "64 bytes per key stay after its deletion", New: func() any { return new(R4NeverShrinks) }},

	{Name: "M1-absent-by-len", Clause: "M1", Sees: Race, Promise: usual,
		Comment: "Load finds the map empty without synchronizing", New: func() any { return new(M1AbsentByLen) }},
	{Name: "M2-counts-loads", Clause: "M2", Sees: Race, Promise: usual,
		Comment: "Load increments a plain field", New: func() any { return new(M2CountsLoads) }},
	{Name: "M2-len-unlocked", Clause: "M2", Sees: Race, Promise: usual,
		Comment: "Len reads the table without the lock", New: func() any { return new(M2LenUnlocked) }},

	{Name: "P1-load-locks", Clause: "P1", Sees: Exploration, Promise: loadFree,
		Comment: "Load takes the writers' lock", New: func() any { return new(P1LoadLocks) }},
	{Name: "P1-miss-locks", Clause: "P1", Sees: Exploration, Promise: loadFree,
		Comment: "Load takes the writers' lock if the key is absent", New: func() any { return new(P1MissLocks) }},
	{Name: "P1-load-spins", Clause: "P1", Sees: Exploration, Promise: loadFree,
		Comment: "Load spins while a Store is in progress", New: func() any { return new(P1LoadSpins) }},

	{Name: "P2-lock-order", Clause: "P2", Sees: Concurrent, Hangs: true, Promise: usual,
		Comment: "Swap and Clear take two locks in opposite order", New: func() any { return new(P2LockOrder) }},
	{Name: "P2-lost-wakeup", Clause: "P2", Sees: Concurrent, Hangs: true, Promise: usual,
		Comment: "a Store misses its wake-up", New: func() any { return new(P2LostWakeup) }},
	{Name: "P2-clear-keeps-lock", Clause: "P2", Sees: Sequential, Hangs: true, Promise: usual,
		Comment: "Clear of an empty map leaves the lock held", New: func() any { return new(P2ClearKeepsLock) }},

	{Name: "P3-compare-panic", Clause: "P3", Also: []string{"S6"}, Sees: Sequential, Hangs: true, Promise: usual,
		Comment: "a comparison that panics leaves the lock held", New: func() any { return new(P3ComparePanic) }},
	{Name: "P3-hash-panic", Clause: "P3", Also: []string{"S7"}, Sees: Sequential, Hangs: true, Promise: usual,
		Comment: "an unhashable key leaves the lock held", New: func() any { return new(P3HashPanic) }},
}
