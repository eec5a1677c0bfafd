package check

import (
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// TestExplain explains one violation of each kind.
//
// Clauses: S1, S6, S7, T1, T4, T5, T6
func TestExplain(t *testing.T) {
	for _, c := range []struct {
		name    string
		promise model.Promise
		want    Explanation
	}{
		{"lost-update", weakest, Explanation{
			Clause: model.S1, Of: "k2", From: "v1",
			Order: []Placed{{1, 0, "CompareAndSwap(k2, v1, v3) returned true", "v3", ""}},
			Left:  []Placed{{2, 1, "CompareAndSwap(k2, v1, v4) returned true", "v3", "false"}},
		}},
		{"pending-cas-without-match", weakest, Explanation{
			Clause: model.S1, Of: "k2", From: "v1",
			Order: []Placed{
				{1, 0, "pending CompareAndSwap(k2, v3, v4)", "v1", ""},
				{2, 1, "Load(k2) returned v1, true", "v1", ""},
			},
			Left: []Placed{{3, 1, "Load(k2) returned v4, true", "v1", "v1, true"}},
		}},
		{"range-misses-resident", weakest, Explanation{
			Clause: model.T1, Of: "k3", From: "v1",
			Left: []Placed{{2, 1, "Range left out k3", "v1", "k3 visited with v1"}},
		}},
		{"range-visits-absent", weakest, Explanation{
			Clause: model.T1, Of: "k2", From: "absent",
			Left: []Placed{{2, 1, "Range visited k2 with v1", "absent", "k2 left out"}},
		}},
		{"clear-not-atomic", strongest, Explanation{
			Clause: model.T5, Of: "whole map", From: "{k2: v1, k3: v1}",
			Order: []Placed{{2, 0, "Clear() returned", "{}", ""}, {3, 1, "Load(k2) returned zero, false", "{}", ""}},
			Left:  []Placed{{4, 1, "Load(k3) returned v1, true", "{}", "zero, false"}},
		}},
		{"len-two-of-one-key", strongest, Explanation{
			Clause: model.T6, Of: "whole map", From: "{}",
			Order: []Placed{{0, 0, "Store(k2, v1) returned", "{k2: v1}", ""}},
			Left:  []Placed{{1, 1, "Len() returned 2", "{k2: v1}", "1"}},
		}},
		{"range-duplicate", weakest, Explanation{
			Clause: model.T1, Left: []Placed{{1, 1, "Range visited k2 twice", "", "one visit"}},
		}},
		{"nan-visited-too-often", weakest, Explanation{
			Clause: model.T1, Left: []Placed{{2, 1, "Range visited NaN, v1 2 times", "", "at most 1 visit"}},
		}},
		{"range-panic-swallowed", weakest, Explanation{
			Clause: model.T4, Left: []Placed{{2, 1, "Range(func: panic at visit 1) returned after 1 visit", "", "panic: callback"}},
		}},
		{"nan-found-again", weakest, Explanation{
			Clause: model.S7, Left: []Placed{{1, 0, "Load(NaN) returned v1, true", "", "zero, false"}},
		}},
		{"clear-panics", weakest, Explanation{
			Clause: model.T5, Left: []Placed{{1, 0, "Clear() panicked (other)", "", "no panic"}},
		}},
	} {
		got := Explain(read(t, c.name), Options{Promise: c.promise})
		if len(got) != 1 || !equalExplanations(got[0], c.want) {
			t.Errorf("%s: got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

func equalExplanations(a, b Explanation) bool {
	return a.Clause == b.Clause && a.Of == b.Of && a.From == b.From && slices.Equal(a.Order, b.Order) && slices.Equal(a.Left, b.Left)
}

// TestExplanationsSayWhatTheVerdictsSay checks that each violation has both an
// explanation and a trace, and that they agree.
func TestExplanationsSayWhatTheVerdictsSay(t *testing.T) {
	for _, s := range smallHistories {
		h := read(t, s.name)
		list := Explain(h, Options{Promise: s.promise})
		for _, v := range History(h, Options{Promise: s.promise}) {
			i := slices.IndexFunc(list, func(x Explanation) bool { return x.Clause == v.Clause })
			if (i >= 0) != (v.Status == model.Violation) {
				t.Errorf("%s: %v has explanation %d", s.name, v, i)
				continue
			}
			if i < 0 {
				continue
			}
			x := list[i]
			if len(x.Left) == 0 || x.Of != "" && x.Left[0].Want == "" {
				t.Errorf("%s: nothing is wanted in %+v", s.name, x)
				continue
			}
			if x.Of != "" && !strings.HasSuffix(v.Trace[len(v.Trace)-1], x.Left[0].Did) {
				t.Errorf("%s: the trace ends in %q, the explanation in %q", s.name, v.Trace[len(v.Trace)-1], x.Left[0].Did)
			}
		}
	}
}

// TestWhatIsLeftFitsNowhere checks that the first operation left over did not
// return what it should have.
func TestWhatIsLeftFitsNowhere(t *testing.T) {
	for seed := range uint64(200) {
		choose := seeded(seed)
		s := &simulation{choose: choose, clients: 3, calls: 12, keys: []int{0}, values: 2, methods: onKey, leaveOneIn: 2}
		ops := s.run()
		spoil(ops, choose, s.keys, s.values)
		for _, x := range Explain(history.Of(ops), Options{}) {
			did := x.Left[0].Did
			if x.Of != "" && strings.HasSuffix(did, "returned "+x.Left[0].Want) {
				t.Errorf("seed %d: %s is what is wanted in %s", seed, did, x.Left[0].State)
			}
		}
	}
}

func TestAMalformedHistoryHasNoExplanation(t *testing.T) {
	malformed := history.History{Events: []history.Event{{Seq: 1, Kind: history.Returned}}}
	if got := Explain(malformed, Options{}); got != nil {
		t.Errorf("got %+v", got)
	}
}
