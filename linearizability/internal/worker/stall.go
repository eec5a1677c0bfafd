package worker

import (
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// exploreStalls explores t with each of its threads stopped forever after each of
// its steps. longest has the number of steps that each thread takes at most.
func (w *worker) exploreStalls(r *runner, t *task, longest []int) error {
	watching := r.drive.watching
	r.drive.watching = false
	defer func() { r.drive.watching = watching }()
	for thread, steps := range longest {
		for after := 1; after < steps; after++ {
			s := &search.Stall{Thread: thread, After: after}
			w.watchdog.at.Store(&spot{task: t, drive: r.drive, stall: s})
			err := w.run(r, t, s, func(x search.Execution) error {
				for _, f := range w.waiting(r, x, s) {
					if err := w.announce(t, f); err != nil {
						return &stopped{err}
					}
				}
				return w.ended(r, t, x, s)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// waiting notes which operations wait for one that has stopped. A Load that waits
// for a writer breaks P1, where that is promised.
func (w *worker) waiting(r *runner, x search.Execution, s *search.Stall) (all []finding) {
	holder := r.drive.clients[s.Thread].current()
	if holder == nil || x.Ending == sched.Completed {
		return nil
	}
	for _, other := range r.drive.clients {
		waiter := other.current()
		if waiter == nil || other.thread == s.Thread || !isBlocked(x, other.thread) {
			continue
		}
		addUnique(&w.tally.Waits, wire.Wait{Waiter: waiter.Method, For: holder.Method})
		if waiter.Method == model.Load && holder.Method.Writes() && w.subject.Bind().Promise().Reason(model.P1) == "" {
			all = append(all, finding{clause: model.P1, schedule: x.Schedule(), stall: s,
				failure: &model.Failure{Kind: model.Waits, Stuck: []model.Stuck{{Call: waiter, Goroutine: other.thread}}}})
		}
	}
	return all
}

// isBlocked reports whether a thread was kept from going on: it waits, or it has
// taken steps in a loop until the limit of steps.
func isBlocked(x search.Execution, thread int) bool {
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
