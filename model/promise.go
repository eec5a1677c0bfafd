package model

// A Promise says which clauses and levels a map claims. It decides what is
// judged. The zero value claims nothing beyond the clauses that every map
// owes (S1 to S8, T1 to T4, the weak levels of T5 and T6, P2, P3, M1, M2);
// release is then judged and reported, but does not fail a test.
type Promise struct {
	Release  Release  `json:"release,omitempty"`
	Clear    Level    `json:"clear,omitempty"` // T5: Strong is atomic, Weak is one Delete a key
	Len      Level    `json:"len,omitempty"`   // T6: Strong is linearizable, Weak is exact at rest
	Zero     bool     `json:"zero,omitempty"`  // S9
	Shrinks  bool     `json:"shrinks,omitempty"`
	LoadFree bool     `json:"load_never_waits,omitempty"` // P1
	Progress Progress `json:"progress,omitempty"`
}

// A Release is the level at which a map releases what was deleted (R1 to R3).
type Release string

const (
	ReleaseUnstated Release = ""        // judged and reported, fails nothing
	ReleasePrompt   Release = "prompt"  // R1: at rest nothing but what is live
	ReleaseBounded  Release = "bounded" // R3: at rest at most c·peak + b
	ReleaseNone     Release = "none"    // the map says that it may keep everything
)

// A Level is the strength of a promise about an operation on the whole map.
type Level string

const (
	Weak   Level = ""       // T5: one Delete a key; T6: exact at rest
	Strong Level = "strong" // T5: atomic; T6: linearizable
)

// Progress names the weakest progress class of a map's methods.
type Progress string

const (
	ProgressUnstated Progress = ""
	Blocking         Progress = "blocking"
	ObstructionFree  Progress = "obstruction-free"
	LockFree         Progress = "lock-free"
	WaitFree         Progress = "wait-free"
)

// Reason returns why clause c is not judged for a map with promise p, or ""
// if it is.
func (p Promise) Reason(c Clause) string {
	switch c {
	case S9:
		if !p.Zero {
			return "not promised: a usable zero value"
		}
	case R1, R2:
		if p.Release == ReleaseNone {
			return "not promised: release"
		}
		if c == R1 && p.Release == ReleaseBounded {
			return "not promised: prompt release"
		}
	case R3:
		if p.Release == ReleaseNone {
			return "not promised: release"
		}
	case R4:
		if !p.Shrinks {
			return "not promised: a table that shrinks"
		}
	case P1:
		if !p.LoadFree {
			return "not promised: a Load that never waits"
		}
	}
	return ""
}

// Fails reports whether a violation of c breaks p, so that a test must fail.
// A release violation of a map that states no release level is a report.
func (p Promise) Fails(c Clause) bool {
	switch c {
	case R1, R2, R3:
		return p.Release != ReleaseUnstated
	}
	return true
}

// Names reports whether p promises c by name, beyond what every map owes.
func (p Promise) Names(c Clause) bool {
	switch c {
	case S9:
		return p.Zero
	case R1:
		return p.Release == ReleasePrompt
	case R3:
		return p.Release == ReleaseBounded
	case R4:
		return p.Shrinks
	case P1:
		return p.LoadFree
	}
	return false
}
