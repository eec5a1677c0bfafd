package history

import (
	"bytes"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mapspec/mapspec/model"
	"pgregory.net/rapid"
)

var (
	storeOp = model.Op{Method: model.Store, Key: 2, Value: 1}
	loadOp  = model.Op{Method: model.Load, Key: 2}
	rangeOp = model.Op{Method: model.Range}
	loaded  = model.Result{Value: 1, OK: true}
)

func TestRecorderWritesDownWhatHappened(t *testing.T) {
	rec := NewRecorder(2)
	a, b := rec.Client(0), rec.Client(1)
	store := a.Call(storeOp)
	traverse := b.Call(rangeOp)
	b.Visit(model.Visit{Key: 2, Value: 1})
	inner := b.Call(loadOp)
	b.Return(inner, loaded)
	b.Visit(model.Visit{Key: 3, Value: 1})
	a.Return(store, model.Result{})
	b.Return(traverse, model.Result{})
	pending := a.Call(loadOp)

	h := rec.History()
	if err := h.Validate(); err != nil {
		t.Fatal(err)
	}
	want := []Operation{
		{ID: store, Client: 0, Parent: NoParent, Op: storeOp, Call: 1, Return: 7},
		{ID: traverse, Client: 1, Parent: NoParent, Op: rangeOp, Call: 2, Return: 8,
			Visits: []Visit{{3, model.Visit{Key: 2, Value: 1}}, {6, model.Visit{Key: 3, Value: 1}}}},
		{ID: inner, Client: 1, Parent: traverse, Op: loadOp, Result: loaded, Call: 4, Return: 5},
		{ID: pending, Client: 0, Parent: NoParent, Op: loadOp, Call: 9, Return: -1},
	}
	if got := h.Operations(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestRecorderKeepsEveryResult(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := model.Method(rapid.IntRange(0, int(model.Len)).Draw(t, "method"))
		want := drawResult(t, m)
		rec := NewRecorder(1)
		c := rec.Client(0)
		c.Return(c.Call(model.Op{Method: m}), want)
		if got := rec.AppendOperations(nil)[0].Result; got != want {
			t.Fatalf("recorded %+v as %+v", want, got)
		}
	})
}

// TestAnOperationWhoseResultIsUnknownIsPending checks operations whose result has not
// been recorded: results may be decoded after a round, or never after a hang. Since
// the client went on, such an operation gets a client of its own.
func TestAnOperationWhoseResultIsUnknownIsPending(t *testing.T) {
	rec := NewRecorder(1)
	c := rec.Client(0)
	first := c.Call(storeOp)
	c.Returned(first)
	outer := c.Call(rangeOp)
	c.Visit(model.Visit{Key: 2, Value: 1})
	inner := c.Call(loadOp)
	c.Returned(inner)
	c.Visit(model.Visit{Key: 3, Value: 1})
	hung := c.Call(loadOp)

	before := rec.History()
	if err := before.Validate(); err != nil {
		t.Fatal(err)
	}
	clients := map[int]int{}
	for _, o := range before.Operations() {
		clients[o.ID] = o.Client
		if !o.Pending() {
			t.Errorf("%v is not pending", o)
		}
	}
	if want := map[int]int{first: 1, outer: 0, inner: 2, hung: 0}; !reflect.DeepEqual(clients, want) {
		t.Errorf("clients by operation: got %v, want %v", clients, want)
	}

	c.SetResult(first, model.Result{})
	c.SetResult(inner, loaded)
	after := rec.History()
	if err := after.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, o := range after.Operations() {
		if o.Client != 0 || o.Pending() != (o.ID == outer || o.ID == hung) {
			t.Errorf("%v of client %d", o, o.Client)
		}
	}
}

// TestATraversalWhoseResultIsUnknownIsPending checks that the calls of its callback
// move to the traversal's new client.
func TestATraversalWhoseResultIsUnknownIsPending(t *testing.T) {
	rec := NewRecorder(2)
	c := rec.Client(1)
	outer := c.Call(rangeOp)
	c.Visit(model.Visit{Key: 2, Value: 1})
	c.Return(c.Call(loadOp), loaded)
	c.Returned(outer)
	c.Return(c.Call(loadOp), loaded)
	h := rec.History()
	if err := h.Validate(); err != nil {
		t.Fatal(err)
	}
	ops := h.Operations()
	if !ops[0].Pending() || ops[1].Client != ops[0].Client || ops[2].Client != 1 || ops[0].Client != 2 {
		t.Errorf("got %v", ops)
	}
}

func TestResetForgetsAndAllocatesNothing(t *testing.T) {
	rec := NewRecorder(2)
	var ops []Operation
	round := func() {
		rec.Reset()
		for i := range 2 {
			c := rec.Client(i)
			for range 100 { // more than the first block
				id := c.Call(rangeOp)
				c.Visit(model.Visit{Key: 2, Value: 1})
				inner := c.Call(loadOp)
				c.Returned(inner)
				c.SetResult(inner, loaded)
				c.Return(id, model.Result{})
			}
		}
		ops = rec.AppendOperations(ops[:0])
	}
	round()
	first := Of(ops)
	round()
	if again := Of(ops); !reflect.DeepEqual(first, again) {
		t.Error("two equal rounds have different histories")
	}
	for range 10 { // until every operation has room for its visits
		round()
	}
	if n := testing.AllocsPerRun(10, round); n != 0 {
		t.Errorf("a warm round makes %v allocations", n)
	}
}

// TestASnapshotHasNoGap checks that a history taken at any time is a prefix of the
// order of events: if it shows an operation's effect, it also shows the operation's
// call. The map is one atomic word, and every value is stored once.
func TestASnapshotHasNoGap(t *testing.T) {
	const clients, calls = 3, 600
	rec := NewRecorder(clients)
	var word atomic.Int64
	var running sync.WaitGroup
	for i := range clients {
		running.Go(func() {
			c := rec.Client(i)
			for n := range calls {
				v := 1 + i + clients*n
				id := c.Call(model.Op{Method: model.Store, Value: v})
				word.Store(int64(v))
				c.Returned(id)
				outer := c.Call(rangeOp)
				c.Visit(model.Visit{Value: int(word.Load())})
				c.Return(outer, model.Result{})
				c.SetResult(id, model.Result{})
				id = c.Call(model.Op{Method: model.Load})
				got := int(word.Load())
				c.Return(id, model.Result{Value: got, OK: got != 0})
			}
		})
	}
	finished := make(chan struct{})
	go func() { running.Wait(); close(finished) }()
	for done := false; !done; {
		select {
		case <-finished:
			done = true
		default:
			runtime.Gosched()
		}
		h := rec.History()
		if err := h.Validate(); err != nil {
			t.Fatal(err)
		}
		checkNoGap(t, h)
	}
	if got := len(rec.AppendOperations(nil)); got != 3*clients*calls {
		t.Errorf("recorded %d operations, want %d", got, 3*clients*calls)
	}
}

// TestASnapshotEndsAtTheClock checks, for each value of the clock, that a history
// ends with the event that has this stamp.
func TestASnapshotEndsAtTheClock(t *testing.T) {
	rec := NewRecorder(2)
	a, b := rec.Client(0), rec.Client(1)
	store := a.Call(storeOp)
	traverse := b.Call(rangeOp)
	b.Visit(model.Visit{Key: 2, Value: 1})
	b.Return(b.Call(loadOp), loaded)
	a.Return(store, model.Result{})
	b.Visit(model.Visit{Key: 3, Value: 1})
	b.Return(traverse, model.Result{})
	whole := rec.History().Events
	for n := range len(whole) + 1 {
		rec.clock.Store(int64(n))
		if got := rec.History().Events; !slices.Equal(got, whole[:n]) {
			t.Errorf("at %d: got %+v, want %+v", n, got, whole[:n])
		}
	}
}

// TestResetForgetsResults checks that results of an earlier round do not reappear.
func TestResetForgetsResults(t *testing.T) {
	rec := NewRecorder(1)
	c := rec.Client(0)
	c.Return(c.Call(loadOp), loaded)
	c.Return(c.Call(loadOp), loaded)
	rec.Reset()
	c.Returned(c.Call(loadOp)) // its result is not known yet
	c.Call(loadOp)
	for range 3 {
		rec.clock.Add(1)
	}
	for i, o := range rec.AppendOperations(nil) {
		if wantClient := 1 - i; !o.Pending() || o.Client != wantClient {
			t.Errorf("got %v, want it pending, of client %d", o, wantClient)
		}
	}
}

func checkNoGap(t *testing.T, h History) {
	stored := map[int]int{0: -1} // by value: the Seq of the call of its Store
	for _, e := range h.Events {
		if e.Kind == Called && e.Op.Method == model.Store {
			stored[e.Op.Value] = e.Seq
		}
	}
	for _, e := range h.Events {
		seen := e.Result.Value
		if e.Kind == Visited {
			seen = e.Visit.Value
		}
		if at, ok := stored[seen]; !ok || at > e.Seq {
			t.Fatalf("event %d shows value %d before the call of its Store", e.Seq, seen)
		}
	}
}

func TestAJournalKeepsItsEntries(t *testing.T) {
	var j journal[int]
	for round := range 2 {
		for i := range 10 * firstBlock {
			entry, at := j.draft()
			if at != i {
				t.Fatalf("entry %d has index %d", i, at)
			}
			*entry = i + round
			j.publish()
		}
		for i := range 10 * firstBlock {
			if got := *j.at(i); got != i+round {
				t.Fatalf("entry %d holds %d", i, got)
			}
		}
		j.reset()
	}
}

// TestALongHistoryReadsBackTheSame reads a history of several blocks.
func TestALongHistoryReadsBackTheSame(t *testing.T) {
	text := manyLines(3 * blockEvents)
	h, err := Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := encodeAll(t, h); !bytes.Equal(got, text) {
		t.Errorf("%d lines became %d", bytes.Count(text, []byte("\n")), bytes.Count(got, []byte("\n")))
	}
}

// manyLines returns the lines of a history of n operations by 8 clients, up to 4 of
// them in progress at once.
func manyLines(n int) []byte {
	rec := NewRecorder(8)
	ids := [8]int{}
	for i := range n + 4 {
		if i < n {
			c := i % 8
			ids[c] = rec.Client(c).Call(model.Op{Method: []model.Method{model.Store, model.Load}[i/8%2], Key: i / 16 % 16, Value: 1 + i/16%100})
		}
		if done := i - 4; done >= 0 {
			r := model.Result{}
			if done/8%2 == 1 {
				r = model.Result{Value: 1 + done%100, OK: true}
			}
			rec.Client(done%8).Return(ids[done%8], r)
		}
	}
	var b bytes.Buffer
	if err := rec.History().Write(&b); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func BenchmarkRead(b *testing.B) {
	const operations = 1_000_000
	text := manyLines(operations)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(bytes.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(operations*float64(b.N)/b.Elapsed().Seconds(), "operations/s")
}

func BenchmarkWrite(b *testing.B) {
	const operations = 1_000_000
	text := manyLines(operations)
	h, err := Read(bytes.NewReader(text))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var out bytes.Buffer
	for b.Loop() {
		out.Reset()
		if err := h.Write(&out); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(operations*float64(b.N)/b.Elapsed().Seconds(), "operations/s")
}

// BenchmarkRecord measures what recording adds to an operation without contention.
func BenchmarkRecord(b *testing.B) {
	rec := NewRecorder(1)
	c := rec.Client(0)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n++; n == 1000 {
			n = 0
			rec.Reset()
		}
		id := c.Call(loadOp)
		c.Returned(id)
		c.SetResult(id, loaded)
	}
}
