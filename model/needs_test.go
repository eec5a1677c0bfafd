package model_test

import (
	"strings"
	"testing"

	. "github.com/mapspec/mapspec/model"
)

// pretended is an instance that only answers what it can do.
type pretended struct {
	Instance
	promise    Promise
	methods    MethodSet
	traits     Traits
	mismatched []string
}

func (p pretended) Name() string         { return "pretended" }
func (p pretended) Promise() Promise     { return p.promise }
func (p pretended) Methods() MethodSet   { return p.methods }
func (p pretended) Traits() Traits       { return p.traits }
func (p pretended) Mismatched() []string { return p.mismatched }

// every trait but Unit, with which there is one value.
var everyTrait = Traits{NaN: true, Unhashable: true, Uncomparable: true, Comparable: true, KeyWatched: true, ValueWatched: true, KeyInstances: true}

var everyPromise = Promise{Release: ReleasePrompt, Clear: Strong, Len: Strong, Zero: true, Shrinks: true, LoadFree: true}

// Each row takes something away from a map that can be judged on every clause,
// and lists all clauses that are skipped then.
func TestUnjudgedSaysWhatAClauseNeeds(t *testing.T) {
	without := func(m ...Method) func(*pretended) {
		return func(p *pretended) { p.methods = p.methods.Without(m...) }
	}
	for _, row := range []struct {
		change func(*pretended)
		want   map[string]string // why these clauses are skipped
	}{
		{func(*pretended) {}, nil},
		{func(p *pretended) { p.promise = Promise{} }, map[string]string{
			"S9": "not promised: a usable zero value", "R4": "not promised: a table that shrinks", "P1": "not promised: a Load that never waits"}},
		{func(p *pretended) { p.promise.Release = ReleaseBounded }, map[string]string{"R1": "not promised: prompt release"}},
		{without(LoadOrStore, LoadAndDelete, Swap), map[string]string{"S4": "method missing: LoadOrStore or LoadAndDelete or Swap"}},
		{without(CompareAndSwap, CompareAndDelete), map[string]string{"S5 S6": "method missing: CompareAndSwap or CompareAndDelete"}},
		{without(Store), map[string]string{"R2": "method missing: Store"}},
		{without(Store, Swap, CompareAndSwap), map[string]string{
			"S8": "method missing: Store or Swap or CompareAndSwap", "R2": "method missing: Store"}},
		{without(Store, LoadOrStore), map[string]string{
			"S8 R1 R3 R4": "method missing: Store or LoadOrStore", "R2": "method missing: Store"}},
		{without(Delete, LoadAndDelete), nil},
		{without(Delete, LoadAndDelete, CompareAndDelete), map[string]string{"R2 R4": "method missing: LoadAndDelete or Delete or CompareAndDelete"}},
		{without(Range), map[string]string{"T1 T3 T4 R2": "method missing: Range"}},
		{without(All, Values), nil},
		{without(All, Keys, Values), map[string]string{"T2": "method missing: All or Keys or Values"}},
		{without(Clear), map[string]string{"T5": "method missing: Clear"}},
		{without(Load), map[string]string{"P1": "method missing: Load"}},
		{func(p *pretended) {
			p.methods, p.mismatched = p.methods.Without(Len), []string{"Len is func() uint, want func() int"}
		},
			map[string]string{"T6": "method missing: Len (Len is func() uint, want func() int)"}},
		{func(p *pretended) { p.traits.Uncomparable = false }, map[string]string{"S6": "no value of this type makes a comparison panic"}},
		{func(p *pretended) { p.traits.NaN = false }, nil},
		{func(p *pretended) { p.traits.Unhashable = false }, nil},
		{func(p *pretended) { p.traits.NaN, p.traits.Unhashable = false, false },
			map[string]string{"S7": "no key of this type is NaN or unhashable"}},
		{func(p *pretended) { p.traits.KeyInstances = false },
			map[string]string{"S8": "no instances: equal keys of this type are the same allocation"}},
		{func(p *pretended) { p.traits.KeyWatched = false }, nil},
		{func(p *pretended) { p.traits.KeyWatched, p.traits.ValueWatched = false, false },
			map[string]string{"R1 R2 R3": "no instances: neither keys nor values point to an allocation that can be watched"}},
		{func(p *pretended) { p.traits.Comparable, p.traits.Uncomparable = false, false },
			map[string]string{"S5": "values of this type cannot be compared"}},
		{func(p *pretended) { // what is left to delete with panics
			p.methods = p.methods.Without(Delete, LoadAndDelete)
			p.traits.Comparable = false
		}, map[string]string{"S5": "values of this type cannot be compared", "R2 R4": "method missing: LoadAndDelete or Delete or CompareAndDelete"}},
		{func(p *pretended) {
			p.methods = p.methods.Without(Range)
			p.traits.Unhashable, p.traits.Uncomparable = false, false
		}, map[string]string{"T1 T3 T4 R2": "method missing: Range", "S6": "no value of this type makes a comparison panic",
			"P3": "no argument of this map makes it panic"}},
	} {
		p := pretended{promise: everyPromise, methods: EveryMethod, traits: everyTrait}
		row.change(&p)
		want := map[Clause]string{}
		for clauses, reason := range row.want {
			for _, c := range strings.Fields(clauses) {
				want[Clause(c)] = reason
			}
		}
		for _, s := range Sentences {
			if got := Unjudged(s.Clause, p); got != want[s.Clause] {
				t.Errorf("%s of %+v: %q, want %q", s.Clause, p, got, want[s.Clause])
			}
		}
	}
}

// CanDo agrees with Prepare and Traverse, which panic if they cannot perform o.
func TestCanDoRefusesWhatCannotBeCalled(t *testing.T) {
	for name, b := range map[string]Binder{
		"any": right[any, any](), "numbers": right[int, int](), "floats": right[float64, string](), "of one value": right[string, struct{}](),
		"with few methods": Subject[string, int]{New: func() any { return takes{} }},
	} {
		for _, m := range everyMethod {
			for _, o := range []Op{
				{Method: m}, {Method: m, Key: NaN}, {Method: m, Key: Unhashable}, {Method: m, Key: Foreign},
				{Method: m, Value: Uncomparable}, {Method: m, Old: Uncomparable}, {Method: m, Value: Foreign}, {Method: m, Old: Foreign},
			} {
				if in := b.Bind(); in.Traits().Unit && (o.Value != 0 || o.Old != 0) {
					continue // Traits.Fit makes these Zero
				}
				for _, o := range []Op{o, {Method: Range, Func: &Func{Do: []Op{o}}}} {
					in := b.Bind()
					if in.Methods().Has(Store) {
						Call(in, in.Traits().Fit(store(1, 1)))
					}
					mistake := message(func() { Execute(in, o, nil) })
					err := CanDo(in, o)
					if (err != nil) != strings.HasPrefix(mistake, "model: Subject") {
						t.Errorf("%s: CanDo says of %v: %v; to call it says: %s", name, o, err, mistake)
					}
					if err != nil && (CanDo(in, Op{Method: m}, o) == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), " cannot do ")) {
						t.Errorf("%s: CanDo says of %v: %v", name, o, err)
					}
				}
			}
		}
	}
}

// If values cannot be compared, no program compares them.
func TestUsableLeavesOutComparisonsOnlyWhereTheyAlwaysPanic(t *testing.T) {
	in := custom[string](nil, func(i int) []int { return []int{i} }, func(v []int) (int, bool) { return v[0], len(v) == 1 }).Bind()
	compares := Op{Method: CompareAndSwap, Old: 1, Value: 1}
	if got, want := in.Traits().Usable(in.Methods()), in.Methods().Without(CompareAndSwap, CompareAndDelete); got != want || CanDo(in, compares) == nil {
		t.Errorf("of slices: %v, want %v; CanDo: %v", got, want, CanDo(in, compares))
	}
	in = right[string, any]().Bind()
	if got := in.Traits().Usable(in.Methods()); got != in.Methods() || CanDo(in, compares) != nil {
		t.Errorf("of interfaces: %v; CanDo: %v", got, CanDo(in, compares))
	}
}
