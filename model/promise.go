package model

// A Promise says which clauses a map claims to keep, and at which level. It decides
// what is judged.
//
// The zero value claims only the clauses that every map owes: S1 to S8, T1 to T4,
// the weak levels of T5 and T6, P2, P3, M1 and M2. Release is then judged and
// reported, but does not fail a test.
type Promise struct {
	Release  Release `json:"release,omitempty"`
	Clear    Level   `json:"clear,omitempty"`            // T5: Strong is atomic, Weak is one Delete per key
	Len      Level   `json:"len,omitempty"`              // T6: Strong is linearizable, Weak is exact at rest
	Zero     bool    `json:"zero,omitempty"`             // S9
	Shrinks  bool    `json:"shrinks,omitempty"`          // R4
	LoadFree bool    `json:"load_never_waits,omitempty"` // P1
}

// A Release is the level at which a map releases what was deleted (R1 to R3).
type Release string

const (
	ReleaseUnstated Release = ""        // judged and reported, fails nothing
	ReleasePrompt   Release = "prompt"  // R1: at rest only live keys and values are reachable
	ReleaseBounded  Release = "bounded" // R3: at rest at most c·peak + b instances are reachable
	ReleaseNone     Release = "none"    // the map may keep everything
)

// A Level is the strength of a promise about an operation on the whole map.
type Level string

const (
	Weak   Level = ""       // T5: one Delete per key; T6: exact at rest
	Strong Level = "strong" // T5: atomic; T6: linearizable
)

// standing says how a promise treats a clause.
type standing int

const (
	owed     standing = iota // every map owes it
	named                    // the map promises it beyond what every map owes
	reported                 // judged, but a violation fails no test
	waived                   // not promised, and not judged
)

// releaseStanding says how each level treats R1, R2 and R3. No level names R2.
var releaseStanding = map[Release]map[Clause]standing{
	ReleaseUnstated: {R1: reported, R2: reported, R3: reported},
	ReleasePrompt:   {R1: named, R2: owed, R3: owed},
	ReleaseBounded:  {R1: waived, R2: owed, R3: named},
	ReleaseNone:     {R1: waived, R2: waived, R3: waived},
}

// standing returns how p treats c.
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

// namedIf returns the standing of a clause that a map owes only if it promises it.
func namedIf(promised bool) standing {
	if promised {
		return named
	}
	return waived
}

// unpromised says why a clause that a map may waive is not judged.
var unpromised = map[Clause]string{
	S9: "not promised: a usable zero value",
	R1: "not promised: prompt release",
	R2: "not promised: release",
	R3: "not promised: release",
	R4: "not promised: a table that shrinks",
	P1: "not promised: a Load that never waits",
}

// Reason says why c is not judged for a map with promise p. It returns "" if c is
// judged.
func (p Promise) Reason(c Clause) string {
	if p.standing(c) != waived {
		return ""
	}
	return unpromised[c]
}

// Fails reports whether a violation of c breaks p, so that a test must fail. If p
// states no release level, a release violation is only reported.
func (p Promise) Fails(c Clause) bool { return p.standing(c) != reported }

// Names reports whether p promises c beyond what every map owes.
func (p Promise) Names(c Clause) bool { return p.standing(c) == named }
