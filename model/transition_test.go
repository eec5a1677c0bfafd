package model_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	. "github.com/mapspec/mapspec/model"
)

// Key-and-instance pairs, values and callbacks of the exhaustive search, and
// what it finds. docs/specification.md quotes the last two.
const (
	searchKeys      = 2
	searchInstances = 2
	searchValues    = 3 // 0 is Zero

	// A key is absent, or holds one of 3 values and one of 3 non-empty sets of
	// instances that may be the live one: 10 cells, and 10 × 10 states.
	reachableStates = 100
	// In each state 96 operations on a key (2 keys × 2 instances × 24), Clear,
	// Len, and 4 traversals with 11 callbacks each.
	reachableTransitions = 100 * (96 + 2 + 44)
)

// transition is one step of the exhaustive search.
type transition struct {
	before State
	op     Op
	result Result
	after  State
}

func (x transition) String() string {
	return fmt.Sprintf("%s in %s%s: %s, then %s%s", x.op, x.before, instances(x.before), x.result.Text(x.op.Method), x.after, instances(x.after))
}

func instances(s State) string {
	var b strings.Builder
	for _, k := range s.Keys() {
		fmt.Fprintf(&b, " %s×%b", KeyName(k), s.Cell(k).Instances)
	}
	return b.String()
}

// searchAlphabet returns all operations of the search with all arguments.
func searchAlphabet() []Op {
	var ops []Op
	for key := range searchKeys {
		for instance := range searchInstances {
			for m := range Range {
				ops = append(ops, withValues(Op{Method: m, Key: key, Instance: instance})...)
			}
		}
	}
	ops = append(ops, Op{Method: Clear}, Op{Method: Len})
	for _, m := range []Method{Range, All, Keys, Values} {
		ops = append(ops, Op{Method: m}, Op{Method: m, Func: &Func{Nil: true}})
		for visit := 1; visit <= searchKeys+1; visit++ {
			ops = append(ops,
				Op{Method: m, Func: &Func{Stop: visit}},
				Op{Method: m, Func: &Func{Panic: visit}},
				Op{Method: m, Func: &Func{Goexit: visit}})
		}
	}
	return ops
}

// withValues returns o with each value, and each old value, that it takes.
func withValues(o Op) []Op {
	ops := []Op{o}
	if takesValue := o.Method == Store || o.Method == LoadOrStore || o.Method == Swap || o.Method == CompareAndSwap; takesValue {
		ops = nil
		for v := range searchValues {
			o.Value = v
			ops = append(ops, o)
		}
	}
	if takesOld := o.Method == CompareAndSwap || o.Method == CompareAndDelete; !takesOld {
		return ops
	}
	var all []Op
	for _, o := range ops {
		for old := range searchValues {
			o.Old = old
			all = append(all, o)
		}
	}
	return all
}

// search returns every transition reachable from the empty state, breadth
// first, and the number of states. It stops at ten times as many as expected.
var search = sync.OnceValues(func() (transitions []transition, states int) {
	alphabet := searchAlphabet()
	queue, seen := []State{{}}, map[string]bool{identity(State{}): true}
	for ; len(queue) > 0 && states < 10*reachableStates; queue = queue[1:] {
		states++
		for _, o := range alphabet {
			after, r := Step(queue[0], o)
			transitions = append(transitions, transition{queue[0], o, r, after})
			if id := identity(after); !seen[id] {
				seen[id] = true
				queue = append(queue, after)
			}
		}
	}
	return transitions, states
})

// identity returns everything about s that is visible from outside.
func identity(s State) string {
	b := []byte{}
	line := func(n int) { b = append(strconv.AppendInt(b, int64(n), 10), '\n') }
	line(s.Len())
	for _, k := range s.Keys() {
		line(k)
		line(s.Cell(k).Value)
		line(int(s.Cell(k).Instances))
	}
	for _, v := range s.NaNs() {
		line(v)
	}
	return string(b)
}

// A frame condition says what one transition may do. The conditions are the
// sentences of the specification, written without a call of what they judge.
type frame struct {
	clause Clause
	holds  func(x transition) bool
}

func frames() []frame {
	return []frame{
		{S2, noOtherKeyChanges}, {S2, resultFollowsFromOwnCell()},
		{S3, absenceAndZeroDiffer},
		{S4, loadOrStoreStoresExactlyIfNotLoaded}, {S4, displacedIsReturned}, {S4, storeStores},
		{S5, failureChangesNothing}, {S5, successNeedsPresentAndEqual}, {S5, successStoresOrDeletes},
		{S8, oneOfTheInstancesIsLive},
		{T4, traversalEndsAsItsCallback}, {T5, clearEmpties}, {T6, lenCounts},
	}
}

// Clauses: S2, S3, S4, S5, S8, T4, T5, T6
func TestStepKeepsEveryFrameConditionInEveryReachableState(t *testing.T) {
	conditions := frames()
	transitions, states := search()
	t.Run(fmt.Sprintf("%d states, %d transitions", states, len(transitions)), func(t *testing.T) {
		if states != reachableStates || len(transitions) != reachableTransitions {
			t.Errorf("the specification quotes %d states and %d transitions", reachableStates, reachableTransitions)
		}
	})
	for _, x := range transitions {
		for i, c := range conditions {
			if !c.holds(x) {
				t.Fatalf("%s (%s), condition %d: %s", c.clause, c.clause.Sentence(), i, x)
			}
		}
	}
}

func onKey(o Op) bool { return o.Method < Range }

func noOtherKeyChanges(x transition) bool {
	for k := range searchKeys {
		mayChange := onKey(x.op) && x.op.Key == k || x.op.Method == Clear
		if !mayChange && x.before.Cell(k) != x.after.Cell(k) {
			return false
		}
	}
	return true
}

// resultFollowsFromOwnCell remembers what an operation did to a cell, and wants
// the same whatever the other key holds.
func resultFollowsFromOwnCell() func(transition) bool {
	type cause struct {
		own Cell
		op  Op
	}
	type effect struct {
		own    Cell
		result Result
	}
	known := map[cause]effect{}
	return func(x transition) bool {
		if !onKey(x.op) {
			return true
		}
		c := cause{x.before.Cell(x.op.Key), x.op}
		e := effect{x.after.Cell(x.op.Key), x.result}
		first, ok := known[c]
		known[c] = e
		return !ok || first == e
	}
}

func absenceAndZeroDiffer(x transition) bool {
	c := x.before.Cell(x.op.Key)
	switch x.op.Method {
	case Load, LoadAndDelete, Swap:
		if !c.Present {
			return x.result == Result{}
		}
		return x.result == Result{Value: c.Value, OK: true}
	}
	return true
}

func loadOrStoreStoresExactlyIfNotLoaded(x transition) bool {
	if x.op.Method != LoadOrStore {
		return true
	}
	before, after := x.before.Cell(x.op.Key), x.after.Cell(x.op.Key)
	if x.result.OK {
		return before.Present && before == after && x.result.Value == before.Value
	}
	return !before.Present && after.Present && after.Value == x.op.Value && x.result.Value == x.op.Value
}

func displacedIsReturned(x transition) bool {
	before, after := x.before.Cell(x.op.Key), x.after.Cell(x.op.Key)
	switch x.op.Method {
	case Swap:
		if !after.Present || after.Value != x.op.Value {
			return false
		}
	case LoadAndDelete:
		if after.Present {
			return false
		}
	default:
		return true
	}
	return x.result.OK == before.Present && (!before.Present || x.result.Value == before.Value)
}

func storeStores(x transition) bool {
	after := x.after.Cell(x.op.Key)
	switch x.op.Method {
	case Store:
		return after.Present && after.Value == x.op.Value && x.result == Result{}
	case Delete:
		return !after.Present && x.result == Result{}
	case Load:
		return after == x.before.Cell(x.op.Key)
	}
	return true
}

func compares(o Op) bool { return o.Method == CompareAndSwap || o.Method == CompareAndDelete }

func failureChangesNothing(x transition) bool {
	return !compares(x.op) || x.result.OK || identity(x.before) == identity(x.after)
}

func successNeedsPresentAndEqual(x transition) bool {
	c := x.before.Cell(x.op.Key)
	matches := c.Present && c.Value == x.op.Old
	return !compares(x.op) || x.result == Result{OK: matches}
}

func successStoresOrDeletes(x transition) bool {
	after := x.after.Cell(x.op.Key)
	switch {
	case !compares(x.op) || !x.result.OK:
		return true
	case x.op.Method == CompareAndDelete:
		return !after.Present
	}
	return after.Present && after.Value == x.op.Value
}

// oneOfTheInstancesIsLive: what stores brings an instance, what was there stays
// possible, and nothing else ever is.
func oneOfTheInstancesIsLive(x transition) bool {
	for k := range searchKeys {
		before, after := x.before.Cell(k), x.after.Cell(k)
		passed := uint64(1) << x.op.Instance
		wrote := onKey(x.op) && x.op.Key == k && after.Present &&
			(x.op.Method == Store || x.op.Method == Swap || compares(x.op) && x.result.OK || x.op.Method == LoadOrStore && !x.result.OK)
		want := before.Instances
		switch {
		case !after.Present:
			want = 0
		case wrote:
			want |= passed
		}
		if after.Instances != want {
			return false
		}
	}
	return true
}

func traversalEndsAsItsCallback(x transition) bool {
	switch x.op.Method {
	case Range, All, Keys, Values:
	default:
		return true
	}
	n, f := len(x.before.Keys()), x.op.Func
	var want Panic
	switch {
	case f == nil || n == 0:
	case f.Nil:
		want = PanicNilFunc
	case f.Panic != 0 && f.Panic <= n:
		want = PanicCallback
	case f.Goexit != 0 && f.Goexit <= n:
		want = Goexit
	}
	return x.result == Result{Panic: want} && identity(x.before) == identity(x.after)
}

func clearEmpties(x transition) bool {
	return x.op.Method != Clear || x.result == Result{} && identity(x.after) == identity(State{})
}

func lenCounts(x transition) bool {
	return x.op.Method != Len || x.result == Result{Len: len(x.before.Keys())} && identity(x.before) == identity(x.after)
}

func TestStepKeyDoesToTheCellWhatStepDoesToTheState(t *testing.T) {
	transitions, _ := search()
	for _, x := range transitions {
		if !onKey(x.op) {
			continue
		}
		c, r := StepKey(x.before.Cell(x.op.Key), x.op)
		if c != x.after.Cell(x.op.Key) || r != x.result {
			t.Fatalf("%s; StepKey: %v, %v", x, c, r)
		}
	}
}

func TestAllowsAcceptsWhatStepReturnsAndNothingElse(t *testing.T) {
	transitions, _ := search()
	everyResult := everyResult()
	for _, x := range transitions {
		for _, got := range append(everyResult, x.result) {
			after, ok := Allows(x.before, x.op, got)
			want, wantOK := x.before, false
			emptyNil := x.op.Func != nil && x.op.Func.Nil && x.before.Len() == 0 && got == Result{Panic: PanicNilFunc}
			if got == x.result || emptyNil {
				want, wantOK = x.after, true
			}
			if ok != wantOK || !after.Equal(want) {
				t.Fatalf("%s; Allows of %+v: %v, %s", x, got, ok, after)
			}
		}
	}
}

func everyResult() []Result {
	var all []Result
	for v := Foreign; v <= searchValues; v++ {
		all = append(all, Result{Value: v}, Result{Value: v, OK: true}, Result{Len: v + 1})
	}
	for _, p := range []Panic{PanicHash, PanicCompare, PanicNilFunc, PanicCallback, Goexit, PanicOther} {
		all = append(all, Result{Panic: p})
	}
	return all
}
