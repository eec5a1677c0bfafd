package model

import "fmt"

// reporter is what Report needs of a testing.TB.
type reporter interface {
	Helper()
	Log(args ...any)
	Errorf(format string, args ...any)
}

// Report fails t, a testing.TB, for each verdict that breaks p, and logs the other
// verdicts. A failure shows the trace and the command that repeats it.
func Report(t reporter, p Promise, verdicts []Verdict, repeat string) {
	t.Helper()
	for _, v := range verdicts {
		if v.Status == OK || v.Status == Skipped {
			t.Log(v)
			continue
		}
		text := fmt.Sprintf("%s\n    %s", v.Clause.Sentence(), v)
		if path := v.Path(); path != "" && v.Failure.Kind != Retains { // its evidence ends with the path
			text += "\n    held by " + path
		}
		for _, line := range v.Lines() {
			text += "\n        " + line
		}
		if v.Status == Unknown && p.Names(v.Clause) {
			t.Errorf("a promise could not be judged: %s\n    repeat with: %s", text, repeat)
			continue
		}
		if v.Status == Unknown || !p.Fails(v.Clause) {
			t.Log(text)
			continue
		}
		t.Errorf("%s\n    repeat with: %s", text, repeat)
	}
}
