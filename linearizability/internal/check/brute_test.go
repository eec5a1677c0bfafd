package check

import (
	"flag"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
	"pgregory.net/rapid"
)

// TestMain makes rapid check 4,000 histories unless -rapid.checks is given.
func TestMain(m *testing.M) {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "rapid.checks" })
	if !said && !testing.Short() {
		if err := flag.Set("rapid.checks", "4000"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// An atom takes effect at one instant. Brute force knows operations only as
// atoms: it shares nothing with the checker but the types of a history.
type atom struct {
	call, ret int
	pending   bool // may take effect at any time after call, or never
	optional  bool // may take effect between call and ret, or never
	// apply changes the map and reports whether that agrees with what was observed.
	apply func(state map[int]int, nans *int) bool
}

// explained reports whether some order of atoms agrees with all of them. It
// tries every order.
func explained(atoms []atom, state map[int]int, nans int) bool {
	first, left := 0, false // the earliest return among atoms
	for _, a := range atoms {
		if !a.pending && (!left || a.ret < first) {
			first, left = a.ret, true
		}
	}
	if !left {
		return true
	}
	for i, a := range atoms {
		if a.call > first {
			continue // another atom returned before a was called
		}
		others := slices.Delete(slices.Clone(atoms), i, i+1)
		next, n := maps.Clone(state), nans
		if a.apply(next, &n) && explained(others, next, n) || a.optional && explained(others, state, nans) {
			return true
		}
	}
	return false
}

// A clearing is a meaning of Clear.
type clearing int

const (
	atomically clearing = iota
	keyByKey            // one Delete of each key
	keyOrNot            // for each key one Delete, or none
)

// atomsOf returns the atoms of ops that concern keys.
func atomsOf(ops []history.Operation, keys []int, how clearing, traversals, lens bool) (atoms []atom) {
	for _, o := range ops {
		a := atom{call: o.Call, ret: o.Return, pending: o.Pending()}
		whole := func(state map[int]int, nans *int) bool {
			return sequential(state, nans, o.Op) == o.Result || a.pending
		}
		switch m := o.Op.Method; {
		case m.OnKey() && (slices.Contains(keys, o.Op.Key) || o.Op.Key == model.NaN && len(keys) > 1):
			a.apply = whole
			atoms = append(atoms, a)
		case m == model.Clear && how == atomically, m == model.Len && lens && !a.pending:
			a.apply = whole
			atoms = append(atoms, a)
		case m == model.Clear:
			for _, k := range keys {
				a.apply = func(state map[int]int, _ *int) bool { delete(state, k); return true }
				a.optional = how == keyOrNot
				atoms = append(atoms, a)
			}
		case m.Traverses() && m != model.Values && traversals:
			atoms = append(atoms, loadsOf(o, keys)...)
		}
	}
	return atoms
}

// loadsOf returns the atoms of a traversal.
func loadsOf(o history.Operation, keys []int) (atoms []atom) {
	for _, k := range keys {
		visited := false
		for _, v := range o.Visits {
			if v.Key != k || visited {
				continue
			}
			visited = true
			atoms = append(atoms, atom{call: o.Call, ret: v.At, apply: func(state map[int]int, _ *int) bool {
				got, ok := state[k]
				return ok && (o.Op.Method == model.Keys || got == v.Value)
			}})
		}
		if !visited && !o.Pending() {
			atoms = append(atoms, atom{call: o.Call, ret: o.Return, apply: func(state map[int]int, _ *int) bool {
				_, ok := state[k]
				return !ok
			}})
		}
	}
	return atoms
}

// bruteForce returns the clauses that ops break.
func bruteForce(ops []history.Operation, keys []int, p model.Promise) map[model.Clause]bool {
	holds := func(keys []int, how clearing, traversals, lens bool) bool {
		return explained(atomsOf(ops, keys, how, traversals, lens), map[int]int{}, 0)
	}
	broken := map[model.Clause]bool{}
	for _, o := range ops {
		if !o.Op.Method.Traverses() || o.Op.Method == model.Values {
			continue
		}
		seen := map[int]bool{}
		for _, v := range o.Visits {
			broken[model.T1] = broken[model.T1] || seen[v.Key]
			seen[v.Key] = true
		}
	}
	for _, k := range keys {
		switch one := []int{k}; {
		case holds(one, keyByKey, true, false):
		case holds(one, keyByKey, false, false):
			broken[model.T1] = true
		case holds(one, keyOrNot, false, false):
			broken[model.T5] = true
		default:
			broken[model.S1] = true
		}
	}
	if broken[model.S1] || broken[model.T5] {
		return broken
	}
	how := keyByKey
	if p.Clear == model.Strong {
		how = atomically
	}
	ops = slices.DeleteFunc(slices.Clone(ops), func(o history.Operation) bool {
		return o.Op.Method == model.Len && p.Len != model.Strong && duringWrite(o, ops)
	})
	switch traversals := !broken[model.T1]; {
	case holds(keys, how, traversals, true):
	case holds(keys, how, traversals, false):
		broken[model.T6] = true
	default:
		broken[model.T5] = true
	}
	return broken
}

// duringWrite reports whether a write is in progress during o.
func duringWrite(o history.Operation, ops []history.Operation) bool {
	return slices.ContainsFunc(ops, func(w history.Operation) bool {
		m := w.Op.Method
		writes := m != model.Load && m != model.Len && !m.Traverses()
		return writes && w.Call < o.Return && (w.Pending() || w.Return > o.Call)
	})
}

// drawChooser draws a source of choices. Rapid chooses only its seed, in several
// draws. If rapid made each choice, it would prefer small numbers and repeat
// them, and a history of nothing but Loads by client 0 breaks nothing.
func drawChooser(t *rapid.T) func(n int) int {
	seed := uint64(0)
	for range 6 {
		seed = seed*0x9e3779b97f4a7c15 + rapid.Uint64().Draw(t, "seed")
	}
	return seeded(seed)
}

// choosePromise chooses how strong Clear and Len are.
func choosePromise(choose func(n int) int) (p model.Promise) {
	if choose(2) == 0 {
		p.Clear = model.Strong
	}
	if choose(2) == 0 {
		p.Len = model.Strong
	}
	return p
}

// drawSmall draws a small history, possibly spoiled, and the keys that it uses.
func drawSmall(t *rapid.T) (ops []history.Operation, keys []int, p model.Promise) {
	choose := drawChooser(t)
	keys = []int{0, 1, 2}[:1+choose(3)]
	s := &simulation{
		choose: choose, clients: 2 + choose(2), calls: 3 + choose(7), keys: keys, values: 2,
		leaveOneIn: 3, weakClear: choose(2) == 0, spareOneIn: []int{0, 0, 3}[choose(3)], fill: choose(3) > 0,
	}
	p = choosePromise(choose)
	s.methods = [][]model.Method{
		onKey,
		append(slices.Clone(onKey), model.Clear, model.Clear, model.Len, model.Len),
		append(slices.Clone(onKey), model.Range, model.Keys, model.Values, model.All),
		{model.Store, model.Load, model.Load, model.Clear, model.Len, model.Range},
		{model.Store, model.Load, model.Delete, model.Clear, model.Len},
		{model.Load, model.Load, model.Load, model.Clear},
		{model.Store, model.Delete, model.Range, model.Range, model.Keys},
		{model.Store, model.Range, model.Load, model.Clear},
	}[choose(8)]
	ops = s.run()
	for len(atomsOf(ops, keys, keyByKey, true, true)) > 11 {
		ops = ops[:len(ops)-1] // too many for brute force
	}
	for range choose(3) {
		spoil(ops, choose, keys, s.values)
	}
	return ops, keys, p
}

// TestCheckAgreesWithBruteForce compares the verdicts on every clause that needs
// a search, by porcupine and by walks, with an independent implementation.
//
// Clauses: S1, T1, T5, T6
func TestCheckAgreesWithBruteForce(t *testing.T) {
	seen := map[model.Clause]int{}
	rapid.Check(t, func(t *rapid.T) {
		ops, keys, p := drawSmall(t)
		want := bruteForce(ops, keys, p)
		for _, l := range []searchLimits{{}, {walkAbove: -1}} {
			for _, v := range Operations(ops, Options{Promise: p, limits: l}) {
				if v.Status == model.Violation {
					seen[v.Clause]++
				}
				if got := v.Status == model.Violation; got != want[v.Clause] {
					t.Errorf("%+v: %v; by brute force violated: %v\n%s", l, v, want[v.Clause], lines(ops))
				}
			}
		}
	})
	for _, c := range judged {
		if seen[c] == 0 && !testing.Short() && !t.Failed() {
			t.Errorf("no history drawn breaks %s: nothing was compared", c)
		}
	}
	t.Logf("histories that break each clause: %v", seen)
}

// TestNoFalseAlarm checks that a correct map is never blamed, with NaN keys
// included.
//
// Clauses: S1, T1, T5, T6
func TestNoFalseAlarm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		choose := drawChooser(t)
		p := model.Promise{}
		s := &simulation{
			choose: choose, clients: 1 + choose(4), calls: 1 + choose(40), keys: []int{0, 1, model.NaN}, values: 2,
			leaveOneIn: 2, weakClear: choose(2) == 0, restOneIn: []int{0, 4, 40}[choose(3)],
			methods: append(slices.Clone(onKey), model.Range, model.All, model.Keys, model.Values, model.Clear, model.Len),
		}
		p.Len = model.Strong
		if !s.weakClear {
			p.Clear = model.Strong
		}
		ops := s.run()
		for _, v := range Operations(ops, Options{Promise: p}) {
			if v.Status != model.OK && v.Status != model.Skipped {
				t.Errorf("%v\n%s", v, lines(ops))
			}
		}
	})
}

// TestCuttingNeverChangesAVerdict searches each history with and without cutting
// it, and compares the verdicts.
//
// Clauses: S1, T5
func TestCuttingNeverChangesAVerdict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		choose := drawChooser(t)
		s := &simulation{
			choose: choose, clients: 1 + choose(3), calls: 1 + choose(30), keys: []int{0, 1, 2}[:1+choose(3)], values: 2,
			leaveOneIn: 4, weakClear: choose(2) == 0, restOneIn: []int{3, 6, 12}[choose(3)],
			methods: append(slices.Clone(onKey), [][]model.Method{
				{}, {model.Clear, model.Len}, {model.Range}, {model.Clear, model.Len, model.Len, model.Keys},
			}[choose(4)]...),
		}
		p := choosePromise(choose)
		ops := s.run()
		for range choose(3) {
			spoil(ops, choose, s.keys, s.values)
		}
		cut := Operations(ops, Options{Promise: p})
		uncut := Operations(ops, Options{Promise: p, limits: searchLimits{uncut: true}})
		for i := range uncut {
			if cut[i].Clause != uncut[i].Clause || cut[i].Status != uncut[i].Status {
				t.Errorf("cut: %v\nuncut: %v\n%s", cut[i], uncut[i], lines(ops))
			}
		}
	})
}

func lines(ops []history.Operation) []byte { return newJudge(ops, Options{}).historyText() }
