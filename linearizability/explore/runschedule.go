package explore

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// RunSchedule is a regression test. It fails t as long as the map's source shows
// the counterexample in program, the text of a program.json.
//
//	func TestIssue12(t *testing.T) { explore.RunSchedule(t, `{"schema":2,…}`) }
//
// A schedule belongs to the source that it was found in. If the source has changed
// and the schedule is impossible or shows nothing, the test passes and says so:
// explore the map again then.
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
		t.Errorf("%s\n    %s\n    %s", c.Clause.Sentence(), r.Verdict, strings.Join(r.Verdict.Lines(), "\n    "))
	default:
		t.Logf("%s is not broken by this schedule: %v", c.Clause, r.Verdict)
	}
}
