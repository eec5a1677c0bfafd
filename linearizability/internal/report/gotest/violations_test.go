package gotest_test

import (
	"context"
	"sync"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/impl/broken"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/stress"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property"
)

// A pattern is the smallest program of several goroutines that makes a broken
// map break its clause.
type pattern struct {
	name   string
	clause model.Clause
	init   []model.Op
	sides  [][]model.Op
}

func op(m model.Method, args ...int) model.Op {
	o := model.Op{Method: m}
	if m.OnKey() {
		o.Key, args = args[0], args[1:]
	}
	if m.Compares() {
		o.Old, args = args[0], args[1:]
	}
	if m.Stores() {
		o.Value = args[0]
	}
	return o
}

func ops(list ...model.Op) []model.Op { return list }

// patterns are those of package broken's doc comments.
func patterns() []pattern {
	store := ops(op(model.Store, 0, 1))
	two := ops(op(model.Store, 0, 1), op(model.Store, 1, 2))
	return []pattern{
		{"S1-lost-swap", model.S1, store, [][]model.Op{{op(model.Swap, 0, 2)}, {op(model.Swap, 0, 3)}}},
		{"S1-two-deleters", model.S1, store, [][]model.Op{{op(model.LoadAndDelete, 0)}, {op(model.LoadAndDelete, 0)}}},
		{"S1-two-storers", model.S1, nil, [][]model.Op{{op(model.LoadOrStore, 0, 1)}, {op(model.LoadOrStore, 0, 2)}}},
		{"S1-compare-then-swap", model.S1, store, [][]model.Op{{op(model.CompareAndSwap, 0, 1, 2)}, {op(model.CompareAndSwap, 0, 1, 3)}}},
		{"S1-compare-then-delete", model.S1, store, [][]model.Op{{op(model.CompareAndDelete, 0, 1)}, {op(model.CompareAndDelete, 0, 1)}}},
		{"S1-gap-in-store", model.S1, store, [][]model.Op{{op(model.Store, 0, 2)}, {op(model.Load, 0)}}},
		{"S1-length-as-version", model.S1, ops(op(model.Store, 1, 1)),
			[][]model.Op{{op(model.LoadOrStore, 0, 2)}, {op(model.Delete, 1), op(model.LoadOrStore, 0, 3)}}},
		{"S1-store-to-dead-entry", model.S1, store, [][]model.Op{{op(model.Store, 0, 2)}, {op(model.LoadAndDelete, 0)}}},
		{"S1-reused-entry", model.S1, store, [][]model.Op{{op(model.Load, 0)}, {op(model.Delete, 0), op(model.Store, 1, 2)}}},
		{"S1-stale-load", model.S1, store, [][]model.Op{{op(model.Load, 0)}, {op(model.Store, 0, 2)}}},
		{"T5-clear-in-halves", model.T5, two, [][]model.Op{{op(model.Clear)}, {op(model.Load, 0), op(model.Load, 1)}}},
		{"T6-counts-late", model.T6, nil, [][]model.Op{
			{op(model.Store, 0, 1), op(model.Delete, 0), op(model.Len)}, {op(model.Store, 0, 2), op(model.Delete, 0), op(model.Len)}}},
	}
}

// A hang is a program that never ends, and a call that never returns.
type hang struct {
	pattern
	stuck model.Op
}

// hangs are programs whose hanging takes a watchdog seconds to see, so they are
// not run before their tests are generated.
func hangs() []hang {
	load, clear, store := op(model.Load, 0), op(model.Clear), op(model.Store, 0, 1)
	again, third := op(model.Store, 0, 2), op(model.Store, 0, 3)
	return []hang{
		{pattern{"T3-lock-held", model.T3, nil, [][]model.Op{{store, inRange(load)}}}, load},
		{pattern{"T3-read-lock-held", model.T3, nil, [][]model.Op{{store, inRange(load, again)}}}, again},
		{pattern{"T4-keeps-lock", model.T4, nil, [][]model.Op{{store, {Method: model.Range, Func: &model.Func{Panic: 1}}, third}}}, third},
		{pattern{"P2-clear-keeps-lock", model.P2, nil, [][]model.Op{{clear, clear}}}, clear},
		{pattern{"P3-compare-panic", model.P3, nil, [][]model.Op{
			{op(model.Store, 0, model.Uncomparable), op(model.CompareAndDelete, 0, model.Uncomparable), store}}}, store},
		{pattern{"P3-hash-panic", model.P3, nil, [][]model.Op{{op(model.Store, model.Unhashable, 1)}}}, op(model.Len)},
		{pattern{"P2-lock-order", model.P2, nil, [][]model.Op{{op(model.Swap, 0, 1)}, {clear}}}, clear},
		{pattern{"P2-lost-wakeup", model.P2, nil, [][]model.Op{{store}, {again}}}, again},
	}
}

func inRange(do ...model.Op) model.Op {
	return model.Op{Method: model.Range, Func: &model.Func{Do: do}}
}

// violations finds a counterexample of each broken map that running it can show, and
// of some of the catalogue: of a sixth of them in the default run.
func violations(t *testing.T) []counterexample.Counterexample {
	t.Helper()
	f := &finder{t: t, maps: map[string]model.Binder{}, slots: make(chan struct{}, 8)}
	for _, m := range append(impl.Broken(), impl.Catalogue()...) {
		f.maps[m.Name] = m.Subject
	}
	if f.isNext() {
		f.released(model.R4, "R4-never-shrinks") // alone, since it measures the heap
	}
	for _, p := range patterns() {
		f.judge(func() { f.concurrent(p) })
	}
	for _, m := range broken.Maps {
		switch {
		case m.Hangs:
		case m.Sees == broken.Sequential:
			f.judge(func() { f.sequential(m) })
		case m.Sees == broken.Release:
			if m.Clause != "R4" {
				f.judge(func() { f.released(model.Clause(m.Clause), m.Name) })
			}
		}
	}
	for name, clauses := range map[string][]model.Clause{
		"go1.14": {model.R1}, "go1.15.0": {model.R1, model.R3}, "go1.15.2": {model.R1},
	} {
		for _, c := range clauses {
			f.judge(func() { f.released(c, name) })
		}
	}
	for _, h := range hangs() {
		if f.isNext() {
			f.hanging(h)
		}
	}
	f.all.Wait()
	if f.count < 60 {
		t.Errorf("%d violations to generate tests of, want more", f.count)
	}
	return f.list
}

// A finder collects counterexamples, several at once.
type finder struct {
	t     *testing.T
	maps  map[string]model.Binder
	slots chan struct{}
	all   sync.WaitGroup
	count int // of the violations

	mu   sync.Mutex
	list []counterexample.Counterexample
}

// isNext counts a violation, and reports whether it is to be found in this run.
func (f *finder) isNext() bool {
	f.count++
	return f.count%6 == 1 || testpart.Run(f.count)
}

func (f *finder) judge(find func()) {
	if !f.isNext() {
		return
	}
	f.all.Go(func() {
		f.slots <- struct{}{}
		defer func() { <-f.slots }()
		find()
	})
}

func (f *finder) add(b model.Binder, v model.Verdict) {
	if v.Status != model.Violation {
		f.t.Errorf("%s: no violation: %v", b.Bind().Name(), v)
		return
	}
	c, err := counterexample.Of(b.Bind(), v)
	if err != nil {
		f.t.Error(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, c)
}

func (f *finder) concurrent(p pattern) {
	b := f.maps[p.name]
	w := model.Witness{Look: model.LookHistory, Init: p.init, Threads: p.sides}
	v, _, err := stress.Try(context.Background(), b, p.clause, w, stress.Options{Rounds: 100_000, Seed: 1})
	if err != nil {
		f.t.Error(err)
		return
	}
	f.add(b, v)
}

func (f *finder) hanging(h hang) {
	w := model.Witness{Look: model.LookResults, Init: h.init, Threads: h.sides}
	if len(h.sides) > 1 {
		w.Look = model.LookHistory
	}
	failure := &model.Failure{Kind: model.Hangs, Stuck: []model.Stuck{{Call: &h.stuck}}}
	if h.stuck.Method == model.Len { // which is a read of the checker's
		failure = &model.Failure{Kind: model.LeaksLock, Call: &h.stuck}
	}
	f.add(f.maps[h.name], failure.Violates(h.clause, &w))
}

func (f *finder) sequential(m broken.Map) {
	promise := f.maps[m.Name].Bind().Promise()
	promise.Release = model.ReleaseNone // which would take most of the time
	b := impl.Subject(m.Name, promise, m.New)
	verdicts := property.Judge(context.Background(), b, property.Options{Seed: 1, Programs: 60, Until: model.Clause(m.Clause)})
	f.add(b, model.Find(verdicts, model.Clause(m.Clause)))
}

func (f *finder) released(c model.Clause, name string) {
	b := f.maps[name]
	f.add(b, model.Find(property.Judge(context.Background(), b, property.Options{Programs: -1, Keys: 4, PumpLength: 2, Until: c}), c))
}
