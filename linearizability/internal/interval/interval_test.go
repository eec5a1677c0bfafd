package interval

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/check"
	"github.com/mapspec/mapspec/model"
)

// byHand returns an execution with steps such as "0w2": thread 0 writes to
// location 2.
func byHand(threads int, steps string, ops ...Op) *execution {
	e := &execution{record: Record{Threads: threads, Ops: ops}, taken: make([]int32, threads)}
	for _, s := range strings.Fields(steps) {
		t := int(s[0] - '0')
		e.taken[t]++
		e.trace = append(e.trace, step{thread: t, writes: s[1] == 'w', location: int(s[2] - '0')})
	}
	e.stamp()
	e.events = make([][]happening, threads)
	for i := range ops {
		e.addEvents(i, NoParent)
	}
	return e
}

// addEvents adds the events of operation i and of the calls inside it, if parent
// is its parent.
func (e *execution) addEvents(i, parent int) {
	o := &e.record.Ops[i]
	if o.Parent != parent {
		return
	}
	add := func(kind history.Kind, visit int, after int32) {
		e.events[o.Thread] = append(e.events[o.Thread], happening{kind, i, visit, after})
	}
	add(history.Called, 0, o.First-1)
	for n, v := range o.Visits {
		add(history.Visited, n, v.At)
		for j := i + 1; n == 0 && j < len(e.record.Ops); j++ {
			e.addEvents(j, i)
		}
	}
	if !o.Pending {
		add(history.Returned, 0, o.Last)
	}
}

func op(thread int, m model.Method, key, value int, first, last int32, r model.Result) Op {
	return Op{
		Thread: thread, Parent: NoParent, Op: model.Op{Method: m, Key: key, Value: value}, Result: r, First: first, Last: last,
	}
}

// done returns initial operations with the results that the model gives.
func done(ops ...model.Op) (init []Initial) {
	var s model.State
	for _, o := range ops {
		var r model.Result
		s, r = model.Step(s, o)
		init = append(init, Initial{o, r})
	}
	return init
}

func calling(f *model.Func, o Op) Op { o.Op.Func = f; return o }

func comparing(old int, o Op) Op { o.Op.Old = old; return o }

func pending(o Op) Op { o.Pending = true; return o }

func visiting(o Op, visits ...Visit) Op { o.Visits = visits; return o }

func inside(o Op, parent int) Op { o.Parent = parent; return o }

var (
	absent = model.Result{}
	one    = model.Result{Value: 1, OK: true}
	strong = model.Promise{Clear: model.Strong, Len: model.Strong}
	store0 = model.Op{Method: model.Store, Key: 0, Value: 1}
	store1 = model.Op{Method: model.Store, Key: 1, Value: 1}
)

// byHandCases are small classes. ok says whether they are right.
var byHandCases = []struct {
	name    string
	ok      bool
	promise model.Promise
	init    []model.Op
	e       *execution
}{
	{
		// In the execution the Load overlaps the Store. In an equivalent one it
		// comes after the Store.
		name: "load of nothing next to a store",
		e: byHand(2, "0w0 1r2 0w1",
			op(0, model.Store, 0, 1, 1, 2, absent), op(1, model.Load, 0, 0, 1, 1, absent)),
	},
	{
		name: "load of nothing that a conflict keeps before the store's end", ok: true,
		e: byHand(2, "0w0 1r1 0w1",
			op(0, model.Store, 0, 1, 1, 2, absent), op(1, model.Load, 0, 0, 1, 1, absent)),
	},
	{
		name: "one step each, the store's first",
		e: byHand(2, "0w0 1r0",
			op(0, model.Store, 0, 1, 1, 1, absent), op(1, model.Load, 0, 0, 1, 1, absent)),
	},
	{
		name: "one step each, the load's first", ok: true,
		e: byHand(2, "1r0 0w0",
			op(0, model.Store, 0, 1, 1, 1, absent), op(1, model.Load, 0, 0, 1, 1, absent)),
	},
	{
		name: "load without a step, between steps that keep it before", ok: true,
		e: byHand(2, "1w0 0w0",
			op(0, model.Store, 0, 1, 1, 1, absent), op(1, model.Load, 0, 0, 1, 0, absent), op(1, model.Load, 1, 0, 1, 1, absent)),
	},
	{
		name: "load without a step, free to come later",
		e: byHand(2, "1w0 0w0",
			op(0, model.Store, 0, 1, 1, 1, absent), op(1, model.Load, 1, 0, 1, 1, absent), op(1, model.Load, 0, 0, 2, 1, absent)),
	},
	{
		name: "load of a pending store", ok: true,
		e: byHand(2, "0w0 1r0",
			pending(op(0, model.Store, 0, 1, 1, 1, absent)), op(1, model.Load, 0, 0, 1, 1, one)),
	},
	{
		name: "load of a pending store that took no step",
		e: byHand(2, "1r0",
			pending(op(0, model.Store, 0, 1, 1, 0, absent)), op(1, model.Load, 0, 0, 1, 1, one)),
	},
	{
		name: "visit of what is stored between the visit and the end",
		e: byHand(2, "0r0 1w0 0r0",
			visiting(op(0, model.Range, 0, 0, 1, 2, absent), Visit{0, 1, 1}), op(1, model.Store, 0, 1, 1, 1, absent)),
	},
	{
		name: "visit of what is stored before the visit", ok: true,
		e: byHand(2, "0r0 1w0 0r0",
			visiting(op(0, model.Range, 0, 0, 1, 2, absent), Visit{0, 1, 2}), op(1, model.Store, 0, 1, 1, 1, absent)),
	},
	{
		name: "resident left out", init: []model.Op{store0},
		e: byHand(1, "0r0", op(0, model.Keys, 0, 0, 1, 1, absent)),
	},
	{
		name: "visits of two keys at one step, and a delete inside", init: []model.Op{store0, store1}, ok: true,
		e: byHand(1, "0r0 0w0",
			visiting(op(0, model.Range, 0, 0, 1, 2, absent), Visit{0, 1, 1}, Visit{1, 1, 2}),
			inside(op(0, model.LoadAndDelete, 1, 0, 2, 2, one), 0)),
	},
	{
		name: "half of a Clear, per key", init: []model.Op{store0, store1}, ok: true,
		e: byHand(2, "0w0 1r0 1r1 0w1", op(0, model.Clear, 0, 0, 1, 2, absent),
			op(1, model.Load, 0, 0, 1, 1, absent), op(1, model.Load, 1, 0, 2, 2, one)),
	},
	{
		name: "half of a Clear, atomic", init: []model.Op{store0, store1}, promise: strong,
		e: byHand(2, "0w0 1r0 1r1 0w1", op(0, model.Clear, 0, 0, 1, 2, absent),
			op(1, model.Load, 0, 0, 1, 1, absent), op(1, model.Load, 1, 0, 2, 2, one)),
	},
	{
		name: "wrong Len during a Store", ok: true,
		e: byHand(2, "0w0 1r0 0w0", op(0, model.Store, 0, 1, 1, 2, absent),
			op(1, model.Len, 0, 0, 1, 1, model.Result{Len: 2})),
	},
	{
		name: "wrong Len during a Store, promised to be linearizable", promise: strong,
		e: byHand(2, "0w0 1r0 0w0", op(0, model.Store, 0, 1, 1, 2, absent),
			op(1, model.Len, 0, 0, 1, 1, model.Result{Len: 2})),
	},
	{
		name: "wrong Len that may come after the Store",
		e: byHand(2, "0w0 1r1 0w0", op(0, model.Store, 0, 1, 1, 2, absent),
			op(1, model.Len, 0, 0, 1, 1, model.Result{Len: 2})),
	},
	{
		// Nothing is ever stored, so there is no key that Clear could delete.
		name: "wrong Len during a Clear of nothing", ok: true,
		e: byHand(2, "0w0 1r0 0w0", op(0, model.Clear, 0, 0, 1, 2, absent),
			op(1, model.Len, 0, 0, 1, 1, model.Result{Len: 2})),
	},
	{
		name: "half of a Clear, per key, where a Len makes it one search", init: []model.Op{store0, store1}, ok: true,
		e: byHand(2, "0w0 1r0 1r1 0w1 0w2", op(0, model.Clear, 0, 0, 1, 2, absent),
			op(1, model.Load, 0, 0, 1, 1, absent), op(1, model.Load, 1, 0, 2, 2, one), op(0, model.Len, 0, 0, 3, 3, absent)),
	},
	{
		name: "wrong Len during a Store of an unhashable key", ok: true,
		e: byHand(2, "0w0 1r0 0w0", op(0, model.Store, model.Unhashable, 1, 1, 2, model.Result{Panic: model.PanicHash}),
			op(1, model.Len, 0, 0, 1, 1, model.Result{Len: 2})),
	},
	{
		name: "visits after a stop", init: []model.Op{store0}, ok: true,
		e: byHand(1, "0r0", calling(&model.Func{Stop: 1},
			visiting(op(0, model.Range, 0, 0, 1, 1, absent), Visit{0, 1, 1}, Visit{0, 2, 1}, Visit{1, 2, 1}))),
	},
	{
		// The step before the Load is outside any operation.
		name: "load without a step of what was stored before the step before it", ok: true,
		e: byHand(2, "1w0 0r0 1w1 0r1", op(1, model.Store, 0, 1, 1, 1, absent), op(1, model.Delete, 0, 0, 2, 2, absent),
			op(0, model.Load, 1, 0, 1, 0, absent), op(0, model.Load, 0, 0, 3, 2, absent)),
	},
	{
		name: "comparison that panics", init: []model.Op{{Method: model.Store, Value: model.Uncomparable}}, ok: true,
		e: byHand(1, "0w0", comparing(model.Uncomparable, op(0, model.CompareAndSwap, 0, 1, 1, 1, model.Result{Panic: model.PanicCompare}))),
	},
	{
		name: "Clear that panics over a comparison", init: []model.Op{store0},
		e: byHand(1, "0w0", op(0, model.Clear, 0, 1, 1, 1, model.Result{Panic: model.PanicCompare})),
	},
	{
		name: "Store that panics", init: []model.Op{store0},
		e: byHand(1, "0w0", op(0, model.Store, 0, 1, 1, 1, model.Result{Panic: model.PanicOther})),
	},
}

// Clauses: S1, T1, T5, T6
func TestSmallClasses(t *testing.T) {
	for _, x := range byHandCases {
		t.Run(x.name, func(t *testing.T) {
			x.e.promise, x.e.init = x.promise, x.init
			c := NewChecker(x.promise)
			if err := c.Reset(done(x.init...)); err != nil {
				t.Fatal(err)
			}
			ok, bad, err := c.Check(&x.e.record, x.e.clock)
			if err != nil {
				t.Fatal(err)
			}
			if by, _ := violatingEvents(x.e, 10_000); by == x.ok {
				t.Errorf("by brute force a violation: %v", by)
			}
			if ok != x.ok {
				t.Fatalf("ok: %v, want %v", ok, x.ok)
			}
			if !ok {
				mustViolate(t, x.e, bad)
			}
		})
	}
}

// TestInitialOperationsAreJudged checks that a wrong result of an initial
// operation makes every record wrong.
func TestInitialOperationsAreJudged(t *testing.T) {
	e := byHand(1, "0w0", op(0, model.Store, 0, 2, 1, 1, absent))
	c := NewChecker(model.Promise{})
	for result, want := range map[model.Result]bool{{Value: 1}: true, {Value: 1, OK: true}: false, {Panic: model.PanicOther}: false} {
		init := []Initial{{store0, absent}, {model.Op{Method: model.LoadOrStore, Key: 1, Value: 1}, result}}
		if err := c.Reset(init); err != nil {
			t.Fatal(err)
		}
		ok, bad, err := c.Check(&e.record, e.clock)
		if ok != want || err != nil {
			t.Errorf("ok: %v, %v after a LoadOrStore of a new key that returned %+v", ok, err, result)
		}
		if ok || err != nil {
			continue
		}
		violated := slices.ContainsFunc(check.History(bad.History(), check.Options{}), func(v model.Verdict) bool { return v.Status == model.Violation })
		if !violated {
			t.Errorf("the history is no violation: %v", bad.History().Operations())
		}
	}
}

// TestReadsBeforeWritesCount checks that a read before a write counts as a
// conflict, which happens-before in the memory model does not include. Without
// that edge there would be false alarms.
func TestReadsBeforeWritesCount(t *testing.T) {
	e := byHand(2, "1r0 0w0", op(0, model.Store, 0, 1, 1, 1, absent), op(1, model.Load, 0, 0, 1, 1, absent))
	ok, _, err := NewChecker(model.Promise{}).Check(&e.record, e.clock)
	if err != nil || !ok {
		t.Errorf("ok: %v, %v; want ok", ok, err)
	}
	without := func(thread, step int) []int32 { return [][]int32{{1, 0}, {0, 1}}[thread] }
	if ok, _, err = NewChecker(model.Promise{}).Check(&e.record, without); err != nil || ok {
		t.Errorf("ok: %v, %v without the edge; want a false alarm, or this test shows nothing", ok, err)
	}
}

func TestWhatIsTooLargeOrMalformedIsAnError(t *testing.T) {
	load := op(0, model.Load, 0, 0, 1, 1, absent)
	var nine, many []Op
	for k := range 9 {
		nine = append(nine, op(0, model.Load, k, 0, int32(k+1), int32(k+1), absent))
	}
	for range 65 {
		many = append(many, op(0, model.Load, 0, 0, 1, 0, absent))
	}
	for _, x := range []struct {
		name string
		want error
		ops  []Op
	}{
		{"nine keys and a Len", ErrTooLarge, append(nine, op(0, model.Len, 0, 0, 10, 10, absent))},
		{"65 operations", ErrTooLarge, many},
		{"value", ErrTooLarge, []Op{op(0, model.Store, 0, 251, 1, 1, absent)}},
		{"NaN", ErrMalformed, []Op{op(0, model.Store, model.NaN, 1, 1, 1, absent)}},
		{"method", ErrMalformed, []Op{op(0, model.Len+1, 0, 0, 1, 1, absent)}},
		{"thread", ErrMalformed, []Op{op(1, model.Load, 0, 0, 1, 1, absent)}},
		{"steps go back", ErrMalformed, []Op{load, load}},
		{"no such parent", ErrMalformed, []Op{inside(load, 0)}},
		{"parent that visits nothing", ErrMalformed, []Op{op(0, model.Range, 0, 0, 1, 1, absent), inside(load, 0)}},
		{"after a pending one", ErrMalformed, []Op{pending(load), op(0, model.Load, 0, 0, 2, 2, absent)}},
		{"visit before the call", ErrMalformed, []Op{visiting(op(0, model.Range, 0, 0, 2, 2, absent), Visit{0, 1, 0})}},
	} {
		e := byHand(1, "0w0 0w0 0w0 0w0 0w0 0w0 0w0 0w0 0w0 0w0")
		ok, _, err := NewChecker(model.Promise{}).Check(&Record{Threads: 1, Ops: x.ops}, e.clock)
		if ok || !errors.Is(err, x.want) {
			t.Errorf("%s: ok %v, %v; want %v", x.name, ok, err, x.want)
		}
	}
	if err := NewChecker(model.Promise{}).Reset(done(model.Op{Method: model.Store, Value: 251})); !errors.Is(err, ErrTooLarge) {
		t.Errorf("initial value 251: %v", err)
	}
	if err := NewChecker(model.Promise{}).Reset(done(model.Op{Method: model.Clear})); !errors.Is(err, ErrMalformed) {
		t.Errorf("initial Clear: %v", err)
	}
}

// TestASearchThatIsTooLargeIsNoVerdict checks that a search that exceeds a limit
// returns an error.
func TestASearchThatIsTooLargeIsNoVerdict(t *testing.T) {
	e := byHand(3, "2r0 0w0 1w1 0w0 1w1 2r0",
		op(0, model.Store, 0, 1, 1, 1, absent), op(1, model.Store, 0, 2, 1, 1, absent), op(2, model.Store, 0, 3, 1, 2, absent),
		op(0, model.Store, 0, 4, 2, 2, absent), op(1, model.Store, 0, 5, 2, 2, absent))
	for _, l := range []limits{{situations: 3, configurations: 100}, {situations: 100, configurations: 1}} {
		c := NewChecker(model.Promise{})
		unlimited := c.search.limits
		c.search.limits = l
		if ok, _, err := c.Check(&e.record, e.clock); ok || !errors.Is(err, ErrTooLarge) {
			t.Errorf("%+v: ok %v, %v; want %v", l, ok, err, ErrTooLarge)
		}
		c.search.limits = unlimited
		if ok, _, err := c.Check(&e.record, e.clock); !ok || err != nil {
			t.Errorf("ok %v, %v without; want ok", ok, err)
		}
	}
}

// TestManyKeysAreJudgedApart checks that the limit on keys does not apply where
// each is judged separately.
func TestManyKeysAreJudgedApart(t *testing.T) {
	var ops []Op
	steps := ""
	for k := range 20 {
		ops = append(ops, op(0, model.Load, k, 0, int32(k+1), int32(k+1), absent))
		steps += "0r0 "
	}
	e := byHand(1, steps, ops...)
	if ok, _, err := NewChecker(model.Promise{}).Check(&e.record, e.clock); !ok || err != nil {
		t.Errorf("ok: %v, %v; want ok", ok, err)
	}
}
