package search

import (
	"errors"
	"fmt"
	"time"

	"github.com/mapspec/mapspec/linearizability/explore/sched"
)

// strategy proposes executions and learns from them.
type strategy interface {
	sched.Chooser
	// begin reports whether there is another execution to run.
	begin() bool
	// end is told how it went. Its error ends the exploration.
	end(s *sched.Scheduler) error
	// bound says why the strategy does not cover everything, if so.
	bound() (Bound, bool)
}

// engine runs executions and counts them, whatever the strategy.
type engine struct {
	program  Program
	options  Options
	sched    *sched.Scheduler
	deadline time.Time
	classes  *classes
	result   Result
}

func newEngine(p Program, o Options) *engine {
	e := &engine{program: p, options: o, sched: sched.New(len(p.Threads), o.Limits)}
	if o.Timeout > 0 {
		e.deadline = time.Now().Add(o.Timeout)
	}
	if o.Distinct {
		e.classes = newClasses(len(p.Threads))
	}
	return e
}

func (e *engine) close() { e.sched.Close() }

func (e *engine) run(st strategy) (Result, error) {
	if b, bounded := st.bound(); bounded {
		e.result.Coverage.add(b)
	}
	for n := 0; st.begin(); n++ {
		if e.spent(n) {
			e.result.Coverage.add(Budget)
			break
		}
		if e.program.Setup != nil {
			e.program.Setup()
		}
		ending := e.sched.Run(e.program.Threads, st)
		if err := st.end(e.sched); err != nil {
			return e.result, err
		}
		e.account(ending)
		if e.result.Failure != nil && !e.options.KeepGoing {
			e.result.Coverage.add(FirstFailure)
			break
		}
	}
	return e.result, nil
}

// clockEvery is how many executions pass between two looks at the clock.
const clockEvery = 64

func (e *engine) spent(executions int) bool {
	if e.options.MaxExecutions > 0 && executions >= e.options.MaxExecutions {
		return true
	}
	return !e.deadline.IsZero() && executions%clockEvery == clockEvery-1 && time.Now().After(e.deadline)
}

func (e *engine) account(ending sched.Ending) {
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
		return
	}
	r.Executions++
	if e.classes != nil {
		e.classes.add(e.sched)
		r.Classes = len(e.classes.seen)
	}
	if err := e.judge(ending); err != nil {
		r.Failures++
		if r.Failure == nil {
			r.Failure = &Failure{Ending: ending, Err: err, Schedule: scheduleOf(e.sched.Trace())}
		}
	}
}

// judge returns what is wrong with the latest execution.
func (e *engine) judge(ending sched.Ending) error {
	var err error
	panics := e.sched.Panics()
	switch {
	case e.program.Check != nil:
		err = e.program.Check(Execution{
			Ending: ending, Trace: e.sched.Trace(), Panics: panics, Exits: e.sched.Exits(),
		})
	case len(panics) > 0:
		err = fmt.Errorf("thread %d panics: %v", panics[0].Thread, panics[0].Value)
	}
	if ending != sched.Completed {
		err = errors.Join(fmt.Errorf("%v: threads %v do not end", ending, e.sched.Blocked()), err)
	}
	return err
}
