package property

import (
	"context"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/mapspec/mapspec/model"
)

// A directedProgram tests certain clauses.
type directedProgram struct {
	clauses []model.Clause
	ops     []model.Op
}

// These functions abbreviate operations in tables of programs.
func load(k int) model.Op         { return model.Op{Method: model.Load, Key: k} }
func store(k, v int) model.Op     { return model.Op{Method: model.Store, Key: k, Value: v} }
func loadStore(k, v int) model.Op { return model.Op{Method: model.LoadOrStore, Key: k, Value: v} }
func loadDelete(k int) model.Op   { return model.Op{Method: model.LoadAndDelete, Key: k} }
func del(k int) model.Op          { return model.Op{Method: model.Delete, Key: k} }
func swap(k, v int) model.Op      { return model.Op{Method: model.Swap, Key: k, Value: v} }
func cas(k, old, new int) model.Op {
	return model.Op{Method: model.CompareAndSwap, Key: k, Old: old, Value: new}
}
func cad(k, old int) model.Op { return model.Op{Method: model.CompareAndDelete, Key: k, Old: old} }
func clearAll() model.Op      { return model.Op{Method: model.Clear} }
func length() model.Op        { return model.Op{Method: model.Len} }
func ranged(f *model.Func) model.Op {
	return model.Op{Method: model.Range, Func: f}
}

// directedPrograms lists the directed programs, the simplest of each clause first.
func directedPrograms() []directedProgram {
	const zero, nan, unhashable, uncomparable = model.Zero, model.NaN, model.Unhashable, model.Uncomparable
	c := func(clauses ...model.Clause) []model.Clause { return clauses }
	list := []directedProgram{
		{c(model.S1, model.P2), []model.Op{load(0), store(0, 1), load(0), store(0, 2), load(0), del(0), load(0)}},
		{c(model.S2), []model.Op{store(0, 1), store(1, 2), store(10, 3), load(0), load(1), del(1), load(0), load(10)}},
		{c(model.S3), []model.Op{store(0, zero), load(0), load(1)}},
		{c(model.S3), []model.Op{store(0, 1), load(1), del(0), load(0)}},
		{c(model.S3, model.S4), []model.Op{store(0, zero), loadStore(0, 1), loadStore(1, zero), loadStore(1, 2)}},
		{c(model.S3, model.S4), []model.Op{store(0, zero), loadDelete(0), loadDelete(0)}},
		{c(model.S4), []model.Op{loadStore(0, 1), loadStore(0, 2), load(0)}},
		{c(model.S4), []model.Op{swap(0, 1), swap(0, 2), load(0), swap(0, zero), swap(0, 1)}},
		{c(model.S4), []model.Op{store(0, 1), loadDelete(0), loadDelete(0), load(0)}},
		{c(model.S5), []model.Op{cas(0, zero, 1), load(0)}},
		{c(model.S5), []model.Op{cad(0, zero), load(0), length()}},
		{c(model.S5), []model.Op{store(0, 1), cas(0, 2, 3), load(0), cas(0, 1, 3), load(0), cas(0, 3, 3)}},
		{c(model.S5), []model.Op{store(0, 1), cad(0, 2), load(0), cad(0, 1), load(0), cad(0, 1)}},
		{c(model.S6, model.P3), []model.Op{store(0, uncomparable), cas(0, uncomparable, 1), load(0), store(0, 2), cas(0, 2, 3)}},
		{c(model.S6, model.P3), []model.Op{store(0, uncomparable), cad(0, uncomparable), load(0), store(0, 2), cad(0, 2)}},
		{c(model.S6), []model.Op{store(0, uncomparable), cas(0, 1, 2), cad(0, 1), load(0)}},
		{c(model.S6), []model.Op{store(0, 1), cas(0, uncomparable, 2), cad(0, uncomparable), load(0)}},
		{c(model.S7), []model.Op{store(nan, 1), store(nan, 2), load(nan), length(), ranged(nil)}},
		{c(model.S7), []model.Op{store(nan, 1), loadStore(nan, 2), swap(nan, 3), cas(nan, 1, 2), cad(nan, 1), del(nan), loadDelete(nan), ranged(nil)}},
		{c(model.S7), []model.Op{store(nan, 1), store(0, 1), clearAll(), length(), ranged(nil)}},
		{c(model.T1), []model.Op{ranged(nil), store(0, 1), store(1, 2), store(2, zero), ranged(nil), del(1), ranged(nil)}},
		{c(model.T1), []model.Op{store(0, 1), store(1, 2), store(2, 3), ranged(&model.Func{Stop: 1}), ranged(&model.Func{Stop: 2})}},
		{c(model.T5), []model.Op{clearAll(), store(0, 1), store(1, 2), clearAll(), load(0), load(1), store(0, 3), load(0)}},
		{c(model.T6), []model.Op{length(), store(0, 1), length(), store(0, 2), length(), store(1, 1), length(), del(0), length(), del(0), length()}},
	}
	list = append(list, panicPrograms()...)
	list = append(list, callbackPrograms()...)
	list = append(list, iteratorPrograms()...)
	return append(list, lengthPrograms()...)
}

// panicPrograms lists programs that call each single-key method with a key that
// cannot be hashed, on an empty map and on a map with entries.
func panicPrograms() []directedProgram {
	var list []directedProgram
	const bad = model.Unhashable
	for _, o := range []model.Op{load(bad), store(bad, 1), loadStore(bad, 1), loadDelete(bad), del(bad), swap(bad, 1), cas(bad, 1, 2), cad(bad, 1)} {
		list = append(list,
			directedProgram{[]model.Clause{model.S7, model.P3}, []model.Op{o, store(0, 1), load(0)}},
			directedProgram{[]model.Clause{model.S7, model.P3}, []model.Op{store(0, 1), o, store(0, 2), load(0), store(1, 1)}})
	}
	return list
}

// callbackPrograms lists programs that call each method from inside Range, and
// programs that end Range in each way.
func callbackPrograms() []directedProgram {
	var list []directedProgram
	for _, o := range []model.Op{
		load(0), store(0, 3), store(7, 3), loadStore(0, 3), loadStore(7, 3), loadDelete(0), del(0), del(1),
		swap(0, 3), swap(7, 3), cas(0, 1, 3), cad(0, 1), clearAll(), length(), ranged(nil),
		ranged(&model.Func{Stop: 1, Do: []model.Op{store(8, 1), del(0)}}),
	} {
		list = append(list, directedProgram{[]model.Clause{model.T3, model.T1},
			[]model.Op{store(0, 1), store(1, 2), ranged(&model.Func{Do: []model.Op{o}}), store(0, 4)}})
	}
	for _, again := range [][]model.Op{ // the key that is being visited is deleted and stored again
		{del(0), store(0, 3)}, {loadDelete(0), loadStore(0, 3)}, {cad(0, 1), swap(0, 3)},
	} {
		list = append(list, directedProgram{[]model.Clause{model.T3, model.T1},
			[]model.Op{store(0, 1), store(1, 2), ranged(&model.Func{Do: again}), load(0)}})
	}
	for _, f := range []model.Func{{Panic: 1}, {Panic: 2}, {Goexit: 1}, {Nil: true}, {Panic: 1, Do: []model.Op{del(0), store(2, 2)}}} {
		list = append(list, directedProgram{[]model.Clause{model.T4, model.P3},
			[]model.Op{store(0, 1), store(1, 2), ranged(&f), store(0, 3), load(0), del(1), ranged(nil)}})
	}
	return append(list, directedProgram{[]model.Clause{model.T4}, []model.Op{ranged(&model.Func{Nil: true}), store(0, 1), load(0)}})
}

// iteratorPrograms lists programs for each iterator. They traverse entries whose
// value is zero, a map that has changed since, and only the first two entries.
func iteratorPrograms() []directedProgram {
	var list []directedProgram
	for _, m := range []model.Method{model.All, model.Keys, model.Values} {
		all, two := model.Op{Method: m}, model.Op{Method: m, Func: &model.Func{Stop: 2}}
		list = append(list,
			directedProgram{[]model.Clause{model.T2}, []model.Op{all, store(0, model.Zero), all, store(1, 2), all}},
			directedProgram{[]model.Clause{model.T2}, []model.Op{store(0, 1), store(1, 2), del(0), all}},
			directedProgram{[]model.Clause{model.T2}, []model.Op{store(0, 1), store(1, 2), store(2, 3), two, store(1, 3), two}})
	}
	return list
}

// lengthPrograms lists programs that call Len after each method that may add or
// remove a key.
func lengthPrograms() []directedProgram {
	var list []directedProgram
	for _, o := range []model.Op{
		loadStore(0, 2), loadStore(1, 2), loadDelete(0), loadDelete(1), del(0), del(1), swap(0, 2), swap(1, 2),
		cas(0, 1, 2), cas(0, 2, 1), cad(0, 1), cad(0, 2), clearAll(),
	} {
		list = append(list, directedProgram{[]model.Clause{model.T6},
			[]model.Op{store(0, 1), o, length(), o, length()}})
	}
	return list
}

// directed runs the directed programs that the map can run.
func (j *judge) directed(ctx context.Context) {
	j.ran = map[model.Clause]int{}
	for _, p := range directedPrograms() {
		if j.givenUp(ctx) || j.broken(p.clauses[0]) {
			continue
		}
		ops, ok := j.possible(p)
		if !ok {
			continue
		}
		for _, c := range p.clauses {
			j.ran[c]++
		}
		for _, when := range []audit{atEnd, afterEachStep} {
			if f := j.run(ops, when); f != nil {
				j.fail(f)
				break
			}
		}
	}
}

// possible returns p without the reads that the subject cannot do. It reports
// whether the subject can do everything else. If the map has no Store, LoadOrStore
// replaces it.
func (j *judge) possible(p directedProgram) ([]model.Op, bool) {
	if model.Unjudged(p.clauses[0], j.in) != "" {
		return nil, false
	}
	var ops []model.Op
	for _, o := range p.ops {
		if o.Method == model.Store && !j.in.Methods().Has(model.Store) {
			o.Method = model.LoadOrStore
		}
		switch {
		case model.CanDo(j.in, o) == nil:
			ops = append(ops, o)
		case o.Method != model.Load && o.Method != model.Len:
			return nil, false
		}
	}
	return ops, true
}

// zeroValue judges S9: the zero value of the map's type runs a program, and vet's
// copylocks reports a copy of it.
func (j *judge) zeroValue() {
	if model.Unjudged(model.S9, j.in) != "" || j.broken(model.P2) {
		return
	}
	zero, ok := j.in.Zero()
	if !ok {
		j.fail(&failure{clauses: []model.Clause{model.S9}, seen: model.Failure{Kind: model.NoZeroValue}})
		return
	}
	j.ran[model.S9]++
	var ops []model.Op
	for _, o := range []model.Op{load(0), del(0), clearAll(), length(), ranged(nil), store(0, 1), load(0), loadStore(1, 1), del(0)} {
		if model.CanDo(j.in, o) == nil {
			ops = append(ops, o)
		}
	}
	if f := j.runZero(zero, j.traits().FitAll(ops)); f != nil {
		j.fail(f)
	}
	if t := reflect.TypeOf(j.in.Map()).Elem(); !seenByCopylocks(t) {
		j.fail(&failure{clauses: []model.Clause{model.S9},
			seen: model.Failure{Kind: model.UnseenCopy, Output: []string{t.String()}}})
	}
}

// runZero runs ops on zero. It returns a failure only if a map that was made by
// the subject does not fail as well.
func (j *judge) runZero(zero model.Instance, ops []model.Op) *failure {
	f := run(zero, ops, atEnd)
	if f == nil || run(j.bind.Bind(), ops, atEnd) != nil {
		return nil
	}
	f.clauses = []model.Clause{model.S9}
	f.seen.Zero = true
	f.witness = &model.Witness{Look: model.LookZero, Threads: [][]model.Op{ops}}
	return f
}

// seenByCopylocks reports whether vet's copylocks reports a copy of a t. It does if
// t is or contains, by value, a noCopy of sync or sync/atomic, or a struct that has
// Lock and Unlock on its pointer only.
func seenByCopylocks(t reflect.Type) bool {
	for t.Kind() == reflect.Array {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	locker := reflect.TypeFor[sync.Locker]()
	std := t.PkgPath() == "sync" || t.PkgPath() == "sync/atomic"
	if reflect.PointerTo(t).Implements(locker) && !t.Implements(locker) || std && t.Name() == "noCopy" {
		return true
	}
	for i := range t.NumField() {
		if seenByCopylocks(t.Field(i).Type) {
			return true
		}
	}
	return false
}

// sequences judges T2: a sequence visits the entries of the time when it is
// invoked, not of the time when it was made, and it can be invoked again.
func (j *judge) sequences() {
	for _, m := range []model.Method{model.All, model.Keys, model.Values} {
		if !j.in.Methods().Has(m) || j.broken(model.T2, model.P2) || !j.in.Methods().Has(model.Store) {
			continue
		}
		j.ran[model.T2]++
		if f := j.runSequence(m); f != nil {
			j.fail(f)
		}
	}
}

// runSequence tests m's sequence on a new map, under a watchdog.
func (j *judge) runSequence(m model.Method) (f *failure) {
	where, stuck := watched(func(returned *atomic.Int64) { f = runSequence(j.bind.Bind(), m, returned) })
	if stuck {
		where.Call = &model.Op{Method: m}
		f = &failure{clauses: []model.Clause{model.P2}, seen: model.Failure{Kind: model.Hangs, Stuck: []model.Stuck{where}}}
	}
	if f != nil {
		f.witness = &model.Witness{Look: model.LookSequence, Threads: [][]model.Op{{{Method: m}}}}
	}
	return f
}

// runSequence makes a sequence, stores a key, and invokes the sequence twice.
func runSequence(in model.Instance, m model.Method, returned *atomic.Int64) (failed *failure) {
	var trace []model.Moment
	call := &model.Op{Method: m}
	fail := func(f model.Failure) *failure {
		f.Call, f.Trace = call, trace
		return &failure{clauses: []model.Clause{model.T2}, seen: f}
	}
	traits := in.Traits()
	var state model.State
	do := func(o model.Op) {
		o = traits.Fit(o)
		model.Call(in, o)
		returned.Add(1)
		trace = append(trace, model.Moment{Call: &o})
		state, _ = model.Step(state, o)
	}
	defer func() {
		if recover() != nil {
			failed = fail(model.Failure{Kind: model.WrongResult, Got: &model.Result{Panic: model.PanicOther}, Want: &model.Result{}})
		}
	}()
	do(store(0, 1))
	seq := in.Sequence(m)
	do(store(1, 2))
	for turn := 1; turn <= 2; turn++ {
		t := model.NewTraversal(m, state)
		trace = append(trace, model.Moment{Call: call})
		var wrong *model.Misvisit
		seq(func(v model.Visit) bool {
			trace = append(trace, model.Moment{Visit: &v})
			if w := t.Visit(v.Key, v.Value); w != nil {
				wrong = w
			}
			return true
		})
		if wrong == nil {
			wrong = t.End()
		}
		if wrong != nil {
			return fail(model.Failure{Kind: model.WrongTraversal, Misvisit: wrong, Turn: turn, Should: state.String()})
		}
		do(store(2, 3))
	}
	return nil
}
