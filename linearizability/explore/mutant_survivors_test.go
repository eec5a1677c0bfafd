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

// why returns the reason why a mutant may survive, or "".
func why(code string, x *mutant) string {
	for _, s := range survivors[code] {
		if slices.Contains(s.keys, x.key()) {
			if s.hole {
				return "HOLE: " + s.reason
			}
			return s.reason
		}
	}
	return ""
}

// survivors are the mutants that nothing notices, by the name of the mutated
// code.
var survivors = map[string][]survivor{
	"locked":    lockedSurvivors,
	"readdirty": readdirtySurvivors,
	"hash trie": trieSurvivors,
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

var readdirtySurvivors = []survivor{}

var trieSurvivors = []survivor{}
