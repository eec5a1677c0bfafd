package runtime_test

import (
	std "runtime"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/shim/runtime"
)

func TestTheMachineIsAlwaysTheSame(t *testing.T) {
	before := std.GOMAXPROCS(0)
	if runtime.GOMAXPROCS(1) != 4 || runtime.NumCPU() != 4 || std.GOMAXPROCS(0) != before {
		t.Error("GOMAXPROCS and NumCPU are not 4, or changed something")
	}
}

func TestGoschedIsAStepWithinOnly(t *testing.T) {
	runtime.Gosched()
	s := sched.New(1, sched.Limits{Steps: 5})
	defer s.Close()
	ending, _ := s.Alone(func() {
		runtime.GC()
		runtime.LockOSThread()
		runtime.UnlockOSThread()
		for {
			runtime.Gosched()
		}
	})
	if ending != sched.StepLimit {
		t.Errorf("a loop that yields ended by %v, want the step limit", ending)
	}
}

func TestCallersAreThoseOfTheRealFunctions(t *testing.T) {
	_, file, line, ok := runtime.Caller(0)
	_, _, next, _ := std.Caller(0)
	if !ok || !strings.HasSuffix(file, "runtime_test.go") || line != next-1 {
		t.Errorf("called from %s:%d, want the line before %d", file, line, next)
	}
	pcs := make([]uintptr, 4)
	f, _ := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)]).Next()
	if !strings.HasSuffix(f.Function, t.Name()) {
		t.Errorf("called from %s, want %s", f.Function, t.Name())
	}
}
