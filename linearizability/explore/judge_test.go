package explore

import (
	"reflect"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// P1 is about Loads: another call that waits breaks P2 if anything.
func TestOnlyALoadThatIsStuckBreaksP1(t *testing.T) {
	load, store := &model.Op{Method: model.Load}, &model.Op{Method: model.Store, Value: 1}
	for _, x := range []struct {
		clause model.Clause
		stuck  []model.Stuck
		want   []model.Stuck
	}{
		{model.P1, []model.Stuck{{Call: store}}, nil},
		{model.P1, []model.Stuck{{Call: store}, {Call: load, Goroutine: 1}}, []model.Stuck{{Call: load, Goroutine: 1}}},
		{model.P2, []model.Stuck{{Call: store}, {Call: load, Goroutine: 1}}, []model.Stuck{{Call: store}, {Call: load, Goroutine: 1}}},
		{model.P2, nil, nil},
		{model.P3, []model.Stuck{{Call: store}}, nil},
	} {
		v, _, err := judge(model.Promise{}, x.clause, &wire.Replayed{Stuck: x.stuck})
		if err != nil || (v.Status == model.Violation) != (x.want != nil) || v.Failure != nil && !reflect.DeepEqual(v.Failure.Stuck, x.want) {
			t.Errorf("%s with %v: %v, %v; want %v", x.clause, x.stuck, v, err, x.want)
		}
	}
}

func TestARaceHasTheReportOfItsProcess(t *testing.T) {
	race, leak := &model.Failure{Kind: model.Races}, &model.Failure{Kind: model.LeaksLock}
	for _, f := range []*model.Failure{race, leak} {
		addReport(f, "the end of one\n==================\nWARNING: DATA RACE\nWrite at 0x1\n==================\nWARNING: DATA RACE\n")
		addReport(f, "WARNING: DATA RACE\nanother")
	}
	if len(race.Output) != 2 || race.Output[1] != "Write at 0x1" || leak.Output != nil {
		t.Errorf("the reports are %q and %q", race.Output, leak.Output)
	}
}

func TestAPanicIsSeenInAFailure(t *testing.T) {
	result := func(p model.Panic) *model.Failure {
		return &model.Failure{Kind: model.WrongResult, Call: &model.Op{}, Got: &model.Result{Panic: p}}
	}
	order := &model.Failure{Kind: model.NoOrder, Order: &model.Order{Left: []model.Placed{{Result: model.Result{Panic: model.PanicOther}}}}}
	for f, want := range map[*model.Failure]bool{
		result(model.PanicOther): true, result(model.Goexit): false, result(""): false, order: true, {Kind: model.Hangs}: false, nil: false,
	} {
		if panicked(f) != want {
			t.Errorf("%+v: %v", f, !want)
		}
	}
}
