package worker

import (
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
	"github.com/mapspec/mapspec/linearizability/internal/job"
	"github.com/mapspec/mapspec/model"
)

// mostPreemptions and executionsEach bound the search for a simpler schedule.
const (
	mostPreemptions = 4
	executionsEach  = 30_000
)

// simplify looks for the schedule of t with the fewest preemptions, and of
// those with the fewest steps, that shows the violation f.
func (w *worker) simplify(c *crew, t *task, f *job.Found, shows func(search.Execution) bool) error {
	d := newDrive(w.subject, len(t.program.Threads))
	d.begin(t)
	d.watching = false
	previous, current := c.drive, w.current
	c.drive, w.current = d, t.rank
	defer func() { c.drive, w.current = previous, current }()
	defer w.enter(&spot{task: t, crew: c})()
	for p := range mostPreemptions + 1 {
		var best search.Schedule
		o := w.options()
		o.Strategy, o.Preemptions, o.KeepGoing, o.MaxExecutions = search.Preemptions, p, true, executionsEach
		r, err := search.Run(search.Program{Setup: d.setup, Threads: d.bodies, Check: func(x search.Execution) error {
			if shows(x) && (best == nil || len(x.Trace) < len(best)) {
				best = x.Schedule()
			}
			return nil
		}}, o)
		if err != nil {
			return err
		}
		complete := true
		for _, b := range r.Coverage.Bounds {
			complete = complete && b == search.FewPreemptions
		}
		if best != nil {
			f.Schedule, f.Preemptions, f.Length, f.Smallest = best.String(), p, len(best), complete
			return nil
		}
		if !complete {
			break
		}
	}
	return nil
}

// shows returns whether an execution as it was, not one equivalent to it, has a
// history that no order explains. It judges the crew's drive.
func (w *worker) shows(e *ended) func(search.Execution) bool {
	c, t := e.crew, e.task
	checker := interval.NewChecker(w.subject.Bind().Promise())
	if err := checker.Reset(t.contents()); err != nil {
		return func(search.Execution) bool { return false }
	}
	return func(x search.Execution) bool {
		if x.Ending != sched.Completed {
			return false
		}
		done := executed(c, t, x)
		if w.probe(done) != sched.Completed {
			return false
		}
		ok, _, err := checker.Check(&done.record, w.clockOf(done))
		return err == nil && !ok
	}
}

// executed is take with clocks that order all steps as they were taken.
func executed(c *crew, t *task, x search.Execution) *ended {
	n := len(c.drive.clients)
	e := &ended{crew: c, task: t, in: c.drive.in, threads: n, steps: make([]int32, n), at: make([][]int32, n), watched: make([][]watched, n)}
	for d := range x.Trace {
		thread := x.Trace[d].Thread
		e.steps[thread]++
		e.at[thread] = append(e.at[thread], int32(d))
		e.clocks = append(e.clocks, e.steps...)
	}
	e.record.Threads = n
	e.record.Ops = c.drive.appendOps(nil, e.steps)
	return e
}

// programText shows a program in one line.
func programText(p interface{ MarshalJSON() ([]byte, error) }) string {
	b, err := p.MarshalJSON()
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(b))
}

// promisesFreeLoad reports whether the map promises clause P1.
func (w *worker) promisesFreeLoad() bool {
	return w.subject.Bind().Promise().Reason(model.P1) == ""
}
