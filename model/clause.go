package model

// A Clause is the number of one sentence of docs/specification.md.
type Clause string

// The clauses: S is the sequential meaning, T is traversals and operations on the
// whole map, R is release, M is the memory model, and P is progress.
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

// Sentences lists every clause in the order of the document, with a name for
// tables and a summary of its sentence. docs/specification.md has the full
// sentence.
var Sentences = []struct {
	Clause   Clause
	Name     string
	Sentence string
}{
	{S1, "atomic operations", "each single-key operation takes effect atomically between its call and its return"},
	{S2, "independent keys", "only operations on the same key, and Clear, affect a key's result"},
	{S3, "absence is not zero", "an absent key yields the zero value and false; a present key yields true, even if its value is zero"},
	{S4, "displaced values", "LoadOrStore stores exactly when it says so; Swap and LoadAndDelete return what they displaced"},
	{S5, "failed comparison", "a failed CompareAndSwap or CompareAndDelete changes nothing; an absent key never matches"},
	{S6, "comparison panics", "values compare by ==; a comparison that panics changes nothing and leaves the map usable"},
	{S7, "NaN and unhashable keys", "a NaN key is never found again; an unhashable key panics without effect"},
	{S8, "one instance per key", "after an overwrite with an equal but distinct key, exactly one of the two is live"},
	{S9, "usable zero value", "the zero value is an empty map ready for use, and go vet reports copies"},
	{T1, "Range visits", "Range is one Load of each key: it misses no key that stays, and visits none twice"},
	{T2, "iterators", "All, Keys and Values are the same traversal and can be repeated"},
	{T3, "reentrant callbacks", "the callback may call any method of the map"},
	{T4, "callback panics", "a panic or Goexit in the callback propagates and leaves the map usable"},
	{T5, "Clear", "Clear is one atomic operation on all keys, or one Delete per key where only that is promised"},
	{T6, "Len", "Len is exact when no write is in progress, or linearizable where that is promised"},
	{R1, "prompt release", "at rest nothing is reachable that a traversal would not hand out"},
	{R2, "bounded pinning", "an operation in progress pins a bounded amount, and nothing once it has returned"},
	{R3, "bounded garbage", "at rest what is retained is bounded by the peak number of live keys"},
	{R4, "shrinking table", "the table's own memory follows the number of live keys down"},
	{M1, "write before read", "a write synchronizes before every read that observes its effect, absence included"},
	{M2, "no data race", "no data race inside the map"},
	{P1, "Load never waits", "Load never waits for a writer"},
	{P2, "no deadlock", "no deadlock, no lost wake-up"},
	{P3, "panic leaves no lock", "a panic anywhere leaves no lock held"},
}

// Sentence returns the summary of c's sentence, or "" if c is not a clause.
func (c Clause) Sentence() string {
	if i := c.Order(); i >= 0 {
		return Sentences[i].Sentence
	}
	return ""
}

// Title returns c's number and name, such as "R1 prompt release". It returns
// just c if c is not a clause.
func (c Clause) Title() string {
	if i := c.Order(); i >= 0 {
		return string(c) + " " + Sentences[i].Name
	}
	return string(c)
}

// Order returns c's place in the document, for sorting, or -1 if c is not a
// clause.
func (c Clause) Order() int {
	for i, s := range Sentences {
		if s.Clause == c {
			return i
		}
	}
	return -1
}
