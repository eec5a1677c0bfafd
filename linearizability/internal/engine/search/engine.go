package search

import (
	"errors"
	"fmt"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// strategy proposes executions and learns from them.
type strategy interface {
	sched.Chooser
	// begin reports whether there is another execution to run.
	begin() bool
	// end is called after each execution. An error ends the exploration.
	end(s *sched.Scheduler) error
	// bound returns the reason why the strategy does not cover everything, if
	// there is one.
	bound() (Bound, bool)
}

// Engine explores programs with the same number of threads, one after the other.
// Close it after use.
type Engine struct {
	program  Program
	options  Options
	sched    *sched.Scheduler
	deadline time.Time
	distinct *classSet // nil without Options.Distinct
	tree     *depthFirst
	order    *happensBefore // for executions whose order tree does not compute
	current  *happensBefore // of the latest execution, or nil if not computed yet
	result   Result
}

// New returns an engine for programs of the given number of threads.
func New(threads int, o Options) *Engine {
	return &Engine{
		options: o, sched: sched.New(threads, o.Limits),
		tree: newDepthFirst(o.Strategy, threads), order: newHappensBefore(threads),
	}
}

// Close ends the engine's coroutines.
func (e *Engine) Close() { e.sched.Close() }

// Run explores p as the function Run does.
func (e *Engine) Run(p Program) (Result, error) {
	e.tree.reset(e.options.Preemptions)
	return e.run(p, e.tree)
}

// Alone runs f by itself between executions, as [sched.Scheduler.Alone] does.
func (e *Engine) Alone(f func()) (sched.Ending, any) { return e.sched.Alone(f) }

func (e *Engine) run(p Program, st strategy) (Result, error) {
	if len(p.Threads) != e.order.threads {
		return Result{}, fmt.Errorf("search: a program of %d threads in an engine for %d", len(p.Threads), e.order.threads)
	}
	e.program, e.result, e.distinct, e.deadline = p, Result{}, nil, time.Time{}
	if e.options.Distinct {
		e.distinct = newClassSet(e.order.threads)
	}
	if e.options.Timeout > 0 {
		e.deadline = time.Now().Add(e.options.Timeout)
	}
	if b, bounded := st.bound(); bounded {
		e.result.Coverage.add(b)
	}
	for n := 0; st.begin(); n++ {
		if e.options.Stop != nil && e.options.Stop() {
			e.result.Coverage.add(Halted)
			break
		}
		if e.budgetIsSpent(n) {
			e.result.Coverage.add(Budget)
			break
		}
		if err := e.setup(); err != nil {
			return e.result, err
		}
		e.sched.Stall(none, 0)
		if p.Stall != nil {
			e.sched.Stall(p.Stall.Thread, p.Stall.After)
		}
		if e.options.Observe {
			e.sched.Observe(e.options.Look)
		}
		e.current = nil
		ending := e.sched.Run(e.program.Threads, st)
		if err := st.end(e.sched); err != nil {
			return e.result, err
		}
		if x, ok := st.(*depthFirst); ok && x.strategy == SourceSets {
			e.current = x.order
		}
		e.count(ending)
		if e.result.Failure != nil && !e.options.KeepGoing {
			e.result.Coverage.add(FirstFailure)
			break
		}
	}
	return e.result, nil
}

// setup creates the program's state.
func (e *Engine) setup() error {
	if e.program.Setup == nil {
		return nil
	}
	ending, panicked := e.sched.Alone(e.program.Setup)
	switch {
	case panicked != nil:
		return fmt.Errorf("search: Setup panics: %v", panicked)
	case ending != sched.Completed:
		return &SetupError{ending}
	}
	return nil
}

// clockEvery is the number of executions between two readings of the clock.
const clockEvery = 64

func (e *Engine) budgetIsSpent(executions int) bool {
	if e.options.MaxExecutions > 0 && executions >= e.options.MaxExecutions {
		return true
	}
	return !e.deadline.IsZero() && executions%clockEvery == clockEvery-1 && time.Now().After(e.deadline)
}

// count counts the latest execution and judges it.
func (e *Engine) count(ending sched.Ending) {
	r := &e.result
	r.Steps += len(e.sched.Trace())
	if e.sched.Waited() {
		r.Coverage.add(Spins)
	}
	switch ending {
	case sched.Stopped:
		r.CutShort++
		return
	case sched.StepLimit:
		r.Limited++
		r.Coverage.add(StepLimit)
	default:
		r.Executions++
		if e.distinct != nil {
			e.distinct.add(e.sched)
			r.Classes = len(e.distinct.keys)
		}
	}
	if err := e.judge(ending); err != nil {
		r.Failures++
		if r.Failure == nil {
			r.Failure = &Failure{Ending: ending, Err: err, Schedule: scheduleOf(e.sched.Trace())}
		}
	}
}

// judge returns the reason why the latest execution failed, or nil.
func (e *Engine) judge(ending sched.Ending) error {
	var err error
	panics := e.sched.Panics()
	switch {
	case e.program.Check != nil:
		err = e.program.Check(Execution{
			Ending: ending, Trace: e.sched.Trace(), Blocked: e.sched.Blocked(), Panics: panics, Exits: e.sched.Exits(),
			Observations: e.sched.Observations(), engine: e,
		})
	case len(panics) > 0:
		err = fmt.Errorf("thread %d panics: %v", panics[0].Thread, panics[0].Value)
	}
	if e.program.Stall == nil && (ending == sched.Deadlocked || ending == sched.Livelocked) {
		err = errors.Join(fmt.Errorf("%v: these threads do not end: %v", ending, e.sched.Blocked()), err)
	}
	return err
}

// clocks returns the vector clocks of the latest execution: see [Execution.Clocks].
func (e *Engine) clocks() []int32 {
	if e.current == nil {
		e.order.compute(e.sched, 0)
		e.current = e.order
	}
	return e.current.clocks
}
