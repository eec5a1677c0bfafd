package property

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mapspec/mapspec/model"
)

// A failure is one thing that a map did and may not do.
type failure struct {
	clauses  []model.Clause
	evidence string
	trace    []string
	hung     bool // a call never returned
}

func (f *failure) verdict(c model.Clause) model.Verdict {
	return model.Verdict{Clause: c, Status: model.Violation, Evidence: f.evidence, Trace: f.trace,
		Coverage: model.Bounded("the program that shows it")}
}

// execution runs one program on one map and compares it with the model, step
// by step. It is the listener of its own traversals.
type execution struct {
	in       model.Instance
	state    model.State
	open     []*call
	last     model.Op       // the last operation that may have changed the map
	panicked []model.Clause // what panics were to be survived so far
	auditing bool

	returns   atomic.Int64 // calls that returned, for the watchdog
	goroutine atomic.Int64

	mu   sync.Mutex // guards what a watchdog reads while the program hangs
	log  []string
	fail *failure
}

// call is an operation in progress.
type call struct {
	op        model.Op
	before    model.State
	traversal *model.Traversal
	visits    int
	wrong     error // the first visit that was not allowed
}

// audit says when a program's map is read as a whole.
type audit int

const (
	atEnd audit = iota
	afterEachStep
)

// run executes ops on a new map and returns how it failed, or nil. A program
// that hangs is left behind.
func run(in model.Instance, ops []model.Op, when audit) *failure {
	e := &execution{in: in}
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.goroutine.Store(model.GoroutineID())
		e.program(ops, when)
	}()
	select { // no timer for the programs that end at once
	case <-done:
		return e.fail
	case <-time.After(10 * time.Millisecond):
	}
	var w model.Watchdog
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return e.fail
		case <-tick.C:
			if where, stuck := w.Stuck(e.returns.Load(), []int64{e.goroutine.Load()}); stuck {
				return e.stuck(where)
			}
		}
	}
}

func (e *execution) program(ops []model.Op, when audit) {
	for _, o := range ops {
		e.step(o)
		if when == afterEachStep && e.fail == nil {
			e.audit(keysOf(ops))
		}
		if e.fail != nil {
			return
		}
	}
	e.audit(keysOf(ops))
}

func (e *execution) step(o model.Op) {
	id := e.Call(o)
	e.Return(id, model.Execute(e.in, o, e))
}

// keysOf returns the ordinary keys that ops name, callbacks included.
func keysOf(ops []model.Op) []int {
	seen := map[int]bool{}
	var keys []int
	var walk func([]model.Op)
	walk = func(ops []model.Op) {
		for _, o := range ops {
			if o.Method.OnKey() && o.Key >= 0 && !seen[o.Key] {
				seen[o.Key] = true
				keys = append(keys, o.Key)
			}
			if o.Func != nil {
				walk(o.Func.Do)
			}
		}
	}
	walk(ops)
	return keys
}

// audit reads the whole map: each key, the length, and a Range.
func (e *execution) audit(keys []int) {
	e.auditing = true
	defer func() { e.auditing = false }()
	has := e.in.Methods()
	if has.Has(model.Load) {
		for _, k := range keys {
			if e.fail == nil {
				e.step(model.Op{Method: model.Load, Key: k})
			}
		}
	}
	for _, m := range []model.Method{model.Len, model.Range} {
		if has.Has(m) && e.fail == nil {
			e.step(model.Op{Method: m})
		}
	}
}

// Call notes that o begins.
func (e *execution) Call(o model.Op) int {
	c := &call{op: o, before: e.state}
	if o.Method.Traverses() {
		c.traversal = model.NewTraversal(o.Method, e.state)
	}
	e.open = append(e.open, c)
	e.note("%v", o)
	return len(e.open) - 1
}

// Visit notes what the innermost traversal handed out.
func (e *execution) Visit(v model.Visit) {
	c := e.open[len(e.open)-1]
	c.visits++
	if !e.auditing {
		e.note("    visit %v", v)
	}
	if at, _ := c.op.Func.Step(); at > 0 && c.visits > at && c.wrong == nil {
		c.wrong = fmt.Errorf("called its function again after it had asked to stop")
	}
	if err := c.traversal.Visit(v.Key, v.Value); err != nil && c.wrong == nil {
		c.wrong = err
	}
}

// Return judges what the innermost operation returned.
func (e *execution) Return(_ int, r model.Result) {
	e.returns.Add(1)
	c := e.open[len(e.open)-1]
	e.open = e.open[:len(e.open)-1]
	if c.traversal != nil {
		e.judgeTraversal(c, r)
	} else {
		e.judgeCall(c, r)
	}
	for _, outer := range e.open {
		outer.traversal.Observe(e.state)
	}
}

func (e *execution) judgeCall(c *call, got model.Result) {
	next, ok := model.Allows(c.before, c.op, got)
	_, want := model.Step(c.before, c.op)
	e.annotate(got.Text(c.op.Method))
	if !ok {
		e.failed(e.blame(c, got, want), "%v returned %s, want %s", c.op, got.Text(c.op.Method), want.Text(c.op.Method))
	}
	e.state = next
	if c.op.Method.Writes() && !e.auditing {
		e.last = c.op
	}
	switch got.Panic {
	case model.PanicCompare:
		e.panicked = append(e.panicked, model.S6, model.P3)
	case model.PanicHash:
		e.panicked = append(e.panicked, model.S7, model.P3)
	}
}

// blame names the clauses that a wrong result breaks. An audit blames what it
// finds on the last write.
func (e *execution) blame(c *call, got, want model.Result) []model.Clause {
	cell := c.before.Cell(c.op.Key)
	direct := model.Blame(cell, c.op, got, want)
	switch {
	case len(e.panicked) > 0:
		return e.panicked[len(e.panicked)-2 : len(e.panicked)-1]
	case !e.auditing || c.op.Method == model.Len:
		return []model.Clause{direct}
	case e.last.Method == model.Clear:
		return []model.Clause{model.T5}
	case e.last.Key != c.op.Key:
		return []model.Clause{model.S2}
	case direct == model.S3 && cell.Present:
		return []model.Clause{model.S3}
	}
	return []model.Clause{model.Blame(model.Cell{Present: true, Value: 1}, e.last, got, want)}
}

func (e *execution) judgeTraversal(c *call, got model.Result) {
	if got.Panic != "" {
		e.annotate(got.Text(c.op.Method))
	}
	visitClause := model.T1
	if c.op.Method != model.Range {
		visitClause = model.T2
	}
	var ends model.Panic
	at, panics := c.op.Func.Step()
	stopped := at > 0 && c.visits >= at
	if stopped {
		ends = panics
	}
	if c.op.Func != nil && c.op.Func.Nil {
		if _, ok := model.Allows(c.before, c.op, got); !ok {
			e.failed([]model.Clause{model.T4}, "%v %s, want a panic", c.op, got.Text(c.op.Method))
		}
		e.panicked = append(e.panicked, model.T4, model.P3)
		return
	}
	switch {
	case c.wrong != nil:
		e.failed([]model.Clause{visitClause}, "%v %v", c.op, c.wrong)
	case got.Panic != ends:
		e.failed([]model.Clause{model.T4}, "%v ended with %q, want %q", c.op, got.Text(c.op.Method), model.Result{Panic: ends}.Text(c.op.Method))
	case !stopped:
		if err := c.traversal.End(); err != nil {
			e.failed([]model.Clause{visitClause}, "%v %v", c.op, err)
		}
	}
	if ends != "" {
		e.panicked = append(e.panicked, model.T4, model.P3)
	}
}

func (e *execution) note(format string, args ...any) {
	if e.auditing {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	indent := ""
	for range len(e.open) - 1 {
		indent += "        "
	}
	e.log = append(e.log, indent+fmt.Sprintf(format, args...))
}

// annotate adds a result to the last line.
func (e *execution) annotate(result string) {
	if e.auditing || len(e.open) > 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := len(e.log); n > 0 {
		e.log[n-1] += "   -> " + result
	}
}

// failed notes the first failure.
func (e *execution) failed(clauses []model.Clause, format string, args ...any) {
	if e.fail != nil {
		return
	}
	f := &failure{clauses: clauses, evidence: fmt.Sprintf(format, args...)}
	if e.auditing {
		f.evidence = "afterwards " + f.evidence
	}
	f.trace = append(append([]string(nil), e.log...), f.evidence, "the map should be "+e.state.String())
	e.fail = f
}

// stuck is the failure of a program that hangs. The program's goroutine stands
// still, in the map; what it noted can be read.
func (e *execution) stuck(where []string) *failure {
	e.mu.Lock()
	defer e.mu.Unlock()
	clauses := []model.Clause{model.P2}
	switch {
	case len(e.panicked) > 0:
		clauses = e.panicked[len(e.panicked)-2:]
	case len(e.open) > 1:
		clauses = []model.Clause{model.T3}
	}
	c := e.open[len(e.open)-1]
	f := &failure{clauses: clauses, hung: true, evidence: fmt.Sprintf("%v never returned: %s", c.op, where[0])}
	f.trace = append(append([]string(nil), e.log...), f.evidence)
	return f
}
