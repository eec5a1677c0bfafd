package model

// A Promise says which clauses and levels a map claims. It decides what is
// judged. The zero value claims nothing beyond the clauses that every map
// owes (S1 to S8, T1 to T4, the weak levels of T5 and T6, P2, P3, M1, M2);
// release is then judged and reported, but does not fail a test.
type Promise struct {
	Release  Release `json:"release,omitempty"`
	Clear    Level   `json:"clear,omitempty"` // T5: Strong is atomic, Weak is one Delete a key
	Len      Level   `json:"len,omitempty"`   // T6: Strong is linearizable, Weak is exact at rest
	Zero     bool    `json:"zero,omitempty"`  // S9
	Shrinks  bool    `json:"shrinks,omitempty"`
	LoadFree bool    `json:"load_never_waits,omitempty"` // P1
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

// standing is what a promise makes of a clause.
type standing int

const (
	owed     standing = iota // by every map
	named                    // promised by name, beyond what every map owes
	reported                 // judged, but a violation fails no test
	waived                   // not promised, and not judged
)

// releaseStanding says what each level makes of R1, R2 and R3. R2 is never
// promised by itself.
var releaseStanding = map[Release]map[Clause]standing{
	ReleaseUnstated: {R1: reported, R2: reported, R3: reported},
	ReleasePrompt:   {R1: named, R2: owed, R3: owed},
	ReleaseBounded:  {R1: waived, R2: owed, R3: named},
	ReleaseNone:     {R1: waived, R2: waived, R3: waived},
}

// standing returns what p makes of c.
func (p Promise) standing(c Clause) standing {
	switch c {
	case R1, R2, R3:
		return releaseStanding[p.Release][c]
	case S9:
		return namedIf(p.Zero)
	case R4:
		return namedIf(p.Shrinks)
	case P1:
		return namedIf(p.LoadFree)
	}
	return owed
}

// namedIf is the standing of a clause that a map owes only by name.
func namedIf(promised bool) standing {
	if promised {
		return named
	}
	return waived
}

// unpromised says why the clauses that a map may waive are not judged.
var unpromised = map[Clause]string{
	S9: "not promised: a usable zero value",
	R1: "not promised: prompt release",
	R2: "not promised: release",
	R3: "not promised: release",
	R4: "not promised: a table that shrinks",
	P1: "not promised: a Load that never waits",
}

// Reason returns why clause c is not judged for a map with promise p, or ""
// if it is.
func (p Promise) Reason(c Clause) string {
	if p.standing(c) != waived {
		return ""
	}
	return unpromised[c]
}

// Fails reports whether a violation of c breaks p, so that a test must fail.
// A release violation of a map that states no release level is a report.
func (p Promise) Fails(c Clause) bool { return p.standing(c) != reported }

// Names reports whether p promises c by name, beyond what every map owes.
func (p Promise) Names(c Clause) bool { return p.standing(c) == named }
