package stress_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/impl/locked"
	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/stress"
	"github.com/mapspec/mapspec/model"
)

// stuckClear never returns from Clear.
type stuckClear struct{ locked.Map[any, any] }

func (*stuckClear) Clear() { select {} }

// What returned before a call that hangs has its result; only what hangs is
// pending, and named.
//
// Clauses: P2
func TestCallsBeforeAHangKeepTheirResults(t *testing.T) {
	s := impl.Subject("stuck", model.Promise{}, func() any { return new(stuckClear) })
	w := model.Witness{Look: model.LookHistory, Threads: [][]model.Op{
		{{Method: model.Store, Key: 0, Value: 1}, {Method: model.Swap, Key: 0, Value: 2}, {Method: model.Clear}},
		{{Method: model.Load, Key: 1}},
	}}
	v, rounds, err := stress.Try(context.Background(), s, model.P2, w, stress.Options{Rounds: 5})
	if err != nil || v.Status != model.Violation || rounds != 1 || !strings.HasPrefix(v.Evidence(), "Clear() never returned") {
		t.Fatalf("%v after %d rounds, %v", v, rounds, err)
	}
	h, err := history.Read(bytes.NewReader(v.Failure.History))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range h.Operations() {
		if o.Pending() != (o.Op.Method == model.Clear) || o.Op.Method == model.Swap && o.Result != (model.Result{Value: 1, OK: true}) {
			t.Errorf("%v", o)
		}
	}
}

// A program that does not fail is unknown, never ok: another schedule may come.
func TestTryWithoutAViolationIsUnknown(t *testing.T) {
	m, _ := impl.Find("locked")
	swap := func(v int) model.Op { return model.Op{Method: model.Swap, Value: v} }
	w := model.Witness{Look: model.LookHistory, Threads: [][]model.Op{{swap(1)}, {swap(2)}}}
	v, rounds, err := stress.Try(context.Background(), m.Subject, model.S1, w, stress.Options{Rounds: 50})
	if err != nil || v.Status != model.Unknown || rounds != 50 {
		t.Errorf("%v after %d rounds, %v", v, rounds, err)
	}
	w.Threads = w.Threads[:1]
	if _, rounds, _ = stress.Try(context.Background(), m.Subject, model.S1, w, stress.Options{Rounds: 50}); rounds != 1 {
		t.Errorf("%d rounds of one goroutine, want 1", rounds)
	}
}

// More goroutines than a mode has are run too, and what a map cannot do is an
// error.
func TestTryRunsAnyProgramThatTheMapCan(t *testing.T) {
	m, _ := impl.Find("go1.15.0")
	load := []model.Op{{Method: model.Load}}
	many := model.Witness{Threads: [][]model.Op{load, load, load, load, load, load}}
	if _, rounds, err := stress.Try(context.Background(), m.Subject, model.S1, many, stress.Options{Rounds: 3}); err != nil || rounds != 3 {
		t.Errorf("%d rounds, %v", rounds, err)
	}
	for _, o := range []model.Op{{Method: model.Clear}, {Method: model.Load, Key: model.Foreign},
		{Method: model.Range, Func: &model.Func{Do: []model.Op{{Method: model.Clear}}}}} {
		_, _, err := stress.Try(context.Background(), m.Subject, model.S1, model.Witness{Threads: [][]model.Op{{o}}}, stress.Options{Rounds: 1})
		if err == nil || !strings.Contains(err.Error(), "go1.15.0 cannot do") {
			t.Errorf("%v: %v", o, err)
		}
	}
}
