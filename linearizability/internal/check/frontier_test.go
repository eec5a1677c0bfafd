package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/model"
	"pgregory.net/rapid"
)

// drawAny draws a history of some dozens of operations, possibly spoiled.
func drawAny(t *rapid.T) ([]history.Operation, model.Promise) {
	choose := drawChooser(t)
	s := &simulation{
		choose: choose, clients: 1 + choose(5), calls: 1 + choose(40), keys: []int{0, 1, 2}[:1+choose(3)], values: 1 + choose(3),
		leaveOneIn: 2, weakClear: choose(2) == 0, spareOneIn: []int{0, 0, 3}[choose(3)], restOneIn: []int{0, 0, 10}[choose(3)],
		methods: append(slices.Clone(onKey), [][]model.Method{
			{}, {model.Clear}, {model.Clear, model.Len, model.Len}, {model.Range, model.Keys}, {model.Store, model.Delete, model.Store, model.Delete},
		}[choose(5)]...),
	}
	if choose(4) == 0 {
		s.keys = append(slices.Clone(s.keys), model.NaN)
	}
	p := choosePromise(choose)
	ops := s.run()
	for range choose(3) {
		spoil(ops, choose, s.keys, s.values)
	}
	for range choose(3) { // as if a process had died
		ops[choose(len(ops))].Return = -1
	}
	for i := range ops {
		if ops[i].Pending() {
			ops[i].Result = model.Result{}
		}
	}
	return ops, p
}

// TestWalksAgreeWithPorcupine checks that the verdict does not depend on who
// searches.
//
// Clauses: S1, T1, T5, T6
func TestWalksAgreeWithPorcupine(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		ops, p := drawAny(t)
		placed := Operations(ops, Options{Promise: p, limits: searchLimits{uncut: true, walkAbove: 1 << 30}})
		for _, uncut := range []bool{true, false} {
			walked := Operations(ops, Options{Promise: p, limits: searchLimits{uncut: uncut, walkAbove: -1}})
			for i, v := range placed {
				if walked[i].Clause != v.Clause || walked[i].Status != v.Status {
					t.Errorf("porcupine: %v\nwalk: %v\n%s", v, walked[i], lines(ops))
				}
				seen[fmt.Sprint(v.Clause, " ", v.Status)]++
			}
		}
	})
	for _, c := range judged {
		for _, s := range []model.Status{model.OK, model.Violation} {
			if what := fmt.Sprint(c, " ", s); seen[what] == 0 && !testing.Short() {
				t.Errorf("no history drawn is %s: nothing was compared", what)
			}
		}
	}
	t.Logf("verdicts: %v", seen)
}

// endless returns a history on one key by 8 clients in which some operation is
// in progress at every instant.
func endless(n int, seed uint64) []history.Operation {
	s := &simulation{choose: seeded(seed), clients: 8, calls: n, keys: []int{0}, values: 20, methods: onKey, overlap: true}
	return s.run()
}

// longLength returns the number of operations in a long history.
func longLength() int {
	switch {
	case testing.Short():
		return 10_000
	case testpart.Run(0):
		return 200_000
	}
	return 50_000
}

func TestEndlessHistoriesAreOneGroup(t *testing.T) {
	j := newJudge(endless(10_000, 1), Options{})
	n := 0
	for range groups(j.keyEntries(0, false)) {
		n++
	}
	if n != 1 {
		t.Errorf("got %d groups, want 1", n)
	}
}

// TestALongRunIsDecided checks that a history without a quiescent instant gets a
// verdict, however long it is.
//
// Clauses: S1
func TestALongRunIsDecided(t *testing.T) {
	v := model.Find(Operations(endless(longLength(), 1), Options{Timeout: time.Hour}), model.S1)
	if v.Status != model.OK {
		t.Errorf("got %v", v)
	}
}

// TestAViolationInALongRunIsExplained checks that a wrong result is found
// anywhere in a long history, and that its explanation is short and
// deterministic.
//
// Clauses: S1
func TestAViolationInALongRunIsExplained(t *testing.T) {
	for _, at := range []int{10, longLength() / 2, longLength() - 1} {
		ops := endless(longLength(), 1)
		for ops[at].Op.Method != model.Load {
			at--
		}
		ops[at].Result = model.Result{Value: neverStored, OK: true}
		h := history.Of(ops)
		o := Options{Timeout: time.Hour}
		v := model.Find(History(h, o), model.S1)
		if v.Status != model.Violation || len(v.Lines()) > maxLines {
			t.Errorf("at %d: got %s with a trace of %d lines", at, v.Status, len(v.Lines()))
			continue
		}
		if last := v.Lines()[len(v.Lines())-1]; !strings.HasPrefix(last, fmt.Sprintf("fits nowhere: #%d ", at)) {
			t.Errorf("at %d: got %q", at, last)
		}
		x, again := explain(h, o)[0], explain(h, o)[0]
		if !equalExplanations(x, again) {
			t.Errorf("at %d: two explanations differ", at)
		}
		if n := len(x.failure.Order.Longest) + len(x.failure.Order.Left); n > 2*checkpointEvents+maxOpen || n < min(at/2, checkpointEvents/4) {
			t.Errorf("at %d: the explanation has %d operations", at, n)
		}
		if stuck := x.failure.Order.Left[0]; stuck.ID != at || stuck.Want == nil || stuck.Fits() {
			t.Errorf("at %d: got %+v", at, stuck)
		}
	}
}

// TestAStaleReadInALongRunIsFound spoils a Load with a value that the key held
// at another time, which is harder to refute than a value never stored.
//
// Clauses: S1
func TestAStaleReadInALongRunIsFound(t *testing.T) {
	found, seeds := 0, uint64(10)
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		ops := endless(1500, seed)
		choose := seeded(seed)
		at := 500 + choose(500)
		for ops[at].Op.Method != model.Load || !ops[at].Result.OK {
			at++
		}
		ops[at].Result.Value = ops[at].Result.Value%20 + 1
		placed := model.Find(Operations(ops, Options{limits: searchLimits{walkAbove: 1 << 30}}), model.S1)
		walked := model.Find(Operations(ops, Options{}), model.S1)
		if placed.Status != walked.Status {
			t.Errorf("seed %d: porcupine says %v, a walk %v", seed, placed, walked)
		}
		if walked.Status == model.Violation {
			found++
		}
	}
	if found == 0 {
		t.Error("nothing was wrong with any history")
	}
}

// checkOrder checks that w's order is valid, and that the first entry left over
// has no place after it.
func checkOrder(t *testing.T, w window) {
	t.Helper()
	state, stuck := w.space.model.Init(), leftOf(w.entries, w.order)[0]
	for i, e := range w.order {
		var ok bool
		if ok, state = w.space.model.Step(state, e, nil); !ok {
			t.Errorf("%v does not accept its result", e)
		}
		if !slices.Contains(w.entries, e) {
			t.Errorf("%v is not in the window", e)
		}
		if e.call > stuck.ret {
			t.Errorf("%v was called after %v returned", e, stuck)
		}
		for _, later := range w.order[i+1:] {
			if later.ret < e.call {
				t.Errorf("%v precedes %v, which returned before it was called", e, later)
			}
		}
	}
	if ok, _ := w.space.model.Step(state, stuck, nil); ok {
		t.Errorf("%v fits at the end", stuck)
	}
}

// TestAWalkDecidesWhatPorcupineCannot searches a history for which porcupine
// lacks the memory.
//
// Clauses: S1
func TestAWalkDecidesWhatPorcupineCannot(t *testing.T) {
	ops := endless(300, 1)
	at := 250
	for ops[at].Op.Method != model.Load {
		at++
	}
	o := Options{limits: searchLimits{bytes: 300 * (entryBytes + configBytes + 50)}}
	if v := model.Find(Operations(ops, o), model.S1); v.Status != model.OK {
		t.Errorf("got %v", v)
	}
	ops[at].Result = model.Result{Value: neverStored, OK: true}
	if v := model.Find(Operations(ops, o), model.S1); v.Status != model.Violation || len(v.Lines()) == 0 {
		t.Errorf("one result wrong: got %v", v)
	}
}

// TestWalksExplainAsPorcupineDoes compares the traces of walks with porcupine's.
// They differ only in that a walk leaves out a pending operation that the order
// does not need.
//
// Clauses: S1, T1, T5, T6
func TestWalksExplainAsPorcupineDoes(t *testing.T) {
	for _, s := range smallHistories {
		h := read(t, s.name)
		walked := History(h, Options{Promise: s.promise, limits: searchLimits{walkAbove: -1}})
		for i, v := range History(h, Options{Promise: s.promise}) {
			want := v.Lines()
			if s.name == "pending-cas-without-match" {
				want = slices.DeleteFunc(slices.Clone(want), func(line string) bool {
					return line == "  #1 pending CompareAndSwap(k2, v3, v4) → v1"
				})
			}
			if got := walked[i]; got.Evidence() != v.Evidence() || !slices.Equal(got.Lines(), want) {
				t.Errorf("%s: walk: %v\n%s\nporcupine: %v\n%s", s.name,
					got, strings.Join(got.Lines(), "\n"), v, strings.Join(v.Lines(), "\n"))
			}
		}
	}
}

// TestAWalkExplainsByTheLongestOrder has the wrong result come first, where a
// search that kept its first order would explain nothing.
func TestAWalkExplainsByTheLongestOrder(t *testing.T) {
	h := history.Of(together(0, append([]history.Operation{loadNever(0)}, stores(0, 3)...)...))
	x := explain(h, Options{limits: searchLimits{walkAbove: -1}})[0].failure.Order
	if len(x.Longest) != 3 || len(x.Left) != 1 {
		t.Errorf("got %+v", x)
	}
}

// TestAWindowGetsAsFarAsTheWalk checks that a window begins in the state, of
// several possible ones, from which the walk gets furthest.
func TestAWindowGetsAsFarAsTheWalk(t *testing.T) {
	choices := 0
	for seed := range uint64(60) {
		choose := seeded(seed)
		ops := endless(1000, seed)
		spoil(ops[700:], choose, []int{0}, 20)
		j := newJudge(ops, Options{})
		entries := j.keyEntries(0, false)
		from := point[content]{configs: []configuration[content]{{}}}
		w := newWalk(ofKey, entries, from, 1<<20, after(time.Hour, time.Now))
		if end, _ := w.run(); end != stuck {
			continue
		}
		win := w.window()
		if win.possible > 1 {
			choices++
		}
		if got, want := leftOf(win.entries, win.order)[0], w.open[w.next]; got != want {
			t.Errorf("seed %d: the window is stuck at %v, the walk at %v", seed, got, want)
		}
	}
	if choices == 0 {
		t.Error("no window had a choice")
	}
}

// TestAWindowHasNoOrder checks that the part of a history that explains a
// violation is wrong by itself, and short.
func TestAWindowHasNoOrder(t *testing.T) {
	windows, choices := 0, 0
	for seed := range uint64(40) {
		choose := seeded(seed)
		s := &simulation{
			choose: choose, clients: 2 + choose(5), calls: 1000, keys: []int{0, 1}[:1+choose(2)], values: 3, overlap: true,
			methods: append(slices.Clone(onKey), [][]model.Method{{}, {model.Clear, model.Len}}[choose(2)]...),
		}
		ops := s.run()
		spoil(ops[500:], choose, s.keys, s.values)
		j := newJudge(ops, Options{Promise: strongest, limits: searchLimits{uncut: true, walkAbove: -1}})
		j.lens = j.judgedLens()
		v := j.searchWhole(j.wholeEntries(true), after(time.Hour, time.Now))
		if v.status != model.Violation {
			continue
		}
		windows++
		w := v.makeWindow()
		if w.possible > 1 {
			choices++
		}
		if len(w.entries) > 2*checkpointEvents+maxOpen || v.hi < 500 {
			t.Errorf("seed %d: %d operations of %d", seed, len(w.entries), v.hi)
		}
		if porcupine.CheckOperations(w.space.model, operations(w.entries)) {
			t.Errorf("seed %d: the window has an order", seed)
		}
		checkOrder(t, w)
	}
	if windows < 10 || choices == 0 {
		t.Errorf("%d windows, %d of them with a choice: too few", windows, choices)
	}
}

// TestAnExplanationSaysWhatItTookForGranted checks that an explanation says when
// it begins in one of several possible states.
func TestAnExplanationSaysWhatItTookForGranted(t *testing.T) {
	said := 0
	for seed := range uint64(20) {
		ops := endless(2000, seed)
		at := 1500
		for ops[at].Op.Method != model.Load {
			at++
		}
		ops[at].Result = model.Result{Value: neverStored, OK: true}
		v := model.Find(Operations(ops, Options{}), model.S1)
		if v.Status != model.Violation {
			t.Fatalf("seed %d: got %v", seed, v)
		}
		if slices.ContainsFunc(v.Lines(), func(s string) bool { return strings.HasSuffix(s, " possible states") }) {
			said++
		}
	}
	if said == 0 || said == 20 {
		t.Errorf("%d of 20 traces begin with a choice", said)
	}
}

// TestManyPendingOperationsAreDecided checks that pending operations, which
// could take effect in very many ways, do not exhaust a walk.
//
// Clauses: S1
func TestManyPendingOperationsAreDecided(t *testing.T) {
	o := Options{Timeout: time.Hour}
	for _, c := range []struct{ pending, values int }{{50, 1}, {12, 12}} {
		ops := endless(2_000, 1)
		last := ops[len(ops)-1].Return
		for _, other := range ops {
			last = max(last, other.Return)
		}
		ops = append(ops, history.Operation{ID: 10_000, Op: model.Op{Method: model.Delete}, Call: last + 1, Return: last + 2})
		for i := range c.pending {
			ops = append(ops, history.Operation{
				ID: 20_000 + i, Client: 100 + i, Parent: history.NoParent,
				Op: model.Op{Method: model.Store, Value: 1 + i%c.values}, Call: last + 3 + i, Return: -1,
			})
		}
		for _, o := range endless(2_000, 2) {
			o.ID, o.Call, o.Return = o.ID+30_000, o.Call+last+1000, o.Return+last+1000
			ops = append(ops, o)
		}
		if v := model.Find(Operations(ops, o), model.S1); v.Status != model.OK {
			t.Errorf("%d pending Stores: got %v", c.pending, v)
		}
		wrong := slices.IndexFunc(ops, func(o history.Operation) bool { return o.ID > 31_000 && o.Op.Method == model.Load })
		ops[wrong].Result = model.Result{Value: neverStored, OK: true}
		if v := model.Find(Operations(ops, o), model.S1); v.Status != model.Violation {
			t.Errorf("%d pending Stores, one result wrong: got %v", c.pending, v)
		}
	}
}

// entriesOfEveryKind returns entries on key 0 that differ in their methods,
// arguments, results and acceptances.
func entriesOfEveryKind() []entry {
	var list []entry
	values := []int{model.Zero, 1, 2, model.Uncomparable}
	for m := range model.Len + 1 {
		for _, value := range values {
			for _, old := range values {
				for _, r := range []model.Result{
					{}, {OK: true}, {Value: value, OK: true}, {Value: value}, {Value: old, OK: true}, {Len: 1},
					{Panic: model.PanicCompare}, {Panic: model.PanicOther},
				} {
					for a := exactly; a <= perhaps; a++ {
						list = append(list, entry{op: model.Op{Method: m, Value: value, Old: old}, result: r, accept: a})
					}
				}
			}
		}
	}
	return list
}

// TestReadsChangeNothing checks that applying a read leaves every state
// unchanged, which walks rely on.
func TestReadsChangeNothing(t *testing.T) {
	reads := map[model.Method]bool{}
	for _, e := range entriesOfEveryKind() {
		if !e.reads() {
			continue
		}
		for _, c := range []model.Cell{{}, {Present: true, Value: 0}, {Present: true, Value: 1}, {Present: true, Value: 2}, {Present: true, Value: model.Uncomparable}} {
			if e.op.Method.OnKey() {
				before := pack(c)
				after, ok := e.stepKey(before)
				if reads[e.op.Method] = reads[e.op.Method] || ok; ok && after != before {
					t.Errorf("%v %v, accept %d, of %v: %v", e.op, e.result, e.accept, before, after)
				}
			}
			before := model.State{}.With(0, pack(c).cell()).With(1, pack(model.Cell{Present: true, Value: 1}).cell())
			if after, ok := e.stepState(before); ok && !after.Equal(before) {
				t.Errorf("%v %v, accept %d, of %v: %v", e.op, e.result, e.accept, before, after)
			}
		}
	}
	for _, m := range []model.Method{model.Load, model.LoadOrStore, model.LoadAndDelete, model.CompareAndSwap, model.CompareAndDelete} {
		if !reads[m] {
			t.Errorf("%v is never a read", m)
		}
	}
}
