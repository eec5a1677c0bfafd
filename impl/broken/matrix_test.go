package broken_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mapspec/mapspec/impl/broken"
	"github.com/mapspec/mapspec/linearizability"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property"
)

var update = flag.Bool("update", false, "rewrite testdata/matrix.golden")

// judged returns the maps that TestMatrix judges: one for each clause, and all of
// them in the complete run.
func judged() (maps []broken.Map) {
	for i, m := range broken.Maps {
		if inPart(i) || *update || i == 0 || broken.Maps[i-1].Clause != m.Clause {
			maps = append(maps, m)
		}
	}
	return maps
}

const matrixFile = "testdata/matrix.golden"

const matrixHead = `# Every map of impl/broken against every clause, judged by property and stress.
# x violation   . ok   - skipped   ? unknown   * depends on the schedule
# Each map must be rejected by the checker of its own clause, which is in its name.
# P1, M1 and M2 take exploration and the race detector, which do not run here, so
# these columns are never violated, and the rows P1, M1 and M2 have no x of their own.
# Rewrite with: go test ./impl/broken -run TestMatrix -update, which puts a *
# where a verdict differs from the previous one; remove the file to start over.
`

// subjectOf returns the subject of a broken map.
func subjectOf(m broken.Map) model.Subject[any, any] {
	p := m.Promise
	return model.Subject[any, any]{Name: m.Name, New: m.New, Promise: model.Promise{
		Release: model.Release(p.Release), Clear: model.Level(p.Clear), Len: model.Level(p.Len),
		Zero: p.Zero, Shrinks: p.Shrinks, LoadFree: p.LoadFree,
	}}
}

// judgeAlone judges m with a fixed seed, one goroutine at a time.
func judgeAlone(m broken.Map) []model.Verdict {
	return property.Judge(context.Background(), subjectOf(m),
		property.Options{Seed: 1, Programs: 100, Keys: 16, PumpLength: 2})
}

// judgeTogether judges m with a fixed seed, several goroutines at a time. A map that
// needs several goroutines gets more rounds.
func judgeTogether(m broken.Map) []model.Verdict {
	o := linearizability.Options{Rounds: 300, Seed: 1}
	if m.Sees == broken.Concurrent {
		o = linearizability.Options{Rounds: 3000, Seed: 1} // it stops early if S1 or P2 fails
	}
	return linearizability.Judge(context.Background(), subjectOf(m), o)
}

// judgeAll judges each map. Maps that wait for a watchdog are judged concurrently,
// and meanwhile the others one after the other.
func judgeAll(maps []broken.Map, judge func(broken.Map) []model.Verdict) [][]model.Verdict {
	verdicts := make([][]model.Verdict, len(maps))
	var waiting sync.WaitGroup
	for i, m := range maps {
		if m.Hangs {
			waiting.Go(func() { verdicts[i] = judge(m) })
		}
	}
	for i, m := range maps {
		if !m.Hangs {
			verdicts[i] = judge(m)
		}
	}
	waiting.Wait()
	return verdicts
}

// unseen lists the clauses that neither property nor stress can refute.
var unseen = []model.Clause{model.P1, model.M1, model.M2}

// TestMatrix checks that every broken map is rejected by the checker of its clause,
// and that all verdicts are those of the golden file.
//
// Clauses: S1, S2, S3, S4, S5, S6, S7, S8, S9, T1, T2, T3, T4, T5, T6, R1, R2, R3, R4, P2, P3
func TestMatrix(t *testing.T) {
	if testing.Short() {
		t.Skip("judges broken maps for half a minute: run without -short")
	}
	maps := judged()
	together := judgeAll(maps, judgeTogether)
	processors := runtime.GOMAXPROCS(1) // enough for one goroutine, and halves the work of garbage collections
	alone := judgeAll(maps, judgeAlone)
	runtime.GOMAXPROCS(processors)
	got := matrixHead + head()
	for i, m := range maps {
		verdicts := model.Merge(alone[i], together[i])
		got += row(m, verdicts)
		own := model.Find(verdicts, model.Clause(m.Clause))
		if own.Status != model.Violation && !slices.Contains(unseen, own.Clause) {
			t.Errorf("%s (%s) is not rejected: %v", m.Name, m.Comment, own)
		}
		for _, v := range verdicts {
			if v.Status == model.Violation && v.Evidence() == "" {
				t.Errorf("%s: a violation of %s without evidence", m.Name, v.Clause)
			}
		}
	}
	want, err := os.ReadFile(matrixFile)
	if *update {
		if err == nil {
			got = starred(got, string(want))
		}
		if err := os.WriteFile(matrixFile, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	compare(t, strings.Split(got, "\n"), rows(string(want), maps))
}

// rows returns the lines of a matrix without those of maps that are not in maps.
func rows(matrix string, maps []broken.Map) []string {
	return slices.DeleteFunc(strings.Split(matrix, "\n"), func(line string) bool {
		name, _, _ := strings.Cut(line, " ")
		is := func(m broken.Map) bool { return m.Name == name }
		return slices.ContainsFunc(broken.Maps, is) && !slices.ContainsFunc(maps, is)
	})
}

// starred returns got with a * wherever it differs from old, a matrix of the same
// shape: those cells depend on the schedule.
func starred(got, old string) string {
	g, o := []rune(got), []rune(old)
	if len(g) != len(o) {
		return got
	}
	for i := range g {
		if g[i] != o[i] {
			g[i] = '*'
		}
	}
	return string(g)
}

// compare compares two matrices. A * in want matches anything.
func compare(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d lines, want %d; rewrite with -update", len(got), len(want))
		return
	}
	for i := range got {
		g, w := []rune(got[i]), []rune(want[i])
		same := len(g) == len(w)
		for j := 0; same && j < len(g); j++ {
			same = g[j] == w[j] || w[j] == '*'
		}
		if !same {
			t.Errorf("line %d:\n    got  %s\n    want %s", i+1, got[i], want[i])
		}
	}
}

func head() string {
	line := fmt.Sprintf("%-26s", "")
	for _, s := range model.Sentences {
		line += fmt.Sprintf("%-3s", s.Clause)
	}
	return strings.TrimRight(line, " ") + "\n"
}

func row(m broken.Map, verdicts []model.Verdict) string {
	line := fmt.Sprintf("%-26s", m.Name)
	for _, s := range model.Sentences {
		v := model.Find(verdicts, s.Clause)
		mark := map[model.Status]string{
			model.Violation: "x", model.OK: ".", model.Skipped: "-", model.Unknown: "?", model.Invalid: "!",
		}[v.Status]
		line += fmt.Sprintf("%-3s", mark)
	}
	return strings.TrimRight(line, " ") + "\n"
}

// TestDirectedProgramsSuffice checks that violations that one goroutine can see are
// found without random programs.
func TestDirectedProgramsSuffice(t *testing.T) {
	for _, m := range broken.Maps {
		if m.Sees != broken.Sequential || m.Hangs {
			continue
		}
		own := model.Clause(m.Clause)
		if v := model.Find(property.Judge(context.Background(), subjectOf(m), property.Options{Programs: -1, Until: own}), own); v.Status != model.Violation {
			t.Errorf("%s (%s) is not rejected: %v", m.Name, m.Comment, v)
		}
	}
}
