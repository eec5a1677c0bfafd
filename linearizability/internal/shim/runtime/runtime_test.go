package runtime_test

import (
	std "runtime"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/shim/runtime"
)

func TestNumberOfProcessorsIsFixed(t *testing.T) {
	before := std.GOMAXPROCS(0)
	if runtime.GOMAXPROCS(1) != 4 || runtime.NumCPU() != 4 || std.GOMAXPROCS(0) != before {
		t.Error("GOMAXPROCS or NumCPU does not return 4, or changes the real GOMAXPROCS")
	}
}

func TestGoschedIsAStepInsideAnExecution(t *testing.T) {
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
		t.Errorf("a loop that yields ended with %v, want the step limit", ending)
	}
}

func TestCallersSkipTheStandIn(t *testing.T) {
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

// Maps may use these functions in executions, too.
func TestFunctionsThatAreTheRealOnes(t *testing.T) {
	s := sched.New(2, sched.Limits{})
	defer s.Close()
	var stack, name, version string
	s.Run([]func(){
		func() {
			buf := make([]byte, 1<<12)
			stack = string(buf[:runtime.Stack(buf, false)])
			pc, _, _, _ := runtime.Caller(0)
			name, version = runtime.FuncForPC(pc).Name(), runtime.Version()
			runtime.KeepAlive(buf)
		},
		func() { runtime.Goexit() },
	}, lowest{})
	if version != std.Version() || !strings.Contains(name, t.Name()) || !strings.Contains(stack, t.Name()) {
		t.Errorf("version %s, function %s, stack\n%s", version, name, stack)
	}
	if s.Exits() != sched.Only(1) {
		t.Errorf("threads %b called Goexit, want thread 1", s.Exits())
	}
}

// lowest always chooses the lowest enabled thread.
type lowest struct{}

func (lowest) Choose(_ *sched.Scheduler, enabled sched.Threads) int { return enabled.First() }
