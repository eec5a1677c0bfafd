package linearizability_test

import (
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability"
)

// Clauses: S1, T1, T5, T6, P2
func TestRunPassesGoodMaps(t *testing.T) {
	for _, name := range []string{"locked", "sync.Map"} {
		t.Run(name, func(t *testing.T) {
			m, _ := impl.Find(name)
			linearizability.Run(t, m.Subject)
		})
	}
}
