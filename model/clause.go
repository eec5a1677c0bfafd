package model

// A Clause is the number of one sentence of docs/specification.md.
type Clause string

// The clauses. S: sequential meaning. T: traversal and whole-map operations.
// R: release. M: memory model. P: progress.
const (
	S1 Clause = "S1"
	S2 Clause = "S2"
	S3 Clause = "S3"
	S4 Clause = "S4"
	S5 Clause = "S5"
	S6 Clause = "S6"
	S7 Clause = "S7"
	S8 Clause = "S8"
	S9 Clause = "S9"
	T1 Clause = "T1"
	T2 Clause = "T2"
	T3 Clause = "T3"
	T4 Clause = "T4"
	T5 Clause = "T5"
	T6 Clause = "T6"
	R1 Clause = "R1"
	R2 Clause = "R2"
	R3 Clause = "R3"
	R4 Clause = "R4"
	M1 Clause = "M1"
	M2 Clause = "M2"
	P1 Clause = "P1"
	P2 Clause = "P2"
	P3 Clause = "P3"
)

// Sentences holds every clause in the order of the document, each with its
// sentence in a few words; docs/specification.md has the full one.
var Sentences = []struct {
	Clause   Clause
	Sentence string
}{
	{S1, "each single-key operation takes effect atomically between its call and its return"},
	{S2, "only operations on the same key, and Clear, affect a key's result"},
	{S3, "an absent key yields the zero value and false, a present zero value does not"},
	{S4, "LoadOrStore stores exactly when it says so; Swap and LoadAndDelete return what they displaced"},
	{S5, "a failed CompareAndSwap or CompareAndDelete changes nothing; an absent key never matches"},
	{S6, "values compare by ==; a comparison that panics changes nothing and leaves the map usable"},
	{S7, "a NaN key is never found again, an unhashable key panics without effect"},
	{S8, "after an overwrite with an equal but distinct key exactly one of the two is live"},
	{S9, "the zero value is an empty map ready for use, and vet sees a copy"},
	{T1, "Range is one Load of each key: no duplicate, residents visited, absentees not"},
	{T2, "All, Keys and Values are the same traversal and can be repeated"},
	{T3, "the callback may call any method of the map"},
	{T4, "a panic or Goexit in the callback propagates and leaves the map usable"},
	{T5, "Clear is one atomic operation on all keys, or one Delete a key where only that is promised"},
	{T6, "Len is exact when no write is in progress, or linearizable where that is promised"},
	{R1, "at rest nothing is reachable that a traversal would not hand out"},
	{R2, "an operation in progress pins little, and nothing once it has returned"},
	{R3, "at rest what is retained is bounded by the peak number of live keys"},
	{R4, "the table's own memory follows the number of live keys down"},
	{M1, "a write synchronizes before every read that observes its effect, absence included"},
	{M2, "no data race inside the map"},
	{P1, "Load never waits for a writer"},
	{P2, "no deadlock, no lost wake-up"},
	{P3, "a panic anywhere leaves no lock held"},
}

// Sentence returns c's sentence in a few words, or "" if c is not a clause.
func (c Clause) Sentence() string {
	for _, s := range Sentences {
		if s.Clause == c {
			return s.Sentence
		}
	}
	return ""
}

// Order returns c's place in the document, for sorting; -1 if c is not a clause.
func (c Clause) Order() int {
	for i, s := range Sentences {
		if s.Clause == c {
			return i
		}
	}
	return -1
}
