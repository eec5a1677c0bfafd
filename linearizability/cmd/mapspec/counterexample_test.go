package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/model"
)

// A counterexample of each kind is found, minimised, and reproduced by new
// processes.
//
// Clauses: S1, S4, P3, R1, R3
func TestACounterexampleIsSmallAndReproduced(t *testing.T) {
	judges(t)
	for _, c := range []struct {
		name, clause          string
		goroutines, operation int
		want                  []string // on stdout
		rest                  bool     // not in the default run
	}{
		{"go1.15.0", "", 1, 2, []string{"go1.15.0 breaks R1", "Delete(k0)", `readdirty.Go1150.read.entries["conn-0"]`, "also breaks R3"}, false},
		{"go1.15.0", "R3", 1, 3, []string{"16000 times", "Delete(k1)", `readdirty.Go1150.dirty["conn-1"]`}, true},
		{"S1-two-deleters", "S1", 2, 2, []string{"LoadAndDelete(k0)", "Nothing can come next"}, false},
		{"S4-swap-returns-new", "S4", 1, 2, []string{"Swap(k0, v2)", "v2"}, true},
		{"P3-hash-panic", "P3", 1, 1, []string{"never returned"}, false},
	} {
		t.Run(c.name+" "+c.clause, func(t *testing.T) {
			t.Parallel() // it spends most of its time waiting for calls that hang
			if c.rest {
				testpart.Rest(t)
			}
			dir := t.TempDir()
			got := mapspec(t, dir, "counterexample", "-map", c.name, "-clause", c.clause)
			if got.status != exitOK || got.stderr != "" {
				t.Errorf("%s: status %d, stderr %q", c.name, got.status, got.stderr)
			}
			for _, want := range c.want {
				if !strings.Contains(got.stdout, want) {
					t.Errorf("%s: no %q in\n%s", c.name, want, got.stdout)
				}
			}
			clause := c.clause
			if clause == "" {
				clause = "R1"
			}
			saved := filepath.Join("counterexamples", c.name, clause)
			if !strings.Contains(got.stdout, "mapspec replay "+saved) {
				t.Errorf("%s: the command that runs it again is missing:\n%s", c.name, got.stdout)
			}
			found, err := counterexample.Load(filepath.Join(dir, saved))
			if err != nil || len(found.Threads) != c.goroutines || found.Operations() != c.operation {
				t.Errorf("%s: %d goroutines, %d operations, %v; want %d and %d: %+v", c.name, len(found.Threads), found.Operations(), err, c.goroutines, c.operation, found)
			}
			again := mapspec(t, dir, "replay", "-times", "2", saved)
			if again.status != exitOK || !strings.Contains(again.stdout, "in 2 of 2 replays") || strings.Contains(again.stdout, "luck") != found.Lucky() {
				t.Errorf("%s: replay: status %d\n%s%s", c.name, again.status, again.stdout, again.stderr)
			}
		})
	}
}

func TestCounterexampleOfAGoodMapIsNotFound(t *testing.T) {
	judges(t)
	dir := t.TempDir()
	got := mapspec(t, dir, "counterexample", "-map", "locked", "-budget", "300ms", "-seed", "5")
	if got.status != exitWrong || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, "no violation by locked") {
		t.Errorf("status %d, stderr %q", got.status, got.stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "counterexamples")); err == nil {
		t.Error("an empty directory is left behind")
	}
	if !testpart.Run(0) {
		return // the same again, for a clause
	}
	got = mapspec(t, dir, "counterexample", "-map", "locked", "-budget", "300ms", "-clause", "P1")
	if !strings.Contains(got.stderr, "P1 skipped") {
		t.Errorf("stderr %q does not say why P1 was not judged", got.stderr)
	}
}

// A map that ends its process is explained without a program.
func TestCounterexampleOfAMapThatDies(t *testing.T) {
	dir := t.TempDir()
	got := mapspec(t, dir, "counterexample", "-map", "dies", "-budget", "600ms")
	if got.status != exitOK || !strings.Contains(got.stdout, "exit status 7") {
		t.Errorf("status %d\n%s%s", got.status, got.stdout, got.stderr)
	}
	again := mapspec(t, dir, "replay", "counterexamples/dies/S1")
	if again.status == exitOK || !strings.Contains(again.stdout, "no program to run again") {
		t.Errorf("replay: status %d\n%s%s", again.status, again.stdout, again.stderr)
	}
}

// check saves its violations so that replay can run them again.
func TestCheckWritesWhatReplayReads(t *testing.T) {
	judges(t)
	dir := t.TempDir()
	mapspec(t, dir, "check", "-map", "go1.15.0", "-budget", "1s")
	for _, clause := range []string{"R1", "R3"} {
		got := mapspec(t, dir, "replay", "-json", filepath.Join("counterexamples/go1.15.0", clause))
		var line struct {
			Map, Clause, Evidence string
			Shown                 bool
			Rounds                int
		}
		if err := json.Unmarshal([]byte(got.stdout), &line); err != nil || !line.Shown || line.Clause != clause || got.status != exitOK {
			t.Errorf("%s: %v, status %d\n%s%s", clause, err, got.status, got.stdout, got.stderr)
		}
	}
}

func TestReplayDistinguishesStaleFromNotReproduced(t *testing.T) {
	judges(t)
	dir := t.TempDir()
	mapspec(t, dir, "counterexample", "-map", "go1.15.0", "-json")
	name := filepath.Join(dir, "counterexamples/go1.15.0/R1", counterexample.ProgramFile)
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		old, new string
		status   int
		want     string // on either stream
	}{
		{`"schema": 2`, `"schema": 1`, exitOther, "stale: written under schema 1, and this is schema 2; find it anew with mapspec counterexample -map go1.15.0 -clause R1"},
		{`"map": "go1.15.0"`, `"map": "go1.15.9"`, exitOther, `no map "go1.15.9"`},
		{`"map": "go1.15.0"`, `"map": "locked"`, exitWrong, "locked does not break R1 this time (ok)"},
		{`"op": "Delete"`, `"op": "Clear2"`, exitOther, `unknown operation "Clear2"`},
		{`"look": "release"`, `"look": "glance"`, exitOther, `look "glance"`},
		{`"clause": "R1"`, `"clause": "T6"`, exitOther, `look "release" shows violations of R1, not of T6`},
		{`"map": "go1.15.0"`, `"map": "dies in Delete"`, exitWrong, "does not break R1 this time (unknown)\n    the process died"},
	} {
		if !bytes.Contains(b, []byte(c.old)) {
			t.Fatalf("no %s in\n%s", c.old, b)
		}
		if err := os.WriteFile(name, bytes.Replace(b, []byte(c.old), []byte(c.new), 1), 0o666); err != nil {
			t.Fatal(err)
		}
		got := mapspec(t, dir, "replay", filepath.Dir(name))
		if got.status != c.status || !strings.Contains(got.stdout+got.stderr, c.want) {
			t.Errorf("%s: status %d, want %d, with %q:\n%s%s", c.new, got.status, c.status, c.want, got.stdout, got.stderr)
		}
	}
}

// Ctrl-C during the minimisation keeps what was found.
func TestInterruptedCounterexampleIsKeptAsItWasFound(t *testing.T) {
	judges(t)
	t.Parallel() // it spends most of its time waiting for calls that hang
	dir := t.TempDir()
	c := start(t, dir, "counterexample", "-map", "P2-clear-keeps-lock")
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	saved := filepath.Join(dir, "counterexamples/P2-clear-keeps-lock/P2")
	for { // it hangs for seconds at each smaller program
		if _, err := counterexample.Load(saved); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if c.ProcessState.ExitCode() != exitOther || !strings.Contains(stderr.String(), "interrupted; the smallest found so far is in counterexamples") {
		t.Errorf("%v: stderr %q", c.ProcessState, stderr.String())
	}
	if !strings.Contains(stdout.String(), "P2-clear-keeps-lock breaks P2") {
		t.Errorf("stdout %q", stdout.String())
	}
	if found, err := counterexample.Load(saved); err != nil || found.Clause != model.P2 || len(found.Threads) == 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestToExplainIsTheFirstInTheDocument(t *testing.T) {
	verdicts := []model.Verdict{{Clause: model.S1, Status: model.OK}, {Clause: model.R1, Status: model.Violation}, {Clause: model.R3, Status: model.Violation}}
	v, others, ok := toExplain(verdicts, "")
	if !ok || v.Clause != model.R1 || strings.Join(others, " ") != "R3" {
		t.Errorf("%v, %v, %v", v, others, ok)
	}
	v, others, ok = toExplain(verdicts, model.R3)
	if !ok || v.Clause != model.R3 || strings.Join(others, " ") != "R1" {
		t.Errorf("%v, %v, %v", v, others, ok)
	}
	if v, _, ok = toExplain(verdicts, model.S1); ok || v.Status != model.OK {
		t.Errorf("%v, %v", v, ok)
	}
}

// judges skips t with -short, because t judges maps in processes of their own, which
// takes seconds.
func judges(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("judges maps in processes of their own, which takes seconds: run without -short")
	}
}
