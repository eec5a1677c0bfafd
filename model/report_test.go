package model_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/mapspec/mapspec/model"
)

// A notebook is a reporter that records its calls.
type notebook struct{ strings.Builder }

func (*notebook) Helper()           {}
func (n *notebook) Log(args ...any) { fmt.Fprintln(n, "log:", fmt.Sprint(args...)) }
func (n *notebook) Errorf(format string, a ...any) {
	fmt.Fprintln(n, "error:", fmt.Sprintf(format, a...))
}

func TestReportFailsForWhatIsPromisedAndLogsTheRest(t *testing.T) {
	verdicts := []Verdict{
		{Clause: S1, Status: OK, Coverage: Complete("all")},
		Skip(S9, "not promised: a usable zero value"),
		{Clause: S3, Status: Violation, Coverage: Bounded("some"), Failure: &Failure{
			Kind: WrongResult, Call: &Op{Method: Load, Key: 1}, Got: &Result{}, Want: &Result{Value: 1, OK: true},
			Trace: []Moment{{Call: &Op{Method: Store, Key: 1, Value: 1}}, {Call: &Op{Method: Load, Key: 1}, Result: &Result{}}},
		}},
		{Clause: P2, Status: Unknown, Reason: "budget"},
		{Clause: S2, Status: Invalid, Reason: "line 3"},
		{Clause: R1, Status: Violation, Failure: &Failure{
			Kind: Retains, Count: 10, Retained: []Retained{{Index: 3, Path: "m.dirty"}},
		}},
		{Clause: R3, Status: Violation, Failure: &Failure{
			Kind: Grows, Retained: []Retained{{Index: 3, Path: "m.dirty"}}, Measured: []Measurement{{Turns: 8, Keys: 7}},
		}},
	}
	common := `log: S1 ok (complete: all)
log: S9 skipped: not promised: a usable zero value
error: an absent key yields the zero value and false; a present key yields true, even if its value is zero
    S3 violation (bounded: some): Load(k1) returned zero, false; want v1, true
        Store(k1, v1)
        Load(k1)   → zero, false
    repeat with: go test
log: no deadlock, no lost wake-up
    P2 unknown: budget
error: only operations on the same key, and Clear, affect a key's result
    S2 invalid: line 3
    repeat with: go test
`
	prompt := `: at rest nothing is reachable that a traversal would not hand out
    R1 violation: key k3 and 9 more are still reachable at rest: m.dirty
`
	bounded := `: at rest what is retained is bounded by the peak number of live keys
    R3 violation: the map retains more each time the program is repeated: 7 keys after 8 repetitions, with 1 live key
    held by m.dirty
        after     8 repetitions: collect garbage; 7 keys retained
`
	const repeat = "    repeat with: go test\n"
	for level, want := range map[Release]string{
		ReleaseUnstated: common + "log" + prompt + "log" + bounded,
		ReleasePrompt:   common + "error" + prompt + repeat + "error" + bounded + repeat,
	} {
		var n notebook
		Report(&n, Promise{Release: level}, verdicts, "go test")
		if n.String() != want {
			t.Errorf("release %q: got\n%s\nwant\n%s", level, &n, want)
		}
	}
}

// A clause that is promised by name and could not be judged fails the test.
func TestReportFailsForAPromiseThatCouldNotBeJudged(t *testing.T) {
	verdicts := []Verdict{{Clause: R1, Status: Unknown, Reason: "the map keeps a copy"}}
	for level, want := range map[Release]string{
		ReleaseUnstated: "log: at rest",
		ReleasePrompt:   "error: a promise could not be judged: at rest",
	} {
		var n notebook
		if Report(&n, Promise{Release: level}, verdicts, "go test"); !strings.HasPrefix(n.String(), want) {
			t.Errorf("release %q: %s, want %q", level, &n, want)
		}
	}
}
