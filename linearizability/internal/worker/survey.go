package worker

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/program"
	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property"
)

// A setting is an initial map under a hash policy, and the programs on it.
type setting struct {
	wire.Setting
	policy hashing.Policy
	set    program.Set
	probes []model.Op // read the map at rest
}

// A survey finds out in which settings a map is to be explored.
type survey struct {
	job      *wire.Job
	subject  model.Binder
	runners  *runners
	tally    *tally
	watchdog *watchdog
}

// tryMaking makes a map before anything depends on it, and returns what is wrong
// with how it is made.
func (s *survey) tryMaking() error {
	if e := refuse.Always(); e != nil {
		return e
	}
	defer s.watchdog.enter(&spot{doing: "making a map"})()
	var in model.Instance
	ending, panicked := s.alone(func() { in = s.subject.Bind() })
	switch {
	case refuse.Last() != nil:
		return fmt.Errorf("making a map: %w", refuse.Last())
	case panicked != nil:
		return fmt.Errorf("making a map panics: %v", panicked)
	case ending != sched.Completed:
		return fmt.Errorf("making a map does not end: %v", ending)
	}
	m := reflect.ValueOf(in.Map())
	if m.Kind() != reflect.Pointer {
		return fmt.Errorf("what is made is a %s, no pointer: make a pointer to a map", m.Type())
	}
	if m.IsNil() {
		return fmt.Errorf("what is made is nil, of type %s: make a pointer to a map", m.Type())
	}
	return nil
}

// alone runs f by itself.
func (s *survey) alone(f func()) (sched.Ending, any) {
	if !s.watchdog.inside() {
		defer s.watchdog.enter(&spot{doing: "making an initial map"})()
	}
	return s.runners.alone(f)
}

// watchable reports whether it can be known which keys and values of a map like in
// are live, and which the map retains. R3 is judged of every map that promises
// anything about release, and Load says what is live.
func watchable(in model.Instance) bool {
	return model.Unjudged(model.R3, in) == "" && in.Methods().Has(model.Load) && property.ReleaseControl(in) == ""
}

// settings returns the job's settings, as far as they exist for this map.
func (s *survey) settings() ([]*setting, error) {
	policies, err := s.policies()
	if err != nil {
		return nil, err
	}
	var all []*setting
	for _, name := range s.job.Initials {
		for _, p := range policies {
			found, err := s.setting(name, p)
			if err != nil {
				return nil, err
			}
			if e := refuse.Last(); e != nil {
				return nil, fmt.Errorf("the initial map %q: %w", name, e)
			}
			if found != nil {
				all = append(all, found)
			}
		}
	}
	if len(all) == 0 && s.job.Replay == nil {
		return nil, fmt.Errorf("none of the initial maps %q exists for this map: ask for %q", s.job.Initials, wire.Empty)
	}
	return all, nil
}

// policies returns the hash policies of the job, or only the first of them if
// the map asks for no hash.
func (s *survey) policies() ([]hashing.Policy, error) {
	var all []hashing.Policy
	for _, text := range s.job.Policies {
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
	_, _ = s.alone(func() {
		in := s.subject.Bind()
		for key := range 2 {
			for _, m := range []model.Method{model.Store, model.LoadOrStore, model.Load} {
				if in.Methods().Has(m) {
					model.Call(in, in.Traits().Fit(model.Op{Method: m, Key: key, Value: 1}))
				}
			}
		}
	})
	s.tally.Hashes = hashing.Used()
	if !s.tally.Hashes && len(all) > 1 {
		s.tally.note("the map asks for no hash that can be chosen: one policy stands for all; if it has a hash function of its own, name it with -hash")
		all = all[:1]
	}
	return all, nil
}

// setting returns the setting of one initial map and policy, or nil, with a note
// or a bound, if there is none.
func (s *survey) setting(name string, p hashing.Policy) (*setting, error) {
	ops, ok, err := s.initial(name, p)
	if err != nil {
		return nil, err
	}
	if !ok {
		if name != wire.Growth && name != wire.Shrink {
			s.tally.note("no map %q: the map lacks a method that makes it", name)
			return nil, nil
		}
		s.tally.note("no map %q under %v: no Store or Delete of %d keys takes notably more steps than others", name, p, mostFillers)
		return nil, nil
	}
	if _, ending := s.costs(nil, ops, nil); ending != sched.Completed {
		s.tally.bound(fmt.Sprintf("no map %q, as making it does not end: %v", name, ending))
		return nil, nil
	}
	found := &setting{policy: p, Setting: wire.Setting{Policy: p.String(), Initial: name, Init: ops}}
	if found.set, err = s.programs(program.Initial{Name: name, Ops: ops}); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(ops, func(o model.Op) bool { return o.Key >= wire.FirstFiller }) {
		s.leaveOutWhole(&found.set)
	}
	found.Of = found.set.Count()
	found.probes = probesOf(s.subject, found)
	s.tally.of += (found.Of + s.job.Shards - 1 - s.job.Shard) / s.job.Shards
	return found, nil
}

// programs returns the set of programs on one initial map.
func (s *survey) programs(i program.Initial) (program.Set, error) {
	size, err := program.ParseSize(fmt.Sprintf("%sx%d", s.job.Size, s.job.Keys))
	if err != nil {
		return program.Set{}, err
	}
	in := s.subject.Bind()
	methods := in.Methods()
	if len(s.job.Methods) > 0 {
		methods = 0
		for _, m := range s.job.Methods {
			methods = methods.With(m)
		}
		methods &= in.Methods()
	}
	return program.Set{Size: size, Methods: methods, Traits: in.Traits(), Initial: i, Plain: !s.job.Nested}, nil
}

// leaveOutWhole leaves out the methods that make one search of all keys. With
// fillers there are too many keys for that.
func (s *survey) leaveOutWhole(set *program.Set) {
	whole := []model.Method{model.Len}
	if s.subject.Bind().Promise().Clear == model.Strong {
		whole = append(whole, model.Clear)
	}
	for _, m := range whole {
		if set.Methods.Has(m) {
			set.Methods = set.Methods.Without(m)
			s.tally.note("%v is left out of programs on maps with many keys: it speaks of all at once", m)
		}
	}
}

// probesOf returns the calls that read a map at rest, whatever programs are made
// of.
func probesOf(b model.Binder, s *setting) []model.Op {
	has := b.Bind().Methods().Has
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

// initial returns what makes an initial map, and whether there is such a map.
func (s *survey) initial(name string, p hashing.Policy) ([]model.Op, bool, error) {
	hashing.SetPolicy(p)
	in := s.subject.Bind()
	has := in.Methods().Has
	store := func(k, v int) model.Op {
		return in.Traits().Fit(model.Op{Method: model.Store, Key: k, Value: v})
	}
	switch name {
	case wire.Empty:
		return nil, true, nil
	case wire.OneKey:
		return []model.Op{store(0, 1)}, has(model.Store), nil
	case wire.Traversed:
		return []model.Op{store(0, 1), {Method: model.Range}}, has(model.Store) && has(model.Range), nil
	case wire.Left, wire.Growth, wire.Shrink:
		if !has(model.Store) || !has(model.Delete) {
			return nil, false, nil
		}
		if name == wire.Left {
			ops, ok := s.left(store)
			return ops, ok, nil
		}
		ops, ok := s.resizing(name, store)
		return ops, ok, nil
	}
	written, err := wire.ParseInitial(name)
	if err != nil {
		return nil, false, err
	}
	var ops []model.Op
	for _, o := range written {
		if !has(o.Method) {
			return nil, false, nil
		}
		ops = append(ops, in.Traits().Fit(o))
	}
	return ops, true, nil
}

// resizing returns what makes a map that is about to grow or shrink, as name
// says.
func (s *survey) resizing(name string, store func(k, v int) model.Op) ([]model.Op, bool) {
	var stores, deletes []model.Op
	for i := range mostFillers {
		stores = append(stores, store(wire.FirstFiller+i, 1))
		deletes = append(deletes, model.Op{Method: model.Delete, Key: wire.FirstFiller + i})
	}
	if name == wire.Growth {
		n, ok := s.spike(nil, stores)
		return stores[:n], ok
	}
	n, ok := s.spike(stores, deletes)
	return append(stores, deletes[:n]...), ok
}

// mostOthers bounds the keys that left tries to store and delete.
const mostOthers = 1024

// left returns what makes a map of one key whose deletion takes more steps
// because another key was next to it. It does not choose the fewest more, but the
// next number of steps if some key makes it that many: in a trie, these unlink a
// node and its parent.
func (s *survey) left(store func(k, v int) model.Op) (ops []model.Op, ok bool) {
	steps := func(ops []model.Op) int {
		costs, ending := s.costs(ops, []model.Op{{Method: model.Delete}}, nil)
		if ending != sched.Completed {
			return 0
		}
		return costs[0]
	}
	least := steps([]model.Op{store(0, 1)})
	by := map[int][]model.Op{} // by the number of steps: the first to take that many
	for i := range mostOthers {
		ops := []model.Op{store(0, 1), store(wire.FirstFiller+i, 1), {Method: model.Delete, Key: wire.FirstFiller + i}}
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

// spike returns the index of the first of ops, after before, that takes notably
// more steps than those before it.
func (s *survey) spike(before, ops []model.Op) (found int, ok bool) {
	first := 0
	if len(before) == 0 {
		first = 1 // the first operation of a map may have to make its table
	}
	_, ending := s.costs(before, ops, func(costs []int) bool {
		found = len(costs) - 1
		ok = found > first+1 && notable(costs[found], costs[first:found])
		return ok
	})
	if ending != sched.Completed {
		s.tally.bound(fmt.Sprintf("%d Stores and Deletes in a row do not end: %v", len(before)+len(ops), ending))
	}
	if !ok {
		return 0, false
	}
	return found, ok
}

// costs returns how many steps each of ops takes on a new map after before, and
// how that ends. It stops where enough says so, if that is not nil.
func (s *survey) costs(before, ops []model.Op, enough func(costs []int) bool) (costs []int, ending sched.Ending) {
	ending, _ = s.alone(func() {
		in := s.subject.Bind()
		for _, o := range before {
			model.Execute(in, o, nil)
		}
		for _, o := range ops {
			start := sched.Steps()
			model.Execute(in, o, nil)
			costs = append(costs, sched.Steps()-start)
			if enough != nil && enough(costs) {
				return
			}
		}
	})
	return costs, ending
}

// notable reports whether cost stands out from what the operations before it
// have cost.
func notable(cost int, before []int) bool {
	sorted := slices.Sorted(slices.Values(before))
	median := sorted[len(sorted)/2]
	return cost >= median+2 && cost > sorted[len(sorted)-1]
}
