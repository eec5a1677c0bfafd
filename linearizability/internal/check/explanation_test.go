package check

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// explain returns the violations that a valid history shows.
func explain(h history.History, o Options) []clauseViolation {
	return judgeAll(h.Operations(), o).violations()
}

// summary describes a violation in a few words: whose order, from which state, the
// order with the state after each operation, and what fits nowhere. It covers every
// field of an explanation.
func summary(x clauseViolation) string {
	f := x.failure
	if f.Operation != nil {
		return fmt.Sprintf("%s: %s %d by %d: %s", x.clause, f.Kind, f.Operation.ID, f.Operation.Client, f.Sentence())
	}
	s := fmt.Sprintf("%s: %s from %s", x.clause, f.Order.Name(), f.Order.From)
	for _, p := range f.Order.Longest {
		s += fmt.Sprintf("; %d by %d %s: %s", p.ID, p.Client, p.Did(), p.State)
	}
	for _, p := range f.Order.Left {
		s += fmt.Sprintf("; left %d by %d %s in %s, want %q", p.ID, p.Client, p.Did(), p.State, p.Wanted())
	}
	return s
}

// TestExplanations explains one violation of each kind.
//
// Clauses: S1, S6, S7, T1, T4, T5, T6
func TestExplanations(t *testing.T) {
	for _, c := range []struct {
		name    string
		promise model.Promise
		want    string
	}{
		{"lost-update", weakest, "S1: k2 from v1; 1 by 0 CompareAndSwap(k2, v1, v3) returned true: v3" +
			`; left 2 by 1 CompareAndSwap(k2, v1, v4) returned true in v3, want "false"`},
		{"pending-cas-without-match", weakest, "S1: k2 from v1; 1 by 0 pending CompareAndSwap(k2, v3, v4): v1; 2 by 1 Load(k2) returned v1, true: v1" +
			`; left 3 by 1 Load(k2) returned v4, true in v1, want "v1, true"`},
		{"range-misses-resident", weakest, `T1: k3 from v1; left 2 by 1 Range left out k3 in v1, want "k3 visited with v1"`},
		{"range-visits-absent", weakest, `T1: k2 from absent; left 2 by 1 Range visited k2 with v1 in absent, want "k2 left out"`},
		{"clear-not-atomic", strongest, "T5: whole map from {k2: v1, k3: v1}; 2 by 0 Clear() returned: {}; 3 by 1 Load(k2) returned zero, false: {}" +
			`; left 4 by 1 Load(k3) returned v1, true in {}, want "zero, false"`},
		{"len-two-of-one-key", strongest, "T6: whole map from {}; 0 by 0 Store(k2, v1) returned: {k2: v1}" +
			`; left 1 by 1 Len() returned 2 in {k2: v1}, want "1"`},
		{"range-duplicate", weakest, "T1: wrong traversal 1 by 1: Range() visited k2 twice, regardless of the other operations (operation 1)"},
		{"nan-visited-too-often", weakest, "T1: wrong traversal 2 by 1: Range() visited NaN, v1 more often than it was stored, regardless of the other operations (operation 2)"},
		{"range-panic-swallowed", weakest, "T4: wrong result 2 by 1: Range(func: panic at visit 1) returned; want panic of its callback, regardless of the other operations (operation 2)"},
		{"nan-found-again", weakest, "S7: wrong result 1 by 0: Load(NaN) returned v1, true; want zero, false, regardless of the other operations (operation 1)"},
		{"clear-panics", weakest, "T5: wrong result 1 by 0: Clear() panicked unexpectedly, regardless of the other operations (operation 1)"},
	} {
		got := explain(read(t, c.name), Options{Promise: c.promise})
		if len(got) != 1 || summary(got[0]) != c.want {
			t.Errorf("%s: want\n%s, got", c.name, c.want)
			for _, x := range got {
				t.Error(summary(x))
			}
		}
	}
}

func equalExplanations(a, b clauseViolation) bool { return reflect.DeepEqual(a, b) }

// TestEveryViolationIsExplained checks that each violation names the operation that
// fits nowhere and the result wanted of it, and that its lines end with it.
func TestEveryViolationIsExplained(t *testing.T) {
	for _, s := range smallHistories {
		for _, v := range History(read(t, s.name), Options{Promise: s.promise}) {
			if (v.Failure != nil) != (v.Status == model.Violation) {
				t.Errorf("%s: %v has failure %v", s.name, v, v.Failure)
			}
			if v.Failure == nil || v.Failure.Order == nil {
				continue
			}
			stuck := v.Failure.Order.Left[0]
			if stuck.Want == nil || stuck.Fits() {
				t.Errorf("%s: nothing else is wanted of %v", s.name, stuck)
			}
			if lines := v.Lines(); !strings.HasSuffix(lines[len(lines)-1], stuck.Did()) {
				t.Errorf("%s: the lines end in %q, want %q", s.name, lines[len(lines)-1], stuck.Did())
			}
		}
	}
}

// TestWhatIsLeftFitsNowhere checks that the first operation left over did not
// return what it should have.
func TestWhatIsLeftFitsNowhere(t *testing.T) {
	found := 0
	for seed := range uint64(200) {
		choose := seeded(seed)
		s := &simulation{choose: choose, clients: 3, calls: 12, keys: []int{0}, values: 2, methods: onKey, leaveOneIn: 2}
		ops := s.run()
		spoil(ops, choose, s.keys, s.values)
		for _, x := range explain(history.Of(ops), Options{}) {
			if x.failure.Order == nil {
				continue
			}
			found++
			if p := x.failure.Order.Left[0]; p.Fits() {
				t.Errorf("seed %d: %s is what is wanted in %s", seed, p.Did(), p.State)
			}
		}
	}
	if found == 0 {
		t.Error("no history has an explanation")
	}
}
