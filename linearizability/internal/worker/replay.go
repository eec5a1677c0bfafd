package worker

import (
	"bytes"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
	"github.com/mapspec/mapspec/linearizability/internal/job"
	"github.com/mapspec/mapspec/linearizability/internal/program"
	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
	"github.com/mapspec/mapspec/model"
)

// replay runs one schedule of one program, twice: once for what the map answers
// and holds, and once observed step by step, which keeps memory alive.
func (w *worker) replay(r job.Replay) error {
	t, err := w.taskOf(r)
	if err != nil {
		return err
	}
	schedule, err := search.ParseSchedule(r.Schedule)
	if err != nil {
		return err
	}
	p := &replayed{w: w, task: t, schedule: schedule}
	if r.Stall != nil {
		p.stall = &search.Stall{Thread: r.Stall.Thread, After: r.Stall.After}
	}
	err = p.judge()
	if err == nil {
		err = p.observe()
	}
	if refused := refuse.Last(); refused != nil {
		return refused
	}
	if err != nil {
		p.out = job.Replayed{Diverged: err.Error()}
	}
	if p.err != nil {
		return p.err
	}
	return w.say(job.Message{Replayed: &p.out})
}

// replayed is a replay under way.
type replayed struct {
	w        *worker
	task     *task
	schedule search.Schedule
	stall    *search.Stall
	out      job.Replayed
	err      error // not of the schedule
}

// taskOf returns the task that a replay is of.
func (w *worker) taskOf(r job.Replay) (*task, error) {
	policy, err := hashing.ParsePolicy(r.Policy)
	if err != nil {
		return nil, err
	}
	hashing.SetPolicy(policy)
	s := &setting{
		policy: policy, Setting: job.Setting{Policy: r.Policy, Init: r.Program.Init}, set: program.Set{Size: program.Size{Keys: w.job.Keys}},
	}
	s.probes = w.probesOf(s)
	return &task{program: r.Program, setting: s, releases: w.canWatch && r.Stall == nil}, nil
}

// run follows the schedule once. The error is that of the schedule.
func (p *replayed) run(o search.Options, check func(*crew, search.Execution)) error {
	d := newDrive(p.w.subject, len(p.task.program.Threads))
	d.begin(p.task)
	c := &crew{engine: search.New(len(d.clients), o), drive: d}
	defer c.engine.Close()
	_, err := c.engine.Replay(search.Program{Setup: d.setup, Threads: d.bodies, Stall: p.stall, Check: func(x search.Execution) error {
		check(c, x)
		return nil
	}}, p.schedule)
	return err
}

// options bound the execution as they did when it was found.
func (p *replayed) options() search.Options {
	o := p.w.options()
	if comes(p.task.program) {
		o.Limits = limits(mostPinSteps)
	}
	return o
}

// judge finds out what the map answers, and what it holds at rest.
func (p *replayed) judge() error {
	races := raceErrors()
	if p.stall != nil && comes(p.task.program) {
		if err := p.pins(); err != nil {
			return err
		}
	}
	return p.run(p.options(), func(c *crew, x search.Execution) {
		e := executed(c, p.task, x)
		p.out.Ending, p.out.Raced = x.Ending.String(), raceErrors() > races
		if x.Ending == sched.Completed && p.stall == nil {
			p.rest(e)
		}
		p.history(e)
	})
}

// pins finds out what a call that has stopped keeps in memory.
func (p *replayed) pins() error {
	threads := p.task.program.Threads
	last := threads[churner][len(threads[churner])-1]
	pinning := pinning{w: p.w, setting: p.task.setting, remove: last.Method}
	found, err := pinning.excess(threads[stopper][0], p.stall, p.schedule)
	p.out.Pinned, p.out.Retained = found.evidence, found.retained
	return err
}

// rest looks at the map when every thread has ended.
func (p *replayed) rest(e *ended) {
	e.initial = e.crew.drive.initial
	for i, c := range e.crew.drive.clients {
		e.watched[i] = c.watched
	}
	collect()
	held := p.w.held(e)
	ending := p.w.probe(e)
	p.out.Rest = ending.String()
	if ending != sched.Completed {
		e.record.Ops[len(e.record.Ops)-1].Pending = true
		return
	}
	if held == nil {
		return
	}
	if x, excess := held.excess(e); excess {
		p.out.Retained = []model.Retained{p.w.retained(e, x)}
	}
}

// history says what happened. Client 0 also made the calls before the threads
// began and after they ended.
func (p *replayed) history(e *ended) {
	if p.err = p.w.checker.Reset(p.task.contents()); p.err != nil {
		return
	}
	var x interval.Extension
	if x, p.err = p.w.checker.Extension(&e.record, p.w.clockOf(e)); p.err != nil {
		return
	}
	h := x.History()
	for i := range h.Events {
		if v := &h.Events[i]; v.Kind == history.Called && v.Client >= e.threads {
			v.Client = 0
		}
	}
	var lines bytes.Buffer
	p.err = h.Write(&lines)
	p.out.History = lines.String()
}
