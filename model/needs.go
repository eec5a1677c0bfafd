package model

import (
	"fmt"
	"strings"
)

// Usable returns the methods of has that programs may be made of, where keys and
// values have these traits: comparisons panic for every value if V cannot be
// compared.
func (t Traits) Usable(has MethodSet) MethodSet {
	if t.Comparable {
		return has
	}
	return has.Without(CompareAndSwap, CompareAndDelete)
}

// CanDo returns nil if each of ops can be called on in, with all that its
// callback calls. The error says in one line what the map or its types lack.
func CanDo(in Instance, ops ...Op) error {
	for _, o := range ops {
		if reason := lacks(in, o); reason != "" {
			return fmt.Errorf("%s cannot do %v: %s", in.Name(), o, reason)
		}
		if o.Func == nil {
			continue
		}
		if err := CanDo(in, o.Func.Do...); err != nil {
			return err
		}
	}
	return nil
}

// lacks returns what in lacks for o alone, or "". It looks at the traits only
// where they matter, as these take keys and values to find out.
func lacks(in Instance, o Op) string {
	if !in.Methods().Has(o.Method) {
		return "the map has no such method"
	}
	if o.Method.OnKey() && o.Key < 0 {
		switch t := in.Traits(); {
		case o.Key == NaN && t.NaN, o.Key == Unhashable && t.Unhashable:
		default:
			return "its keys cannot be " + KeyName(o.Key)
		}
	}
	if o.Method.Compares() && !in.Traits().Comparable {
		return "its values cannot be compared"
	}
	for _, v := range o.values() {
		if v < 0 && !(v == Uncomparable && in.Traits().Uncomparable) {
			return "its values cannot be " + ValueName(v)
		}
	}
	return ""
}

// values returns the values that o passes.
func (o Op) values() (list []int) {
	if o.Method.Compares() {
		list = append(list, o.Old)
	}
	if o.Method.Stores() {
		list = append(list, o.Value)
	}
	return list
}

// MayPanic reports whether o panics in some state because of its key or its old
// value.
func (o Op) MayPanic() bool {
	return o.Method.OnKey() && o.Key == Unhashable || o.Method.Compares() && o.Old == Uncomparable
}

// A need is what a map must have for a clause to be judged, beyond its promise.
type need struct {
	methods []MethodSet // one method of each
	usable  bool        // these are called with any value, not only to see them panic
	// shows says why nothing is to be seen with keys and values of such types, or
	// is empty.
	shows func(Traits, MethodSet) string
}

var (
	inserting   = MethodSet(0).With(Store, LoadOrStore)
	overwriting = MethodSet(0).With(Store, Swap, CompareAndSwap)
	deleting    = MethodSet(0).With(Delete, LoadAndDelete, CompareAndDelete)
	comparing   = MethodSet(0).With(CompareAndSwap, CompareAndDelete)
)

// needs lists the clauses that not every map can be judged on. The memory model
// and P1 need more than a map: the race detector, or a scheduler.
var needs = map[Clause]need{
	S4: {methods: oneOf(LoadOrStore, LoadAndDelete, Swap)},
	S5: {methods: []MethodSet{comparing}, shows: func(t Traits, _ MethodSet) string {
		return unless(t.Comparable, "values of this type cannot be compared")
	}},
	S6: {methods: []MethodSet{comparing}, shows: func(t Traits, _ MethodSet) string {
		return unless(t.Uncomparable || !t.Comparable, "no value of this type makes a comparison panic")
	}},
	S7: {shows: func(t Traits, _ MethodSet) string {
		return unless(t.NaN || t.Unhashable, "no key of this type is NaN or unhashable")
	}},
	S8: {methods: []MethodSet{inserting, overwriting}, usable: true, shows: func(t Traits, _ MethodSet) string {
		return unless(t.KeyInstances, "no instances: equal keys of this type are the same allocation")
	}},
	T1: {methods: oneOf(Range)},
	T2: {methods: oneOf(All, Keys, Values)},
	T3: {methods: oneOf(Range)},
	T4: {methods: oneOf(Range)},
	T5: {methods: oneOf(Clear)},
	T6: {methods: oneOf(Len)},
	R1: {methods: []MethodSet{inserting}, shows: showsInstances},
	R2: {methods: []MethodSet{MethodSet(0).With(Store), MethodSet(0).With(Range), deleting}, usable: true, shows: showsInstances},
	R3: {methods: []MethodSet{inserting}, shows: showsInstances},
	R4: {methods: []MethodSet{inserting, deleting}, usable: true},
	P1: {methods: oneOf(Load)},
	P3: {shows: func(t Traits, has MethodSet) string { // by its key, its values or its callback
		return unless(t.Unhashable || t.Uncomparable && has&comparing != 0 || has.Has(Range), "nothing that this map takes makes it panic")
	}},
}

func oneOf(methods ...Method) []MethodSet { return []MethodSet{MethodSet(0).With(methods...)} }

func showsInstances(t Traits, _ MethodSet) string {
	return unless(t.KeyWatched || t.ValueWatched, "no instances: neither keys nor values point to an allocation that can be watched")
}

func unless(ok bool, reason string) string {
	if ok {
		return ""
	}
	return reason
}

// Unjudged returns why c cannot be judged for a map like in, or "": it does not
// promise c, or it lacks methods, or its keys and values show nothing.
func Unjudged(c Clause, in Instance) string {
	if reason := in.Promise().Reason(c); reason != "" {
		return reason
	}
	n, traits, has := needs[c], in.Traits(), in.Methods()
	if n.usable {
		has = traits.Usable(has)
	}
	for _, s := range n.methods {
		if has&s == 0 {
			return "method missing: " + s.join(" or ") + mismatches(in)
		}
	}
	if n.shows == nil {
		return ""
	}
	return n.shows(traits, has)
}

// mismatches names methods that look right and are not.
func mismatches(in Instance) string {
	if m := in.Mismatched(); len(m) > 0 {
		return " (" + strings.Join(m, "; ") + ")"
	}
	return ""
}
