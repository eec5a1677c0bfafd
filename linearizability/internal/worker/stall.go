package worker

import (
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/job"
	"github.com/mapspec/mapspec/model"
)

// stall explores t with each of its threads stopped for ever after each of its
// steps.
func (w *worker) stall(c *crew, t *task, longest []int) error {
	watching := c.drive.watching
	c.drive.watching = false
	defer func() { c.drive.watching = watching }()
	for thread, steps := range longest {
		for after := 1; after < steps; after++ {
			s := &search.Stall{Thread: thread, After: after}
			w.at.Store(&spot{task: t, crew: c, stall: s})
			err := w.run(c, t, s, func(x search.Execution) error {
				if w.failure = w.waited(c, t, x, s); w.failure != nil {
					return errStopped
				}
				return w.ended(c, t, x, s)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// waited notes which operations wait for one that has stopped. A Load that waits
// for a writer breaks P1, where that is promised.
func (w *worker) waited(c *crew, t *task, x search.Execution, s *search.Stall) error {
	holder, stopped := c.drive.clients[s.Thread].current()
	if !stopped || x.Ending == sched.Completed {
		return nil
	}
	for _, other := range c.drive.clients {
		waiter, waits := other.current()
		if !waits || other.thread == s.Thread || !kept(x, other.thread) {
			continue
		}
		pair := job.Wait{Waiter: waiter, For: holder}
		if !slices.Contains(w.report.Waits, pair) {
			w.report.Waits = append(w.report.Waits, pair)
		}
		if waiter != model.Load || !holder.Writes() || !w.promisesFreeLoad() {
			continue
		}
		err := w.announce(c, t, job.Found{
			Clause: model.P1, Schedule: x.Schedule().String(), Length: len(x.Trace),
			Stall: &job.Stall{Thread: s.Thread, After: s.After},
			Evidence: fmt.Sprintf("thread %d's Load does not return while thread %d's %v has stopped after %d steps: %v",
				other.thread, s.Thread, holder, s.After, x.Ending),
		}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// kept reports whether a thread was kept from going on: it waits, or it has
// gone round and round until the limit of steps.
func kept(x search.Execution, thread int) bool {
	if !x.Blocked.Has(thread) {
		return false
	}
	if x.Ending != sched.StepLimit {
		return true
	}
	steps := 0
	for i := range x.Trace {
		if int(x.Trace[i].Thread) == thread {
			steps++
		}
	}
	return 2*steps >= len(x.Trace)
}

// current returns the method of the operation in progress, if there is one.
func (c *client) current() (model.Method, bool) {
	for i := len(c.ops) - 1; i >= 0; i-- {
		if c.ops[i].Pending {
			return c.ops[i].Op.Method, true
		}
	}
	return 0, false
}
