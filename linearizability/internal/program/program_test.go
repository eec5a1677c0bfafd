package program

import (
	"reflect"
	"slices"
	"testing"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// TestSetsArePrefixClosed checks that a program without the last operation of a
// thread, or without a whole thread, is in the set too.
func TestSetsArePrefixClosed(t *testing.T) {
	for name, s := range smallSets(t) {
		all := map[string]bool{}
		for _, p := range s.Shard(0, 1) {
			all[canonical(s, p.Threads)] = true
		}
		seen := map[string]bool{} // to skip duplicates
		for i, p := range s.Shard(0, 1) {
			for j := range p.Threads {
				for _, rest := range [][][]model.Op{withoutLast(p.Threads, j), slices.Delete(slices.Clone(p.Threads), j, j+1)} {
					as := text(rest)
					if seen[as] {
						continue
					}
					seen[as] = true
					if len(rest) > 0 && !all[canonical(s, rest)] {
						t.Fatalf("%s: program %d is %s, but %s is missing", name, i, text(p.Threads), text(reassignValues(s, rest)))
					}
				}
			}
		}
	}
}

// withoutLast returns program without the last operation of thread t.
func withoutLast(program [][]model.Op, t int) [][]model.Op {
	rest := slices.Clone(program)
	rest[t] = rest[t][:len(rest[t])-1]
	if len(rest[t]) == 0 {
		rest = slices.Delete(rest, t, t+1)
	}
	return rest
}

// TestValuesTellWhereTheyCameFrom checks that each value is stored only once, and
// that a comparison's old value could be there or is never stored.
func TestValuesTellWhereTheyCameFrom(t *testing.T) {
	for name, s := range smallSets(t) {
		if s.Traits.Unit {
			continue
		}
		for i, p := range s.Shard(0, 1) {
			stored := map[int]bool{model.Zero: true}
			for _, o := range p.Init {
				stored[o.Value] = true
			}
			for u, ops := range p.Threads {
				for j, o := range ops {
					for _, n := range withNested(o) {
						if n.Method.Stores() && stored[n.Value] || !n.Method.Stores() && n.Value != model.Zero {
							t.Fatalf("%s: program %d is %s: value %d is stored twice, or not stored", name, i, text(p.Threads), n.Value)
						}
						stored[n.Value] = true
					}
					if o.Method.Compares() && !slices.Contains(possibleOlds(s, p.Threads, u, j), o.Old) {
						t.Fatalf("%s: program %d is %s: the key cannot hold %d", name, i, text(p.Threads), o.Old)
					}
				}
			}
		}
	}
}

// TestUnitsAreZero checks that programs contain only V's one value if V has no
// other.
func TestUnitsAreZero(t *testing.T) {
	s := smallSets(t)["unit 2x2"]
	for _, p := range s.Shard(0, 1) {
		for _, ops := range append(p.Threads, p.Init) {
			for _, o := range ops {
				if !reflect.DeepEqual(s.Traits.Fit(o), o) {
					t.Fatalf("%s has a value that the map does not have", o)
				}
			}
		}
	}
}

// TestALargerSizeHasTheSmaller checks that a larger set contains the smaller ones.
func TestALargerSizeHasTheSmaller(t *testing.T) {
	large := setOf(t, "locked", Size{2, 2, 1}, oneKey)
	all := map[string]bool{}
	for _, p := range large.Shard(0, 1) {
		all[text(p.Threads)] = true
	}
	for _, size := range []Size{{1, 1, 1}, {1, 2, 1}, {2, 1, 1}} {
		s := large
		s.Size = size
		for _, p := range s.Shard(0, 1) {
			if !all[text(p.Threads)] {
				t.Errorf("%s has %s, %s does not", size, text(p.Threads), large.Size)
			}
		}
	}
}

// TestEachProgramHasItsNumber checks that programs are numbered from 0 without gaps
// and sorted by size, that the list is deterministic, and that shards contain each
// program once, with the same number.
func TestEachProgramHasItsNumber(t *testing.T) {
	s := setOf(t, "sync.Map", Size{2, 2, 1}, oneKey)
	var list []history.Program
	most := 0
	for i, p := range s.Shard(0, 1) {
		operations := 0
		for _, ops := range p.Threads {
			operations += len(ops)
		}
		if i != len(list) || operations < most {
			t.Fatalf("program %d is numbered %d and has %d operations after %d", len(list), i, operations, most)
		}
		most, list = operations, append(list, p)
	}
	for _, n := range []int{1, 2, 7} {
		seen := 0
		for shard := range n {
			for i, p := range s.Shard(shard, n) {
				if i%n != shard || !reflect.DeepEqual(p, list[i]) {
					t.Fatalf("shard %d of %d: program %d is %s, want %s", shard, n, i, text(p.Threads), text(list[i].Threads))
				}
				seen++
			}
		}
		if seen != len(list) {
			t.Errorf("%d shards have %d programs, want %d", n, seen, len(list))
		}
	}
}

// TestProgramsAreTheCallers checks that callers may modify programs, and may stop at
// any time.
func TestProgramsAreTheCallers(t *testing.T) {
	s := setOf(t, "locked", Size{2, 1, 1}, oneKey)
	before := []history.Program{}
	for _, p := range s.Shard(0, 1) {
		before = append(before, history.Program{Init: slices.Clone(p.Init), Threads: clone(p.Threads)})
		for _, ops := range append(p.Threads, p.Init) {
			for i := range ops {
				if ops[i].Func != nil {
					ops[i].Func.Do[0].Key = 9
				}
				ops[i] = model.Op{Key: 9}
			}
		}
	}
	for i, p := range s.Shard(0, 1) {
		if !reflect.DeepEqual(p, before[i]) {
			t.Fatalf("program %d became %s", i, text(p.Threads))
		}
		if i == 100 {
			break
		}
	}
}

// TestOtherShardsCostNoMemory checks that skipping a program does not allocate.
func TestOtherShardsCostNoMemory(t *testing.T) {
	s := setOf(t, "locked", Size{2, 2, 1}, Initial{})
	s.Methods = s.Methods.Without(model.CompareAndSwap).Without(model.CompareAndDelete)
	walk := func() {
		for range s.Shard(0, 1<<30) {
		}
	}
	if n := testing.AllocsPerRun(2, walk); n > 200 {
		t.Errorf("%v allocations for one program of %d", n, s.Count())
	}
}

func TestAlphabets(t *testing.T) {
	comparable := model.Traits{Comparable: true}
	set := func(list ...model.Method) (s model.MethodSet) {
		for _, m := range list {
			s = s.With(m)
		}
		return s
	}
	for _, c := range []struct {
		name    string
		methods model.MethodSet
		traits  model.Traits
		plain   bool
		want    string
	}{
		{"everything", model.EveryMethod, comparable, false, "Load(k0); Store(k0, zero); LoadOrStore(k0, zero); LoadAndDelete(k0); " +
			"Delete(k0); Swap(k0, zero); CompareAndSwap(k0, zero, zero); CompareAndDelete(k0, zero); Range(); Clear(); Len(); " +
			"Range(func: Store(k0, zero)); Range(func: Delete(k0)); | "},
		{"no callbacks", set(model.Store, model.Delete, model.Range), comparable, true, "Store(k0, zero); Delete(k0); Range(); | "},
		{"nothing to compare", set(model.Load, model.CompareAndSwap, model.CompareAndDelete), model.Traits{}, false, "Load(k0); | "},
		{"another traversal", set(model.Store, model.Values, model.Keys), comparable, false, "Store(k0, zero); Keys(); Keys(func: Store(k0, zero)); | "},
		{"no traversal", set(model.Store, model.Delete, model.Clear), comparable, false, "Store(k0, zero); Delete(k0); Clear(); | "},
	} {
		a := NewAlphabet(c.methods, c.traits, 1)
		if c.plain {
			a = a.Plain()
		}
		if got := text([][]model.Op{a.Ops()}); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestSizesAreReadAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]Size{"2x2": {2, 2, 2}, "3x1x1": {3, 1, 1}, "1x8": {1, 8, 2}, "4x2x3": {4, 2, 3}} {
		if s, err := ParseSize(text); err != nil || s != want || s.String() != text {
			t.Errorf("%s is %v, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "2", "2x", "2x2x2x2", "axb", "0x1", "1x0", "2x2x0", "5x1", "3x3", "2x2x4", "-1x2"} {
		if s, err := ParseSize(text); err == nil {
			t.Errorf("%q is %v", text, s)
		}
	}
}

func TestAnInitialMapHoldsWhatItsOperationsLeave(t *testing.T) {
	i := Initial{Ops: []model.Op{{Method: model.Store, Value: 1}, {Method: model.Store, Key: 1, Value: 2},
		{Method: model.Store, Value: 3}, {Method: model.Delete, Key: 1}}}
	if v, ok := i.Holds(0); v != 3 || !ok {
		t.Errorf("k0 holds %d, %v", v, ok)
	}
	if _, ok := i.Holds(1); ok || i.greatest() != 3 {
		t.Errorf("k1 is present, or the greatest value is %d, not 3", i.greatest())
	}
}
