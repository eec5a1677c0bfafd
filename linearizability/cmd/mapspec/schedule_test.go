package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/model"
)

// explore prints and saves a violation, and replay reproduces it: the output is the
// same in every process.
//
// Clauses: P2, S1
func TestExploreKeepsWhatReplayShowsAgain(t *testing.T) {
	judges(t)
	dir := t.TempDir()
	found := mapspec(t, ".", "explore", "-map", "P2-lock-order", "-size", "2x1", "-keys", "1", "-initial", "empty", "-o", dir)
	saved := filepath.Join(dir, "P2-lock-order", "P2")
	for _, want := range []string{"P2-lock-order breaks P2", "goroutine 1 has it", "every run of the schedule shows it", "mapspec replay " + saved} {
		if !strings.Contains(found.stdout, want) {
			t.Errorf("no %q in\n%s%s", want, found.stdout, found.stderr)
		}
	}
	for _, name := range []string{"program.json", "history.jsonl", "steps.jsonl", "steps.txt", "trace.txt", "report.html", "_counterexample_test.go"} {
		if b, err := os.ReadFile(filepath.Join(saved, name)); err != nil || len(b) == 0 {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
	}
	first := mapspec(t, ".", "replay", saved)
	if first.status != exitOK || !strings.Contains(first.stdout, "breaks P2 again") {
		t.Errorf("first: %+v", first)
	}
	if testpart.Run(0) {
		if second := mapspec(t, ".", "replay", saved); first != second {
			t.Errorf("first: %+v\nsecond: %+v", first, second)
		}
	}
	steps, err := os.ReadFile(filepath.Join(saved, "steps.txt"))
	if err != nil || !strings.HasSuffix(first.stdout, string(steps)) {
		t.Errorf("replay shows\n%s\nsaved was %v\n%s", first.stdout, err, steps)
	}
}

// A schedule that does not reproduce the violation is a failed replay, and a schedule
// of another source is stale.
func TestReplayOfAScheduleDistinguishesFailedFromStale(t *testing.T) {
	judges(t)
	dir := t.TempDir()
	const own = "../../explore/testdata/own" // its maps build faster than the ones of the catalogue
	mapspec(t, own, "explore", "-pkg", "example.com/own/loses", "-new", "new(loses.Map)", "-size", "2x1", "-keys", "1", "-initial", "empty", "-o", dir)
	saved := filepath.Join(dir, "example.com", "own", "loses", "S1")
	for i, c := range []struct {
		name   string
		change func(*model.Schedule)
		status int
		want   string
		rest   bool // not in the default run
	}{
		{"as it was", func(*model.Schedule) {}, exitOK, "again", false},
		{"an innocent schedule", func(s *model.Schedule) { s.Steps = "0" }, exitWrong, "does not break S1", false},
		{"the same of another source", func(s *model.Schedule) { s.Steps, s.Digest = "0", "abc" }, exitOther, "has changed since, and the schedule shows no violation", true},
		{"an impossible one of another source", func(s *model.Schedule) { s.Steps, s.Digest = "0x99", "abc" }, exitOther, "has changed since, and the schedule cannot be followed", false},
		{"no schedule at all", func(s *model.Schedule) { s.Steps = "a" }, exitOther, "THREADxSTEPS", true},
		{"no such map", func(s *model.Schedule) { s.New = "new(loses.Nothing)" }, exitOther, "does not make a map", true},
	} {
		if c.rest && !testpart.Run(i) {
			continue // each builds a copy of the map
		}
		x, err := counterexample.Load(saved)
		if err != nil {
			t.Fatal(err)
		}
		c.change(x.Schedule)
		other := t.TempDir()
		if err := x.Save(other); err != nil {
			t.Fatal(err)
		}
		got := mapspec(t, own, "replay", other)
		if got.status != c.status || !strings.Contains(got.stdout+got.stderr, c.want) || strings.Count(got.stderr, "\n") > 1 {
			t.Errorf("%s: status %d, want %d with %q\n%s%s", c.name, got.status, c.status, c.want, got.stdout, got.stderr)
		}
	}
}

// With -json, explore prints certificates and nothing else.
func TestExplorePrintsCertificatesOnly(t *testing.T) {
	judges(t)
	testpart.Rest(t)
	dir := t.TempDir()
	got := mapspec(t, ".", "explore", "-json", "-map", "S1-lost-swap", "-size", "2x1", "-keys", "1", "-initial", "empty", "-o", dir)
	var c struct {
		Violations []struct{ Clause, Schedule string }
	}
	if err := json.Unmarshal([]byte(got.stdout), &c); err != nil || len(c.Violations) == 0 || c.Violations[0].Schedule == "" {
		t.Errorf("%v in %s%s", err, got.stdout, got.stderr)
	}
	if names, err := os.ReadDir(filepath.Join(dir, "S1-lost-swap", "S1")); err != nil || !slices.ContainsFunc(names, func(e os.DirEntry) bool { return e.Name() == "program.json" }) {
		t.Errorf("saved are %v, %v", names, err)
	}
}
