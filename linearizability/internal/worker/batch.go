package worker

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
	"github.com/mapspec/mapspec/linearizability/internal/job"
	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
	"github.com/mapspec/mapspec/model"
)

// batchSize is how many executions end between two garbage collections. BenchmarkHashTrie
// of package explore is slower with a third or with three times as many: each
// collection has its price, and more maps do not fit into a processor's own cache.
const batchSize = 300

// ended is an execution that is over and not judged yet: all that is needed to
// judge it, in memory of its own that is used again.
type ended struct {
	crew      *crew
	task      *task
	in        model.Instance
	record    interval.Record
	completed bool
	threads   int
	steps     []int32 // a thread
	clocks    []int32 // threads a step, in the order of the trace
	at        [][]int32
	schedule  search.Schedule
	stall     *search.Stall
	initial   []watched
	watched   [][]watched // a thread
}

// take copies what is needed of an execution.
func (w *worker) take(c *crew, t *task, x search.Execution, stall *search.Stall) *ended {
	e := w.unused(len(c.drive.clients))
	e.crew, e.task, e.in, e.stall = c, t, c.drive.in, stall
	c.drive.in = nil
	e.completed = x.Ending == sched.Completed && stall == nil
	e.schedule, e.clocks = e.schedule[:0], append(e.clocks[:0], x.Clocks()...)
	for i := range e.at {
		e.at[i], e.steps[i] = e.at[i][:0], 0
	}
	for d := range x.Trace {
		thread := x.Trace[d].Thread
		e.schedule = append(e.schedule, thread)
		e.at[thread] = append(e.at[thread], int32(d))
		e.steps[thread]++
	}
	e.record.Threads = e.threads
	e.record.Ops = c.drive.appendOps(e.record.Ops[:0], e.steps)
	e.initial = append(e.initial[:0], c.drive.initial...)
	for i, client := range c.drive.clients {
		e.watched[i] = append(e.watched[i][:0], client.watched...)
	}
	return e
}

func (w *worker) unused(threads int) *ended {
	for i := len(w.spare) - 1; i >= 0; i-- {
		if e := w.spare[i]; e.threads == threads {
			w.spare[i] = w.spare[len(w.spare)-1]
			w.spare = w.spare[:len(w.spare)-1]
			return e
		}
	}
	return &ended{threads: threads, steps: make([]int32, threads), at: make([][]int32, threads), watched: make([][]watched, threads)}
}

// clock is the clock of e's steps.
func (e *ended) clock(thread, step int) []int32 {
	d := int(e.at[thread][step-1])
	return e.clocks[d*e.threads : (d+1)*e.threads]
}

// flush judges the executions of the batch, each under the hash policy that it
// ran under: what was stored under one of them is not found under another.
func (w *worker) flush() error {
	start := time.Now()
	defer func() { w.report.Judging += time.Since(start) }()
	defer w.enter(nil)()
	runtime.GC()
	defer hashing.SetPolicy(hashing.Current())
	var last *task
	for _, e := range w.batch {
		if e.task != last {
			last = e.task
			hashing.SetPolicy(last.setting.policy)
			if err := w.checker.Reset(e.task.contents()); err != nil {
				return err
			}
		}
		if err := w.judge(e); err != nil {
			return err
		}
	}
	for _, e := range w.batch {
		e.in, e.task, e.crew = nil, nil, nil
		for i := range e.watched {
			clear(e.watched[i])
		}
		clear(e.initial)
		w.spare = append(w.spare, e)
	}
	w.batch = w.batch[:0]
	return nil
}

// judge judges one execution: what the map holds, which has to come first, what
// it answers at rest, and what it answered.
func (w *worker) judge(e *ended) error {
	if e.completed {
		held := w.held(e)
		stuck := w.probe(e)
		if r := refuse.Last(); r != nil {
			return r // what was answered then is not the map's
		}
		if stuck != sched.Completed {
			return w.announce(e.crew, e.task, job.Found{
				Clause: model.P3, Schedule: e.schedule.String(),
				Evidence: fmt.Sprintf("at rest after the program, a call does not return: %v", stuck),
			}, nil)
		}
		if err := w.release(e, held); err != nil {
			return err
		}
	}
	ok, bad, err := w.checker.Check(&e.record, w.clockOf(e))
	switch {
	case errors.Is(err, interval.ErrTooLarge):
		w.bound(err.Error())
		return nil
	case err != nil:
		return fmt.Errorf("%w (program %s on the map %q under the hashes %s, schedule %v)", err, programText(e.task.program), e.task.setting.Initial, e.task.setting.Policy, e.schedule)
	case ok:
		return nil
	}
	return w.wrong(e, bad)
}

// clockOf returns e's clock as the checker asks for it. A probe is one thread
// more, and comes after all others: also after what they did after their last
// steps, without a step. So its clock is one step further than they went.
func (w *worker) clockOf(e *ended) interval.Clock {
	if e.record.Threads == e.threads {
		return e.clock
	}
	probe := slices.Grow(w.last[:0], e.threads+1)[:e.threads+1]
	w.last = probe
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
func (w *worker) probe(e *ended) sched.Ending {
	defer w.enter(&spot{task: e.task, crew: e.crew, ended: e})()
	p := prober{e: e}
	ending, panicked := e.crew.engine.Alone(func() {
		for _, o := range w.probes(e.task) {
			p.do(o)
		}
	})
	if panicked != nil {
		panic(panicked) // the binding takes those of the map
	}
	e.record.Threads = e.threads + 1
	return ending
}

// probes are the calls that look at a map at rest.
func (w *worker) probes(t *task) []model.Op { return t.setting.probes }

// prober records the calls of a probe. Each is a step of its own.
type prober struct {
	e    *ended
	step int32
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

// Call and Return are not called: a probe's traversal makes no calls.
func (p *prober) Call(model.Op) int        { panic("worker: a probe calls nothing") }
func (p *prober) Return(int, model.Result) {}

// wrong reports an execution, or an equivalent one, that no order explains.
func (w *worker) wrong(e *ended, bad interval.Extension) error {
	var lines bytes.Buffer
	if err := bad.History().Write(&lines); err != nil {
		return err
	}
	lengths := e.steps
	if e.record.Threads > e.threads {
		lengths = append(append([]int32(nil), e.steps...), w.probeSteps(e))
	}
	schedule := search.Schedule{}
	for _, t := range bad.Steps(lengths, taken(lengths, w.clockOf(e))) {
		if int(t) < e.threads {
			schedule = append(schedule, t)
		}
	}
	f := job.Found{Clause: model.S1, Schedule: schedule.String(), History: lines.String()}
	if e.stall != nil {
		f.Stall = &job.Stall{Thread: e.stall.Thread, After: e.stall.After}
		return w.announce(e.crew, e.task, f, nil)
	}
	return w.announce(e.crew, e.task, f, w.shows(e))
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

func (w *worker) probeSteps(e *ended) int32 {
	n := int32(0)
	for i := range e.record.Ops {
		if e.record.Ops[i].Thread == e.threads {
			n++
		}
	}
	return n
}
