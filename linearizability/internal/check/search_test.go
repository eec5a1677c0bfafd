package check

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// together returns ops with a client each, all of them in progress between 100
// and 1000. Their IDs start at id.
func together(id int, ops ...history.Operation) []history.Operation {
	for i := range ops {
		o := &ops[i]
		o.ID, o.Client, o.Parent = id+i, id+i, history.NoParent
		o.Call, o.Return = id+i, 1000+id+i
		for n := range o.Visits {
			o.Visits[n].At = 500 + n
		}
	}
	return ops
}

// stores returns n Stores of different values under key, followed by more.
func stores(key, n int, more ...history.Operation) []history.Operation {
	var ops []history.Operation
	for i := range n {
		ops = append(ops, history.Operation{Op: model.Op{Method: model.Store, Key: key, Value: 1 + i}})
	}
	return append(ops, more...)
}

// many operations at once have 2^30 subsets, more than any budget.
const many = 30

// neverStored is a value that no operation stores. To refute it, a search has to
// try all orders.
const neverStored = 99

func loadNever(key int) history.Operation {
	return history.Operation{Op: model.Op{Method: model.Load, Key: key}, Result: model.Result{Value: neverStored, OK: true}}
}

func statuses(verdicts []model.Verdict) map[model.Clause]model.Status {
	m := map[model.Clause]model.Status{}
	for _, v := range verdicts {
		m[v.Clause] = v.Status
	}
	return m
}

// ticking returns a clock on which a millisecond passes whenever it is read.
func ticking() func() time.Time {
	now := time.Unix(0, 0)
	return func() time.Time {
		now = now.Add(time.Millisecond)
		return now
	}
}

// stoppedClock is a clock that stands still.
func stoppedClock() time.Time { return time.Unix(0, 0) }

// TestABudgetThatIsHitIsUnknown checks that a search that exceeds a limit says
// which, and that its verdict is never ok.
func TestABudgetThatIsHitIsUnknown(t *testing.T) {
	ops := together(0, stores(0, many, loadNever(0))...)
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"time, while searching", Options{Timeout: 50 * time.Millisecond, limits: searchLimits{bytes: math.MaxInt, now: ticking()}}, "50ms passed while ordering 31 operations"},
		{"time, before the search", Options{Timeout: 1}, "1ns passed before 31 operations could be ordered"},
		{"memory, while searching", Options{limits: searchLimits{bytes: 1 << 20, now: stoppedClock}}, "1 MB of memory were used while ordering 31 operations"},
		{"memory, too little for porcupine", Options{limits: searchLimits{bytes: many * entryBytes, now: stoppedClock}}, "0 MB of memory were used while ordering 31 operations"},
		{"time, in a long run", Options{Timeout: 50 * time.Millisecond, limits: searchLimits{bytes: math.MaxInt, walkAbove: -1, now: ticking()}}, "50ms passed while ordering 31 operations"},
		{"time, before a long run", Options{Timeout: 1, limits: searchLimits{walkAbove: -1}}, "1ns passed before 31 operations could be ordered"},
		{"memory, in a long run", Options{limits: searchLimits{bytes: 1 << 20, walkAbove: -1, now: stoppedClock}}, "1 MB of memory were used while ordering 31 operations"},
	} {
		v := model.Find(Operations(ops, c.o), model.S1)
		if v.Status != model.Unknown || !strings.Contains(v.Evidence(), "k0: budget: "+c.want) || v.Coverage.Complete {
			t.Errorf("%s: got %v, want %q", c.name, v, c.want)
		}
	}
}

// TestPorcupineSearchesWhatAWalkCannotFollow puts more operations in progress
// than a walk can follow, with and without the memory that porcupine needs.
func TestPorcupineSearchesWhatAWalkCannotFollow(t *testing.T) {
	ops := together(0, stores(0, maxOpen, loadNever(0))...)
	ops[maxOpen].Result.Value = maxOpen // the value of the last Store
	for bytes, want := range map[int]model.Status{0: model.OK, 1 << 15: model.Unknown} {
		v := model.Find(Operations(ops, Options{limits: searchLimits{bytes: bytes, walkAbove: -1}}), model.S1)
		if v.Status != want {
			t.Errorf("%d bytes: got %v, want %s", bytes, v, want)
		}
		if v.Status == model.Unknown && !strings.Contains(v.Evidence(), "65 operations overlap, more than 64 of them at once") {
			t.Errorf("%d bytes: got %v", bytes, v)
		}
	}
}

// TestAViolationOutweighsUnknown checks that an unknown key does not hide a
// violation on another key, whichever is searched first.
func TestAViolationOutweighsUnknown(t *testing.T) {
	for _, c := range []struct{ hard, wrong int }{{0, 1}, {1, 0}} {
		ops := together(0, stores(c.hard, many, loadNever(c.hard))...)
		ops = append(ops, together(many+1, stores(c.wrong, 1, loadNever(c.wrong))...)...)
		for _, o := range []Options{
			{Timeout: 300 * time.Millisecond, limits: searchLimits{bytes: math.MaxInt, now: ticking()}},
			{limits: searchLimits{bytes: 1 << 20, now: stoppedClock}},
		} {
			v := model.Find(Operations(ops, o), model.S1)
			if v.Status != model.Violation || !strings.HasPrefix(v.Evidence(), model.KeyName(c.wrong)+": ") {
				t.Errorf("hard key %d: got %v", c.hard, v)
			}
		}
	}
}

// TestAViolationOutweighsUnknownInAnotherPart is the same for two segments of
// one key.
func TestAViolationOutweighsUnknownInAnotherPart(t *testing.T) {
	ops := together(0, stores(0, many, loadNever(0))...)
	for i, o := range append(stores(0, 2), loadNever(0)) { // the first alone, the other two overlapping
		o.ID, o.Call, o.Return = 100+i, 5000+10*i, []int{5005, 5100, 5101}[i]
		ops = append(ops, o)
	}
	v := model.Find(Operations(ops, Options{limits: searchLimits{bytes: 1 << 20, now: stoppedClock}}), model.S1)
	if v.Status != model.Violation || !strings.Contains(v.Lines()[len(v.Lines())-1], "#102 ") {
		t.Errorf("got %v\n%s", v, strings.Join(v.Lines(), "\n"))
	}
}

// TestUnknownReachesTheClausesThatBuildOnIt checks that a clause is unknown if its
// own search was cut off, or one that it builds on.
func TestUnknownReachesTheClausesThatBuildOnIt(t *testing.T) {
	visitNever := history.Operation{
		Op:     model.Op{Method: model.Range, Func: &model.Func{Stop: 1}},
		Visits: []history.Visit{{Visit: model.Visit{Key: 0, Value: neverStored}}},
	}
	length := history.Operation{Op: model.Op{Method: model.Len}, Result: model.Result{Len: neverStored}}
	wipe := history.Operation{Op: model.Op{Method: model.Clear}}
	hardWhole := slices.Concat(stores(0, many/2), stores(1, many/2))
	for _, c := range []struct {
		name string
		ops  []history.Operation
		want map[model.Clause]model.Status
	}{
		{"a key", stores(0, many, loadNever(0), wipe, length), map[model.Clause]model.Status{
			model.S1: model.Unknown, model.T1: model.Skipped, model.T5: model.Unknown, model.T6: model.Unknown}},
		{"a traversal's visit", stores(0, many, visitNever), map[model.Clause]model.Status{
			model.S1: model.OK, model.T1: model.Unknown, model.T5: model.Skipped, model.T6: model.Skipped}},
		{"Len", append(slices.Clone(hardWhole), length), map[model.Clause]model.Status{
			model.S1: model.OK, model.T1: model.Skipped, model.T5: model.Skipped, model.T6: model.Unknown}},
		{"Len and Clear", append(slices.Clone(hardWhole), wipe, length), map[model.Clause]model.Status{
			model.S1: model.OK, model.T1: model.Skipped, model.T5: model.OK, model.T6: model.Unknown}},
	} {
		got := statuses(Operations(together(0, c.ops...), Options{Promise: strongest, limits: searchLimits{bytes: 1 << 20, now: stoppedClock}}))
		for clause, want := range c.want {
			if got[clause] != want {
				t.Errorf("%s: %s is %s, want %s", c.name, clause, got[clause], want)
			}
		}
	}
}

// TestATraceIsShort checks that the trace of a violation in a long history is
// short and deterministic.
func TestATraceIsShort(t *testing.T) {
	s := &simulation{choose: seeded(3), clients: 3, calls: 3000, keys: []int{0}, values: 4, methods: onKey}
	ops := s.run()
	ops = append(ops, together(5_000_000, loadNever(0))...)
	first := model.Find(Operations(ops, Options{}), model.S1)
	if first.Status != model.Violation || len(first.Lines()) == 0 || len(first.Lines()) > maxLines {
		t.Fatalf("got %v with a trace of %d lines", first.Status, len(first.Lines()))
	}
	if !strings.Contains(first.Evidence(), "k0: Load(k0) returned v99, true, which no order of the 3001 operations on k0 explains") {
		t.Errorf("got %q", first.Evidence())
	}
	again := model.Find(Operations(ops, Options{}), model.S1)
	if !slices.Equal(first.Lines(), again.Lines()) {
		t.Error("two traces of one history differ")
	}
}

// TestPendingOperationsOfEveryMethod checks that a pending operation condemns
// nothing: it can be ordered last, and a pending Clear may have deleted only some
// keys.
func TestPendingOperationsOfEveryMethod(t *testing.T) {
	for m := range model.Len + 1 {
		ops := []history.Operation{
			{ID: 0, Op: model.Op{Method: model.Store, Value: 1}, Call: 1, Return: 2},
			{ID: 1, Client: 1, Op: model.Op{Method: m, Value: 3, Old: 1}, Call: 3, Return: -1},
			{ID: 2, Op: model.Op{Method: model.Load}, Result: model.Result{Value: 1, OK: true}, Call: 4, Return: 5},
		}
		for _, p := range []model.Promise{weakest, strongest} {
			for _, v := range Operations(ops, Options{Promise: p}) {
				if v.Status != model.OK && v.Status != model.Skipped {
					t.Errorf("pending %v: %v", m, v)
				}
			}
		}
	}
}

// TestContentTellsValuesApart checks that packing a value into a word loses
// nothing.
func TestContentTellsValuesApart(t *testing.T) {
	seen := map[content]int{}
	for _, v := range []int{-2, -1, 0, 1, 2, 1 << 20, math.MaxInt / 2, math.MaxInt - 3, math.MaxInt} {
		c := model.Cell{Present: true, Value: v, Instances: 1}
		h := pack(c)
		if other, ok := seen[h]; ok || h == absent {
			t.Errorf("%d is packed like %d or like nothing", v, other)
		}
		seen[h] = v
		if h.cell() != c {
			t.Errorf("%d unpacks to %v", v, h.cell())
		}
	}
}
