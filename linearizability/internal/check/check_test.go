package check

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files in testdata")

var (
	weakest   = model.Promise{}
	strongest = model.Promise{Clear: model.Strong, Len: model.Strong}
)

// A smallHistory is a history in testdata that breaks at most one clause.
type smallHistory struct {
	name    string
	promise model.Promise
	breaks  model.Clause // "" if no clause is broken
}

const none model.Clause = ""

// smallHistories are hand-written. Each name says what the history shows.
var smallHistories = []smallHistory{
	{"lost-update", weakest, model.S1},
	{"stale-read", weakest, model.S1},
	{"two-deletes-succeed", weakest, model.S1},
	{"value-from-nowhere", weakest, model.S1},
	{"other-key-affected", weakest, model.S1},
	{"both-stored", weakest, model.S1},
	{"failed-swap-changed", weakest, model.S1},
	{"absent-key-matches", weakest, model.S1},

	{"pending-store-observed", weakest, none},
	{"pending-store-never-observed", weakest, none},
	{"pending-store-taken-back", weakest, model.S1},
	{"pending-store-before-its-call", weakest, model.S1},
	{"pending-cas-observed", weakest, none},
	{"pending-cas-without-match", weakest, model.S1},
	{"pending-range-visits-count", weakest, model.T1},
	{"pending-range-leaves-out", weakest, none},
	{"pending-clear-deletes-some", weakest, none},
	{"pending-clear-deletes-some", strongest, model.T5},

	{"range-duplicate", weakest, model.T1},
	{"range-misses-resident", weakest, model.T1},
	{"range-foreign-value", weakest, model.T1},
	{"range-visits-absent", weakest, model.T1},
	{"range-foreign-key", weakest, model.T1},
	{"range-value-too-early", weakest, model.T1},
	{"range-under-churn", weakest, none},
	{"range-stopped", weakest, none},
	{"range-stopped-but-wrong", weakest, model.T1},
	{"range-all-before-stop", weakest, model.T1},
	{"range-calls-delete", weakest, none},
	{"range-callback-panics", weakest, none},
	{"range-panic-swallowed", weakest, model.T4},
	{"range-goexit", weakest, none},
	{"range-nil-on-resident", weakest, model.T1},
	{"range-nil-panics-on-empty", weakest, none},
	{"range-nil-panics-on-resident", weakest, none},
	{"range-goes-on-after-stop", weakest, none}, // T1 leaves the rest open
	{"range-panics", weakest, model.T4},
	{"keys-misses-resident", weakest, model.T1},
	{"keys-visits-absent", weakest, model.T1},
	{"keys-under-churn", weakest, none},
	{"values-is-not-judged", weakest, none},

	{"clear-not-atomic", strongest, model.T5},
	{"clear-not-atomic", weakest, none},
	{"clear-seen-by-range", strongest, model.T5},
	{"clear-seen-by-range", weakest, none},
	{"clear-spares-a-key", strongest, model.T5},
	{"clear-spares-a-key", weakest, model.T5},
	{"clear-late", weakest, model.S1}, // whether Clear deletes the key or not, one of the loads is unexplained
	{"clear-overlapped", strongest, none},
	{"clear-panics", weakest, model.T5},

	{"len-two-of-one-key", strongest, model.T6},
	{"len-two-of-one-key", weakest, none},
	{"len-wrong-at-rest", weakest, model.T6},
	{"len-wrong-at-rest", strongest, model.T6},
	{"len-right-at-rest", weakest, none},
	{"len-after-pending-store", weakest, none},
	{"len-after-pending-store", strongest, model.T6},
	{"len-forgets-nan", weakest, model.T6},
	{"len-counts-nan", strongest, none},
	{"len-counts-nan", weakest, none},
	{"len-too-late", strongest, model.T6},
	{"len-too-late", weakest, none},
	{"len-panics", weakest, model.T6},

	{"expected-hash-panic", strongest, none},
	{"missing-hash-panic", weakest, model.S7},
	{"nan-found-again", weakest, model.S7},
	{"nan-visited", weakest, none},
	{"nan-visited-too-often", weakest, model.T1},
	{"expected-compare-panic", weakest, none},
	{"compare-panic-on-absent", weakest, model.S1},
	{"unexpected-compare-panic", weakest, model.S6},
	{"unexpected-panic", weakest, model.S1},
}

func read(t testing.TB, name string) history.History {
	f, err := os.Open(filepath.Join("testdata", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h, err := history.Read(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return h
}

func levelName(p model.Promise) string {
	if p == strongest {
		return "strong"
	}
	return "weak"
}

// TestSmallHistories checks that each history breaks the clause that the table
// says and no other. testdata/verdicts.golden holds the full text of the
// verdicts.
//
// Clauses: S1, S6, S7, T1, T4, T5, T6
func TestSmallHistories(t *testing.T) {
	var golden strings.Builder
	for _, s := range smallHistories {
		verdicts := History(read(t, s.name), Options{Promise: s.promise})
		fmt.Fprintf(&golden, "%s, %s promise\n", s.name, levelName(s.promise))
		for _, v := range verdicts {
			want := v.Status == model.OK || v.Status == model.Skipped
			if v.Clause == s.breaks {
				want = v.Status == model.Violation && len(v.Failure.History) > 0
			}
			if !want {
				t.Errorf("%s, %s promise: %v", s.name, levelName(s.promise), v)
			}
			if strings.Contains(v.Evidence(), "\n") || len(v.Lines()) > maxLines {
				t.Errorf("%s: evidence is %q, trace has %d lines", s.name, v.Evidence(), len(v.Lines()))
			}
			fmt.Fprintf(&golden, "  %v\n", v)
			for _, line := range v.Lines() {
				fmt.Fprintf(&golden, "      %s\n", line)
			}
		}
		if s.breaks != none && model.Find(verdicts, s.breaks).Status != model.Violation {
			t.Errorf("%s, %s promise: %s is not violated", s.name, levelName(s.promise), s.breaks)
		}
		golden.WriteByte('\n')
	}
	compare(t, "testdata/verdicts.golden", golden.String())
}

// TestEverySmallHistoryIsJudged checks that no file is missing from the table.
func TestEverySmallHistoryIsJudged(t *testing.T) {
	files, err := filepath.Glob("testdata/*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".jsonl")
		if !slices.ContainsFunc(smallHistories, func(s smallHistory) bool { return s.name == name }) {
			t.Errorf("%s is not in the table", path)
		}
	}
}

// maxLines is how long a violation is told at most.
const maxLines = 45

func compare(t *testing.T, path, got string) {
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -rewrite, then read the diff): got\n%s", path, got)
	}
}

func TestAMalformedHistoryIsInvalid(t *testing.T) {
	load := model.Op{Method: model.Load, Key: 2}
	h := history.History{Events: []history.Event{
		{Seq: 1, ID: 0, Parent: history.NoParent, Op: load},
		{Seq: 2, ID: 1, Parent: history.NoParent, Op: load},
	}}
	backwards := []history.Operation{{Op: load, Call: 5, Return: 4}}
	early := []history.Operation{{Op: model.Op{Method: model.Range}, Call: 5, Return: 7, Visits: []history.Visit{{At: 5}}}}
	for _, verdicts := range [][]model.Verdict{
		History(h, Options{}), Operations(backwards, Options{}), Operations(early, Options{}),
	} {
		if len(verdicts) != len(judged) {
			t.Errorf("got %d verdicts", len(verdicts))
		}
		for i, v := range verdicts {
			if v.Clause != judged[i] || v.Status != model.Invalid || v.Evidence() == "" {
				t.Errorf("got %v", v)
			}
		}
	}
	if v := History(h, Options{})[0]; !strings.HasPrefix(v.Evidence(), "line 2: client 0 calls operation 1") {
		t.Errorf("the evidence does not say where: %v", v)
	}
}

func TestAnEmptyHistoryIsNotJudged(t *testing.T) {
	for _, v := range History(history.History{}, Options{Promise: strongest}) {
		if v.Status != model.Skipped || v.Evidence() == "" {
			t.Errorf("got %v", v)
		}
	}
}

// TestAViolationCarriesItsHistory checks that the history in a verdict is the
// one that was judged.
func TestAViolationCarriesItsHistory(t *testing.T) {
	h := read(t, "stale-read")
	v := model.Find(History(h, Options{}), model.S1)
	again, err := history.Read(strings.NewReader(string(v.Failure.History)))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.Events, h.Events) {
		t.Errorf("got %v, want %v", again, h)
	}
}

// TestALongHistoryIsNotCarried checks that a history too long to be carried is
// judged nevertheless.
func TestALongHistoryIsNotCarried(t *testing.T) {
	ops := make([]history.Operation, maxCarried+1)
	for i := range ops {
		ops[i] = history.Operation{ID: i, Op: model.Op{Method: model.Load}, Call: 2 * i, Return: 2*i + 1}
	}
	ops[1].Result = model.Result{Value: neverStored, OK: true}
	for n, carried := range map[int]bool{maxCarried: true, maxCarried + 1: false} {
		v := model.Find(Operations(ops[:n], Options{}), model.S1)
		if v.Status != model.Violation || len(v.Failure.History) > 0 != carried {
			t.Errorf("%d operations: got %s with %d bytes of history", n, v.Status, len(v.Failure.History))
		}
	}
}

// TestOperationsComeInAnyOrder checks that the order in which a caller passes
// operations makes no difference, and is preserved.
func TestOperationsComeInAnyOrder(t *testing.T) {
	for seed := range uint64(50) {
		choose := seeded(seed)
		s := &simulation{
			choose: choose, clients: 3, calls: 20, keys: []int{0, 1}, values: 2,
			methods: []model.Method{model.Store, model.Delete, model.Load, model.Len, model.Len, model.Range},
		}
		ops := s.run()
		spoil(ops, choose, s.keys, s.values)
		want := Operations(ops, Options{})
		shuffled := slices.Clone(ops)
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(ops), func(i, j int) {
			shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
		})
		before := slices.Clone(shuffled)
		got := Operations(shuffled, Options{})
		for i := range want {
			if got[i].String() != want[i].String() || !slices.Equal(got[i].Lines(), want[i].Lines()) {
				t.Errorf("seed %d: got %v, want %v", seed, got[i], want[i])
			}
		}
		for i := range before {
			if shuffled[i].ID != before[i].ID {
				t.Fatal("the caller's operations were moved")
			}
		}
	}
}
