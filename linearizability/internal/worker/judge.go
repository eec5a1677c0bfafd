package worker

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
	"github.com/mapspec/mapspec/model"
)

// A judge says what is wrong with an execution.
type judge struct {
	subject  model.Binder
	options  search.Options // of executions that it runs again
	tally    *tally
	watchdog *watchdog
	checker  *interval.Checker
	watches  bool // what the map releases can be judged
	held     held
	clock    []int32 // of a probe
}

// A finding is a violation that was found in a program.
type finding struct {
	clause   model.Clause
	failure  *model.Failure // nil if no order explains history
	history  string
	schedule search.Schedule
	stall    *search.Stall
	// shows reports whether an execution of a runner's drive shows the violation
	// too. If it is nil, no simpler schedule is looked for.
	shows func(*runner, search.Execution) bool
}

// execution judges one execution: first what the map holds, then what it answers
// at rest, and what it answered before.
func (j *judge) execution(e *ended) (all []finding, err error) {
	if e.completed {
		held := j.heldBy(e)
		ending := j.probe(e)
		if r := refuse.Last(); r != nil {
			return nil, r // what was answered then is not the map's
		}
		if ending != sched.Completed {
			return []finding{{clause: model.P3, schedule: e.schedule, failure: e.leak(ending)}}, nil
		}
		if all, err = j.release(e, held); err != nil {
			return all, err
		}
	}
	ok, bad, err := j.checker.Check(&e.record, j.clockOf(e))
	switch {
	case errors.Is(err, interval.ErrTooLarge):
		j.tally.bound(err.Error())
		return all, nil
	case err != nil:
		return all, fmt.Errorf("%w (%s, schedule %v)", err, e.task, e.schedule)
	case ok:
		return all, nil
	}
	wrong, err := j.wrong(e, bad)
	return append(all, wrong), err
}

// clockOf returns e's clock as the checker asks for it. A probe is one thread
// more, and comes after all others, also after what they did without a step after
// their last steps. So its clock is one step further than they went.
func (j *judge) clockOf(e *ended) interval.Clock {
	if e.record.Threads == e.threads {
		return e.clock
	}
	probe := slices.Grow(j.clock[:0], e.threads+1)[:e.threads+1]
	j.clock = probe
	for t, steps := range e.steps {
		probe[t] = steps + 1
	}
	return func(thread, step int) []int32 {
		if thread < e.threads {
			return e.clock(thread, step)
		}
		probe[e.threads] = int32(step)
		return probe
	}
}

// probe reads the map at rest, as one more thread that begins when all others
// have ended.
func (j *judge) probe(e *ended) sched.Ending {
	defer j.watchdog.enter(&spot{task: e.task, drive: e.runner.drive, ended: e})()
	p := prober{e: e}
	ending, panicked := e.runner.engine.Alone(func() {
		for _, o := range e.task.setting.probes {
			p.do(o)
		}
	})
	if panicked != nil {
		panic(panicked) // the binding recovers the map's own panics
	}
	e.record.Threads = e.threads + 1
	return ending
}

// leak is the failure that a probe of e did not return.
func (e *ended) leak(ending sched.Ending) *model.Failure {
	o := e.record.Ops[len(e.record.Ops)-1].Op
	return &model.Failure{Kind: model.LeaksLock, AtRest: true, Call: &o, Stuck: []model.Stuck{{Call: &o, State: ending.String()}}}
}

// prober records the calls of a probe. Each is a step of its own.
type prober struct {
	model.Listener // of which only Visit is called: the traversals' callbacks call nothing
	e              *ended
	step           int32
}

func (p *prober) do(o model.Op) {
	p.step++
	id := len(p.e.record.Ops)
	p.e.record.Ops = append(p.e.record.Ops, interval.Op{
		Thread: p.e.threads, Parent: interval.NoParent, Op: o, First: p.step, Last: p.step,
	})
	r := model.Execute(p.e.in, o, p)
	p.e.record.Ops[id].Result = r
}

// Visit implements model.Listener.
func (p *prober) Visit(v model.Visit) {
	o := &p.e.record.Ops[len(p.e.record.Ops)-1]
	o.Visits = append(o.Visits, interval.Visit{Key: v.Key, Value: v.Value, At: p.step})
}

// wrong is the finding that no order explains an execution, or an equivalent one.
func (j *judge) wrong(e *ended, bad interval.Extension) (finding, error) {
	var lines bytes.Buffer
	if err := bad.History().Write(&lines); err != nil {
		return finding{}, err
	}
	lengths := e.steps
	if e.record.Threads > e.threads {
		lengths = append(slices.Clone(e.steps), e.probeSteps())
	}
	f := finding{clause: model.S1, history: lines.String(), stall: e.stall}
	for _, t := range bad.Steps(lengths, taken(lengths, j.clockOf(e))) {
		if int(t) < e.threads {
			f.schedule = append(f.schedule, t)
		}
	}
	if e.stall == nil {
		f.shows = j.shows(e.task)
	}
	return f, nil
}

// taken is a clock of steps that were taken.
func taken(lengths []int32, clock interval.Clock) interval.Clock {
	steps := make([]int32, len(lengths))
	return func(thread, step int) []int32 {
		known := clock(thread, step)
		for t, n := range known {
			steps[t] = min(n, lengths[t])
		}
		return steps[:len(known)]
	}
}

func (e *ended) probeSteps() (n int32) {
	for i := range e.record.Ops {
		if e.record.Ops[i].Thread == e.threads {
			n++
		}
	}
	return n
}

// shows returns whether an execution of t as it was, not one equivalent to it, has
// a history that no order explains.
func (j *judge) shows(t *task) func(*runner, search.Execution) bool {
	checker := interval.NewChecker(j.subject.Bind().Promise())
	if err := checker.Reset(t.contents()); err != nil {
		return func(*runner, search.Execution) bool { return false }
	}
	return func(r *runner, x search.Execution) bool {
		if x.Ending != sched.Completed {
			return false
		}
		done := executed(r, x)
		if j.probe(done) != sched.Completed {
			return false
		}
		ok, _, err := checker.Check(&done.record, j.clockOf(done))
		return err == nil && !ok
	}
}
