package model_test

import (
	"encoding/json"
	"slices"
	"testing"

	. "github.com/mapspec/mapspec/model"
)

func TestPromiseGivesAReasonForWhatItDoesNotPromise(t *testing.T) {
	every := Promise{Release: ReleasePrompt, Clear: Strong, Len: Strong, Zero: true, Shrinks: true, LoadFree: true}
	release := func(level Release) Promise { return Promise{Release: level, Zero: true, Shrinks: true, LoadFree: true} }
	for _, row := range []struct {
		name    string
		promise Promise
		reasons map[Clause]string // of the clauses that are not judged
	}{
		{"nothing", Promise{}, map[Clause]string{
			S9: "not promised: a usable zero value",
			R4: "not promised: a table that shrinks",
			P1: "not promised: a Load that never waits",
		}},
		{"everything", every, nil},
		{"no release level", release(ReleaseUnstated), nil},
		{"bounded release", release(ReleaseBounded), map[Clause]string{R1: "not promised: prompt release"}},
		{"no release", release(ReleaseNone), map[Clause]string{
			R1: "not promised: prompt release", R2: "not promised: release", R3: "not promised: release",
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, s := range Sentences {
				if got := row.promise.Reason(s.Clause); got != row.reasons[s.Clause] {
					t.Errorf("%s: %q, want %q", s.Clause, got, row.reasons[s.Clause])
				}
			}
		})
	}
}

func TestPromiseFailsOnEveryClauseButAReleaseThatItDoesNotState(t *testing.T) {
	for _, level := range []Release{ReleaseUnstated, ReleaseNone, ReleaseBounded, ReleasePrompt} {
		for _, s := range Sentences {
			reported := level == ReleaseUnstated && (s.Clause == R1 || s.Clause == R2 || s.Clause == R3)
			if got := (Promise{Release: level}).Fails(s.Clause); got == reported {
				t.Errorf("release %q: Fails(%s) is %v", level, s.Clause, got)
			}
		}
	}
}

func TestPromiseNamesWhatItAddsToWhatEveryMapOwes(t *testing.T) {
	for _, row := range []struct {
		promise Promise
		named   []Clause
	}{
		{Promise{}, nil},
		{Promise{Clear: Strong, Len: Strong, Release: ReleaseNone}, nil},
		{Promise{Zero: true}, []Clause{S9}},
		{Promise{Release: ReleasePrompt}, []Clause{R1}},
		{Promise{Release: ReleaseBounded}, []Clause{R3}},
		{Promise{Shrinks: true}, []Clause{R4}},
		{Promise{LoadFree: true}, []Clause{P1}},
	} {
		for _, s := range Sentences {
			if got := row.promise.Names(s.Clause); got != slices.Contains(row.named, s.Clause) {
				t.Errorf("%+v: Names(%s) is %v", row.promise, s.Clause, got)
			}
		}
	}
}

func TestPromiseIsWrittenAsWhatItPromises(t *testing.T) {
	for line, p := range map[string]Promise{
		`{}`: {},
		`{"release":"prompt","clear":"strong","len":"strong","zero":true,"shrinks":true,"load_never_waits":true}`: {
			Release: ReleasePrompt, Clear: Strong, Len: Strong, Zero: true, Shrinks: true, LoadFree: true},
	} {
		b, err := json.Marshal(p)
		if err != nil || string(b) != line {
			t.Errorf("%+v is written as %s, %v; want %s", p, b, err, line)
		}
		var back Promise
		if err := json.Unmarshal([]byte(line), &back); err != nil || back != p {
			t.Errorf("%s is read as %+v, %v", line, back, err)
		}
	}
}
