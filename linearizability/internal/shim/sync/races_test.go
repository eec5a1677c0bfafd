package sync_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The race detector must see exactly what the real locks order. Locks that order too
// little cause false reports, and locks that order too much hide races. The
// scheduler is compiled without the race detector, as package instrument does it.
func TestRaceDetectorSeesWhatRealLocksOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program with the race detector, which takes 20 s: run without -short")
	}
	// This test's binary does not depend on files that only the race detector's
	// build has. Reading the sources makes go test notice their changes, too.
	sources, _ := filepath.Glob("*.go")
	for _, name := range append(sources, "testdata/races/main.go") {
		if _, err := os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	const engine = "github.com/mapspec/mapspec/linearizability/internal/engine/"
	races := filepath.Join(t.TempDir(), "races")
	out, err := exec.Command("go", "build", "-race", "-gcflags="+engine+"sched=-race=false", "-gcflags="+engine+"search=-race=false",
		"-o", races, "./testdata/races").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{
		"ordered-mutex", "ordered-writers-and-reader", "ordered-readers", "ordered-waitgroup", "ordered-cond",
		"ordered-pool", "ordered-once", "ordered-map",
		"race-readers", "race-readers-one-by-one", "race-after-failed-trylock", "race-map-keys-one-by-one",
		"race-pool-one-by-one", "race-before-wait",
	} {
		t.Run(name, func(t *testing.T) {
			out, err := exec.Command(races, name).CombinedOutput()
			raced := strings.Contains(string(out), "DATA RACE")
			if want := strings.HasPrefix(name, "race-"); raced != want || (err != nil) != want {
				t.Errorf("race: %v (%v), want %v\n%s", raced, err, want, out)
			}
		})
	}
}
