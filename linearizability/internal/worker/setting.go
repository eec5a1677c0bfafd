package worker

import (
	"fmt"
	"maps"
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
	"github.com/mapspec/mapspec/linearizability/internal/job"
	"github.com/mapspec/mapspec/linearizability/internal/program"
	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property/release"
)

// setting is an initial map under a hash policy, and the programs on it.
type setting struct {
	job.Setting
	policy hashing.Policy
	set    program.Set
	probes []model.Op
}

// settle finds out what the job's settings are for this map.
func (w *worker) settle() error {
	in := w.subject.Bind()
	w.checker = interval.NewChecker(in.Promise())
	w.canWatch = watchable(in)
	policies, err := w.policies()
	if err != nil {
		return err
	}
	for _, name := range w.job.Initials {
		for _, p := range policies {
			if err := w.addSetting(name, p); err != nil {
				return err
			}
			if e := refuse.Last(); e != nil {
				return fmt.Errorf("the initial map %q: %w", name, e)
			}
		}
	}
	if len(w.settings) == 0 && w.job.Replay == nil {
		return fmt.Errorf("none of the initial maps %q exists for this map: ask for %q", w.job.Initials, job.Empty)
	}
	return nil
}

// watchable reports whether it can be told which keys and values of a map like
// in are live, and which are retained. R3 is judged for every map that promises
// anything about release; Load says what is live.
func watchable(in model.Instance) bool {
	return model.Unjudged(model.R3, in) == "" && in.Methods().Has(model.Load) && release.Control(in) == ""
}

// policies returns the hash policies of the job, or only the first of them if
// the map asks for no hash.
func (w *worker) policies() ([]hashing.Policy, error) {
	var all []hashing.Policy
	for _, text := range w.job.Policies {
		p, err := hashing.ParsePolicy(text)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no hash policy: ask for mix")
	}
	hashing.ResetUsed()
	_, _ = w.alone(func() {
		in := w.subject.Bind()
		for key := range 2 {
			for _, m := range []model.Method{model.Store, model.LoadOrStore, model.Load} {
				if in.Methods().Has(m) {
					model.Call(in, in.Traits().Fit(model.Op{Method: m, Key: key, Value: 1}))
				}
			}
		}
	})
	w.report.Hashes = hashing.Used()
	if !w.report.Hashes && len(all) > 1 {
		w.note("the map asks for no hash that can be chosen: one policy stands for all; if it has a hash function of its own, name it with -hash")
		all = all[:1]
	}
	return all, nil
}

// alone runs f by itself.
func (w *worker) alone(f func()) (sched.Ending, any) {
	if w.at.Load() == nil {
		defer w.enter(&spot{doing: "making an initial map"})()
	}
	return w.crew(1).engine.Alone(f)
}

func (w *worker) addSetting(name string, p hashing.Policy) error {
	ops, ok, err := w.initial(name, p)
	if err != nil {
		return err
	}
	if !ok {
		if name != job.Growth && name != job.Shrink {
			w.note("no map %q: the map lacks a method that makes it", name)
			return nil
		}
		w.note("no map %q under %v: no Store or Delete of %d keys takes notably more steps than others", name, p, mostFillers)
		return nil
	}
	if ending := w.makes(ops); ending != sched.Completed {
		w.bound(fmt.Sprintf("no map %q, as making it does not end: %v", name, ending))
		return nil
	}
	s := &setting{policy: p, Setting: job.Setting{Policy: p.String(), Initial: name, Init: ops}}
	if s.set, err = w.programs(program.Initial{Name: name, Ops: ops}); err != nil {
		return err
	}
	if slices.ContainsFunc(ops, func(o model.Op) bool { return o.Key >= job.FirstFiller }) {
		w.withoutWhole(&s.set)
	}
	s.Of = s.set.Count()
	s.probes = w.probesOf(s)
	w.of += (s.Of + w.job.Shards - 1 - w.job.Shard) / w.job.Shards
	w.settings = append(w.settings, s)
	return nil
}

// withoutWhole leaves out what makes all keys of a map one search: with fillers
// they are too many.
func (w *worker) withoutWhole(s *program.Set) {
	whole := []model.Method{model.Len}
	if w.subject.Bind().Promise().Clear == model.Strong {
		whole = append(whole, model.Clear)
	}
	for _, m := range whole {
		if s.Methods.Has(m) {
			s.Methods = s.Methods.Without(m)
			w.note("%v is left out of programs on maps with many keys: it speaks of all at once", m)
		}
	}
}

// probesOf returns the calls that look at a map at rest, whatever the programs
// are made of.
func (w *worker) probesOf(s *setting) []model.Op {
	has := w.subject.Bind().Methods().Has
	var ops []model.Op
	for k := range s.set.Size.Keys {
		if has(model.Load) {
			ops = append(ops, model.Op{Method: model.Load, Key: k})
		}
	}
	if has(model.Range) {
		ops = append(ops, model.Op{Method: model.Range})
	}
	if has(model.Len) && s.Fillers() == 0 {
		ops = append(ops, model.Op{Method: model.Len})
	}
	return ops
}

// mostFillers bounds the keys of an initial map.
const mostFillers = 48

// initial returns what makes an initial map, and whether there is such a one.
func (w *worker) initial(name string, p hashing.Policy) ([]model.Op, bool, error) {
	hashing.SetPolicy(p)
	has := w.subject.Bind().Methods().Has
	store := func(k, v int) model.Op {
		return w.subject.Bind().Traits().Fit(model.Op{Method: model.Store, Key: k, Value: v})
	}
	switch name {
	case job.Empty:
		return nil, true, nil
	case job.OneKey:
		return []model.Op{store(0, 1)}, has(model.Store), nil
	case job.Traversed:
		return []model.Op{store(0, 1), {Method: model.Range}}, has(model.Store) && has(model.Range), nil
	case job.Left:
		if !has(model.Store) || !has(model.Delete) {
			return nil, false, nil
		}
		ops, ok := w.left(store)
		return ops, ok, nil
	case job.Growth, job.Shrink:
		if !has(model.Store) || !has(model.Delete) {
			return nil, false, nil
		}
		var all []model.Op
		for i := range mostFillers {
			all = append(all, store(job.FirstFiller+i, 1))
		}
		if name == job.Growth {
			n, ok := w.spike(nil, all)
			return all[:n], ok, nil
		}
		var deletes []model.Op
		for i := range mostFillers {
			deletes = append(deletes, model.Op{Method: model.Delete, Key: job.FirstFiller + i})
		}
		n, ok := w.spike(all, deletes)
		return append(all, deletes[:n]...), ok, nil
	}
	written, err := job.ParseInitial(name)
	if err != nil {
		return nil, false, err
	}
	var ops []model.Op
	for _, o := range written {
		if !has(o.Method) {
			return nil, false, nil
		}
		ops = append(ops, w.subject.Bind().Traits().Fit(o))
	}
	return ops, true, nil
}

// mostOthers bounds the keys that are tried beside the one that is left.
const mostOthers = 1024

// left returns what makes a map of one key whose deletion takes more steps for a
// key that was beside it: not the fewest more, but the next number of steps, if
// some key makes it that many. In a trie these unlink a node, and its parent.
func (w *worker) left(store func(k, v int) model.Op) (ops []model.Op, ok bool) {
	steps := func(ops []model.Op) (n int) {
		ending, _ := w.alone(func() {
			in := w.subject.Bind()
			for _, o := range ops {
				model.Call(in, o)
			}
			start := sched.Steps()
			model.Call(in, model.Op{Method: model.Delete})
			n = sched.Steps() - start
		})
		if ending != sched.Completed {
			return 0
		}
		return n
	}
	least := steps([]model.Op{store(0, 1)})
	by := map[int][]model.Op{} // by the number of steps: the first to take that many
	for i := range mostOthers {
		ops := []model.Op{store(0, 1), store(job.FirstFiller+i, 1), {Method: model.Delete, Key: job.FirstFiller + i}}
		if n := steps(ops); n > least && by[n] == nil {
			by[n] = ops
		}
	}
	more := slices.Sorted(maps.Keys(by))
	if len(more) == 0 {
		return nil, false
	}
	return by[more[min(1, len(more)-1)]], true
}

// spike returns the first of ops, after before, that takes notably more steps
// than those before it.
func (w *worker) spike(before, ops []model.Op) (int, bool) {
	var costs []int
	found, ok := 0, false
	ending, _ := w.alone(func() {
		in := w.subject.Bind()
		for _, o := range before {
			model.Call(in, o)
		}
		for i, o := range ops {
			start := sched.Steps()
			model.Call(in, o)
			cost := sched.Steps() - start
			if len(costs) > 1 && notable(cost, costs) {
				found, ok = i, true
				return
			}
			if i > 0 || len(before) > 0 { // the first one of a map may have to make its table
				costs = append(costs, cost)
			}
		}
	})
	if ending != sched.Completed {
		w.bound(fmt.Sprintf("%d Stores and Deletes in a row do not end: %v", len(before)+len(ops), ending))
	}
	return found, ok
}

// notable reports whether cost stands out from what the operations before it
// have cost.
func notable(cost int, before []int) bool {
	sorted := slices.Sorted(slices.Values(before))
	median := sorted[len(sorted)/2]
	return cost >= median+2 && cost > sorted[len(sorted)-1]
}
