package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The tables of mutants in docs/explored.md are counted from those that the program
// mutate writes.
const mutantTables = "linearizability/internal/mutate/testdata/mutants.*.golden"

// A mutant is one line of such a table.
type mutant struct {
	of, operator string
	ways         []string // what killed it in each way; "-": nothing, "": not tried
	reason       string   // why it may survive
}

// mutantWays are the columns of ways. Those that depend on luck come last.
var mutantWays = []string{"every class", "one goroutine", "-race", "sample (PCT)", "stress"}

func (x mutant) survives() bool { return strings.HasPrefix(x.reason, "(") }

// How the reason of a hole begins, and the reason of a mutant that is unexplained.
const (
	hole        = "(HOLE: "
	unexplained = "(unexplained)"
)

// readMutants reads all tables.
func readMutants(t *testing.T) (all []mutant) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, mutantTables))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files in %s, %v", len(files), mutantTables, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		of := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), "mutants."), ".golden"), "-", " ")
		rows, err := parseMutants(of, string(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, rows...)
	}
	return all
}

func parseMutants(of, text string) (rows []mutant, err error) {
	var titles []string
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.TrimSuffix(line, "\n")+" ", " | ")
		switch {
		case titles == nil && cells[0] == "operator":
			titles = cells
		case titles == nil:
		default:
			x := mutant{of: of, operator: cells[0], reason: strings.TrimSpace(cells[len(cells)-1])}
			for _, way := range mutantWays {
				i := slices.Index(titles, way)
				if i < 0 || len(cells) != len(titles) {
					return nil, fmt.Errorf("no column %q in %q", way, line)
				}
				x.ways = append(x.ways, strings.TrimSpace(cells[i]))
			}
			rows = append(rows, x)
		}
	}
	if titles == nil {
		return nil, fmt.Errorf("no line of titles")
	}
	return rows, nil
}

// byMap counts, for each map and way, how many mutants it kills of those that were
// tried in it. With complete, only mutants count that were tried in every way.
func byMap(all []mutant, complete bool) []string {
	rows := []string{"| map | mutants | " + strings.Join(mutantWays, " | ") + " |", "|---|--:|" + strings.Repeat("--:|", len(mutantWays))}
	if !complete {
		rows[0] += " survives: correct | survives: a hole | survives: unexplained |"
		rows[1] += "--:|--:|--:|"
	}
	for _, of := range names(all, func(x mutant) string { return x.of }) {
		some := slices.DeleteFunc(slices.Clone(all), func(x mutant) bool {
			return x.of != of || complete && slices.Contains(x.ways, "")
		})
		cells := []string{of, count(len(some))}
		for i := range mutantWays {
			tried := countOf(some, func(x mutant) bool { return x.ways[i] != "" })
			killed := countOf(some, func(x mutant) bool { return x.ways[i] != "" && x.ways[i] != "-" })
			cell := count(killed)
			if !complete && tried < len(some) {
				cell += "/" + count(tried)
			}
			cells = append(cells, cell)
		}
		if !complete {
			holes := countOf(some, func(x mutant) bool { return strings.HasPrefix(x.reason, hole) })
			unknown := countOf(some, func(x mutant) bool { return x.reason == unexplained })
			cells = append(cells, count(countOf(some, mutant.survives)-holes-unknown), count(holes), count(unknown))
		}
		rows = append(rows, tableRow(cells))
	}
	return rows
}

// byOperator counts, for each operator, how many mutants the first successful way
// of mutantWays kills, without stress, and how many survive.
func byOperator(all []mutant) []string {
	ways := mutantWays[:4]
	rows := []string{"| operator | mutants | " + strings.Join(ways, " | ") + " | survive |", "|---|--:|" + strings.Repeat("--:|", len(ways)) + "--:|"}
	for _, o := range names(all, func(x mutant) string { return x.operator }) {
		n := make([]int, 2+len(ways))
		for _, x := range all {
			if x.operator != o {
				continue
			}
			n[0]++
			first := slices.IndexFunc(x.ways[:len(ways)], func(w string) bool { return w != "" && w != "-" })
			if first < 0 {
				first = len(ways)
			}
			n[1+first]++
		}
		cells := []string{o}
		for _, n := range n {
			cells = append(cells, count(n))
		}
		rows = append(rows, tableRow(cells))
	}
	return rows
}

// names returns the distinct names of all, in order.
func names(all []mutant, name func(mutant) string) (list []string) {
	for _, x := range all {
		if n := name(x); !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

func countOf(all []mutant, which func(mutant) bool) (n int) {
	for _, x := range all {
		if which(x) {
			n++
		}
	}
	return n
}

func TestMutantsAreCounted(t *testing.T) {
	const text = `The mutants of m

operator | where | change | every class | sample (PCT) | one goroutine | stress | -race | smallest program, or why none is expected
no lock | m.go:1 | f: x | 2x1 S1 | 2x1 S1 | - | S1 | 2x1 M2 | empty: Load(k0)
no lock | m.go:2 | f: x || y | - | 2x1 S1 | - |  | - | empty: Load(k0)
kept | m.go:3 | f: z | - | - | S5 |  |  |
kept | m.go:4 | f: u | - | - | - | - | - | (it is right)
kept | m.go:5 | f: v | - | - | - | - | - | (HOLE: it is wrong)
kept | m.go:6 | f: w | - | - | - | - | - | (unexplained)
`
	all, err := parseMutants("m", text)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ got, want []string }{
		"all":          {byMap(all, false)[2:], []string{"| m | 6 | 1 | 1 | 1/5 | 2 | 1/4 | 1 | 1 | 1 |"}},
		"in every way": {byMap(all, true)[2:], []string{"| m | 4 | 1 | 0 | 1 | 1 | 1 |"}},
		"by operator":  {byOperator(all)[2:], []string{"| no lock | 2 | 1 | 0 | 0 | 1 | 0 |", "| kept | 4 | 0 | 1 | 0 | 0 | 3 |"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
	for _, text := range []string{"", "operator | where\nno lock | m.go:1\n"} {
		if rows, err := parseMutants("m", text); err == nil {
			t.Errorf("%q has rows %v", text, rows)
		}
	}
}
