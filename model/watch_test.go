package model_test

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"testing"

	. "github.com/mapspec/mapspec/model"
	"pgregory.net/rapid"
)

// collect releases everything that is unreachable. The second round releases what the
// first one did not sweep.
func collect() {
	runtime.GC()
	runtime.GC()
}

// The calls below are separate functions, so that no variable of a test keeps alive
// what the test watches.

//go:noinline
func watchOnly(in Instance, o Op) Watches { return in.Prepare(o).Watches() }

//go:noinline
func callWatched(t *testing.T, in Instance, o Op) Watches {
	p := in.Prepare(o)
	defer p.Release()
	w := p.Watches()
	p.Do()
	if r := p.Result(); r.Panic != "" {
		t.Errorf("%s: %s", o, r.Text(o.Method))
	}
	return w
}

// Subjects whose keys or values are package variables, which are never released.
var (
	everlastingKeys   = []string{"any keys: variables", "any keys: in an array", "any keys: in a struct", "any keys: in a struct with nothing", "any keys: channels"}
	everlastingValues = []string{"any values: variables", "array, holder"}
)

// ordinary is a value to pass to in.
func ordinary(in Instance) int {
	if in.Traits().Unit {
		return Zero
	}
	return 1
}

// watched is one call of one subject and what it passed.
type watched struct {
	name string
	in   Instance
	op   Op
	Watches
}

func (w watched) String() string { return w.name + ": " + w.op.String() }

func TestWhatIsPassedIsAliveExactlyWhileItIsStored(t *testing.T) {
	var all []watched
	for name, subject := range subjects {
		in := subject.Bind()
		o := store(1, ordinary(in))
		all = append(all, watched{name, in, o, callWatched(t, in, o)})
	}
	collect()
	for _, w := range all {
		traits := w.in.Traits()
		if w.Key.Empty() == traits.KeyWatched || w.Value.Empty() == traits.ValueWatched || !w.Old.Empty() {
			t.Errorf("%s: watches %+v, traits %+v", w, w.Watches, traits)
		}
		if w.Key.Alive() != traits.KeyWatched || w.Value.Alive() != traits.ValueWatched {
			t.Errorf("%s, while stored: key alive %v, value alive %v", w, w.Key.Alive(), w.Value.Alive())
		}
		Call(w.in, remove(1))
	}
	collect()
	for _, w := range all {
		if w.Key.Alive() != slices.Contains(everlastingKeys, w.name) || w.Value.Alive() != slices.Contains(everlastingValues, w.name) {
			t.Errorf("%s, once deleted: key alive %v, value alive %v", w, w.Key.Alive(), w.Value.Alive())
		}
		runtime.KeepAlive(w.in)
	}
}

func TestWhatIsPassedToNoMapDies(t *testing.T) {
	var all []watched
	for name, subject := range subjects {
		in := subject.Bind()
		for m := range Range {
			v := ordinary(in)
			if o := (Op{Method: m, Key: 1, Old: v, Value: v}); fits(in, o) {
				all = append(all, watched{name, in, o, watchOnly(in, o)})
			}
		}
	}
	collect()
	for _, w := range all {
		values := w.Old.Alive() || w.Value.Alive()
		if w.Key.Alive() != slices.Contains(everlastingKeys, w.name) || values && !slices.Contains(everlastingValues, w.name) {
			t.Errorf("%s: alive without a map: %+v", w, w.Watches)
		}
		runtime.KeepAlive(w.in)
	}
}

func TestWatchesAreOfTheArgumentsThatTheMethodTakes(t *testing.T) {
	in := right[string, string]().Bind()
	for _, m := range everyMethod {
		if m.Traverses() {
			continue
		}
		w := watchOnly(in, Op{Method: m, Key: 1, Old: 1, Value: 1})
		if w.Key.Empty() == m.OnKey() || w.Old.Empty() == m.Compares() || w.Value.Empty() == m.Stores() {
			t.Errorf("%s: %+v", m, w)
		}
	}
}

// One of two equal keys is released, whichever the map keeps.
func TestOneOfTwoEqualKeysDies(t *testing.T) {
	for _, name := range []string{"string, string", "any, any", "any keys: arrays", "constant string, constant string", "any keys: strings"} {
		in := subjects[name].Bind()
		first := callWatched(t, in, store(1, 1))
		second := callWatched(t, in, store(1, 2))
		collect()
		if first.Value.Alive() || !second.Value.Alive() {
			t.Errorf("%s: overwritten value alive %v, its successor %v", name, first.Value.Alive(), second.Value.Alive())
		}
		if first.Key.Alive() == second.Key.Alive() {
			t.Errorf("%s: first key alive %v, second %v", name, first.Key.Alive(), second.Key.Alive())
		}
		runtime.KeepAlive(in)
	}
}

func TestEqualStringsAreDistinctAllocations(t *testing.T) {
	for _, name := range []string{"string, string", "constant string, constant string"} {
		in := subjects[name].Bind()
		first, second := in.Prepare(store(1, 1)), in.Prepare(store(1, 1))
		w1, w2 := first.Watches(), second.Watches()
		if w1.Key.Addresses()[0] == w2.Key.Addresses()[0] || w1.Value.Addresses()[0] == w2.Value.Addresses()[0] {
			t.Errorf("%s: %x and %x", name, w1.Key.Addresses(), w2.Key.Addresses())
		}
		runtime.KeepAlive(first)
		runtime.KeepAlive(second)
	}
}

func TestAPointerIsTheSameWhileItIsAliveAndForgottenAfter(t *testing.T) {
	made := 0
	in := custom[*record, *record](func(i int) *record { made++; return new(record) }, nil, nil).Bind()
	first := callWatched(t, in, store(1, Zero))
	collect()
	for range 3 {
		again := callWatched(t, in, Op{Method: Load, Key: 1})
		if !slices.Equal(first.Key.Addresses(), again.Key.Addresses()) {
			t.Fatalf("key 1 at %x, then at %x", first.Key.Addresses(), again.Key.Addresses())
		}
	}
	if made != 1 {
		t.Errorf("%d pointers were made while the first was alive", made)
	}
	Call(in, remove(1))
	collect()
	if first.Key.Alive() || len(first.Key.Addresses()) != 0 {
		t.Fatalf("the codec keeps the pointer alive at %x", first.Key.Addresses())
	}
	callWatched(t, in, store(1, Zero))
	if r := Call(in, Op{Method: Load, Key: 1}); !r.OK || made != 2 {
		t.Errorf("a new key 1 after the first has died: %+v, %d made", r, made)
	}
}

// A pointer is identified by its address, which another allocation may have had.
func TestAnAddressMayBeUsedAgainForAnotherIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := custom[*block, *block](nil, nil, nil).Bind()
		for range 40 {
			k, v := rapid.IntRange(0, 5).Draw(t, "key"), rapid.IntRange(1, 5).Draw(t, "value")
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				runtime.GC()
			case 1, 2, 3, 4:
				Call(in, remove(k))
			default:
				storeAndLoad(t, in, k, v)
			}
		}
	})
}

func storeAndLoad(t *rapid.T, in Instance, k, v int) {
	Call(in, store(k, v))
	if r := Call(in, Op{Method: Load, Key: k}); r != (Result{Value: v, OK: true}) {
		t.Fatalf("after Store(%s, %s): %+v", KeyName(k), ValueName(v), r)
	}
}

// The same is true for a value that contains a pointer. It is not a mistake of the
// subject that the address was part of another value earlier.
func TestAnAddressMayBeUsedAgainInsideAValue(t *testing.T) {
	for what, value := range map[string]func(int) any{
		"struct":    func(int) any { return struct{ p *block }{new(block)} },
		"array":     func(int) any { return [1]*block{new(block)} },
		"interface": func(int) any { return struct{ a, b any }{1, new(block)} },
		"channel":   func(int) any { return make(chan block, 1) },
	} {
		in := anyValues(value).Bind()
		for i := range 200 {
			o := store(0, i+1)
			if Call(in, o); i%20 == 0 {
				runtime.GC()
			}
			if r := Call(in, Op{Method: Load}); r != (Result{Value: i + 1, OK: true}) {
				t.Errorf("%s: after %s: %+v", what, o, r)
			}
		}
	}
}

// Key is called without a lock, so another goroutine can make the same key first.
func TestOfTwoPointersMadeAtOnceOneIsUsed(t *testing.T) {
	var in Instance
	var inner Prepared
	made := 0
	in = custom[*record, *record](func(i int) *record {
		if made++; made == 1 {
			inner = in.Prepare(Op{Method: Load, Key: i})
		}
		return new(record)
	}, nil, nil).Bind()
	outer := in.Prepare(Op{Method: Load, Key: 1})
	if a, b := inner.Watches().Key, outer.Watches().Key; made != 2 || a.ID() != b.ID() {
		t.Errorf("%d made, %x and %x", made, a.Addresses(), b.Addresses())
	}
	runtime.KeepAlive(inner)
	runtime.KeepAlive(outer)
}

// A Watch distinguishes the allocations behind one argument. A string's box, which
// leads to its bytes, is not watched.
func TestWatchKnowsEachAllocation(t *testing.T) {
	for name, want := range map[string][2]int{ // of key 2 and of value 2
		"string, string": {1, 1}, "any, any": {1, 1}, "any keys: arrays": {1, 1}, "any keys: structs": {1, 1}, "any keys: pointers": {1, 1},
		"any keys: in a struct": {1, 1}, "any keys: in a struct with nothing": {1, 1}, "any keys: in an array": {1, 1},
		"any keys: boxed pointers": {1, 1}, "any keys: mixed": {0, 1}, "any keys: channels": {1, 1}, "any keys: two words": {0, 1},
		"int, pointer": {0, 1}, "struct, map": {0, 1}, "type, function": {0, 0}, "any keys: ints": {0, 1}, "pointer, bytes": {1, 1},
		"any values: strings": {1, 1}, "any values: slices": {1, 2}, "any values: short slices": {1, 1}, "array, holder": {0, 1},
	} {
		in := subjects[name].Bind()
		p := in.Prepare(store(2, 2))
		w := p.Watches()
		for i, addresses := range [][]uintptr{w.Key.Addresses(), w.Value.Addresses()} {
			if unique := slices.Compact(slices.Sorted(slices.Values(addresses))); len(unique) != want[i] || len(addresses) != want[i] {
				t.Errorf("%s: %d allocations at %x, want %d of key and value", name, len(addresses), addresses, want)
			}
		}
		runtime.KeepAlive(p)
	}
}

func TestThereIsNothingToWatchOfAZeroValue(t *testing.T) {
	for name, subject := range subjects {
		if w := watchOnly(subject.Bind(), store(1, Zero)); !w.Value.Empty() || w.Value.ID() != nil {
			t.Errorf("%s: %+v", name, w.Value)
		}
	}
}

func TestWatchesOfOneAllocationHaveOneID(t *testing.T) {
	in := subjects["custom pointer, custom pointer"].Bind()
	first, same, other := callWatched(t, in, store(1, 1)), callWatched(t, in, Op{Method: Load, Key: 1}), callWatched(t, in, store(2, 2))
	if first.Key.ID() != same.Key.ID() || first.Key.ID() == other.Key.ID() || first.Key.ID() == nil {
		t.Errorf("%v, the same %v, another %v", first.Key.ID(), same.Key.ID(), other.Key.ID())
	}
	runtime.KeepAlive(in)
}

// A small allocation shares a block with others, so its release cannot be observed.
// Strings and boxes therefore get a larger allocation.
func TestAllocationsDoNotKeepEachOtherAlive(t *testing.T) {
	for _, name := range []string{"constant string, constant string", "any keys: strings", "string, string", "any, any", "any keys: arrays"} {
		in := subjects[name].Bind()
		var died, all []Watches
		for range 200 {
			all = append(all, watchOnly(in, Op{Method: Load, Key: 1}))
		}
		collect()
		for _, w := range all {
			if !w.Key.Alive() {
				died = append(died, w)
			}
		}
		if len(died) != len(all) {
			t.Errorf("%s: %d of %d died", name, len(died), len(all))
		}
	}
}

func TestCallWatchedReturnsTheResult(t *testing.T) {
	in := right[string, string]().Bind()
	Call(in, store(1, 2))
	if r := Call(in, Op{Method: Load, Key: 1}); r != (Result{Value: 2, OK: true}) {
		t.Errorf("Load: %+v", r)
	}
}

func TestAnInstanceMayBeUsedByManyGoroutines(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(subjects)) {
		t.Run(name, func(t *testing.T) {
			in := subjects[name].Bind()
			v := ordinary(in)
			var all sync.WaitGroup
			for client := range 4 {
				all.Go(func() {
					for i := range 20 {
						p := in.Prepare(store((i+client)%5, v))
						p.Watches().Key.Alive()
						p.Do()
						if r := p.Result(); r != (Result{}) {
							t.Errorf("Store: %+v", r)
						}
						if r := Call(in, Op{Method: Load, Key: i % 5}); r.OK && r.Value != v {
							t.Errorf("Load: %+v", r)
						}
						Call(in, remove((i+client+1)%5))
						visited(in, Range)
					}
				})
			}
			all.Wait()
		})
	}
}

func ExampleWatch() {
	in := Subject[string, string]{New: func() any { return new(mutexMap[string, string]) }}.Bind()
	p := in.Prepare(Op{Method: Store, Key: 1, Value: 1})
	w := p.Watches()
	p.Do()
	p.Release()
	runtime.GC()
	fmt.Println("stored:", w.Key.Alive(), w.Value.Alive())
	Call(in, Op{Method: Delete, Key: 1})
	runtime.GC()
	fmt.Println("deleted:", w.Key.Alive(), w.Value.Alive())
	// Output:
	// stored: true true
	// deleted: false false
}
