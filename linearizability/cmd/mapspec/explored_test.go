package main

import (
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/model"
)

// Only a complete exploration that has stopped calls shows that Load never waits.
//
// Clauses: P1
func TestOnlyACompleteExplorationWithStallsConfirmsP1(t *testing.T) {
	free := model.Promise{LoadFree: true}
	whole := explore.Certificate{Stalls: true, Stalled: 1, Coverage: "complete", Initials: []string{"empty"}}
	bounded, unstopped, unasked := whole, whole, whole
	bounded.Coverage = "bounded: budget"
	unstopped.Stalled = 0
	unasked.Stalls = false
	for _, c := range []struct {
		name        string
		certificate *explore.Certificate
		promise     model.Promise
		want        model.Status
	}{
		{"complete", &whole, free, model.OK},
		{"a budget has ended", &bounded, free, model.Unknown},
		{"no call was stopped", &unstopped, free, model.Unknown},
		{"calls were not to be stopped", &unasked, free, model.Skipped},
		{"not explored", nil, free, model.Skipped},
		{"not promised", &whole, model.Promise{}, model.Skipped},
	} {
		got := model.Find(explored{certificate: c.certificate}.verdicts(c.promise), model.P1)
		if got.Status != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Clauses: P1
func TestTheQuickExplorationJudgesP1(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and explores two maps, some seconds: run without -short")
	}
	for name, want := range map[string]model.Status{"flatmap": model.OK, "P1-load-locks": model.Violation} {
		if want == model.OK && !testpart.Run(0) {
			continue // seconds
		}
		m, _ := impl.Find(name)
		e := exploreQuickly(t.Context(), m, "2x1")
		if e.reason != "" {
			t.Fatal(e.reason)
		}
		if got := model.Find(e.verdicts(m.Subject.Bind().Promise()), model.P1); got.Status != want {
			t.Errorf("%s: P1 is %v, want %v", name, got, want)
		}
	}
}
