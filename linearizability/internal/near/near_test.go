package near_test

import (
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/near"
)

func TestHintListsTheClosestNamesFirst(t *testing.T) {
	for name, want := range map[string]string{
		"prefx":   ", did you mean prefix?",
		"colide":  ", did you mean collide?",
		"PREFIX":  ", did you mean prefix?",
		"fix":     ", did you mean mix or prefix?",
		"nothing": "",
	} {
		if got := near.Hint(name, []string{"mix", "prefix", "collide"}); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
