package broken

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// raceRounds is the number of times each goroutine does its part.
const raceRounds = 1000

// raceSubjects are what the race detector must report, by name of the map, and
// controls that it must not report.
var raceSubjects = map[string]func(){
	"M1-absent-by-len": func() { observeAbsence(new(M1AbsentByLen)) },
	"M2-counts-loads": func() {
		m := new(M2CountsLoads)
		together(func() { m.Load("k") }, func() { m.Load("k") })
	},
	"M2-len-unlocked": func() {
		m := new(M2LenUnlocked)
		together(func() { m.Store("k", 1) }, func() { m.Len() })
	},
	"control-M1": func() { observeAbsence(new(core)) },
	"control-inside-M1": func() { // breaks M1 but has no data race inside the map
		m := new(M1AbsentByLen)
		use := func() {
			for range raceRounds {
				m.Store("k", 1)
				m.Load("k")
				m.Delete("k")
				m.Load("k")
				m.Clear()
			}
		}
		together(use, use)
	},
}

// observeAbsence writes a plain variable before it deletes a key, and reads it after
// another goroutine has found the key absent.
func observeAbsence(m surface) {
	for range raceRounds {
		word := 0
		m.Store("k", 1)
		together(
			func() { word = 1; m.Delete("k") },
			func() {
				for {
					if _, ok := m.Load("k"); !ok {
						break
					}
					runtime.Gosched()
				}
				if word != 1 {
					panic("absence was observed, but not what came before it")
				}
			})
	}
}

// Clauses: M1, M2
func TestTheRaceDetectorSeesMemoryClauses(t *testing.T) {
	if !raceEnabled {
		t.Skip("only the race detector sees these faults: run with -race")
	}
	if subject := os.Getenv("BROKEN_RACE_SUBJECT"); subject != "" {
		raceSubjects[subject]() // in the child process
		return
	}
	for _, m := range Maps {
		if m.Sees == Race && raceSubjects[m.Name] == nil {
			t.Errorf("%s has no demonstration", m.Name)
		}
	}
	for name := range raceSubjects {
		t.Run(name, func(t *testing.T) {
			run := exec.Command(os.Args[0], "-test.run=^TestTheRaceDetectorSeesMemoryClauses$")
			run.Env = append(os.Environ(), "BROKEN_RACE_SUBJECT="+name)
			output, _ := run.CombinedOutput()
			reported := strings.Contains(string(output), "WARNING: DATA RACE")
			if want := !strings.HasPrefix(name, "control"); reported != want {
				t.Errorf("reported: %v, want %v\n%s", reported, want, output)
			}
		})
	}
}

// TestMemoryClausesDoNotShowInResults checks that without the race detector these
// maps return what core returns.
func TestMemoryClausesDoNotShowInResults(t *testing.T) {
	if raceEnabled {
		t.Skip("these maps race on purpose, which would fail the test: run without -race")
	}
	observeAbsence(new(M1AbsentByLen))
	for _, m := range []surface{new(M2CountsLoads), new(M2LenUnlocked)} {
		use := func(key string) func() {
			return func() {
				for i := range raceRounds {
					m.Store(key, i)
					if value, ok := m.Load(key); value != i || !ok || m.Len() < 1 || m.Len() > 2 {
						t.Errorf("Load(%s) = %v, %v after Store(%d)", key, value, ok, i)
					}
				}
			}
		}
		together(use("a"), use("bb"))
	}
}
