package worker

import (
	"bytes"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
	"github.com/mapspec/mapspec/linearizability/internal/program"
	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
	"github.com/mapspec/mapspec/linearizability/internal/worker/narrate"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// A replay runs one schedule of one program twice: once for what the map answers
// and holds, and once observed step by step, which keeps memory alive.
type replay struct {
	judge    *judge
	task     *task
	schedule search.Schedule
	stall    *search.Stall
	out      wire.Replayed
	err      error // not about the schedule
}

// replay runs the job's witness.
func (w *worker) replay() error {
	p := &replay{judge: w.judge}
	if err := p.parse(*w.job.Replay, w.job.Keys); err != nil {
		return err
	}
	err := p.look()
	if err == nil {
		err = p.observe()
	}
	if refused := refuse.Last(); refused != nil {
		return refused
	}
	if err != nil {
		p.out = wire.Replayed{Diverged: err.Error()}
	}
	if p.err != nil {
		return p.err
	}
	return w.speaker.say(wire.Message{Replayed: &p.out})
}

// parse sets the task and the schedule, and the hash policy.
func (p *replay) parse(w model.Witness, keys int) error {
	policy, err := hashing.ParsePolicy(w.Schedule.Hashes)
	if err != nil {
		return err
	}
	hashing.SetPolicy(policy)
	s := &setting{
		policy: policy, Setting: wire.Setting{Policy: w.Schedule.Hashes, Init: w.Init}, set: program.Set{Size: program.Size{Keys: keys}},
	}
	s.probes = probesOf(p.judge.subject, s)
	p.task = &task{program: history.Program{Init: w.Init, Threads: w.Threads}, setting: s, releases: p.judge.watches && w.Schedule.Stall == nil}
	if stall := w.Schedule.Stall; stall != nil {
		p.stall = &search.Stall{Thread: stall.Thread, After: stall.After}
	}
	p.schedule, err = search.ParseSchedule(w.Schedule.Steps)
	return err
}

// run follows the schedule once, on a runner. The error is about the schedule.
func (p *replay) run(r *runner, check func(search.Execution)) error {
	defer r.engine.Close()
	_, err := r.engine.Replay(r.program(func(x search.Execution) error {
		check(x)
		return nil
	}, p.stall), p.schedule)
	return err
}

// runner returns a runner that has begun the task. Its executions are bounded as
// when the schedule was found.
func (p *replay) runner(o search.Options) *runner {
	if isPinProgram(p.task.program) {
		o.Limits = stepLimits(mostPinSteps)
	}
	r := newRunner(p.judge.subject, len(p.task.program.Threads), o)
	r.drive.begin(p.task)
	return r
}

// look finds out what the map answers, and what it holds at rest.
func (p *replay) look() error {
	races := raceErrors()
	if p.stall != nil && isPinProgram(p.task.program) {
		if err := p.pins(); err != nil {
			return err
		}
	}
	r := p.runner(p.judge.options)
	return p.run(r, func(x search.Execution) {
		if raceErrors() > races {
			p.failed(&model.Failure{Kind: model.Races})
		}
		e := executed(r, x)
		if x.Ending == sched.Completed && p.stall == nil {
			p.rest(e)
		}
		p.history(e)
	})
}

func (p *replay) failed(f *model.Failure) {
	if f != nil {
		p.out.Failures = append(p.out.Failures, f)
	}
}

// pins finds out what a call that has stopped keeps in memory.
func (p *replay) pins() error {
	threads := p.task.program.Threads
	last := threads[churner][len(threads[churner])-1]
	j := p.judge
	pinning := pinning{subject: j.subject, tally: j.tally, watchdog: j.watchdog, setting: p.task.setting, remove: last.Method}
	found, _, err := pinning.excess(threads[stopper][0], p.stall, p.schedule)
	if found != nil {
		p.failed(found.failure)
	}
	return err
}

// rest looks at the map when every thread has ended.
func (p *replay) rest(e *ended) {
	e.takeWatched(e.runner.drive)
	collect()
	held := p.judge.heldBy(e)
	if ending := p.judge.probe(e); ending != sched.Completed {
		e.record.Ops[len(e.record.Ops)-1].Pending = true
		p.failed(e.leak(ending))
		return
	}
	if held != nil {
		p.failed(e.retains(held))
	}
}

// history notes what happened. The calls before the threads began and after they
// ended are client 0's as well.
func (p *replay) history(e *ended) {
	checker := p.judge.checker
	if p.err = checker.Reset(p.task.contents()); p.err != nil {
		return
	}
	var x interval.Extension
	if x, p.err = checker.Extension(&e.record, p.judge.clockOf(e)); p.err != nil {
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

// observe runs the schedule once more and describes its steps.
func (p *replay) observe() error {
	var d *drive
	n := narrate.New(func() any { return d.in.Map() })
	o := p.judge.options
	o.Observe, o.Look = true, n.Look
	r := p.runner(o)
	d = r.drive
	d.watching = false
	return p.run(r, func(x search.Execution) {
		steps := make([]int32, len(d.clients))
		for i := range x.Trace {
			steps[x.Trace[i].Thread]++
		}
		p.out.Steps, p.out.Stuck = n.Steps(x, narrate.Program{
			Init: p.task.contents(), Ops: d.appendOps(nil, steps), Threads: len(d.clients),
			Promise: p.judge.subject.Bind().Promise(), Stall: p.stall,
		})
	})
}
