package minimise_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/impl/broken"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/minimise"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/linearizability/internal/try"
	"github.com/mapspec/mapspec/model"
)

var (
	update = flag.Bool("update", false, "rewrite testdata/sizes.golden")
	seed   = flag.Uint64("seed", 0, "of the programs drawn; 0 is a new one, printed when a test fails")
)

const sizesFile = "testdata/sizes.golden"

const sizesHead = `# The smallest counterexample that is found to the clause of each map of
# impl/broken: how many goroutines, and how many operations, those that come
# first and those made by callbacks included.
# Rewrite with: go test ./linearizability/internal/minimise -run TestSizes -update
`

// unseen are the maps whose fault no running of goroutines shows, or only the
// race detector.
func unseen(m broken.Map) bool {
	return m.Sees == broken.Exploration || m.Sees == broken.Race
}

// isSampled reports whether the default run minimises a counterexample of map i. It
// takes seconds where calls hang, where two goroutines must meet, and where all
// programs of three operations are tried: two of the second kind are enough.
func isSampled(i int, m broken.Map) bool {
	if m.Hangs || m.Sees == broken.Concurrent || m.Clause == "T1" {
		return slices.Contains([]string{"S1-lost-swap", "S1-two-deleters"}, m.Name)
	}
	return i%4 == 0
}

// The smallest program found is as small as committed, for every broken map in the
// complete run.
//
// Clauses: S1, S2, S3, S4, S5, S6, S7, S8, S9, T1, T2, T3, T4, T5, T6, R1, R2, R3, R4, P2, P3
func TestSizes(t *testing.T) {
	if testing.Short() {
		t.Skip("minimises a counterexample of each of some 20 maps, ten seconds: run without -short")
	}
	want := readSizes(t)
	got := map[string]string{}
	for i, m := range broken.Maps {
		if unseen(m) || !*update && !isSampled(i, m) && !testpart.Run(i) {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			c := find(t, m)
			got[m.Name] = fmt.Sprintf("%d goroutines %d operations", len(c.Threads), c.Operations())
			if !*update && got[m.Name] != want[m.Name] {
				t.Errorf("%s, want %s: %v | %v (%v, %d rounds)", got[m.Name], want[m.Name], c.Init, c.Threads, c.Minimal, c.Rounds)
			}
			t.Logf("%v | %v in %d rounds", c.Init, c.Threads, c.Rounds)
			mustReplay(t, m, c)
		})
	}
	if *update {
		writeSizes(t, got)
	}
}

func find(t *testing.T, m broken.Map) counterexample.Counterexample {
	t.Helper()
	entry, ok := impl.Find(m.Name)
	if !ok {
		t.Fatalf("no map %s", m.Name)
	}
	o := minimise.Options{Seed: *seed}
	if o.Seed == 0 {
		o.Seed = rand.Uint64()>>32 + 1
	}
	t.Logf("-seed %d", o.Seed)
	c, err := minimise.Find(context.Background(), entry.Subject, model.Clause(m.Clause), o)
	if err != nil {
		t.Fatal(err)
	}
	if c.Failure.Sentence() == "" || c.Rounds < 1 || c.Minimal.What == "" || string(c.Clause) != m.Clause {
		t.Errorf("not whole: %+v", c)
	}
	return c
}

// mustReplay runs c again on m, where that shows it, and on a map that is right,
// where it must not.
func mustReplay(t *testing.T, m broken.Map, c counterexample.Counterexample) {
	t.Helper()
	entry, _ := impl.Find(m.Name)
	if v, _ := try.Again(context.Background(), entry.Subject, c); v.Status != model.Violation || v.Clause != c.Clause {
		t.Errorf("run again: %v", v)
	}
	if c.Clause == model.R4 {
		return // no map of the catalogue shrinks
	}
	locked, _ := impl.Find("locked")
	good := impl.Subject("good", entry.Subject.Bind().Promise(), func() any { return locked.Subject.Bind().Map() })
	if v, _ := try.Again(context.Background(), good, c); v.Status == model.Violation {
		t.Errorf("a map that is right: %v", v)
	}
}

func readSizes(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile(sizesFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	sizes := map[string]string{}
	for _, line := range strings.Split(string(b), "\n") {
		if name, size, ok := strings.Cut(line, ": "); ok && !strings.HasPrefix(line, "#") {
			sizes[name] = strings.TrimSpace(size)
		}
	}
	return sizes
}

func writeSizes(t *testing.T, got map[string]string) {
	t.Helper()
	var b strings.Builder
	b.WriteString(sizesHead)
	for _, m := range broken.Maps {
		if size, ok := got[m.Name]; ok {
			fmt.Fprintf(&b, "%s: %s\n", m.Name, size)
		}
	}
	if err := os.WriteFile(sizesFile, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}

// Two goroutines and three operations are enough for every fault but a few,
// each of which says why it needs more.
func TestFewOperationsSuffice(t *testing.T) {
	more := map[string]string{
		"S1-length-as-version": "a key goes and another comes while a third call looks at the length",
		"T1-visits-twice":      "the key is there, is visited, goes and comes again",
		"T1-misses-resident":   "two keys, a Range, and the Delete in its callback",
		"T1-foreign-value":     "two keys, a Range, and the Delete in its callback",
		"T5-clear-in-halves":   "two keys, a Clear between them, and a look at each",
		"R2-logs-removals":     "of a fixed form: two residents, a Range, and a key that comes and goes",
		"R2-keeps-log":         "of a fixed form: two residents, a Range, and a key that comes and goes",
	}
	for name, size := range readSizes(t) {
		var goroutines, operations int
		if _, err := fmt.Sscanf(size, "%d goroutines %d operations", &goroutines, &operations); err != nil {
			t.Fatalf("%s: %q: %v", name, size, err)
		}
		if _, ok := more[name]; (goroutines > 2 || operations > 3) != ok {
			t.Errorf("%s: %s; a reason to need more: %q", name, size, more[name])
		}
	}
	names := []string{}
	for _, m := range broken.Maps {
		names = append(names, m.Name)
		if _, ok := readSizes(t)[m.Name]; !ok && !unseen(m) {
			t.Errorf("no size for %s", m.Name)
		}
	}
	for name := range readSizes(t) {
		if !slices.Contains(names, name) {
			t.Errorf("a size for %s, which is no map", name)
		}
	}
}
