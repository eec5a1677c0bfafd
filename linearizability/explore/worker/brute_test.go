package worker

import (
	"encoding/binary"
	"errors"
	"testing"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/check"
	"github.com/mapspec/mapspec/linearizability/explore/sched"
	"github.com/mapspec/mapspec/linearizability/explore/search"
	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// brute runs a program, and judges each execution by itself: as a history in
// which a call is right before the first step of its operation, and a return
// right after the last. Of the worker's parts it uses the scheduler and, for
// the programs' sake, the way in which calls are declared.
type brute struct {
	t       *testing.T
	subject model.Binder
	program history.Program
	keys    int
	in      model.Instance
	ids     int // of initial operations
	initial []history.Event
	clients []*bruteClient
	engine  *search.Engine
	judged  map[string]bool // verdicts by history
	verdict verdict
	// looks is asked for what else is wrong with an execution that has ended.
	looks func() bool
}

// verdict says which kinds of violation were found.
type verdict struct {
	stuck bool // deadlock or livelock
	held  bool // a call at rest does not return
	wrong bool // no order explains a history
	other bool // see brute.looks
}

func newBrute(t *testing.T, s model.Binder, p history.Program, keys int) *brute {
	b := &brute{t: t, subject: s, program: p, keys: keys, judged: map[string]bool{}}
	for i := range p.Threads {
		b.clients = append(b.clients, &bruteClient{b: b, thread: i, own: new(uint64)})
	}
	return b
}

// limits are those of the worker's executions too.
var limits = sched.Limits{Steps: 300}

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
		Strategy: strategy, MaxExecutions: limit, KeepGoing: true, Limits: limits,
	})
	defer b.engine.Close()
	b.verdict = verdict{}
	p := search.Program{Setup: b.setup, Check: func(x search.Execution) error { b.judge(x); return nil }}
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
	b.initial, b.ids = b.initial[:0], 0
	for _, o := range b.program.Init {
		b.initial = b.sequential(b.initial, o)
	}
	for _, c := range b.clients {
		c.events, c.ids, c.parents = c.events[:0], 0, nil
	}
}

// sequential carries out an operation of nobody's thread.
func (b *brute) sequential(events []history.Event, o model.Op) []history.Event {
	l := &sequential{id: 1000 + b.ids}
	b.ids++
	r := model.Execute(b.in, o, l)
	events = append(events, history.Event{Kind: history.Called, ID: l.id, Client: len(b.clients), Parent: history.NoParent, Op: o})
	events = append(events, l.visits...)
	return append(events, history.Event{Kind: history.Returned, ID: l.id, Result: r})
}

type sequential struct {
	deaf
	id     int
	visits []history.Event
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
}

// bruteEvent is an event of a thread, after so many of its steps.
type bruteEvent struct {
	history.Event
	after int32
}

func (c *bruteClient) run() {
	for _, o := range c.b.program.Threads[c.thread] {
		id := c.Call(o)
		before := sched.Steps()
		r := model.Execute(c.b.in, o, c)
		if !sched.Unwinding() && sched.Steps() == before {
			// Its place in the order is a step of its own.
			sched.Before(sched.Load, unsafe.Pointer(c.own), 8)
		}
		c.Return(id, r)
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
	sched.Operation()
	if o.Method.Traverses() {
		c.parents = append(c.parents, id)
	}
	return id
}

func (c *bruteClient) Return(id int, r model.Result) {
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
	switch x.Ending {
	case sched.Deadlocked, sched.Livelocked:
		b.verdict.stuck = true
		return
	case sched.Completed:
	default:
		return
	}
	if b.looks != nil && b.looks() {
		b.verdict.other = true
	}
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
	for i := range events {
		events[i].Seq = i
	}
	if b.violation(history.History{Events: events}) {
		b.verdict.wrong = true
	}
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
