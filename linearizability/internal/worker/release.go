package worker

import (
	"runtime"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property"
)

// held is what a map holds at rest of what was passed to it: the instances that
// are alive of each key, and of each value.
type held struct{ keys, values [][]instance }

// An instance is one of several equal keys or values, and alive.
type instance struct {
	watched
	thread int // that passed it; -1 for an initial operation
}

// watchesRelease reports whether what the map releases is to be judged.
func (j *judge) watchesRelease() bool { return j.watches && j.tally.found[model.R1] == nil }

// heldBy lists which of e's arguments are alive after a garbage collection. The
// result is valid until the next call.
func (j *judge) heldBy(e *ended) *held {
	if !e.task.releases {
		return nil
	}
	h := &j.held
	for _, lists := range [][][]instance{h.keys, h.values} {
		for i := range lists {
			lists[i] = lists[i][:0]
		}
	}
	h.add(e.initial, -1)
	for t, list := range e.watched {
		h.add(list, t)
	}
	j.tally.Released++
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
		(*to)[x.index] = append((*to)[x.index], instance{x, thread})
	}
}

// excess returns the first instance that the map holds beyond what a traversal
// would hand out, if there is one. One of several equal keys may stay, whichever
// it is (S8). A value may stay once for each key that it is under.
func (h *held) excess(e *ended) (instance, bool) {
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
	return instance{}, false
}

// release judges what e's map holds: clause R1.
func (j *judge) release(e *ended, h *held) ([]finding, error) {
	if h == nil || j.tally.found[model.R1] != nil {
		return nil, nil
	}
	if _, excess := h.excess(e); !excess {
		return nil, nil
	}
	f, err := j.confirm(e)
	if err != nil || f == nil {
		return nil, err
	}
	return []finding{{clause: model.R1, schedule: e.schedule, failure: f}}, nil
}

// confirm runs e's schedule again and looks at what its map holds after all
// collections. It cannot look at e's own map, which was read meanwhile: a map may
// let go of something when it is read.
func (j *judge) confirm(e *ended) (*model.Failure, error) {
	o := j.options
	o.Stop = nil // one execution that was run already: it is judged though the job may be over
	r := newRunner(j.subject, e.threads, o)
	r.drive.begin(e.task)
	again := newEnded(e.threads)
	_, err := r.engine.Replay(r.program(func(x search.Execution) error {
		again.take(r, x, nil)
		return nil
	}, nil), e.schedule)
	r.engine.Close() // its stacks may hold what the map does not
	if err != nil {
		return nil, err
	}
	again.runner = e.runner
	collect()
	h := j.heldBy(again)
	j.tally.Released-- // e is counted
	if j.probe(again) != sched.Completed {
		return nil, nil
	}
	return again.retains(h), nil
}

// retains is the failure that e's map, which was probed, holds more than it may;
// nil if it does not.
func (e *ended) retains(h *held) *model.Failure {
	x, excess := h.excess(e)
	if !excess {
		return nil
	}
	r := model.Retained{Value: x.value, Index: x.index, Passed: x.op, Left: operations(e.task.program) + len(e.task.program.Init) - 1}
	if x.thread >= 0 { // operations are counted from the initial ones on
		r.Passed += len(e.task.program.Init)
		for _, t := range e.task.program.Threads[:x.thread] {
			r.Passed += len(t)
		}
	}
	r.Path = property.PathTo(e.in.Map(), x.watch.Addresses())
	return &model.Failure{Kind: model.Retains, AtRest: true, Retained: []model.Retained{r}, Count: 1}
}

// collect collects all that nobody holds. What is in a pool or has a finalizer
// dies late, and takes more than one collection.
func collect() {
	for range 3 {
		runtime.GC()
	}
}

// pump repeats a program that breaks R1 with another key each time, while one key
// stays. If what is retained grows with each turn, it grows without bound (R3).
// Only the operations of one thread on one key can be repeated.
func pump(s model.Binder, t *task) model.Verdict {
	cycle, ok := cycleOf(t)
	if !ok {
		return model.Verdict{}
	}
	resident := s.Bind().Traits().Fit(model.Op{Method: model.Store, Key: 0, Value: 1})
	v, err := property.TryRelease(s, model.R3, model.Witness{Look: model.LookPump, Init: []model.Op{resident}, Threads: [][]model.Op{cycle}})
	if err != nil {
		return model.Verdict{} // which says nothing of other cycles
	}
	return v
}

// cycleOf returns what t does on its one key, on key 1.
func cycleOf(t *task) ([]model.Op, bool) {
	if len(t.program.Threads) != 1 {
		return nil, false
	}
	var cycle []model.Op
	for _, ops := range [][]model.Op{t.program.Init, t.program.Threads[0]} {
		for _, o := range ops {
			if !o.Method.OnKey() || o.Key != 0 {
				return nil, false
			}
			o.Key = 1
			cycle = append(cycle, o)
		}
	}
	return cycle, true
}
