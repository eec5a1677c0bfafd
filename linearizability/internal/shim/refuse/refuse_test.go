package refuse_test

import (
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
)

func TestRefusalIsRememberedEvenIfTheMapRecovers(t *testing.T) {
	refuse.Reset()
	if refuse.At("select", "a.go:1"); refuse.Last() != nil {
		t.Error("refused outside an execution")
	}
	s := sched.New(1, sched.Limits{})
	defer s.Close()
	ending, p := s.Alone(func() {
		defer func() { recover() }()
		refuse.At("select", "a.go:1")
	})
	if e := refuse.Last(); ending != sched.Completed || p != nil || e == nil || !strings.HasPrefix(e.Error(), "a.go:1: select is not supported") {
		t.Errorf("%v %v, remembered %v", ending, p, e)
	}
	if _, p := s.Alone(func() { refuse.At("go", "b.go:2") }); p != refuse.Last() {
		t.Errorf("panic %v, remembered %v", p, refuse.Last())
	}
	if refuse.Reset(); refuse.Last() != nil {
		t.Error("Reset did not forget the refusal")
	}
}
