package worker

import (
	"fmt"
	"runtime"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/job"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property/release"
)

// watches reports whether what the map releases is to be judged.
func (w *worker) watches() bool {
	return w.canWatch && w.found[model.R1] == nil
}

// held is what a map holds at rest of what was passed to it: for each key and
// value, the instances that are alive.
type held struct {
	keys, values [][]holding
}

// holding is one instance that is alive.
type holding struct {
	watched
	thread int // who passed it; -1 for an initial operation
}

// held lists what of e's arguments is alive after a garbage collection.
func (w *worker) held(e *ended) *held {
	if !e.task.releases {
		return nil
	}
	h := &w.holding
	for i := range h.keys {
		h.keys[i] = h.keys[i][:0]
	}
	for i := range h.values {
		h.values[i] = h.values[i][:0]
	}
	h.add(e.initial, -1)
	for t, list := range e.watched {
		h.add(list, t)
	}
	w.report.Released++
	return h
}

func (h *held) add(list []watched, thread int) {
	for _, x := range list {
		if !x.watch.Alive() {
			continue
		}
		to := &h.keys
		if x.value {
			to = &h.values
		}
		for len(*to) <= x.index {
			*to = append(*to, nil)
		}
		(*to)[x.index] = append((*to)[x.index], holding{x, thread})
	}
}

// excess returns what is held beyond what a traversal would hand out, the first
// of it, if there is any. Of equal keys one may stay, whichever it is (S8); a
// value may stay once for each key that it is under.
func (h *held) excess(e *ended) (holding, bool) {
	live := map[int]int{}
	present := map[int]bool{}
	for i := range e.record.Ops {
		o := &e.record.Ops[i]
		if o.Thread == e.threads && o.Op.Method == model.Load && o.Result.OK {
			present[o.Op.Key] = true
			live[o.Result.Value]++
		}
	}
	for k, list := range h.keys {
		if len(list) > 1 || len(list) == 1 && !present[k] {
			return list[0], true
		}
	}
	for v, list := range h.values {
		if len(list) > live[v] {
			return list[0], true
		}
	}
	return holding{}, false
}

// release judges what e's map holds: clause R1.
func (w *worker) release(e *ended, h *held) error {
	if h == nil || w.found[model.R1] != nil {
		return nil
	}
	if _, excess := h.excess(e); !excess {
		return nil
	}
	e, x, excess, err := w.confirm(e)
	if err != nil || !excess {
		return err
	}
	retained := w.retained(e, x)
	return w.announce(e.crew, e.task, job.Found{
		Clause: model.R1, Schedule: e.schedule.String(), Retained: []model.Retained{retained}, Path: retained.Path,
		Evidence: fmt.Sprintf("%s is still reachable at rest: %s", retained.What, retained.Path),
	}, nil)
}

// confirm runs e's schedule again, and looks after all collections. It cannot
// be e's own map: that one was read meanwhile, and a map may let go of something
// when it is read.
func (w *worker) confirm(e *ended) (again *ended, x holding, excess bool, err error) {
	d := newDrive(w.subject, e.threads)
	d.begin(e.task)
	p := search.Program{Setup: d.setup, Threads: d.bodies, Check: func(x search.Execution) error {
		again = w.take(&crew{engine: e.crew.engine, drive: d}, e.task, x, nil)
		return nil
	}}
	o := w.options()
	o.Stop = nil // one execution that was run already: whoever is to stop may see it judged
	if _, err := search.Replay(p, o, e.schedule); err != nil {
		return nil, holding{}, false, err
	}
	again.crew = e.crew
	collect()
	h := w.held(again)
	w.report.Released-- // e is counted
	if w.probe(again) != sched.Completed {
		return again, holding{}, false, nil
	}
	x, excess = h.excess(again)
	return again, x, excess, nil
}

// collect collects what nobody holds, what dies late included: what is in a pool
// or has a finalizer takes more than one collection.
func collect() {
	for range 3 {
		runtime.GC()
	}
}

func (w *worker) retained(e *ended, x holding) model.Retained {
	r := model.Retained{What: "key " + model.KeyName(x.index), Passed: w.passed(e, x), Left: operations(e.task.program) + len(e.task.program.Init) - 1}
	if x.value {
		r.What = "value " + model.ValueName(x.index)
	}
	r.Path = release.Find(e.in.Map(), x.watch.Addresses())
	return r
}

// passed numbers the operations: the initial ones, then each thread's.
func (w *worker) passed(e *ended, x holding) int {
	if x.thread < 0 {
		return x.op
	}
	n := len(e.task.program.Init) + x.op
	for _, t := range e.task.program.Threads[:x.thread] {
		n += len(t)
	}
	return n
}
