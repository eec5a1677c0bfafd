package explore

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

var (
	everyMutant = flag.Bool("mutants", false, "try every mutant of every map in every way, which takes many minutes")
)

// sampleEvery is how many rows of a table there are to one that is tried
// without -mutants.
const sampleEvery = 40

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
			golden := filepath.Join("testdata", "mutants."+strings.ReplaceAll(m.name, " ", "-")+".golden")
			if *everyMutant {
				tryAll(t, m, golden)
				return
			}
			if _, err := os.Stat(golden); err != nil {
				t.Skipf("%v: there is no table of this map yet, make it with -mutants -update", err)
			}
			trySome(t, m, golden)
		})
	}
}

// tryAll makes the whole table of m.
func tryAll(t *testing.T, m mutatedMap, golden string) {
	j := newJudges(t, m, nil, true)
	rows := j.each(j.fully)
	checkSurvivors(t, m, rows)
	got := table(m, rows)
	if *Update {
		if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want := readGolden(t, golden)
	for line := range strings.Lines(got) {
		if !strings.Contains(want, line) {
			t.Errorf("%s lacks\n%s", golden, line)
		}
	}
	for line := range strings.Lines(want) {
		if !strings.Contains(got, line) {
			t.Errorf("%s has, and should not,\n%s", golden, line)
		}
	}
}

// trySome tries the mutants of some rows again that small programs kill.
func trySome(t *testing.T, m mutatedMap, golden string) {
	want := map[string]string{} // what DPOR says, by key
	n := 0
	for line := range strings.Lines(readGolden(t, golden)) {
		c := strings.Split(strings.TrimSpace(line), columns)
		if len(c) < 6 || !strings.HasPrefix(c[3], "2x1 ") {
			continue
		}
		if n++; n%sampleEvery == 0 {
			file, _, _ := strings.Cut(c[1], ":")
			want[file+", "+c[0]+": "+c[2]] = c[3]
		}
	}
	j := newJudges(t, m, want, false)
	rows := j.each(j.quickly)
	for _, r := range rows {
		if got := r.dpor.String(); got != want[r.mutant.key()] {
			t.Errorf("%s (%s): %s, want %s", r.mutant.key(), r.mutant.where(), got, want[r.mutant.key()])
		}
	}
	if len(rows) != len(want) {
		t.Errorf("%d mutants of %s are made, want %d: run with -mutants -update", len(rows), m.name, len(want))
	}
	t.Logf("%d of %d mutants that small programs kill", len(rows), n)
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

// checkSurvivors compares what survived with what may.
func checkSurvivors(t *testing.T, m mutatedMap, rows []row) {
	t.Helper()
	var survived []string
	for _, r := range rows {
		if !r.survived() {
			continue
		}
		survived = append(survived, r.mutant.key())
		if why(m.name, r.mutant) == "" {
			t.Errorf("nothing notices, and no reason is given for, %s (%s)", r.mutant.key(), r.mutant.where())
		}
	}
	for _, s := range survivors[m.name] {
		for _, key := range s.keys {
			if !slices.Contains(survived, key) {
				t.Errorf("something notices, or no place has, what is listed as surviving: %s", key)
			}
		}
	}
}

// columns separates those of a table.
const columns = " | "

// table is what is known of the mutants of m, a summary first.
func table(m mutatedMap, rows []row) string {
	var b strings.Builder
	if m.name == "hash trie" {
		fmt.Fprintf(&b, "toolchain: %s\n", runtime.Version())
	}
	fmt.Fprintf(&b, "The mutants of %s, made by TestMutants: go test ./linearizability/explore -run TestMutants -mutants -update\n\n", m.name)
	summary(&b, m, rows)
	b.WriteString("\noperator | where | change | every class | sample (PCT) | one goroutine | -race | smallest program, or why none is expected\n")
	for _, r := range rows {
		last := r.program()
		if r.survived() {
			last = "(" + why(m.name, r.mutant) + ")"
		}
		fmt.Fprintln(&b, strings.TrimSpace(strings.Join(append(r.cells(), last), columns)))
	}
	return b.String()
}

// summary counts mutants by operator. Each is counted where it dies first, in
// this order.
func summary(b *strings.Builder, m mutatedMap, rows []row) {
	fmt.Fprintf(b, "%-30s %7s %12s %13s %6s %6s %10s\n", "operator", "mutants", "every class", "one goroutine", "-race", "PCT", "survive")
	total := make([]int, 6)
	for _, o := range operators {
		n := make([]int, 6)
		for _, r := range rows {
			if r.mutant.operator != o.name {
				continue
			}
			deaths := []death{r.dpor, r.judged, r.raced, r.pct}
			first := slices.IndexFunc(deaths, func(d death) bool { return d.clause != "" })
			if first < 0 {
				first = len(deaths)
			}
			n[0]++
			n[1+first]++
		}
		if n[0] > 0 {
			count(b, o.name, n)
		}
		for i := range n {
			total[i] += n[i]
		}
	}
	count(b, "all of "+m.name, total)
}

func count(b *strings.Builder, name string, n []int) {
	fmt.Fprintf(b, "%-30s %7d %12d %13d %6d %6d %10d\n", name, n[0], n[1], n[2], n[3], n[4], n[5])
}
