package explore

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// RunSchedule fails t if the counterexample in program, as in program.json, is
// shown again by the map's source of today: as long as the map has the fault, a
// regression test of it is red.
//
//	func TestIssue12(t *testing.T) { explore.RunSchedule(t, `{"schema":1,…}`) }
//
// A schedule is one of the source that it was found in. In another source it
// may be impossible, or show nothing; the test passes then, and says so: explore
// the map anew.
func RunSchedule(t testing.TB, program string) {
	t.Helper()
	var c counterexample.Counterexample
	if err := json.Unmarshal([]byte(program), &c); err != nil {
		t.Fatalf("the counterexample cannot be read: %v", err)
		return
	}
	r, err := Replay(t.Context(), MapOf(c), c, Options{})
	var stale *StaleError
	switch {
	case errors.As(err, &stale):
		t.Logf("%s is not shown any more: %v", c.Clause, err)
	case err != nil:
		t.Fatalf("the counterexample cannot be run: %v", err)
	case r.Verdict.Status == model.Violation:
		t.Errorf("%s\n    %s\n    %s", c.Clause.Sentence(), r.Verdict, strings.Join(r.Verdict.Trace, "\n    "))
	default:
		t.Logf("%s is not broken by this schedule: %v", c.Clause, r.Verdict)
	}
}
