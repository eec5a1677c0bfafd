package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/report/gotest"
	"github.com/mapspec/mapspec/linearizability/internal/report/page"
	"github.com/mapspec/mapspec/linearizability/internal/report/text"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/model"
)

// A chance draws counterexamples that need not make sense.
type chance struct{ *rand.Rand }

func (r chance) op(depth int) model.Op {
	o := model.Op{Method: model.Method(r.IntN(int(model.Len) + 1))}
	switch {
	case o.Method.Traverses() && r.IntN(2) == 0:
		o.Func = r.function(depth)
	case !o.Method.OnKey():
		return o
	}
	if o.Method.OnKey() {
		o.Key = r.IntN(5) - 1
		if r.IntN(12) == 0 || o.Key < 0 {
			o.Key = model.NaN - r.IntN(2)
		}
		if r.IntN(20) == 0 {
			o.Instance = r.IntN(5)
		}
	}
	if o.Method.Compares() {
		o.Old = r.value()
	}
	if o.Method.Stores() {
		o.Value = r.value()
	}
	return o
}

func (r chance) value() int {
	if r.IntN(12) == 0 {
		return model.Uncomparable
	}
	return r.IntN(4)
}

func (r chance) function(depth int) *model.Func {
	f := &model.Func{}
	switch r.IntN(6) {
	case 0:
		f.Stop = 1 + r.IntN(3)
	case 1:
		f.Panic = 1 + r.IntN(3)
	case 2:
		f.Goexit = 1 + r.IntN(3)
	case 3:
		f.Nil = true
		return f
	}
	for range r.IntN(3) {
		if depth > 0 {
			f.Do = append(f.Do, r.op(depth-1))
		}
	}
	return f
}

func (r chance) ops(most int) []model.Op {
	var list []model.Op
	for range r.IntN(most + 1) {
		list = append(list, r.op(2))
	}
	return list
}

// result is one of method m, which it may have or not.
func (r chance) result(m model.Method) model.Result {
	if r.IntN(15) == 0 {
		return model.Result{Panic: []model.Panic{model.PanicHash, model.PanicCompare, model.PanicCallback, model.Goexit, model.PanicOther}[r.IntN(5)]}
	}
	switch m {
	case model.Load, model.LoadOrStore, model.LoadAndDelete, model.Swap:
		return model.Result{Value: r.IntN(5) - 1, OK: r.IntN(2) == 0}
	case model.CompareAndSwap, model.CompareAndDelete:
		return model.Result{OK: r.IntN(2) == 0}
	case model.Len:
		return model.Result{Len: r.IntN(3)}
	}
	return model.Result{}
}

// run records w as if its calls had overlapped at random: Init, the threads,
// and reads at rest.
func (r chance) run(w model.Witness) history.History {
	var l recording
	for _, o := range w.Init {
		l.whole(r, 0, o)
	}
	next := make([]int, len(w.Threads))
	for left := 3 * w.Operations(); left > 0 && len(w.Threads) > 0; left-- {
		n := r.IntN(len(w.Threads))
		switch client := &l.open[n]; {
		case len(*client) > 0:
			l.goOn(r, n)
		case next[n] < len(w.Threads[n]):
			l.call(n, history.NoParent, w.Threads[n][next[n]])
			next[n]++
		}
	}
	if r.IntN(4) > 0 {
		for n := range l.open {
			for len(l.open[n]) > 0 {
				l.goOn(r, n)
			}
		}
		l.whole(r, 0, model.Op{Method: model.Load})
		l.whole(r, 0, model.Op{Method: model.Range})
	}
	return l.History
}

// A recording is a history as it grows.
type recording struct {
	history.History
	ids  int
	open [8][]*inProgress // by client, the innermost last
}

type inProgress struct {
	id     int
	op     model.Op
	visits int
	do     []model.Op
}

func (l *recording) add(e history.Event) {
	e.Seq = len(l.Events) + 1
	l.Events = append(l.Events, e)
}

func (l *recording) call(client, parent int, o model.Op) {
	l.add(history.Event{ID: l.ids, Kind: history.Called, Client: client, Parent: parent, Op: o})
	l.open[client] = append(l.open[client], &inProgress{id: l.ids, op: o})
	l.ids++
}

// goOn lets the innermost operation of client visit, call or return.
func (l *recording) goOn(r chance, client int) {
	top := l.open[client][len(l.open[client])-1]
	if top.op.Method.Traverses() && len(top.do) > 0 {
		o := top.do[0]
		top.do = top.do[1:]
		l.call(client, top.id, o)
		return
	}
	if top.op.Method.Traverses() && top.visits < 4 && r.IntN(2) == 0 {
		v := model.Visit{Key: r.IntN(3), Value: r.IntN(3)}
		switch top.op.Method {
		case model.Keys:
			v.Value = model.Unseen
		case model.Values:
			v.Key = model.Unseen
		}
		l.add(history.Event{ID: top.id, Kind: history.Visited, Visit: v})
		if top.visits++; top.visits == 1 && top.op.Func != nil {
			top.do = top.op.Func.Do
		}
		return
	}
	l.add(history.Event{ID: top.id, Kind: history.Returned, Result: r.result(top.op.Method)})
	l.open[client] = l.open[client][:len(l.open[client])-1]
}

func (l *recording) whole(r chance, client int, o model.Op) {
	l.call(client, history.NoParent, o)
	for len(l.open[client]) > 0 {
		l.goOn(r, client)
	}
}

// counterexample draws one of each kind there is.
func (r chance) counterexample() counterexample.Counterexample {
	looks := []model.Look{"", model.LookResults, model.LookZero, model.LookSequence, model.LookHistory, model.LookRaces,
		model.LookRelease, model.LookPump, model.LookPin, model.LookHeap}
	w := model.Witness{Look: looks[r.IntN(len(looks))], Init: r.ops(3), Turns: r.IntN(3)}
	for range r.IntN(4) {
		w.Threads = append(w.Threads, r.ops(4))
	}
	c := counterexample.Counterexample{
		Map: []string{"", "mine", "a-b.c ü"}[r.IntN(3)], Type: "mine.Map", Import: "example.com/mine",
		Clause: model.Sentences[r.IntN(len(model.Sentences))].Clause, Go: "go1.26", Witness: w, Rounds: r.IntN(3),
	}
	if r.IntN(2) == 0 {
		c.Promise = model.Promise{Clear: model.Strong, Len: model.Strong}
	}
	if r.IntN(3) > 0 {
		c.History = r.run(w)
	}
	c.Failure = r.failure(c)
	return c
}

// kinds are all kinds of failures.
var kinds = []model.FailureKind{
	model.WrongResult, model.WrongTraversal, model.NoOrder, model.Retains, model.KeepsEqualKeys, model.Grows, model.Pins, model.KeepsTable,
	model.Hangs, model.Waits, model.LeaksLock, model.Races, model.Dies, model.NoZeroValue, model.UnseenCopy,
}

// failure draws one that has at least what its kind has.
func (r chance) failure(c counterexample.Counterexample) *model.Failure {
	f := model.Failure{Kind: kinds[r.IntN(len(kinds))]}
	f.AtRest, f.Zero, f.Turn = r.IntN(3) == 0, r.IntN(5) == 0, max(0, r.IntN(8)-5)
	if r.IntN(2) == 0 {
		o := r.op(1)
		got := r.result(o.Method)
		f.Call, f.Got, f.Should = &o, &got, "{}"
	}
	if r.IntN(2) == 0 {
		f.Want = &model.Result{}
	}
	if r.IntN(3) == 0 {
		f.Misvisit = &model.Misvisit{Kind: []model.MisvisitKind{model.VisitedTwice, model.DidNotVisit, model.VisitedAbsent}[r.IntN(3)], Key: r.IntN(3), Value: model.Unseen}
	}
	if f.Kind == model.NoOrder || r.IntN(4) == 0 {
		f.Order = r.order(c.History.Operations())
	} else if ops := c.History.Operations(); len(ops) > 0 && r.IntN(4) == 0 {
		f.Operation = &model.Placed{ID: ops[r.IntN(len(ops))].ID}
	}
	for range r.IntN(3) {
		f.Retained = append(f.Retained, model.Retained{Value: r.IntN(2) == 0, Index: r.IntN(3), Passed: r.IntN(8) - 1, Left: r.IntN(12) - 1, Path: "m.x"})
		f.Measured = append(f.Measured, model.Measurement{Turns: r.IntN(3000), Keys: r.IntN(3), Values: r.IntN(3), During: r.IntN(2) == 0})
		s := model.Stuck{Goroutine: r.IntN(3), Function: "github.com/mine.(*Map[...]).Load", State: "sync.Mutex.Lock"}
		if r.IntN(2) == 0 {
			o := r.op(1)
			s.Call = &o
		}
		f.Stuck = append(f.Stuck, s)
		f.Output = append(f.Output, "", "\tat map.go:31")
	}
	if r.IntN(2) == 0 {
		o, v := r.op(1), model.Visit{Key: 1, Value: model.Unseen}
		f.Trace = []model.Moment{{Call: &o, Result: f.Got}, {}, {Visit: &v}, {Depth: 1, Call: &o}, {Call: f.Call}}
	}
	f.Count, f.Of, f.After = r.IntN(3), r.IntN(3), r.IntN(2) == 0
	b, err := json.Marshal(f)
	if err != nil || json.Unmarshal(b, new(model.Failure)) != nil { // a field is missing
		return r.failure(c)
	}
	return &f
}

// order draws an order of some of ops, and of an operation that is none of them.
func (r chance) order(ops []history.Operation) *model.Order {
	x := &model.Order{Whole: r.IntN(2) == 0, From: "absent", Possible: r.IntN(3), Left: []model.Placed{{ID: 99, Op: r.op(1)}}}
	for i := range ops {
		p := model.Placed{ID: ops[i].ID, Client: ops[i].Client, Called: ops[i].Call, Op: ops[i].Op, Result: ops[i].Result, Pending: ops[i].Pending(), State: "v1",
			Part: []model.Part{model.WholePart, model.Visited, model.LeftOut, model.Cleared}[r.IntN(4)]}
		switch r.IntN(3) {
		case 0:
			x.Longest = append(x.Longest, p)
		case 1:
			p.Want = &model.Result{}
			x.Left = append(x.Left, p)
		}
	}
	r.Shuffle(len(x.Left), func(i, j int) { x.Left[i], x.Left[j] = x.Left[j], x.Left[i] })
	return x
}

// randomCounterexamples yields the seeds of those that are drawn.
func randomCounterexamples() iter.Seq[int] { return testpart.Rows(600, 3000) }

// Whatever a counterexample holds, every form of its report can be written, and
// the text fits a screen.
func TestReportsOfRandomCounterexamples(t *testing.T) {
	for seed := range randomCounterexamples() {
		c := chance{rand.New(rand.NewPCG(uint64(seed), 1))}.counterexample()
		if err := c.History.Validate(); err != nil {
			t.Fatalf("seed %d: the test made an impossible history: %v", seed, err)
		}
		var b bytes.Buffer
		if err := text.Write(&b, c); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if n := bytes.Count(b.Bytes(), []byte("\n")); n > 60 {
			t.Fatalf("seed %d: %d lines:\n%s", seed, n, b.String())
		}
		if seed%4 == 0 {
			if err := page.Write(&b, c); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		if _, err := gotest.Source(c); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// mine is the package of the map that random counterexamples are about.
const mine = `package mine

import "iter"

type Map struct{ _ int }

func (*Map) Load(key any) (value any, ok bool)                     { return }
func (*Map) Store(key, value any)                                  {}
func (*Map) LoadOrStore(key, value any) (actual any, loaded bool)  { return }
func (*Map) LoadAndDelete(key any) (value any, loaded bool)        { return }
func (*Map) Delete(key any)                                        {}
func (*Map) Swap(key, value any) (previous any, loaded bool)       { return }
func (*Map) CompareAndSwap(key, old, new any) (swapped bool)       { return }
func (*Map) CompareAndDelete(key, old any) (deleted bool)          { return }
func (*Map) Range(f func(key, value any) bool)                     {}
func (*Map) All() iter.Seq2[any, any]                              { return nil }
func (*Map) Keys() iter.Seq[any]                                   { return nil }
func (*Map) Values() iter.Seq[any]                                 { return nil }
func (*Map) Clear()                                                {}
func (*Map) Len() int                                              { return 0 }
`

// Every test in plain Go compiles, whatever the program.
func TestPlainTestsOfRandomProgramsCompile(t *testing.T) {
	if testing.Short() {
		t.Skip("type-checks generated tests against the standard library, some seconds: run without -short")
	}
	files := token.NewFileSet()
	std := importer.ForCompiler(files, "gc", nil)
	check := func(path, src string, from types.Importer) (*types.Package, error) {
		f, err := parser.ParseFile(files, path+".go", src, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		return (&types.Config{Importer: from}).Check(path, files, []*ast.File{f}, nil)
	}
	own, err := check("example.com/mine", mine, std)
	if err != nil {
		t.Fatal(err)
	}
	all, plain := 0, 0
	for seed := range randomCounterexamples() {
		c := chance{rand.New(rand.NewPCG(uint64(seed), 1))}.counterexample()
		all++
		src, err := gotest.Source(c)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(src), "\"github.com/mapspec") {
			continue
		}
		plain++
		if _, err := check(fmt.Sprint("test", seed), string(src), both{std, own}); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, src)
		}
	}
	if plain < all/6 {
		t.Errorf("only %d tests of %d are plain Go", plain, all)
	}
}

// both imports the map's package, and others.
type both struct {
	std types.Importer
	own *types.Package
}

func (b both) Import(path string) (*types.Package, error) {
	if path == b.own.Path() {
		return b.own, nil
	}
	return b.std.Import(path)
}
