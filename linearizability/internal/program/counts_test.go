package program

import (
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/model"
)

// oneKey is an initial map that holds key 0.
var oneKey = Initial{Name: "one key", Ops: []model.Op{{Method: model.Store, Value: 1}}}

// setOf returns a set for a map of the catalogue.
func setOf(t *testing.T, name string, size Size, i Initial) Set {
	t.Helper()
	m, ok := impl.Find(name)
	if !ok {
		t.Fatalf("no map %q in impl", name)
	}
	in := m.Subject.Bind()
	return Set{Size: size, Methods: in.Methods(), Traits: in.Traits(), Initial: i}
}

// TestCounts checks that Count agrees with the list, and logs the numbers for
// planning explorations.
func TestCounts(t *testing.T) {
	most := 400_000 // the largest set that is listed
	if !testpart.Run(0) || testing.Short() {
		most = 40_000
	}
	for _, name := range []string{"sync.Map", "locked"} {
		for _, initial := range []Initial{{Name: "empty"}, oneKey} {
			for _, plain := range []bool{false, true} {
				for _, size := range []Size{{2, 1, 1}, {2, 1, 2}, {3, 1, 1}, {3, 1, 2}, {2, 2, 1}, {2, 2, 2}, {3, 2, 1}, {3, 2, 2}} {
					s := setOf(t, name, size, initial)
					s.Plain = plain
					n := s.Count()
					t.Logf("%-8s %dx%d on %d keys, %-7s plain=%-5v %2d letters %11d programs", name, size.Threads, size.Operations, size.Keys,
						initial.Name, plain, len(s.Alphabet().Ops()), n)
					if n > most {
						continue
					}
					listed := 0
					for range s.Shard(0, 1) {
						listed++
					}
					if listed != n {
						t.Errorf("%d programs listed, %d counted", listed, n)
					}
				}
			}
		}
	}
}
