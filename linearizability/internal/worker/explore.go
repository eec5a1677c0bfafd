package worker

import (
	"errors"
	"fmt"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/job"
	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
	"github.com/mapspec/mapspec/model"
)

// limits bound an execution. Threads that spin are woken, as nobody else may go
// on, so often in a row before that is a livelock that a loop which gives up
// after hundreds of rounds is none; and so rarely that a livelock is told before
// the limit of steps.
func limits(steps int) sched.Limits {
	if steps == 0 {
		steps = sched.DefaultSteps
	}
	return sched.Limits{Steps: steps, Wakes: max(sched.DefaultWakes, steps/20)}
}

// options are those of every exploration.
func (w *worker) options() search.Options {
	return search.Options{MaxExecutions: w.job.Executions, Limits: limits(w.job.Steps), Stop: w.over}
}

// explore explores one program.
func (w *worker) explore(t *task) error {
	hashing.SetPolicy(t.setting.policy)
	c := w.crew(len(t.program.Threads))
	c.drive.begin(t)
	defer w.enter(&spot{task: t, crew: c})()
	w.report.Programs++
	t.setting.Programs++
	longest := make([]int, len(c.drive.clients))
	err := w.run(c, t, nil, func(x search.Execution) error {
		for _, e := range x.Trace {
			longest[e.Thread] = max(longest[e.Thread], int(e.Index))
		}
		return w.ended(c, t, x, nil)
	})
	if err != nil || !w.job.Stalls || len(t.program.Threads) != 2 || t.rank.Operations != 2 {
		return err
	}
	if w.found[model.P2] != nil {
		return nil // who waits for whom is not to be told then
	}
	return w.stall(c, t, longest)
}

// run explores t on c, each execution judged by check.
func (w *worker) run(c *crew, t *task, stall *search.Stall, check func(search.Execution) error) error {
	p := search.Program{Setup: c.drive.setup, Threads: c.drive.bodies, Check: check, Stall: stall}
	var r search.Result
	var err error
	if w.job.Depth > 0 && stall == nil {
		r, err = c.engine.Sample(p, search.PCT{Depth: w.job.Depth, Seed: w.job.Seed, Executions: w.job.Schedules})
	} else {
		r, err = c.engine.Run(p)
	}
	if e := refuse.Last(); e != nil {
		return e
	}
	if w.failure != nil {
		return w.failure
	}
	if e := (*search.SetupError)(nil); errors.As(err, &e) {
		w.bound(firstFailure)
		return w.announce(c, t, job.Found{
			Clause: model.P2, Evidence: fmt.Sprintf("the initial operations, one after the other, do not return: %v", e.Ending),
		}, nil)
	}
	if err != nil {
		return fmt.Errorf("%w (program %v on the map %q under the hashes %s)", err, programText(t.program), t.setting.Initial, t.setting.Policy)
	}
	w.count(r, stall != nil)
	if r.Failure != nil && !errors.Is(r.Failure.Err, errStopped) {
		w.bound(firstFailure)
		return w.stuck(c, t, r.Failure)
	}
	return nil
}

func (w *worker) count(r search.Result, stalled bool) {
	w.report.Executions += r.Executions
	w.report.CutShort += r.CutShort
	w.report.Limited += r.Limited
	w.report.Steps += r.Steps
	if stalled {
		w.report.Stalled += r.Executions
	}
	for _, b := range r.Coverage.Bounds {
		if b != search.FirstFailure && b != search.Halted { // these are noted where they are decided
			w.bound(string(b))
		}
	}
}

// ended takes note of an execution. It is judged with its batch.
func (w *worker) ended(c *crew, t *task, x search.Execution, stall *search.Stall) error {
	if refuse.Last() != nil {
		return errStopped
	}
	if err := w.raced(t, x); err != nil {
		return err
	}
	if w.failure = unforeseen(x); w.failure != nil {
		return errStopped
	}
	if (x.Ending == sched.Deadlocked || x.Ending == sched.Livelocked) && stall == nil {
		return nil // a failure of its own: see stuck
	}
	w.batch = append(w.batch, w.take(c, t, x, stall))
	if x.Ending == sched.StepLimit {
		w.limited(c, t, x, stall)
	}
	if len(w.batch) < batchSize {
		return nil
	}
	if w.failure = w.flush(); w.failure != nil {
		return errStopped
	}
	return nil
}

// unforeseen is what no operation of a map does, and no verdict is for.
func unforeseen(x search.Execution) error {
	switch {
	case len(x.Panics) > 0:
		return fmt.Errorf("thread %d panics outside of the map: %v", x.Panics[0].Thread, x.Panics[0].Value)
	case x.Exits != 0:
		return fmt.Errorf("an operation calls runtime.Goexit, which is not supported under exploration (schedule %v): leave it out with -methods", x.Schedule())
	}
	return nil
}

// stuck reports a deadlock or a livelock.
func (w *worker) stuck(c *crew, t *task, f *search.Failure) error {
	clause := model.P2
	ending := f.Ending
	return w.announce(c, t, job.Found{
		Clause: clause, Evidence: f.Err.Error(), Schedule: f.Schedule.String(),
	}, func(x search.Execution) bool { return x.Ending == ending })
}

// announce reports the first violation of a clause: t is the smallest program
// that shows it, as far as this worker has come. The schedule is made as simple
// as shows it too, which is told by shows.
func (w *worker) announce(c *crew, t *task, f job.Found, shows func(search.Execution) bool) error {
	if w.found[f.Clause] != nil {
		return nil
	}
	f.Rank, f.Policy, f.Initial, f.Program = t.rank, t.setting.Policy, t.setting.Initial, t.program
	w.found[f.Clause] = &f
	if shows != nil {
		if err := w.simplify(c, t, &f, shows); err != nil {
			return err
		}
	}
	if err := w.say(job.Message{Found: &f}); err != nil {
		return err
	}
	if f.Clause == model.R1 {
		return w.pump(t)
	}
	w.lower(t.rank)
	return nil
}
