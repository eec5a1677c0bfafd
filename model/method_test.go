package model_test

import (
	"slices"
	"testing"

	. "github.com/mapspec/mapspec/model"
)

// A fact is a column of the table of methods, with the way to see it in Step.
type fact struct {
	name   string
	stated func(Method) bool
	seen   func(Method, []transition) bool
}

var facts = []fact{
	{"Writes", Method.Writes, func(_ Method, all []transition) bool {
		return slices.ContainsFunc(all, changes)
	}},
	{"Inserts", Method.Inserts, func(_ Method, all []transition) bool {
		return slices.ContainsFunc(all, func(x transition) bool { return x.after.Len() > x.before.Len() })
	}},
	{"Stores", Method.Stores, func(_ Method, all []transition) bool {
		return slices.ContainsFunc(all, func(x transition) bool {
			return x.op.Value != Zero && x.after.Cell(x.op.Key).Value == x.op.Value && changes(x)
		})
	}},
	{"OnKey", Method.OnKey, func(m Method, all []transition) bool {
		return slices.ContainsFunc(all, func(x transition) bool { return x.op.Key != 0 })
	}},
	{"Compares", Method.Compares, func(_ Method, all []transition) bool {
		return differ(all, func(x transition) Op { o := x.op; o.Old = 0; return o }, func(x transition) string { return identity(x.before) })
	}},
	{"Reads", Method.Reads, func(m Method, all []transition) bool {
		return m.Traverses() || // by what it visits
			differ(all, func(x transition) Op { return x.op }, func(transition) string { return "" })
	}},
	{"Returns a value", func(m Method) bool { value, _, _ := m.Returns(); return value }, func(_ Method, all []transition) bool {
		return slices.ContainsFunc(all, func(x transition) bool { return x.result.Value != Zero })
	}},
	{"Returns ok", func(m Method) bool { _, ok, _ := m.Returns(); return ok }, func(_ Method, all []transition) bool {
		return slices.ContainsFunc(all, func(x transition) bool { return x.result.OK })
	}},
	{"Returns a length", func(m Method) bool { _, _, length := m.Returns(); return length }, func(_ Method, all []transition) bool {
		return slices.ContainsFunc(all, func(x transition) bool { return x.result.Len != 0 })
	}},
	{"Traverses", Method.Traverses, func(_ Method, all []transition) bool {
		return slices.ContainsFunc(all, func(x transition) bool { return x.result.Panic != "" })
	}},
}

func changes(x transition) bool { return identity(x.before) != identity(x.after) }

// differ reports whether two transitions that are alike differ in their results.
func differ(all []transition, op func(transition) Op, state func(transition) string) bool {
	type alike struct {
		op    Op
		state string
	}
	results := map[alike]Result{}
	for _, x := range all {
		k := alike{op(x), state(x)}
		if r, ok := results[k]; ok && r != x.result {
			return true
		}
		results[k] = x.result
	}
	return false
}

// The table of methods agrees with Step on all states and operations of a small
// world.
func TestMethodFactsAreThoseOfStep(t *testing.T) {
	of := map[Method][]transition{}
	all, _ := search()
	for _, x := range all {
		of[x.op.Method] = append(of[x.op.Method], x)
	}
	for _, f := range facts {
		for _, m := range everyMethod {
			if stated, seen := f.stated(m), f.seen(m, of[m]); stated != seen {
				t.Errorf("%s of %s is stated to be %v, and Step shows %v", f.name, m, stated, seen)
			}
		}
		if f.stated(Len+1) || f.stated(200) {
			t.Errorf("%s of what is no method", f.name)
		}
	}
}

// A call whose result says that it wrote nothing changes nothing. For every other
// result there is a state that the call changes.
func TestMethodWroteFollowsFromTheResult(t *testing.T) {
	type ending struct {
		method Method
		ok     bool
	}
	changed := map[ending]bool{}
	all, _ := search()
	for _, x := range all {
		m := x.op.Method
		if changes(x) && !m.Wrote(x.result) {
			t.Fatalf("%v: the result is said to write nothing", x)
		}
		if m.Wrote(x.result) {
			e := ending{m, x.result.OK}
			changed[e] = changed[e] || changes(x)
		}
	}
	for e, seen := range changed {
		if !seen {
			t.Errorf("%s with ok %v is said to write, and never does", e.method, e.ok)
		}
	}
	for _, m := range everyMethod {
		if m.Wrote(Result{OK: true, Panic: PanicCompare}) || m.Wrote(Result{Panic: PanicHash}) {
			t.Errorf("%s is said to write where it panics", m)
		}
	}
}

// How a traversal ends follows from its callback and the number of visits.
func TestFuncEnd(t *testing.T) {
	for _, row := range []struct {
		f       *Func
		visits  int
		ends    Panic
		stopped bool
		asked   int
	}{
		{nil, 3, "", false, 3},
		{&Func{}, 3, "", false, 3},
		{&Func{Nil: true}, 0, "", false, 0},
		{&Func{Stop: 2}, 1, "", false, 1},
		{&Func{Stop: 2}, 2, "", true, 2},
		{&Func{Stop: 2}, 3, "", true, 2},
		{&Func{Panic: 2}, 1, "", false, 1},
		{&Func{Panic: 2}, 2, PanicCallback, true, 2},
		{&Func{Panic: 2}, 4, PanicCallback, true, 2},
		{&Func{Goexit: 1}, 0, "", false, 0},
		{&Func{Goexit: 1}, 1, Goexit, true, 1},
		{&Func{Stop: 2, Panic: 1}, 2, PanicCallback, true, 1},
	} {
		ends, stopped := row.f.End(row.visits)
		if asked := row.f.Asked(row.visits); ends != row.ends || stopped != row.stopped || asked != row.asked {
			t.Errorf("%v after %d visits: %q, stopped %v, asked for %d; want %q, %v, %d",
				row.f, row.visits, ends, stopped, asked, row.ends, row.stopped, row.asked)
		}
		for _, got := range []Panic{"", PanicCallback, Goexit, PanicNilFunc, PanicOther} {
			want := got == row.ends || got == PanicNilFunc && row.f.IsNil()
			if row.f.MayEnd(row.visits, got) != want {
				t.Errorf("%v after %d visits may end with %q: %v", row.f, row.visits, got, !want)
			}
		}
	}
}

// A traversal visits keys exactly if it may not visit a value without its key.
func TestMethodVisitsKeysFollowsFromTheTraversal(t *testing.T) {
	s := State{}.With(0, Cell{Present: true, Value: 1, Instances: 1})
	for _, m := range everyMethod {
		needsKey := m.Traverses() && NewTraversal(m, s).Visit(Unseen, 1) != nil
		if m.VisitsKeys() != needsKey {
			t.Errorf("VisitsKeys of %s is stated to be %v, and its traversal shows %v", m, m.VisitsKeys(), needsKey)
		}
	}
}
