package property

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/mapspec/mapspec/model"
)

// A failure is one thing that a map did and may not do.
type failure struct {
	clauses  []model.Clause
	evidence string
	trace    []string
	hung     bool // a call never returned
	witness  *model.Witness
	audited  bool // an audit saw it, not an operation of the program
	// afterPanic says that the clause is that of a panic which the map was to
	// survive, on the suspicion that it did not.
	afterPanic bool
}

func (f *failure) verdict(c model.Clause) model.Verdict {
	return model.Verdict{Clause: c, Status: model.Violation, Evidence: f.evidence, Trace: f.trace, Witness: f.witness, Hung: f.hung,
		Coverage: model.Bounded("the program that shows it")}
}

// verdicts returns a violation of each clause that f breaks.
func (f *failure) verdicts() []model.Verdict {
	var verdicts []model.Verdict
	for _, c := range f.clauses {
		verdicts = append(verdicts, f.verdict(c))
	}
	return verdicts
}

// execution runs one program on one map and compares it with the model, step
// by step. It is the listener of its own traversals.
type execution struct {
	in         model.Instance
	state      model.State
	last       model.Op    // the last operation that may have changed the map
	beforeLast model.State // the state that it met
	auditing   bool
	returned   *atomic.Int64 // for the watchdog
	fail       *failure

	mu       sync.Mutex // guards what a watchdog reads while the program hangs
	open     []*call
	panicked []model.Clause // what panics were to be survived so far, in pairs
	log      []string
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

// run executes ops on a new map. A failure comes with its witness, and is looked at twice to find who is
// to blame: one that a late audit found, with an audit after each step; and one
// that came after a panic, without what panicked.
func (j *judge) run(ops []model.Op, when audit) *failure {
	ops = j.traits().FitAll(ops)
	f := j.runBlaming(ops, when)
	if f != nil {
		f.witness = &model.Witness{Look: model.LookResults, Threads: [][]model.Op{ops}}
	}
	return f
}

func (j *judge) runBlaming(ops []model.Op, when audit) *failure {
	f := run(j.bind.Bind(), ops, when)
	if f == nil || f.hung {
		return f
	}
	if when == atEnd {
		// A closer look that fails elsewhere than in an audit is another run of a
		// map that does not do the same each time.
		if closer := run(j.bind.Bind(), ops, afterEachStep); closer != nil && !closer.hung && closer.audited {
			f = closer
		}
	}
	if f.afterPanic {
		if calm := run(j.bind.Bind(), withoutPanics(ops), when); calm != nil && !calm.hung {
			f = calm
		}
	}
	return f
}

// withoutPanics leaves out of ops what is meant to panic.
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

// run executes ops on a new map and returns how it failed, or nil. A program
// that hangs is left behind.
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
	e.mu.Lock()
	e.open = append(e.open, c)
	e.mu.Unlock()
	e.note("%v", o)
	return len(e.open) - 1
}

// Visit notes what the innermost traversal handed out.
func (e *execution) Visit(v model.Visit) {
	c := e.open[len(e.open)-1]
	c.visits++
	if c.wrong != nil {
		return // it may go on and on
	}
	if !e.auditing {
		e.note("    visit %v", v)
	}
	if c.visits > c.op.Func.Asked(c.visits) {
		c.wrong = fmt.Errorf("called its function again after it had asked to stop")
	}
	if err := c.traversal.Visit(v.Key, v.Value); err != nil && c.wrong == nil {
		c.wrong = err
	}
}

// Return judges what the innermost operation returned.
func (e *execution) Return(_ int, r model.Result) {
	e.returned.Add(1)
	c := e.open[len(e.open)-1]
	e.mu.Lock()
	e.open = e.open[:len(e.open)-1]
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
	e.annotate(got.Text(c.op.Method))
	if !ok {
		e.failed(e.blame(c, got, want), "%v returned %s, want %s", c.op, got.Text(c.op.Method), want.Text(c.op.Method))
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

// survive notes that a panic happened which the map is to survive: by clause c,
// and by p, which is about its locks.
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

// culprit is the clause that an audit blames: that of the last write, where it
// was a Clear or one of a NaN key; otherwise c, what the audit itself noticed.
func (e *execution) culprit(c model.Clause) []model.Clause {
	switch {
	case e.last.Key == model.NaN && e.last.Method.OnKey(), e.last.Method == model.Clear && len(e.beforeLast.NaNs()) > 0:
		c = model.S7
	case e.last.Method == model.Clear:
		c = model.T5
	}
	return e.orPanicked(c)
}

// orPanicked is the clause of the last panic that the map was to survive, or
// else c.
func (e *execution) orPanicked(c model.Clause) []model.Clause {
	if n := len(e.panicked); n > 0 {
		return []model.Clause{e.panicked[n-2]}
	}
	return []model.Clause{c}
}

func (e *execution) judgeTraversal(c *call, got model.Result) {
	if got.Panic != "" {
		e.annotate(got.Text(c.op.Method))
	}
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
			e.failed([]model.Clause{model.T4}, "%v %s, want a panic", c.op, got.Text(c.op.Method))
		}
		e.survive(model.T4, model.P3)
		return
	}
	switch {
	case c.wrong != nil:
		e.failed(visitClause, "%v %v", c.op, c.wrong)
	case got.Panic != ends:
		e.failed([]model.Clause{model.T4}, "%v ended with %q, want %q", c.op, got.Text(c.op.Method), model.Result{Panic: ends}.Text(c.op.Method))
	case !stopped:
		if err := c.traversal.End(); err != nil {
			e.failed(visitClause, "%v %v", c.op, err)
		}
	}
	if ends != "" {
		e.survive(model.T4, model.P3)
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
	f := &failure{clauses: clauses, evidence: fmt.Sprintf(format, args...), audited: e.auditing}
	if e.auditing {
		f.evidence = "afterwards " + f.evidence
	}
	f.afterPanic = len(e.panicked) > 0
	f.trace = append(append([]string(nil), e.log...), f.evidence, "the map should be "+e.state.String())
	e.fail = f
}

// stuck is the failure of a program that hangs. The program's goroutine stands
// still, in the map; what it noted can be read.
func (e *execution) stuck(where string) *failure {
	e.mu.Lock()
	defer e.mu.Unlock()
	clauses := []model.Clause{model.P2}
	switch {
	case len(e.panicked) > 0:
		clauses = e.panicked[len(e.panicked)-2:]
	case len(e.open) > 1:
		clauses = []model.Clause{model.T3}
	}
	what := "the program"
	if n := len(e.open); n > 0 {
		what = e.open[n-1].op.String()
	}
	f := &failure{clauses: clauses, hung: true, evidence: fmt.Sprintf("%s never returned: %s", what, where)}
	f.trace = append(append([]string(nil), e.log...), f.evidence)
	return f
}
