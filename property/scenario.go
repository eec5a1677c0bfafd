package property

import (
	"context"
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/model"
)

// A scenario stores keys, may read the map, and removes the keys. Then the map is at
// rest, and R1 says what it may hold.
type scenario struct {
	residents int          // the number of keys that are stored first and stay
	store     model.Method // stores the keys
	warm      warm         // happens between storing and removing
	remove    model.Method // removes the keys: a deletion, Clear, or an overwrite
	half      bool         // only every second key is removed
}

// A warm is a kind of read after which a map may reorganise itself, as a read/dirty
// map does.
type warm string

const (
	warmNot    warm = ""
	warmRange  warm = "Range"
	warmMisses warm = "Loads of absent keys"
	warmLoads  warm = "a Load of each key"
)

// scenarios lists the scenarios that a map with these methods can run. The first
// ones, with one resident key and no reads, show the most.
func scenarios(has model.MethodSet) []scenario {
	var list []scenario
	for _, half := range []bool{false, true} {
		for _, store := range []model.Method{model.Store, model.LoadOrStore, model.Swap} {
			for _, remove := range []model.Method{
				model.Delete, model.LoadAndDelete, model.CompareAndDelete, model.Clear,
				model.Store, model.Swap, model.CompareAndSwap,
			} {
				for _, warm := range []warm{warmNot, warmRange, warmMisses, warmLoads} {
					for _, residents := range []int{1, 0} {
						s := scenario{residents, store, warm, remove, half}
						if s.possible(has) {
							list = append(list, s)
						}
					}
				}
			}
		}
	}
	return list
}

func (s scenario) possible(has model.MethodSet) bool {
	switch {
	case !has.Has(s.store) || !has.Has(s.remove):
		return false
	case s.warm == warmRange && !has.Has(model.Range):
		return false
	case (s.warm == warmMisses || s.warm == warmLoads) && !has.Has(model.Load):
		return false
	case s.remove == model.Clear:
		return !s.half
	}
	return true
}

// removals returns the methods of has that delete a key, Delete first.
func removals(has model.MethodSet) []model.Method {
	return slices.DeleteFunc([]model.Method{model.Delete, model.LoadAndDelete, model.CompareAndDelete},
		func(m model.Method) bool { return !has.Has(m) })
}

// ops returns s with n keys as a program. Key k is stored with value k+1, and
// overwritten with a value that is used nowhere else.
func (s scenario) ops(n int) []model.Op {
	var ops []model.Op
	add := func(m model.Method, key, old, value int) {
		ops = append(ops, model.Op{Method: m, Key: key, Old: old, Value: value})
	}
	last := s.residents + n
	for k := range last {
		add(s.store, k, 0, k+1)
	}
	switch s.warm {
	case warmRange:
		add(model.Range, 0, 0, 0)
	case warmMisses:
		for k := range 2 * last {
			add(model.Load, last+k, 0, 0)
		}
	case warmLoads:
		for k := range last {
			add(model.Load, k, 0, 0)
		}
	}
	if s.remove == model.Clear {
		add(model.Clear, 0, 0, 0)
		return ops
	}
	for k := s.residents; k < last; k++ {
		if !s.half || (k-s.residents)%2 == 0 {
			add(s.remove, k, k+1, last+k+1)
		}
	}
	return trim(ops)
}

// trim clears the arguments that a method does not take.
func trim(ops []model.Op) []model.Op {
	for i := range ops {
		m := ops[i].Method
		if !m.Compares() {
			ops[i].Old = 0
		}
		if !m.Stores() {
			ops[i].Value = 0
		}
	}
	return ops
}

// probeBatch is how many maps share a garbage collection.
const probeBatch = 32

// judgeScenarios judges R1 over all scenarios.
func judgeScenarios(ctx context.Context, b model.Binder, o releaseOptions) model.Verdict {
	v := model.Verdict{Clause: model.R1}
	list := scenarios(usable(b.Bind()))
	var first *leak
	retaining, outlived, judged := 0, 0, 0
	for start := 0; start < len(list); start += probeBatch {
		if first != nil && ctx.Err() != nil {
			break // the violation stands
		}
		if ctx.Err() != nil {
			v.Status = model.Unknown
			v.Reason = fmt.Sprintf("the budget ended after %d of %d scenarios", start, len(list))
			return v
		}
		part := list[start:min(start+probeBatch, len(list))]
		trackers, err := runAll(b, part, o.Keys)
		if err != nil && first != nil {
			break
		}
		if err != nil {
			return wrongResults(model.R1, err)
		}
		for i, r := range probeAll(trackers) {
			if r.Lost != "" && first == nil {
				return lost(model.R1, r.Lost)
			}
			if r.Len() > 0 {
				retaining++
				if first == nil {
					first = &leak{part[i], o.Keys, trackers[i], r}
				}
			}
		}
		judged += len(part)
		if start == 0 && first == nil {
			outlived = trackers[0].drop()
		}
	}
	v.Coverage = model.Complete("%d scenarios of %d keys that the map's methods allow", len(list), o.Keys)
	if judged < len(list) {
		v.Coverage = model.Bounded("%d of %d scenarios of %d keys", judged, len(list), o.Keys)
	}
	switch {
	case first != nil:
		v = first.verdict(b, v.Coverage)
		v.Coverage.What += fmt.Sprintf("; after %d of them something is retained", retaining)
	case outlived > 0:
		v.Status = model.Unknown
		v.Reason = fmt.Sprintf("control failed: %d instances outlive the map", outlived)
	default:
		v.Status, v.Level = model.OK, "prompt"
		v.Reason = "nothing but live keys and values is reachable at rest"
	}
	return v
}

// runAll runs each scenario on a map of its own.
func runAll(b model.Binder, list []scenario, keys int) ([]*tracker, error) {
	var trackers []*tracker
	for _, s := range list {
		t, err := runOn(b, s.ops(keys))
		if err != nil {
			return nil, err
		}
		trackers = append(trackers, t)
	}
	return trackers, nil
}

// runOn runs ops on a new map.
func runOn(b model.Binder, ops []model.Op) (*tracker, error) {
	t := track(b.Bind())
	for _, op := range ops {
		if err := t.Do(op); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// wrongResults is the verdict on c if a call returned something wrong.
func wrongResults(c model.Clause, err error) model.Verdict {
	return model.Verdict{Clause: c, Status: model.Unknown,
		Reason: "results are wrong, so nothing can be said about release: " + err.Error()}
}

// lost is the verdict on c if a live instance is not alive.
func lost(c model.Clause, what string) model.Verdict {
	return model.Verdict{Clause: c, Status: model.Unknown,
		Reason: "control failed: a " + what + " is not in memory, so the map keeps a copy, and watching instances shows nothing"}
}

// A leak is a scenario that retains something.
type leak struct {
	scenario scenario
	keys     int
	tracker  *tracker
	retained retention
}

// verdict is the violation by l's scenario with as few keys as still fail.
func (l *leak) verdict(b model.Binder, c model.Coverage) model.Verdict {
	t, r := l.smallest(b)
	if t == nil {
		t, r = l.tracker, l.retained
	}
	v := t.Violation(r)
	v.Coverage = c
	v.Failure.Count, v.Failure.Of = l.retained.Len(), l.removed()
	return v
}

// removed returns how many keys l's scenario removes or overwrites.
func (l *leak) removed() int {
	n := l.keys
	if l.scenario.half {
		n = (n + 1) / 2
	}
	if l.scenario.remove == model.Clear {
		n += l.scenario.residents
	}
	return n
}

// smallest repeats the scenario with 1, 2, 3, … keys until it fails.
func (l *leak) smallest(b model.Binder) (*tracker, retention) {
	for n := 1; n <= l.keys; n++ {
		t, err := runOn(b, l.scenario.ops(n))
		if err != nil {
			return nil, retention{}
		}
		if r := t.Probe(); r.Len() > 0 {
			return t, r
		}
	}
	return nil, retention{}
}
