package property

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/mapspec/mapspec/model"
)

// A failure is one violation and the clauses that it breaks.
type failure struct {
	clauses []model.Clause
	seen    model.Failure
	witness *model.Witness
	// afterPanic says that a panic happened before the failure. The clauses are
	// those of the panic then, as the map may not have survived it.
	afterPanic bool
}

// hung reports whether a call never returned.
func (f *failure) hung() bool { return f.seen.Kind == model.Hangs }

func (f *failure) verdict(c model.Clause) model.Verdict {
	v := f.seen.Violates(c, f.witness)
	v.Coverage = model.Bounded("the program that shows it")
	return v
}

// verdicts returns a verdict on each clause that f breaks.
func (f *failure) verdicts() []model.Verdict {
	var verdicts []model.Verdict
	for _, c := range f.clauses {
		verdicts = append(verdicts, f.verdict(c))
	}
	return verdicts
}

// An execution runs one program on one map and compares each step with the model.
// It is also the listener of its traversals.
type execution struct {
	in         model.Instance
	state      model.State
	last       model.Op    // the last operation that may have changed the map
	beforeLast model.State // the state before last
	auditing   bool
	returned   *atomic.Int64 // the number of calls that returned, for the watchdog
	fail       *failure

	mu       sync.Mutex // guards what is read after the watchdog has given up
	open     []*call
	panicked []model.Clause // two clauses for each panic that the map must survive
	trace    []model.Moment
}

// A call is an operation in progress.
type call struct {
	op        model.Op
	before    model.State
	traversal *model.Traversal
	visits    int
	wrong     *model.Misvisit // the first visit that was not allowed
	moment    int             // the index of the call in the trace; -1 if an audit makes it
}

// An audit reads the whole map. Its value says when.
type audit int

const (
	atEnd audit = iota
	afterEachStep
)

// run executes ops on a new map and returns the failure with its witness, or nil.
func (j *judge) run(ops []model.Op, when audit) *failure {
	ops = j.traits().FitAll(ops)
	f := j.runBlaming(ops, when)
	if f != nil {
		f.witness = &model.Witness{Look: model.LookResults, Threads: [][]model.Op{ops}}
	}
	return f
}

// runBlaming is run without the witness. It runs a program that fails again, to
// find the clause to blame. If the audit at the end found the failure, the second
// run has an audit after each step. If there was a panic before the failure, the
// second run leaves out the operations that panic.
func (j *judge) runBlaming(ops []model.Op, when audit) *failure {
	f := run(j.bind.Bind(), ops, when)
	if f == nil || f.hung() {
		return f
	}
	if when == atEnd {
		// If the second run fails outside an audit, the map does not do the same
		// each time, and the second failure is not the first one.
		if closer := run(j.bind.Bind(), ops, afterEachStep); closer != nil && !closer.hung() && closer.seen.AtRest {
			f = closer
		}
	}
	if f.afterPanic {
		if calm := run(j.bind.Bind(), withoutPanics(ops), when); calm != nil && !calm.hung() {
			f = calm
		}
	}
	return f
}

// withoutPanics returns ops without the operations that are meant to panic.
func withoutPanics(ops []model.Op) []model.Op {
	var calm []model.Op
	for _, o := range ops {
		if o.MayPanic() {
			continue
		}
		if o.Func != nil {
			o.Func = &model.Func{Stop: o.Func.Stop, Do: withoutPanics(o.Func.Do)}
		}
		calm = append(calm, o)
	}
	return calm
}

// run executes ops on in and returns the failure, or nil. The goroutine of a
// program that hangs is left behind.
func run(in model.Instance, ops []model.Op, when audit) *failure {
	e := &execution{in: in}
	where, stuck := watched(func(returned *atomic.Int64) {
		e.returned = returned
		e.program(ops, when)
	})
	if stuck {
		return e.stuck(where)
	}
	return e.fail
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

// keysOf returns the ordinary keys in ops and in their callbacks.
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
	c := &call{op: o, before: e.state, moment: -1}
	if o.Method.Traverses() {
		c.traversal = model.NewTraversal(o.Method, e.state)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.auditing {
		c.moment = len(e.trace)
		e.trace = append(e.trace, model.Moment{Depth: len(e.open), Call: &c.op})
	}
	e.open = append(e.open, c)
	return len(e.open) - 1
}

// Visit notes an entry that the innermost traversal visits.
func (e *execution) Visit(v model.Visit) {
	c := e.open[len(e.open)-1]
	c.visits++
	if c.wrong != nil {
		return // it may never end
	}
	if !e.auditing {
		e.mu.Lock()
		e.trace = append(e.trace, model.Moment{Depth: len(e.open) - 1, Visit: &v})
		e.mu.Unlock()
	}
	if c.visits > c.op.Func.Asked(c.visits) {
		c.wrong = &model.Misvisit{Kind: model.VisitedAfterStop, Key: v.Key, Value: v.Value}
	}
	if wrong := c.traversal.Visit(v.Key, v.Value); c.wrong == nil {
		c.wrong = wrong
	}
}

// Return judges what the innermost operation returned.
func (e *execution) Return(_ int, r model.Result) {
	e.returned.Add(1)
	c := e.open[len(e.open)-1]
	e.mu.Lock()
	e.open = e.open[:len(e.open)-1]
	if c.moment >= 0 && (c.traversal == nil || r.Panic != "") {
		e.trace[c.moment].Result = &r
	}
	e.mu.Unlock()
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
	if !ok {
		e.failed(e.blame(c, got, want), c.ended(got, want))
	}
	e.state = next
	if c.op.Method.Writes() && !e.auditing {
		e.last, e.beforeLast = c.op, c.before
	}
	switch got.Panic {
	case model.PanicCompare:
		e.survive(model.S6, model.P3)
	case model.PanicHash:
		e.survive(model.S7, model.P3)
	}
}

// survive notes a panic that the map must survive. Clause c is about the panic,
// and clause p about the locks that it may leave behind.
func (e *execution) survive(c, p model.Clause) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.panicked = append(e.panicked, c, p)
}

// blame names the clauses that a wrong result breaks.
func (e *execution) blame(c *call, got, want model.Result) []model.Clause {
	cell := c.before.Cell(c.op.Key)
	direct := model.Blame(cell, c.op, got, want)
	if !e.auditing {
		return e.orPanicked(direct)
	}
	switch {
	case c.op.Method == model.Len:
		return e.culprit(model.T6)
	case c.op.Method == model.Load && !got.OK && got.Value != model.Zero:
		return []model.Clause{model.S3}
	case direct == model.S3 && cell.Present && e.last.Method == model.Store:
		return e.culprit(model.S3)
	case e.last.Method.OnKey() && e.last.Key != c.op.Key && e.last.Key != model.NaN:
		return e.culprit(model.S2)
	}
	return e.culprit(model.Blame(model.Cell{Present: true, Value: 1}, e.last, got, want))
}

// culprit returns the clause that an audit blames. If the last write was a Clear
// or had a NaN key, it is the clause of that write. Otherwise it is c, the clause
// of what the audit saw.
func (e *execution) culprit(c model.Clause) []model.Clause {
	switch {
	case e.last.Key == model.NaN && e.last.Method.OnKey(), e.last.Method == model.Clear && len(e.beforeLast.NaNs()) > 0:
		c = model.S7
	case e.last.Method == model.Clear:
		c = model.T5
	}
	return e.orPanicked(c)
}

// orPanicked returns the clause of the last panic, or c if there was none.
func (e *execution) orPanicked(c model.Clause) []model.Clause {
	if n := len(e.panicked); n > 0 {
		return []model.Clause{e.panicked[n-2]}
	}
	return []model.Clause{c}
}

func (e *execution) judgeTraversal(c *call, got model.Result) {
	visitClause := []model.Clause{model.T1}
	switch {
	case e.auditing:
		visitClause = e.culprit(model.T1)
	case c.op.Method != model.Range:
		visitClause = []model.Clause{model.T2}
	}
	ends, stopped := c.op.Func.End(c.visits)
	if c.op.Func.IsNil() {
		if _, ok := model.Allows(c.before, c.op, got); !ok {
			e.failed([]model.Clause{model.T4}, c.ended(got, model.Result{Panic: model.PanicNilFunc}))
		}
		e.survive(model.T4, model.P3)
		return
	}
	switch {
	case c.wrong != nil:
		e.failed(visitClause, c.misvisited(c.wrong))
	case got.Panic != ends:
		e.failed([]model.Clause{model.T4}, c.ended(got, model.Result{Panic: ends}))
	case !stopped:
		if wrong := c.traversal.End(); wrong != nil {
			e.failed(visitClause, c.misvisited(wrong))
		}
	}
	if ends != "" {
		e.survive(model.T4, model.P3)
	}
}

// ended is the failure of a call with a wrong result.
func (c *call) ended(got, want model.Result) model.Failure {
	return model.Failure{Kind: model.WrongResult, Call: &c.op, Got: &got, Want: &want}
}

// misvisited is the failure of a traversal with a wrong visit.
func (c *call) misvisited(wrong *model.Misvisit) model.Failure {
	return model.Failure{Kind: model.WrongTraversal, Call: &c.op, Misvisit: wrong}
}

// failed notes f unless there was a failure before it.
func (e *execution) failed(clauses []model.Clause, f model.Failure) {
	if e.fail != nil {
		return
	}
	f.AtRest, f.Trace, f.Should = e.auditing, slices.Clone(e.trace), e.state.String()
	e.fail = &failure{clauses: clauses, seen: f, afterPanic: len(e.panicked) > 0}
}

// stuck is the failure of a program that hangs. Its goroutine stands still in the
// map, so what it noted can be read.
func (e *execution) stuck(where model.Stuck) *failure {
	e.mu.Lock()
	defer e.mu.Unlock()
	clauses := []model.Clause{model.P2}
	switch {
	case len(e.panicked) > 0:
		clauses = e.panicked[len(e.panicked)-2:]
	case len(e.open) > 1:
		clauses = []model.Clause{model.T3}
	}
	if n := len(e.open); n > 0 {
		where.Call = &e.open[n-1].op
	}
	return &failure{clauses: clauses, seen: model.Failure{
		Kind: model.Hangs, AtRest: e.auditing, Stuck: []model.Stuck{where}, Trace: slices.Clone(e.trace),
	}}
}
