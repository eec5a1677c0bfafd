package worker

import (
	"encoding/binary"
	"errors"
	"runtime"
	"testing"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/check"
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/model"
)

// brute runs a program, and judges each execution by itself: as a history in
// which a call is right before the first step of its operation, and a return
// right after the last. Of the worker's parts it uses the scheduler and, for
// the programs' sake, the way in which calls are declared.
type brute struct {
	t        *testing.T
	subject  model.Binder
	program  history.Program
	keys     int
	in       model.Instance
	ids      int // of initial operations
	initial  []history.Event
	clients  []*bruteClient
	engine   *search.Engine
	judged   map[string]bool // verdicts by history
	verdict  verdict
	stall    *search.Stall
	watching bool // look for what should have been released
	watched  []bruteWatch
	excesses int // executions that retain something
}

// bruteWatch is an argument that was passed to the map.
type bruteWatch struct {
	value bool
	index int
	watch model.Watch
}

// verdict says which kinds of violation were found.
type verdict struct {
	stuck bool // deadlock or livelock
	held  bool // a call at rest does not return
	wrong bool // no order explains a history
	other bool // something is retained
}

func newBrute(t *testing.T, s model.Binder, p history.Program, keys int) *brute {
	b := &brute{t: t, subject: s, program: p, keys: keys, judged: map[string]bool{}}
	for i := range p.Threads {
		b.clients = append(b.clients, &bruteClient{b: b, thread: i, own: new(uint64)})
	}
	return b
}

// stepLimit is that of the worker's executions too.
const stepLimit = 300

// explore judges the executions that a strategy comes to, each by itself.
func (b *brute) explore(strategy search.Strategy, limit int) (verdict, search.Result) {
	b.t.Helper()
	return b.run(strategy, limit, func(e *search.Engine, p search.Program) (search.Result, error) { return e.Run(p) })
}

// replay judges one execution.
func (b *brute) replay(schedule string) verdict {
	b.t.Helper()
	s, err := search.ParseSchedule(schedule)
	if err != nil {
		b.t.Fatal(err)
	}
	v, _ := b.run(0, 1, func(e *search.Engine, p search.Program) (search.Result, error) { return e.Replay(p, s) })
	return v
}

func (b *brute) run(strategy search.Strategy, limit int, how func(*search.Engine, search.Program) (search.Result, error)) (verdict, search.Result) {
	b.t.Helper()
	b.engine = search.New(len(b.clients), search.Options{
		Strategy: strategy, MaxExecutions: limit, KeepGoing: true, Limits: stepLimits(stepLimit),
	})
	defer b.engine.Close()
	b.verdict = verdict{}
	p := search.Program{Setup: b.setup, Stall: b.stall, Check: func(x search.Execution) error { b.judge(x); return nil }}
	for _, c := range b.clients {
		p.Threads = append(p.Threads, c.run)
	}
	r, err := how(b.engine, p)
	if e := (*search.SetupError)(nil); errors.As(err, &e) {
		b.verdict.stuck = true
	} else if err != nil {
		b.t.Fatal(err)
	}
	return b.verdict, r
}

func (b *brute) setup() {
	b.in = b.subject.Bind()
	b.initial, b.ids, b.watched = b.initial[:0], 0, b.watched[:0]
	for _, o := range b.program.Init {
		b.initial = b.sequential(b.initial, o)
	}
	for _, c := range b.clients {
		c.events, c.ids, c.parents, c.began = c.events[:0], 0, nil, c.began[:0]
	}
}

// sequential carries out an operation of nobody's thread.
func (b *brute) sequential(events []history.Event, o model.Op) []history.Event {
	l := &sequential{id: 1000 + b.ids}
	b.ids++
	r := b.execute(o, l)
	events = append(events, history.Event{Kind: history.Called, ID: l.id, Client: len(b.clients), Parent: history.NoParent, Op: o})
	events = append(events, l.visits...)
	return append(events, history.Event{Kind: history.Returned, ID: l.id, Result: r})
}

// execute performs o, and watches its arguments if that is asked for.
func (b *brute) execute(o model.Op, l model.Listener) model.Result {
	if !b.watching || o.Method.Traverses() {
		return model.Execute(b.in, o, l)
	}
	p := b.in.Prepare(o)
	w := p.Watches()
	for _, x := range []bruteWatch{{false, o.Key, w.Key}, {true, o.Value, w.Value}, {true, o.Old, w.Old}} {
		if !x.watch.Empty() {
			b.watched = append(b.watched, x)
		}
	}
	p.Do()
	return p.Result()
}

// alive counts the arguments that are alive: a key by its number, a value by
// its number below zero.
func (b *brute) alive() map[int]int {
	if !b.watching {
		return nil
	}
	runtime.GC()
	alive := map[int]int{}
	for _, x := range b.watched {
		switch {
		case !x.watch.Alive():
		case x.value:
			alive[-x.index]++
		default:
			alive[x.index]++
		}
	}
	return alive
}

// retains reports whether something is alive that the Loads at the end of events
// do not find. Values of a program differ.
func (b *brute) retains(alive map[int]int, events []history.Event) bool {
	present := map[int]int{}
	loads := map[int]int{}
	for _, e := range events {
		if e.Kind == history.Called && e.ID >= 1000+len(b.program.Init) && e.Op.Method == model.Load {
			loads[e.ID] = e.Op.Key
		}
		if key, ok := loads[e.ID]; ok && e.Kind == history.Returned && e.Result.OK {
			present[key]++
			present[-e.Result.Value]++
		}
	}
	for x, n := range alive {
		if n > present[x] {
			return true
		}
	}
	return false
}

// A Load that looks at nothing, and is the last thing that its thread does, is
// judged, though it is inside a callback.
func TestBruteForceHearsCallsWithoutAStep(t *testing.T) {
	p := plan{locking: byMutex}
	for m := range p.manner {
		p.manner[m] = locked
	}
	p.manner[model.Load] = deaf_
	s := example{plan: p}.subject()
	load := model.Op{Method: model.Load}
	v, _ := newBrute(t, s, history.Program{Init: []model.Op{store(0, 1)}, Threads: [][]model.Op{
		{{Method: model.Range, Func: &model.Func{Do: []model.Op{load}}}}, {{Method: model.Delete}},
	}}, 1).explore(search.Exhaustive, bruteLimit)
	if !v.wrong {
		t.Errorf("%+v: want a wrong Load", v)
	}
}

type sequential struct {
	model.Listener // of which only Visit is called: no callback calls the map
	id             int
	visits         []history.Event
}

func (l *sequential) Visit(v model.Visit) {
	l.visits = append(l.visits, history.Event{Kind: history.Visited, ID: l.id, Visit: v})
}

// bruteClient is one thread.
type bruteClient struct {
	b       *brute
	thread  int
	own     *uint64
	ids     int
	events  []bruteEvent
	parents []int
	began   []int // a call: the steps before it
}

// bruteEvent is an event of a thread, after so many of its steps.
type bruteEvent struct {
	history.Event
	after int32
}

func (c *bruteClient) run() {
	for _, o := range c.b.program.Threads[c.thread] {
		id := c.Call(o)
		c.Return(id, c.b.execute(o, c))
	}
}

func (c *bruteClient) note(e history.Event) {
	if sched.Unwinding() {
		sched.Yield() // which panics
	}
	c.events = append(c.events, bruteEvent{e, int32(sched.Steps())})
}

func (c *bruteClient) Call(o model.Op) int {
	id := c.thread*100 + c.ids
	c.ids++
	parent := history.NoParent
	if n := len(c.parents); n > 0 {
		parent = c.parents[n-1]
	}
	c.note(history.Event{Kind: history.Called, ID: id, Client: c.thread, Parent: parent, Op: o})
	c.began = append(c.began, sched.Steps())
	sched.Operation()
	if o.Method.Traverses() {
		c.parents = append(c.parents, id)
	}
	return id
}

func (c *bruteClient) Return(id int, r model.Result) {
	if !sched.Unwinding() && sched.Steps() == c.began[id%100] {
		// Its place in the order is a step of its own.
		sched.Before(sched.Load, unsafe.Pointer(c.own), 8)
	}
	c.note(history.Event{Kind: history.Returned, ID: id, Result: r})
	if n := len(c.parents); n > 0 && c.parents[n-1] == id {
		c.parents = c.parents[:n-1]
	}
}

func (c *bruteClient) Visit(v model.Visit) {
	c.note(history.Event{Kind: history.Visited, ID: c.parents[len(c.parents)-1], Visit: v})
}

// judge judges one execution.
func (b *brute) judge(x search.Execution) {
	if b.stall != nil {
		events := b.merge(append([]history.Event(nil), b.initial...), x.Trace)
		b.verdict.wrong = b.violation(history.History{Events: numbered(events)}) || b.verdict.wrong
		return
	}
	switch x.Ending {
	case sched.Deadlocked, sched.Livelocked:
		b.verdict.stuck = true
		return
	case sched.Completed:
	default:
		return
	}
	alive := b.alive()
	events := append([]history.Event(nil), b.initial...)
	events = b.merge(events, x.Trace)
	ending, panicked := b.engine.Alone(func() {
		for k := range b.keys {
			events = b.sequential(events, model.Op{Method: model.Load, Key: k})
		}
		for _, m := range []model.Method{model.Range, model.Len} {
			if b.in.Methods().Has(m) {
				events = b.sequential(events, model.Op{Method: m})
			}
		}
	})
	if panicked != nil {
		b.t.Fatal(panicked)
	}
	if ending != sched.Completed {
		b.verdict.held = true
		return
	}
	if b.retains(alive, events) {
		b.excesses++
		b.verdict.other = true
	}
	if b.violation(history.History{Events: numbered(events)}) {
		b.verdict.wrong = true
	}
}

func numbered(events []history.Event) []history.Event {
	for i := range events {
		events[i].Seq = i
	}
	return events
}

// merge appends the threads' events in the order of the steps.
func (b *brute) merge(events []history.Event, trace []sched.Event) []history.Event {
	at := make([]int, len(b.clients))
	for _, s := range trace {
		all := b.clients[s.Thread].events
		i := &at[s.Thread]
		for ; *i < len(all) && all[*i].after < s.Index; *i++ {
			events = append(events, all[*i].Event)
		}
		for ; *i < len(all) && all[*i].after == s.Index && all[*i].Kind != history.Called; *i++ {
			events = append(events, all[*i].Event)
		}
	}
	return events
}

func (b *brute) violation(h history.History) bool {
	var id []byte
	for _, e := range h.Events {
		ok := 0
		if e.Result.OK {
			ok = 1
		}
		for _, x := range []int{e.ID, int(e.Kind), e.Visit.Key, e.Visit.Value, e.Result.Value, e.Result.Len, ok} {
			id = binary.AppendVarint(id, int64(x))
		}
		id = append(append(id, e.Result.Panic...), 0)
	}
	if known, ok := b.judged[string(id)]; ok {
		return known
	}
	violated := false
	for _, v := range check.History(h, check.Options{Promise: b.in.Promise()}) {
		switch v.Status {
		case model.Violation:
			violated = true
		case model.Unknown, model.Invalid:
			b.t.Fatalf("%v: %v", v, h)
		}
	}
	b.judged[string(id)] = violated
	return violated
}
