package main

import (
	"testing"

	"github.com/mapspec/mapspec/model"
)

func TestTableNamesClausesByNumberAndWord(t *testing.T) {
	verdict := func(c model.Clause, s model.Status) model.Verdict { return model.Verdict{Clause: c, Status: s} }
	for _, test := range []struct {
		verdicts      []model.Verdict
		found, memory string
	}{
		{nil, "none", "skipped"},
		{[]model.Verdict{verdict(model.S1, model.OK), verdict(model.R1, model.OK)}, "none", "released at once"},
		{[]model.Verdict{verdict(model.S1, model.Violation), verdict(model.P3, model.Violation)}, "S1 atomic operations, P3 panic leaves no lock", "skipped"},
		{[]model.Verdict{verdict(model.S1, model.Violation), verdict(model.R1, model.Unknown)}, "S1 atomic operations; unknown: R1 prompt release", "unknown"},
		{[]model.Verdict{verdict(model.R1, model.Violation), verdict(model.R3, model.OK)}, "R1 prompt release", "released late"},
		{[]model.Verdict{verdict(model.R1, model.Violation), verdict(model.R3, model.Unknown)}, "R1 prompt release; unknown: R3 bounded garbage", "released late?"},
		{[]model.Verdict{verdict(model.R1, model.Violation), verdict(model.R3, model.Violation)}, "R1 prompt release, R3 bounded garbage", "pile up"},
		{[]model.Verdict{verdict(model.R1, model.OK), verdict(model.R2, model.Violation)}, "R2 bounded pinning", "pinned by calls"},
	} {
		if got := found(test.verdicts); got != test.found {
			t.Errorf("%v: found %q, want %q", test.verdicts, got, test.found)
		}
		if got := release(model.Merge(test.verdicts)); got != test.memory {
			t.Errorf("%v: deleted keys %q, want %q", test.verdicts, got, test.memory)
		}
	}
}
