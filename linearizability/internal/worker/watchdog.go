package worker

import (
	"fmt"
	"os"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/job"
)

// defaultPatience is how long a call of the map may go on without a step.
const defaultPatience = 20 * time.Second

// spot is where the map's own code runs.
type spot struct {
	doing string // what, if no program runs
	task  *task
	crew  *crew
	stall *search.Stall
	ended *ended // the execution whose map is read at rest
}

// enter notes where the map's own code runs from now on, and returns what ends
// that.
func (w *worker) enter(p *spot) (leave func()) {
	before := w.at.Swap(p)
	w.beats.Add(1)
	return func() { w.at.Store(before); w.beats.Add(1) }
}

// looks is how often the watchdog looks before it loses its patience. It does
// not go by the clock: a process may be stopped for a while.
const looks = 8

// watch ends the process when the map's code takes no step for too long: a loop
// around plain memory cannot be left otherwise.
func (w *worker) watch(done <-chan struct{}) {
	patience := w.job.Patience
	if patience <= 0 {
		patience = defaultPatience
	}
	type state struct {
		at    *spot
		beats int64
		pulse int
	}
	look := func() state { return state{w.at.Load(), w.beats.Load(), sched.Pulse()} }
	last, same := look(), 0
	for {
		select {
		case <-done:
			return
		case <-time.After(patience / looks):
		}
		now := look()
		if now.at == nil || now != last {
			last, same = now, 0
			continue
		}
		if same++; same < looks {
			continue
		}
		w.mu.Lock() // whoever speaks is not stuck in the map
		if look() == now {
			w.endless(now.at, patience)
		}
		w.mu.Unlock()
		last, same = look(), 0
	}
}

// endless says what is known, and ends the process. What this worker has run
// and not judged is lost; what it has found is not.
func (w *worker) endless(at *spot, patience time.Duration) {
	if at.task == nil {
		_ = w.write(job.Message{Error: fmt.Sprintf("%s does not end: no step for %v", at.doing, patience)})
		os.Exit(2)
	}
	taken, turn := sched.Taken()
	u := unendedOf(at.task, job.Endless, search.Schedule(taken).String(), at.stall)
	what := "making the map, or what it holds initially,"
	switch {
	case at.ended != nil:
		what = "after the program, reading the map at rest"
		u.Schedule = at.ended.schedule.String()
	case turn >= 0:
		what = at.crew.drive.clients[turn].doing()
	}
	u.Evidence = fmt.Sprintf("%s goes on without a step for %v", what, patience)
	w.report.Unended = append(w.report.Unended, u)
	w.bound(job.Endless)
	_ = w.write(job.Message{Report: w.finish()})
	os.Exit(0)
}

// doing names the operation in progress.
func (c *client) doing() string {
	for i := len(c.ops) - 1; i >= 0; i-- {
		if c.ops[i].Pending {
			return fmt.Sprintf("%s of thread %d", letter(c.ops[i].Op), c.thread)
		}
	}
	return fmt.Sprintf("thread %d", c.thread)
}

// limited notes an execution that reached the limit of steps, the first of all.
func (w *worker) limited(c *crew, t *task, x search.Execution, stall *search.Stall) {
	for _, u := range w.report.Unended {
		if u.Bound == job.StepLimit {
			return
		}
	}
	u := unendedOf(t, job.StepLimit, x.Schedule().String(), stall)
	last := int(x.Trace[len(x.Trace)-1].Thread)
	u.Evidence = fmt.Sprintf("%s has not ended after %d steps of all threads", c.drive.clients[last].doing(), len(x.Trace))
	w.report.Unended = append(w.report.Unended, u)
}

func unendedOf(t *task, bound, schedule string, stall *search.Stall) job.Unended {
	u := job.Unended{
		Bound: bound, Rank: t.rank, Policy: t.setting.Policy, Initial: t.setting.Initial, Program: t.program, Schedule: schedule,
	}
	if stall != nil {
		u.Stall = &job.Stall{Thread: stall.Thread, After: stall.After}
	}
	return u
}
