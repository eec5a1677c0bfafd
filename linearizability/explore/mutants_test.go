package explore

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

var (
	everyMutant    = flag.Bool("mutants", false, "try every mutant of every map in every way, which takes many minutes")
	onlyMutants    = flag.String("only", "", "with -mutants: try those that match this `regexp`, as the lists of survivors name them; others stay in the table as they are")
	missingMutants = flag.Bool("missing", false, "with -mutants: try those that the table lacks")
	mutantWays     = flag.String("ways", "small,pct,alone,race,stress,large", "with -mutants: the `ways` to try them in; what the table says of others stays")
)

// sampleEvery is how many rows of a table there are to one that is tried
// without -mutants.
const sampleEvery = 80

// TestMutants breaks the maps in many ways, one at a time, and wants
// explorations to notice. What nothing notices is listed, with a reason. All
// mutants of a file are in one program, which explores the one that its
// environment selects; the sources stay as they are.
//
// The tables in testdata say what notices what. Without -mutants a sample of
// their rows is tried again, by small programs.
//
// Clauses: S1, R1, P2
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("builds maps with mutants and explores some, some 20 s: run without -short; all of them: with -mutants")
	}
	for _, m := range mutatedMaps {
		t.Run(m.name, func(t *testing.T) {
			golden := goldenOf(m)
			if *everyMutant {
				tryAll(t, m, golden)
				return
			}
			skipWithoutTable(t, golden)
			if len(m.subjects) > 1 {
				t.Skip("builds each mutant of several maps, ten seconds each: run with -mutants")
			}
			trySome(t, m, golden)
		})
	}
}

// tryAll makes the whole table of m, or what -only, -missing and -ways leave of
// it. With -update it is written whenever a mutant is decided.
func tryAll(t *testing.T, m mutatedMap, golden string) {
	known := map[string]row{}
	if _, err := os.Stat(golden); err == nil {
		known = readTable(t, m, golden)
	}
	j := newJudges(t, m, nil, known)
	which, err := regexp.Compile(*onlyMutants)
	if err != nil {
		t.Fatal(err)
	}
	rows := j.each(func(x *mutant) bool {
		_, has := known[x.key()]
		return which.MatchString(x.key()) && !(*missingMutants && has)
	}, j.fully, func(rows []row) {
		if *Update {
			if err := os.WriteFile(golden, []byte(table(m, rows)), 0o666); err != nil {
				t.Error(err)
			}
		}
	})
	checkSurvivors(t, m, rows, len(rows) == len(j.mutants))
	if *Update {
		return
	}
	for _, r := range rows {
		if was := known[r.key]; r.lasting() != was.lasting() {
			t.Errorf("%s: the table has\n%s\nand it should have\n%s", golden, was, r)
		}
		delete(known, r.key)
	}
	for key := range known {
		if which.MatchString(key) && !*missingMutants {
			t.Errorf("%s has, and should not, %s", golden, key)
		}
	}
}

// trySome tries the mutants of some rows again that small programs kill.
func trySome(t *testing.T, m mutatedMap, golden string) {
	want := map[string]row{}
	n := 0
	for _, r := range inOrder(readTable(t, m, golden)) {
		if r.dpor.stage != "2x1" {
			continue
		}
		if n++; n%sampleEvery == 0 {
			want[r.key] = r
		}
	}
	j := newJudges(t, m, want, nil)
	rows := j.each(func(*mutant) bool { return true }, j.quickly, func([]row) {})
	for _, r := range rows {
		// Of several clauses that one program breaks any may be said first.
		if r.dpor.clause == "" || r.dpor.stage != want[r.key].dpor.stage {
			t.Errorf("%s (%s): %s, want %s", r.key, r.where, r.dpor, want[r.key].dpor)
		}
	}
	if len(rows) != len(want) {
		t.Errorf("%d mutants of %s are made, want %d: run with -mutants -update", len(rows), m.name, len(want))
	}
	t.Logf("%d of %d mutants that small programs kill", len(rows), n)
}

func skipWithoutTable(t *testing.T, golden string) {
	t.Helper()
	if _, err := os.Stat(golden); err != nil {
		t.Skipf("%v: there is no table of this map yet, make it with -mutants -update", err)
	}
}

func goldenOf(m mutatedMap) string {
	return filepath.Join("testdata", "mutants."+strings.ReplaceAll(m.name, " ", "-")+".golden")
}

// readGolden reads a table. That of the toolchain's map is of one version.
func readGolden(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: run with -mutants -update", err)
	}
	version, _, _ := strings.Cut(string(text), "\n")
	if of, ok := strings.CutPrefix(version, "toolchain: "); ok && of != runtime.Version() {
		t.Skipf("%s is about %s, and this is %s", path, of, runtime.Version())
	}
	return string(text)
}

// checkSurvivors compares what survived with what may. What has no reason yet is
// listed so. Whether what is listed survives is known of all mutants only.
func checkSurvivors(t *testing.T, m mutatedMap, rows []row, all bool) {
	t.Helper()
	var survived []string
	for _, r := range rows {
		if !r.survived() {
			continue
		}
		survived = append(survived, r.key)
		s := why(m.name, r.key)
		switch {
		case s == nil:
			t.Logf("nothing notices, and no reason is given for, %s (%s)", r.key, r.where)
		case r.stressed.clause != "" && !s.hole:
			t.Errorf("stress has seen %s of what is said to be right, %s (%s)", r.stressed.clause, r.key, r.where)
		}
	}
	if !all {
		return
	}
	for _, s := range survivors[m.name] {
		for _, key := range s.keys {
			if !slices.Contains(survived, key) {
				t.Errorf("something notices, or no place has, what is listed as surviving: %s", key)
			}
		}
	}
}

// TestSurvivorsAreExplained compares the reasons in the tables with those that
// are given here. With -update it writes the latter into the tables.
func TestSurvivorsAreExplained(t *testing.T) {
	for _, m := range mutatedMaps {
		t.Run(m.name, func(t *testing.T) {
			golden := goldenOf(m)
			skipWithoutTable(t, golden)
			rows := inOrder(readTable(t, m, golden))
			want := table(m, rows)
			if *Update {
				if err := os.WriteFile(golden, []byte(want), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if got := readGolden(t, golden); got != want {
				t.Errorf("%s is not what is known: go test ./linearizability/explore -run TestSurvivorsAreExplained -update", golden)
			}
			checkSurvivors(t, m, rows, true)
		})
	}
}
