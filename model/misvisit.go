package model

import "fmt"

// A MisvisitKind says what is wrong with a visit of a traversal, or that a visit
// is missing.
type MisvisitKind string

const (
	VisitedTwice     MisvisitKind = "twice"      // an ordinary key, which exists once
	VisitedTooOften  MisvisitKind = "too often"  // a value or a NaN key, which may exist several times
	VisitedAbsent    MisvisitKind = "absent"     // the key was absent throughout
	VisitedNotHeld   MisvisitKind = "not held"   // the key did not hold that value
	VisitedAfterStop MisvisitKind = "after stop" // the callback had stopped the traversal
	DidNotVisit      MisvisitKind = "left out"   // the key was present throughout
)

// A Misvisit is a visit that no traversal may make, or a missing one. Key or
// Value is Unseen if the traversal does not pass it to its callback.
type Misvisit struct {
	Kind  MisvisitKind `json:"kind"`
	Key   int          `json:"key"`
	Value int          `json:"value"`
}

// String says what the traversal did: "visited k0 twice".
func (m *Misvisit) String() string {
	k, v := KeyName(m.Key), ValueName(m.Value)
	switch m.Kind {
	case VisitedAbsent:
		return fmt.Sprintf("visited %s, which was absent throughout", k)
	case VisitedNotHeld:
		return fmt.Sprintf("visited %s with %s, which that key did not hold", k, v)
	case VisitedTooOften:
		switch {
		case m.Key == Unseen:
			return fmt.Sprintf("visited %s more often than there were keys that held it", v)
		case m.Value == Unseen:
			return fmt.Sprintf("visited %s more often than it was stored", k)
		}
		return fmt.Sprintf("visited %s, %s more often than it was stored", k, v)
	case VisitedAfterStop:
		return "called its callback again after the callback had stopped it"
	case DidNotVisit:
		return fmt.Sprintf("did not visit %s, which was present throughout", k)
	case VisitedTwice:
		return fmt.Sprintf("visited %s twice", k)
	}
	return string(m.Kind)
}
