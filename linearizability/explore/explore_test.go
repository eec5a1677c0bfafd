package explore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/model"
)

// mustExplore explores the map called name.
func mustExplore(t *testing.T, name string, o explore.Options) *explore.Certificate {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and explores copies of maps, some seconds each: run without -short")
	}
	known, ok := impl.Find(name)
	if !ok {
		t.Fatalf("no map %q", name)
	}
	m, err := explore.Of(known.Subject)
	if err != nil {
		t.Fatal(err)
	}
	if o.Policies == nil {
		o.Policies = []string{"mix"}
	}
	c, err := explore.Explore(t.Context(), m, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Each of these is a hole between two steps that two calls fall into.
//
// Clauses: S1
func TestBrokenMapsAreFound(t *testing.T) {
	names := []string{"S1-lost-swap", "S1-two-deleters", "S1-compare-then-swap", "S1-store-to-dead-entry", "S1-reused-entry", "S1-stale-load"}
	for i := range testpart.Rows(2, len(names)) {
		name := names[i]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := mustExplore(t, name, explore.Options{Initials: []string{"empty", "one key"}, Workers: 1})
			if len(c.Violations) == 0 || c.Violations[0].Clause != model.S1 {
				t.Fatalf("found %v", c.Violations)
			}
			if v := c.Violations[0]; !v.Smallest || v.Schedule == "" {
				t.Errorf("the schedule is not the smallest: %+v", v)
			}
		})
	}
}

// Clauses: M2
func TestRacesAreFoundInEveryInterleavingThatHasThem(t *testing.T) {
	if testing.Short() {
		t.Skip("builds with the race detector, some seconds: run without -short")
	}
	racy := mustExplore(t, "M2-len-unlocked", explore.Options{Size: "2x1", Race: true})
	if !slices.ContainsFunc(racy.Violations, func(v explore.Violation) bool {
		return v.Clause == model.M2 && strings.Contains(v.Path, "DATA RACE")
	}) {
		t.Errorf("found %d violations, none of M2 with a report", len(racy.Violations))
	}
	for i, name := range []string{"locked", "go1.15.2"} {
		if !testpart.Run(i) {
			continue // a build with the race detector takes seconds
		}
		c := mustExplore(t, name, explore.Options{Size: "2x1", Race: true})
		if c.Races != "none seen" || !c.Complete() {
			t.Errorf("%s: races %s, %s", name, c.Races, c.Coverage)
		}
	}
}

// The shards of an exploration, and its workers, take every program once.
func TestShardsAddUp(t *testing.T) {
	o := explore.Options{Size: "2x1", Workers: 1}
	whole := mustExplore(t, "locked", o)
	o.Shards, o.Workers = 2, 2
	var parts []*explore.Certificate
	for o.Shard = range o.Shards {
		parts = append(parts, mustExplore(t, "locked", o))
	}
	sum, err := explore.Merge(parts)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*explore.Certificate{whole, sum} {
		c.Build, c.Seconds, c.Running, c.Judging, c.Shards, c.Of = 0, 0, 0, 0, nil, 0
	}
	if a, b := fmt.Sprintf("%+v", whole), fmt.Sprintf("%+v", sum); a != b {
		t.Errorf("whole: %s\nmerged: %s", a, b)
	}
}

func TestMergeRefuses(t *testing.T) {
	part := func(shard, of int, digest string) *explore.Certificate {
		return &explore.Certificate{Map: "m", Digest: digest, Shards: []int{shard}, Of: of}
	}
	for want, parts := range map[string][]*explore.Certificate{
		"no certificate":              nil,
		"shard 1 of 2 is missing":     {part(0, 2, "a")},
		"shard 0 of 2 is there twice": {part(0, 2, "a"), part(0, 2, "a")},
		`differ in "digest"`:          {part(0, 2, "a"), part(1, 2, "b")},
		`differ in "of"`:              {part(0, 2, "a"), part(1, 3, "a")},
		`differ in "settings"`:        {part(0, 2, "a"), settled(part(1, 2, "a"))},
	} {
		if _, err := explore.Merge(parts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// settled is c with a setting, of one program that was explored, of two.
func settled(c *explore.Certificate) *explore.Certificate {
	c.Settings, c.Programs = []explore.Settings{{Policy: "mix", Initial: "empty", Programs: 1, Of: 2}}, 1
	return c
}

// Where programs are missing and nobody says why, nothing is complete.
func TestMissingProgramsAreNeverComplete(t *testing.T) {
	one := settled(&explore.Certificate{Map: "m", Shards: []int{0}, Of: 1})
	c, err := explore.Merge([]*explore.Certificate{one})
	if err != nil || c.Complete() || c.Coverage != "bounded: programs are missing" {
		t.Errorf("%v, coverage %s", err, c.Coverage)
	}
	one.Settings[0].Of = 1
	if c, err = explore.Merge([]*explore.Certificate{one}); err != nil || !c.Complete() {
		t.Errorf("%v, coverage %s", err, c.Coverage)
	}
}

// recorder is a TB that remembers.
type recorder struct {
	testing.TB
	failed []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.failed = append(r.failed, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...) }
func (r *recorder) Logf(string, ...any)               {}
func (r *recorder) Context() context.Context          { return context.Background() }

func TestRunFailsATestForWhatIsPromised(t *testing.T) {
	for name, fails := range map[string]bool{"locked": false, "go1.15.0": false, "S1-lost-swap": true} {
		known, _ := impl.Find(name)
		r := &recorder{TB: t}
		explore.Run(r, known.Subject, explore.Options{Size: "2x1", Policies: []string{"mix"}, Initials: []string{"one key"}})
		if (len(r.failed) > 0) != fails {
			t.Errorf("%s: %q", name, r.failed)
		}
		for _, f := range r.failed {
			if want := " -size 2x1 -hashes mix -initial 'one key' -stalls=false"; !strings.HasSuffix(f, want) {
				t.Errorf("%s: what fails is not repeated with%s:\n%s", name, want, f)
			}
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	known, _ := impl.Find("locked")
	m, err := explore.Of(known.Subject)
	if err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]explore.Options{
		"2y2":            {Size: "2y2"},
		"shard 2 of 2":   {Shard: 2, Shards: 2},
		"dpor, or pct:D": {Policy: "pct:0"},
	} {
		if _, err := explore.Explore(t.Context(), m, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
