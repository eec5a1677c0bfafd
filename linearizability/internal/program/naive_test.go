package program

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/model"
)

// naive lists programs in another way. It enumerates all orders of threads and all
// values as numbers, and keeps one program of each class by renaming everything and
// comparing texts. It shares nothing with walk.
type naive struct {
	set  Set
	ops  []model.Op
	seen map[string]history.Program // by canonical text
	all  map[string]bool            // by text, in all orders of threads
}

func listNaively(s Set) *naive {
	n := &naive{set: s, seen: map[string]history.Program{}, all: map[string]bool{}}
	n.ops = naiveLetters(s)
	n.addThreads(nil)
	return n
}

// naiveLetters derives the alphabet from the specification.
func naiveLetters(s Set) []model.Op {
	var ops []model.Op
	has := s.Methods.Has
	for _, m := range []model.Method{model.Load, model.Store, model.LoadOrStore, model.LoadAndDelete, model.Delete,
		model.Swap, model.CompareAndSwap, model.CompareAndDelete} {
		compares := m == model.CompareAndSwap || m == model.CompareAndDelete
		for key := 0; key < s.Size.Keys && has(m) && (!compares || s.Traits.Comparable); key++ {
			ops = append(ops, model.Op{Method: m, Key: key})
		}
	}
	for _, m := range []model.Method{model.Range, model.All, model.Keys, model.Values} {
		if !has(m) {
			continue
		}
		ops = append(ops, model.Op{Method: m})
		if has(model.Store) && !s.Plain {
			ops = append(ops, model.Op{Method: m, Func: &model.Func{Do: []model.Op{{Method: model.Store}}}})
		}
		if has(model.Delete) && !s.Plain {
			ops = append(ops, model.Op{Method: m, Func: &model.Func{Do: []model.Op{{Method: model.Delete}}}})
		}
		break
	}
	for _, m := range []model.Method{model.Clear, model.Len} {
		if has(m) {
			ops = append(ops, model.Op{Method: m})
		}
	}
	return ops
}

// addThreads adds every program that begins with these threads.
func (n *naive) addThreads(program [][]model.Op) {
	if len(program) > 0 {
		n.addSources(assignValues(n.set, program), 0, 0)
	}
	if len(program) == n.set.Size.Threads {
		return
	}
	for length := 1; length <= n.set.Size.Operations; length++ {
		for _, word := range words(n.ops, length) {
			n.addThreads(append(slices.Clone(program), word))
		}
	}
}

func words(ops []model.Op, length int) [][]model.Op {
	if length == 0 {
		return [][]model.Op{nil}
	}
	var list [][]model.Op
	for _, w := range words(ops, length-1) {
		for _, o := range ops {
			list = append(list, append(slices.Clone(w), o))
		}
	}
	return list
}

// addSources adds every choice of old values, from operation i of thread t on.
func (n *naive) addSources(program [][]model.Op, t, i int) {
	for t < len(program) && i == len(program[t]) {
		t, i = t+1, 0
	}
	if t == len(program) {
		n.all[text(program)] = true
		n.seen[canonical(n.set, program)] = history.Program{Threads: program}
		return
	}
	o := program[t][i]
	if n.set.Traits.Unit || o.Method != model.CompareAndSwap && o.Method != model.CompareAndDelete {
		n.addSources(program, t, i+1)
		return
	}
	for _, old := range possibleOlds(n.set, program, t, i) {
		next := clone(program)
		next[t][i].Old = old
		n.addSources(next, t, i+1)
	}
}

// possibleOlds lists the values that operation i of thread t could find, and one
// that is never stored.
func possibleOlds(s Set, program [][]model.Op, t, i int) []int {
	key := program[t][i].Key
	var list []int
	if v, ok := s.Initial.Holds(key); ok {
		list = append(list, v)
	}
	most := s.Initial.greatest()
	for u, ops := range program {
		for j, o := range ops {
			for _, p := range withNested(o) {
				if p.Value == 0 {
					continue
				}
				most = max(most, p.Value)
				if p.Key == key && (u != t || j < i) {
					list = append(list, p.Value)
				}
			}
		}
	}
	return append(list, most+1)
}

func withNested(o model.Op) []model.Op {
	if o.Func != nil {
		return append([]model.Op{o}, o.Func.Do...)
	}
	return []model.Op{o}
}

// assignValues returns program with a value for each operation that stores.
func assignValues(s Set, program [][]model.Op) [][]model.Op {
	next := s.Initial.greatest() + 1
	return rename(program, func(o model.Op) model.Op {
		switch o.Method {
		case model.Store, model.Swap, model.LoadOrStore, model.CompareAndSwap:
			if !s.Traits.Unit {
				o.Value = next
				next++
			}
		}
		return o
	})
}

// rename returns program with f applied to each operation, including nested ones.
func rename(program [][]model.Op, f func(model.Op) model.Op) [][]model.Op {
	program = clone(program)
	for t := range program {
		for i, o := range program[t] {
			if o.Func != nil {
				o.Func.Do[0] = f(o.Func.Do[0])
			}
			program[t][i] = f(o)
		}
	}
	return program
}

func clone(program [][]model.Op) [][]model.Op {
	c := make([][]model.Op, len(program))
	for t, ops := range program {
		for _, o := range ops {
			if o.Func != nil {
				o.Func = &model.Func{Do: slices.Clone(o.Func.Do)}
			}
			c[t] = append(c[t], o)
		}
	}
	return c
}

// reassignValues returns program with values as [assignValues] assigns them, and
// with old values changed accordingly. An old value that neither the program nor the
// initial map stores becomes the one that is never stored.
func reassignValues(s Set, program [][]model.Op) [][]model.Op {
	numbered := assignValues(s, program)
	becomes := map[int]int{}
	unstored := s.Initial.greatest() + 1
	for t, ops := range program {
		for i, o := range ops {
			after := withNested(numbered[t][i])
			for j, p := range withNested(o) {
				if p.Value > 0 {
					becomes[p.Value] = after[j].Value
					unstored++
				}
			}
		}
	}
	return rename(numbered, func(o model.Op) model.Op {
		if v, ok := becomes[o.Old]; ok {
			o.Old = v
		} else if o.Old > s.Initial.greatest() {
			o.Old = unstored
		}
		return o
	})
}

// canonical returns the least text of program over all orders of its threads.
func canonical(s Set, program [][]model.Op) string {
	least := ""
	for _, order := range orders(program) {
		if got := text(reassignValues(s, order)); least == "" || got < least {
			least = got
		}
	}
	return least
}

func orders(program [][]model.Op) [][][]model.Op {
	if len(program) == 0 {
		return [][][]model.Op{nil}
	}
	var list [][][]model.Op
	for i, first := range program {
		for _, rest := range orders(slices.Delete(slices.Clone(program), i, i+1)) {
			list = append(list, append([][]model.Op{first}, rest...))
		}
	}
	return list
}

func text(program [][]model.Op) string {
	var b strings.Builder
	for _, ops := range program {
		for _, o := range ops {
			fmt.Fprint(&b, o, "; ")
		}
		b.WriteString("| ")
	}
	return b.String()
}

// smallSets are sets that can be listed naively.
func smallSets(t *testing.T) map[string]Set {
	t.Helper()
	comparable := model.Traits{Comparable: true}
	methods := func(list ...model.Method) (s model.MethodSet) {
		for _, m := range list {
			s = s.With(m)
		}
		return s
	}
	compares := methods(model.Store, model.CompareAndSwap, model.CompareAndDelete)
	two := Initial{Name: "two keys", Ops: []model.Op{{Method: model.Store, Key: 1, Value: 3}, {Method: model.Store, Key: 0, Value: 2}}}
	gone := Initial{Name: "gone", Ops: append(slices.Clone(two.Ops), model.Op{Method: model.Delete, Key: 1})}
	sets := map[string]Set{
		"sync.Map 2x1":            setOf(t, "sync.Map", Size{2, 1, 2}, Initial{}),
		"locked 3x1":              setOf(t, "locked", Size{3, 1, 2}, oneKey),
		"locked 2x2 one key":      setOf(t, "locked", Size{2, 2, 1}, Initial{}),
		"compares 2x2 from two":   {Size: Size{2, 2, 2}, Methods: compares, Traits: comparable, Initial: two},
		"compares 2x2 from gone":  {Size: Size{2, 2, 2}, Methods: compares, Traits: comparable, Initial: gone},
		"compares 3x1, many keys": {Size: Size{3, 1, 3}, Methods: compares, Traits: comparable, Initial: oneKey},
		"compares 3x2":            {Size: Size{3, 2, 1}, Methods: methods(model.CompareAndSwap, model.Load), Traits: comparable},
		"compares 4x1":            {Size: Size{4, 1, 1}, Methods: compares, Traits: comparable, Initial: Initial{}},
		"compares 1x4":            {Size: Size{1, 4, 1}, Methods: compares, Traits: comparable, Initial: Initial{}},
		"nested 3x1":              {Size: Size{3, 1, 2}, Methods: compares.With(model.Keys).With(model.Values).With(model.Delete), Traits: comparable},
		"plain 2x2":               {Size: Size{2, 2, 1}, Methods: compares.With(model.All).With(model.Delete), Traits: comparable, Plain: true},
		"incomparable 2x2":        {Size: Size{2, 2, 1}, Methods: model.EveryMethod},
		"unit 2x2":                {Size: Size{2, 2, 1}, Methods: model.EveryMethod, Traits: model.Traits{Comparable: true, Unit: true}, Initial: oneKey},
	}
	for i, name := range []string{"compares 3x2", "compares 4x1", "compares 2x2 from two", "locked 3x1", "locked 2x2 one key", "incomparable 2x2", "compares 2x2 from gone"} {
		if !testpart.Run(i) || testing.Short() {
			delete(sets, name) // thousands of programs in many orders, which takes seconds each
		}
	}
	return sets
}

// TestProgramsAreAllUpToTheOrderOfThreads compares the list with a naive enumeration
// and with the count: three algorithms.
func TestProgramsAreAllUpToTheOrderOfThreads(t *testing.T) {
	for name, s := range smallSets(t) {
		t.Run(name, func(t *testing.T) {
			want := listNaively(s)
			got := map[string]bool{}
			represented := map[string]bool{}
			for i, p := range s.Shard(0, 1) {
				c := canonical(s, p.Threads)
				if got[c] {
					t.Fatalf("program %d, %s, is a duplicate", i, text(p.Threads))
				}
				if got[c] = true; want.seen[c].Threads == nil {
					t.Fatalf("program %d, %s, should not be listed", i, text(p.Threads))
				}
				for _, order := range orders(p.Threads) {
					represented[text(reassignValues(s, order))] = true
				}
			}
			t.Logf("%d programs, %d counting the orders of threads", len(got), len(want.all))
			if n := s.Count(); len(got) != len(want.seen) || n != len(got) {
				t.Errorf("%d programs listed, %d counted, %d naively", len(got), n, len(want.seen))
			}
			if len(represented) != len(want.all) {
				t.Errorf("%d programs represented, want %d", len(represented), len(want.all))
			}
			for p := range represented {
				if !want.all[p] {
					t.Fatalf("%s should not be represented", p)
				}
			}
		})
	}
}
