package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/testpart"
)

var update = flag.Bool("update", false, "write testdata/example/mutants.golden")

// rowsOf returns the table of c in testdata.
func rowsOf(t *testing.T, c *code) []row {
	t.Helper()
	rows, err := readTable(filepath.Join("testdata", c.table()), c)
	if errors.Is(err, errToolchain) {
		t.Skip(err)
	}
	if err != nil || len(rows) == 0 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows
}

func TestTablesExplainTheirSurvivors(t *testing.T) {
	for _, c := range codes {
		t.Run(c.name, func(t *testing.T) {
			rows := rowsOf(t, c)
			for _, p := range problems(rows) {
				t.Error(p)
			}
			text, err := os.ReadFile(filepath.Join("testdata", c.table()))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(text, tableText(c, rows)) {
				t.Errorf("the summary or the trials of %s are stale: run go run ./linearizability/internal/mutate -missing %s", c.table(), c.argument())
			}
		})
	}
}

func TestSurvivorsWithoutAReasonAreReported(t *testing.T) {
	for line, want := range map[string]string{
		"kept | m.go:1 | f: x | - | - | - | - | - | (unexplained)":           "write the reason",
		"kept | m.go:1 | f: x | - | - | - | S1 | - | (it is right)":          "stress sees S1",
		"kept | m.go:1 | f: x | - | - | - | S1 | - | (HOLE: it is wrong)":    "",
		"kept | m.go:1 | f: x | - | 2x1 S1 |  | S1 |  | empty: Load(k0)":     "",
		"kept | m.go:1 | f: x | - | - | - | - | - | (nobody looks there)":    "",
		"kept | m.go:1 | f: x || y | 2x1 S1 | - |  |  |  | empty: Store(k0)": "",
	} {
		r, err := parseRow(line)
		if got := strings.Join(problems([]row{r}), ""); err != nil || !strings.Contains(got, want) || (got == "") != (want == "") || r.String() != line {
			t.Errorf("%s: %q, %v, read as %v; want %q", line, got, err, &r, want)
		}
	}
}

// Of the mutants that die soon, one of so many is tried again.
const (
	sampleEvery   = 30
	completeEvery = 10
)

// The rows of a sample are left out of the tables, and made again. Every mutant of
// the present source has its row, where the table says. The default run does this for
// one map.
//
// Clauses: S1, R1, P2
func TestMutantsDieAsTheTablesSay(t *testing.T) {
	if testing.Short() {
		t.Skip("builds maps with their mutants: run without -short")
	}
	for i := range testpart.Rows(1, len(codes)) {
		c, every := codes[i], sampleEvery
		if testpart.Run(i) {
			every = completeEvery
		}
		t.Run(c.name, func(t *testing.T) {
			rows := rowsOf(t, c)
			sampled := map[string]bool{}
			n := 0
			rest := slices.DeleteFunc(slices.Clone(rows), func(r row) bool {
				if strings.HasPrefix(r.results[everyClass], "2x1 ") && strings.HasPrefix(r.last, "empty: ") {
					n++
					sampled[r.key()] = n%every == 0
				}
				return sampled[r.key()]
			})
			folder := t.TempDir()
			path := filepath.Join(folder, c.table())
			if err := os.WriteFile(path, tableText(c, rest), 0o666); err != nil {
				t.Fatal(err)
			}
			if err := run(t.Context(), []string{"-tables", folder, "-missing", "-ways", "small", c.argument()}, t.Output()); err != nil {
				t.Error(err)
			}
			again, err := readTable(path, c)
			if err != nil || len(rest) == len(rows) || len(again) != len(rows) {
				t.Fatalf("%d rows without %d, then %d; %v: run go run ./linearizability/internal/mutate -missing %s",
					len(rows), len(rows)-len(rest), len(again), err, c.argument())
			}
			for i, r := range again {
				// Of several clauses that one program breaks any may be said first.
				same := r == rows[i] || sampled[r.key()] && r.key() == rows[i].key() && strings.HasPrefix(r.results[everyClass], "2x1 ")
				if !same || r.where != rows[i].where {
					t.Errorf("the table has\n%v\nand now it is\n%v", &rows[i], &r)
				}
			}
		})
	}
}

// Each operator makes mutants of the example, which compile.
func TestOperatorsMakeTheirMutants(t *testing.T) {
	const golden = "testdata/example/mutants.golden"
	text, err := os.ReadFile("testdata/example/example.go")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "example.go")
	for name, text := range map[string]string{path: string(text), filepath.Join(filepath.Dir(path), "go.mod"): "module example.com/example\n\ngo 1.24\n"} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	f, err := readFile(path, operators)
	if err != nil {
		t.Fatal(err)
	}
	made := len(f.mutants())
	mutants, err := keepCompiling(t.Context(), filepath.Dir(path), []*file{f})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, m := range mutants {
		fmt.Fprintf(&b, "%s, line %s\n", m.key(), m.where)
		for line := range strings.Lines(m.text()) {
			if !strings.Contains(string(text), line) && !strings.HasPrefix(line, "func ") {
				b.WriteString("\t" + strings.TrimSpace(line) + "\n")
			}
		}
	}
	fmt.Fprintf(&b, "%d do not compile\n", made-len(mutants))
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || b.String() != string(want) {
		t.Errorf("%v: %s has changed: look at what -update makes of it", err, golden)
	}
	for _, o := range operators {
		if !strings.Contains(b.String(), ", "+o.name+": ") {
			t.Errorf("no mutant by %q", o.name)
		}
	}
}

func TestWaysThatAreNotTriedKeepTheirResults(t *testing.T) {
	const all = "small pct alone race stress large"
	small := []trial{newTrial("2x1", 1, nil, mix, few)}
	for _, c := range []struct {
		number                   int
		asked, known, says, want string
	}{
		{1, all, "|||||", "small=2x1 S1", "2x1 S1|-||||small"},
		{10, all, "|||||", "small=2x1 S1", "2x1 S1|-|-|-|-|small"},
		{10, all, "|||||", "small=2x1 P2", "2x1 P2|-||||small"},
		{1, all, "|||||", "alone=R3", "-|-|R3|-||"},
		{1, all, "|||||", "large=3x1 S1", "3x1 S1|-|-|-|-|large"},
		{1, all, "|||||(why)", "stress=S1", "-|-|-|S1|-|(why)"},
		{1, all, "-|-|-|-|-|(why)", "race=2x1 M2", "-|-|-|-|2x1 M2|race"},
		{1, "small", "3x1 S1|-|-|-|-|program", "", "3x1 S1|-|-|-|-|program"},
		{1, "small large", "3x1 S1|-|-|-|-|program", "", "-|-|-|-|-|(unexplained)"},
		{1, "pct", "-|-|-|-|2x1 M2|program", "pct=2x1 S1", "-|2x1 S1|-|-|2x1 M2|program"},
		{1, "alone race", "2x1 S1|-||||program", "", "2x1 S1|-||||program"},
	} {
		cells := strings.Split(c.known, "|")
		m := &mutant{number: c.number, row: row{results: [columns]string(cells), last: cells[columns]}}
		r, err := m.tryWays(strings.Fields(c.asked), small, func(w *way) (death, program string, err error) {
			if death, ok := strings.CutPrefix(c.says, w.name+"="); ok {
				return death, w.name, nil
			}
			return survives, "", nil
		})
		if got := strings.Join(append(r.results[:], r.last), "|"); err != nil || got != c.want {
			t.Errorf("mutant %d by %s, known %s, now %s: %s, %v; want %s", c.number, c.asked, c.known, c.says, got, err, c.want)
		}
	}
}

func TestAnInterruptKeepsWhatWasTried(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	mutants := make([]*mutant, 10+4*runtime.GOMAXPROCS(0))
	for i := range mutants {
		mutants[i] = &mutant{number: i + 1}
	}
	var begun atomic.Int32
	first, saved := make(chan struct{}), 0
	err := each(ctx, mutants, func(ctx context.Context, m *mutant) (row, error) {
		begun.Add(1)
		switch {
		case m.number == 4:
			<-first
			cancel()
		case m.number > 4:
			<-ctx.Done()
		}
		return m.row, ctx.Err()
	}, func(m *mutant) error {
		if saved++; m.number == 1 {
			close(first)
		}
		return nil
	})
	tried := slices.DeleteFunc(slices.Clone(mutants), func(m *mutant) bool { return !m.tried })
	if !errors.Is(err, context.Canceled) || len(tried) != saved || mutants[3].tried || !mutants[0].tried {
		t.Errorf("%v, %d saved, %d tried", err, saved, len(tried))
	}
	if int(begun.Load()) == len(mutants) {
		t.Error("an interrupt does not keep mutants from being tried")
	}
	failure := errors.New("no space")
	if err := each(t.Context(), mutants, func(context.Context, *mutant) (row, error) { return row{}, nil }, func(*mutant) error { return failure }); err != failure {
		t.Errorf("%v, want %v", err, failure)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	broken := t.TempDir()
	for name, text := range map[string]string{"mutants.locked.golden": "", "mutants.readdirty.golden": titles + "\nno lock | a.go:1\n"} {
		if err := os.WriteFile(filepath.Join(broken, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for args, want := range map[string]string{
		"-h":                               "",
		"lockd":                            `no map "lockd", did you mean locked?`,
		"-ways smal":                       `no way "smal", did you mean small`,
		"-only (":                          "-h lists the flags",
		"-shuffle":                         "-h lists the flags",
		"-tables nowhere locked":           "run this at the root of the repository",
		"-tables " + broken + " locked":    "restore it",
		"-tables " + broken + " readdirty": `2 cells, want 9`,
	} {
		err := run(t.Context(), strings.Fields(args), io.Discard)
		if want == "" && err == nil {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("mutate %s: %v; want %s", args, err, want)
		}
	}
}
