package model_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/mapspec/mapspec/model"
)

// A notebook is a Reporter that writes down what it is told.
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
	}
	common := `log: S1 ok (complete: all)
log: S9 skipped: not promised: a usable zero value
error: an absent key yields the zero value and false; a present key yields true, even if its value is zero
    S3 violation (bounded: some): Load(k1) returned zero, false, want v1, true
        Store(k1, v1)
        Load(k1)   → zero, false
    repeat with: go test
log: no deadlock, no lost wake-up
    P2 unknown: budget
error: only operations on the same key, and Clear, affect a key's result
    S2 invalid: line 3
    repeat with: go test
`
	release := `: at rest nothing is reachable that a traversal would not hand out
    R1 violation: key k3 and 9 more are still reachable at rest: m.dirty
    held by m.dirty
`
	for level, want := range map[Release]string{
		ReleaseUnstated: common + "log" + release,
		ReleasePrompt:   common + "error" + release + "    repeat with: go test\n",
	} {
		var n notebook
		Report(&n, Promise{Release: level}, verdicts, "go test")
		if n.String() != want {
			t.Errorf("release %q: got\n%s\nwant\n%s", level, &n, want)
		}
	}
}

// What is promised by name and could not be judged is not silently ok.
func TestReportFailsForAPromiseThatCouldNotBeJudged(t *testing.T) {
	verdicts := []Verdict{{Clause: R1, Status: Unknown, Reason: "the map keeps a copy"}}
	for level, want := range map[Release]string{
		ReleaseUnstated: "log: at rest",
		ReleasePrompt:   "error: promised, and could not be judged: at rest",
	} {
		var n notebook
		if Report(&n, Promise{Release: level}, verdicts, "go test"); !strings.HasPrefix(n.String(), want) {
			t.Errorf("release %q: %s, want %q", level, &n, want)
		}
	}
}
