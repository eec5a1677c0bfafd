package explore

import (
	"errors"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/model"
)

// A violation that cannot be run again has no failure, and no verdict that says one.
func TestAViolationThatCannotBeExplainedIsUnknown(t *testing.T) {
	v := Violation{Clause: model.S1, err: errors.New("the worker died")}
	if got := v.Verdict(&Certificate{}); got.Status != model.Unknown || !strings.Contains(got.Evidence(), "the worker died") {
		t.Errorf("%v, want unknown and the reason", got)
	}
	v.Failure = &model.Failure{Kind: model.NoZeroValue}
	if got := v.Verdict(&Certificate{}); got.Status != model.Violation {
		t.Errorf("%v, want a violation", got)
	}
}
