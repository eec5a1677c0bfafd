package linearizability_test

import (
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability"
)

// Clauses: S1, T1, T5, T6, P2
func TestRunPassesGoodMaps(t *testing.T) {
	for _, name := range []string{"locked", "sync.Map"} {
		t.Run(name, func(t *testing.T) {
			m, _ := impl.Find(name)
			linearizability.Run(t, m.Subject)
		})
	}
}

var brokenMap = flag.String("broken-map", "", "run this map, which is broken, in a child process")

func TestRunChild(t *testing.T) {
	if m, ok := impl.Find(*brokenMap); ok {
		linearizability.Run(t, m.Subject)
	}
}

// What fails is made small and explained: the program, what happened, and why
// no order of the calls gives that.
//
// Clauses: S1, P2
func TestRunExplainsWhatFails(t *testing.T) {
	if testing.Short() {
		t.Skip("makes counterexamples smaller, and waits for a watchdog, some 10 s: run without -short")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, wants := range map[string][]string{
		"S1-two-deleters": {"S1 violation", "2 operations on 2 goroutines", "The program", "Nothing can come next", "-mapspec.seed="},
		"P2-lock-order":   {"P2 violation", "goroutine 0", "never returned", "broken.(*P2LockOrder).Clear"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := exec.Command(self, "-test.run=^TestRunChild$", "-broken-map="+name).CombinedOutput()
			if err == nil {
				t.Errorf("%s passes", name)
			}
			for _, want := range wants {
				if !strings.Contains(string(out), want) {
					t.Errorf("%s: no %q in\n%s", name, want, out)
				}
			}
		})
	}
}

// A failing is a test that remembers whether it failed.
type failing struct {
	testing.TB
	failed bool
}

func (f *failing) Helper()               {}
func (f *failing) Errorf(string, ...any) { f.failed = true }

// Clauses: S4
func TestRunCounterexampleFailsAsLongAsTheFaultIsThere(t *testing.T) {
	for name, want := range map[string]bool{"S4-swap-returns-new": true, "locked": false} {
		m, _ := impl.Find(name)
		f := &failing{TB: t}
		linearizability.RunCounterexample(f, m.Subject, `{"schema":2,"map":"mine","clause":"S4","look":"results","rounds":1,
			"program":{"threads":[[{"op":"Store","key":0,"value":1},{"op":"Swap","key":0,"value":2}]]}}`)
		if f.failed != want {
			t.Errorf("%s: failed %t, want %t", name, f.failed, want)
		}
	}
}
