package explore_test

import (
	"slices"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/model"
)

// The maps of the catalogue are explored, on one key, and break what is
// foretold. The certificates in docs are of two.
//
// Clauses: S1, R1, R3, P2
func TestTheCatalogue(t *testing.T) {
	for i, m := range impl.Catalogue() {
		size := "2x1"
		if testpart.Run(i) && !testing.Short() {
			size = "3x1"
		}
		t.Run(m.Name, func(t *testing.T) {
			if slices.Contains([]string{"go1.14", "go1.15.2", "go1.23"}, m.Name) {
				if !testpart.Run(i) {
					t.Skip("go1.15.0 has the same algorithm and is in the default run: run this one with MAPSPEC_TESTS=complete")
				}
			}
			target, err := explore.Of(m.Subject)
			if err != nil {
				t.Fatal(err)
			}
			o := explore.Options{Size: size, Keys: 1, Policies: []string{"mix"}}
			if m.Name == "flatmap" {
				o.Initials = []string{"empty", "one key", "traversed"} // three that move a table take longer
			}
			c, err := explore.Explore(t.Context(), target, o)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d programs, %d classes, %.1f s", c.Programs, c.Classes, c.Seconds)
			var broken []model.Clause
			for _, v := range c.Violations {
				broken = append(broken, v.Clause)
			}
			var want []model.Clause
			for _, clause := range []model.Clause{model.R1, model.R3} {
				if slices.Contains(m.Expected(clause), model.Violation) {
					want = append(want, clause)
				}
			}
			if !slices.Equal(broken, want) || !c.Complete() {
				t.Errorf("breaks %v, want %v; %s", broken, want, c.Coverage)
			}
		})
	}
}
