package explore

import (
	"slices"
	"strings"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/check"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// judge returns the verdict on a clause that a replay gives. It does not rely on
// the worker's opinion of a history: package check is a second one.
func judge(p model.Promise, c model.Clause, r *wire.Replayed) (model.Verdict, history.History, error) {
	h, err := readHistory(r.History)
	if err != nil {
		return model.Verdict{}, h, err
	}
	kind, ok := kinds[c]
	if !ok {
		return model.Find(check.History(h, check.Options{Promise: p}), c), h, nil
	}
	v := model.Verdict{Clause: c, Status: model.OK, Coverage: model.Bounded("one schedule"), Failure: failureOf(kind, r)}
	if v.Failure != nil {
		v.Status = model.Violation
	}
	return v, h, nil
}

// kinds are the failures that break a clause whatever the history says.
var kinds = map[model.Clause]model.FailureKind{
	model.P1: model.Waits, model.P2: model.Hangs, model.P3: model.LeaksLock,
	model.R1: model.Retains, model.R2: model.Pins, model.M2: model.Races,
}

// failureOf returns the failure of a kind that r shows, or nil.
func failureOf(kind model.FailureKind, r *wire.Replayed) *model.Failure {
	stuck := r.Stuck
	switch kind {
	case model.Waits: // only a Load may not wait for a call that has stopped
		stuck = slices.DeleteFunc(slices.Clone(stuck), func(s model.Stuck) bool { return s.Call == nil || s.Call.Method != model.Load })
	case model.Hangs:
	default:
		if i := slices.IndexFunc(r.Failures, func(f *model.Failure) bool { return f.Kind == kind }); i >= 0 {
			return r.Failures[i]
		}
		return nil
	}
	if len(stuck) == 0 {
		return nil
	}
	return &model.Failure{Kind: kind, Stuck: stuck}
}

// raceReport begins a report of the race detector, and raceRule ends it.
const (
	raceReport = "WARNING: DATA RACE"
	raceRule   = "\n=================="
)

// addReport adds to a data race the first whole report among what its process
// printed.
func addReport(f *model.Failure, printed string) {
	_, report, found := strings.Cut(printed, raceReport)
	if f.Kind == model.Races && len(f.Output) == 0 && found {
		report, _, _ = strings.Cut(report, raceRule)
		f.Output = strings.Split(raceReport+strings.TrimRight(report, "\n"), "\n")
	}
}

// panicked reports whether f is that a call panicked.
func panicked(f *model.Failure) bool {
	var r model.Result
	switch {
	case f == nil:
	case f.Order != nil:
		r = f.Order.Left[0].Result
	case f.Got != nil:
		r = *f.Got
	}
	return r.Panic != "" && r.Panic != model.Goexit
}
