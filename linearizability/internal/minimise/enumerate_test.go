package minimise

import (
	"reflect"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/model"
)

// Of programs that differ in the names of keys and values only, one is tried,
// and it is all that are tried: counted independently, by renaming every
// program there is.
func TestProgramsAreAllUpToNames(t *testing.T) {
	small := alphabet{methods: []model.Method{model.Load, model.Store, model.CompareAndSwap, model.Clear},
		keys: []int{0, 1}, values: []int{1, 2}, olds: []int{1, 2}}
	allUpToNames(t, small.ops(), 3)
	for _, name := range []string{"locked", "sync.Map"} {
		m, _ := impl.Find(name)
		allUpToNames(t, sequentialAlphabet(m.Subject.Bind()).ops(), 2)
		allUpToNames(t, releaseAlphabet(m.Subject.Bind()).ops(), 2)
	}
}

func allUpToNames(t *testing.T, ops []model.Op, most int) {
	t.Helper()
	for size := 1; size <= most; size++ {
		want := map[string]bool{}
		for length := 1; length <= size; length++ {
			for _, p := range product(ops, length) {
				w := canonical(model.Witness{Threads: [][]model.Op{p}}, true, true)
				if w.Operations() == size {
					want[text(w.Threads[0])] = true
				}
			}
		}
		got := map[string]bool{}
		for p := range programs(ops, size) {
			if got[text(p)] {
				t.Errorf("%v twice", p)
			}
			got[text(p)] = true
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("size %d: %d programs, want %d", size, len(got), len(want))
		}
	}
}

func product(ops []model.Op, size int) [][]model.Op {
	if size == 0 {
		return [][]model.Op{nil}
	}
	var list [][]model.Op
	for _, p := range product(ops, size-1) {
		for _, o := range ops {
			list = append(list, append(p[:len(p):len(p)], o))
		}
	}
	return list
}

func text(ops []model.Op) string {
	s := ""
	for _, o := range ops {
		s += o.String() + ";"
	}
	return s
}

// The alphabet has every method, panic and special name that the map knows.
func TestTheAlphabetIsWhole(t *testing.T) {
	m, _ := impl.Find("locked")
	seen := map[string]bool{}
	for _, o := range sequentialAlphabet(m.Subject.Bind()).ops() {
		seen[o.Method.String()] = true
		if o.Method.OnKey() {
			seen[model.KeyName(o.Key)] = true
		}
		seen[model.ValueName(o.Value)], seen["old "+model.ValueName(o.Old)] = true, true
		if f := o.Func; f != nil {
			seen["stop"], seen["panic"], seen["goexit"], seen["nil"] = seen["stop"] || f.Stop > 0, seen["panic"] || f.Panic > 0, seen["goexit"] || f.Goexit > 0, seen["nil"] || f.Nil
			for _, inner := range f.Do {
				seen["inner "+inner.Method.String()] = true
			}
		}
	}
	want := []string{"k0", "k1", "NaN", "unhashable", "v1", "v2", "zero", "uncomparable", "old uncomparable", "stop", "panic", "goexit", "nil"}
	for _, m := range model.EveryMethod.Methods() {
		want = append(want, m.String(), "inner "+m.String())
	}
	for _, w := range want {
		if !seen[w] {
			t.Errorf("no %s", w)
		}
	}
}

// Every change makes a program simpler, so that reducing ends: fewer
// goroutines, or operations, or overlapping ones, or less in one of them.
func TestEachChangeIsSimpler(t *testing.T) {
	w := model.Witness{Init: []model.Op{{Method: model.Store, Value: 1}},
		Threads: [][]model.Op{
			{{Method: model.Swap, Value: 2, Instance: 1}, {Method: model.LoadAndDelete}},
			{{Method: model.Range, Func: &model.Func{Stop: 2, Goexit: 3, Do: []model.Op{{Method: model.LoadOrStore, Value: 1}, {Method: model.Len}}}}},
			{{Method: model.CompareAndDelete, Old: 1}},
		}}
	list := simpler(w)
	if len(list) < 20 {
		t.Fatalf("%d changes", len(list))
	}
	before := text(w.Init) + text(w.Threads[0]) + text(w.Threads[1]) + text(w.Threads[2])
	for _, s := range list {
		if weight(s) >= weight(w) {
			t.Errorf("%v | %v is not simpler", s.Init, s.Threads)
		}
		for _, thread := range s.Threads {
			if len(thread) == 0 {
				t.Errorf("an empty thread: %v", s.Threads)
			}
		}
	}
	if after := text(w.Init) + text(w.Threads[0]) + text(w.Threads[1]) + text(w.Threads[2]); before != after {
		t.Errorf("the program itself was changed: %s", after)
	}
}

// weight counts goroutines most, then operations, then those that overlap, then
// what each does.
func weight(w model.Witness) int {
	n := 1_000_000*len(w.Threads) + 10_000*w.Operations()
	for _, t := range w.Threads {
		n += 1000 * len(t)
	}
	var walk func([]model.Op)
	walk = func(ops []model.Op) {
		for _, o := range ops {
			n += o.Instance
			if o.Method != model.Store && o.Method != model.Delete && o.Method != model.Load {
				n += 10
			}
			if o.Func != nil {
				n += o.Func.Stop + o.Func.Panic + o.Func.Goexit
				walk(o.Func.Do)
			}
		}
	}
	walk(w.Init)
	for _, t := range w.Threads {
		walk(t)
	}
	return n
}

// Programs of two goroutines are listed once, whichever does what.
func TestPairsHaveEachSize(t *testing.T) {
	ops := []model.Op{{Method: model.Store, Value: 1}, {Method: model.Store, Value: 2}, {Method: model.Load}}
	for size := 2; size <= 4; size++ {
		list := pairs(ops, size)
		if len(list) == 0 {
			t.Errorf("no program of size %d", size)
		}
		for _, w := range list {
			if w.Operations() != size || len(w.Threads) != 2 {
				t.Errorf("size %d: %v | %v", size, w.Init, w.Threads)
			}
		}
	}
}
