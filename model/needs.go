package model

import (
	"fmt"
	"strings"
)

// Usable returns the methods in has that programs can use with keys and values of
// these traits. If V cannot be compared, a comparison panics for every value.
func (t Traits) Usable(has MethodSet) MethodSet {
	if t.Comparable {
		return has
	}
	return has.Without(CompareAndSwap, CompareAndDelete)
}

// CanDo returns nil if each of ops, and each operation in its callback, can be
// called on in. The error says in one line what the map or its types lack.
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

// lacks says what in lacks for o, without its callback. It returns "" if in lacks
// nothing. It asks for the traits only if they matter, because finding them out
// makes keys and values.
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
	methods []MethodSet // the map needs one method of each set
	usable  bool        // the methods must work, and not only panic
	// obstacle says why keys and values of these types cannot show a violation. It
	// returns "" if they can.
	obstacle func(Traits, MethodSet) string
}

var (
	inserting   = MethodSet(0).With(Store, LoadOrStore)
	overwriting = MethodSet(0).With(Store, Swap, CompareAndSwap)
	deleting    = MethodSet(0).With(Delete, LoadAndDelete, CompareAndDelete)
	comparing   = MethodSet(0).With(CompareAndSwap, CompareAndDelete)
)

// needs lists the clauses that some maps cannot be judged on. The memory model also
// needs the race detector, and P1 a scheduler.
var needs = map[Clause]need{
	S4: {methods: oneOf(LoadOrStore, LoadAndDelete, Swap)},
	S5: {methods: []MethodSet{comparing}, obstacle: func(t Traits, _ MethodSet) string {
		return unless(t.Comparable, "values of this type cannot be compared")
	}},
	S6: {methods: []MethodSet{comparing}, obstacle: func(t Traits, _ MethodSet) string {
		return unless(t.Uncomparable || !t.Comparable, "no value of this type makes a comparison panic")
	}},
	S7: {obstacle: func(t Traits, _ MethodSet) string {
		return unless(t.NaN || t.Unhashable, "no key of this type is NaN or unhashable")
	}},
	S8: {methods: []MethodSet{inserting, overwriting}, usable: true, obstacle: func(t Traits, _ MethodSet) string {
		return unless(t.KeyInstances, "no instances: equal keys of this type are the same allocation")
	}},
	T1: {methods: oneOf(Range)},
	T2: {methods: oneOf(All, Keys, Values)},
	T3: {methods: oneOf(Range)},
	T4: {methods: oneOf(Range)},
	T5: {methods: oneOf(Clear)},
	T6: {methods: oneOf(Len)},
	R1: {methods: []MethodSet{inserting}, obstacle: hasInstances},
	R2: {methods: []MethodSet{MethodSet(0).With(Store), MethodSet(0).With(Range), deleting}, usable: true, obstacle: hasInstances},
	R3: {methods: []MethodSet{inserting}, obstacle: hasInstances},
	R4: {methods: []MethodSet{inserting, deleting}, usable: true},
	P1: {methods: oneOf(Load)},
	P3: {obstacle: func(t Traits, has MethodSet) string { // a key, a value or a callback can make it panic
		return unless(t.Unhashable || t.Uncomparable && has&comparing != 0 || has.Has(Range), "no argument of this map makes it panic")
	}},
}

func oneOf(methods ...Method) []MethodSet { return []MethodSet{MethodSet(0).With(methods...)} }

func hasInstances(t Traits, _ MethodSet) string {
	return unless(t.KeyWatched || t.ValueWatched, "no instances: neither keys nor values point to an allocation that can be watched")
}

func unless(ok bool, reason string) string {
	if ok {
		return ""
	}
	return reason
}

// Unjudged says why c cannot be judged for a map such as in: the map does not promise
// c or lacks a method, or keys and values of its types cannot show a violation. It
// returns "" if c can be judged.
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
	if n.obstacle == nil {
		return ""
	}
	return n.obstacle(traits, has)
}

// mismatches lists the methods with the right name and another signature, in
// parentheses.
func mismatches(in Instance) string {
	if m := in.Mismatched(); len(m) > 0 {
		return " (" + strings.Join(m, "; ") + ")"
	}
	return ""
}
