package worker

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/shim/sync/atomic"
	"github.com/mapspec/mapspec/model"
)

// keeping is a set of ways for a map to hold what it should let go of. The order
// of the bits is that of keepings.
type keeping uint8

const (
	tombstones    keeping = 1 << iota // what is deleted leaves its key behind
	histories                         // an entry leads to the one that it replaced
	freeList                          // what is deleted goes into a list, and out of it when the next is
	lastRead                          // a Load remembers what it read; a Delete forgets it, and then removes
	lastReadRight                     // the same, but nobody is remembered without being there afterwards
	contended                         // whoever has to try again remembers what was in the way
	refused                           // a LoadOrStore that stores nothing remembers its arguments
	counter                           // something is remembered that is nobody's argument
)

var keepings = []string{
	"tombstones", "histories", "free list", "last read", "last read, right", "contended", "refused", "counter",
}

func (k keeping) String() string {
	var names []string
	for i, name := range keepings {
		if k>>i&1 != 0 {
			names = append(names, name)
		}
	}
	return fmt.Sprint(names)
}

// keeper is a map of two keys, right but for what it keeps.
type keeper struct {
	keeping
	cells      [2]atomic.Pointer[node]
	free, last atomic.Pointer[node]
	count      atomic.Int64
}

// node is an entry, which does not change.
type node struct {
	key      string
	value    any
	deleted  bool
	previous *node
}

func (m *keeper) cell(key string) *atomic.Pointer[node] { return &m.cells[key[len(key)-1]-'0'] }

// replace makes the cell of key what to says, and returns what it was.
func (m *keeper) replace(key string, to func(old *node) *node) *node {
	for {
		old := m.cell(key).Load()
		new := to(old)
		if new == old {
			return old
		}
		if new == nil && m.keeping&lastRead != 0 {
			m.last.Store(nil)
		}
		if m.cell(key).CompareAndSwap(old, new) {
			if m.keeping&lastReadRight != 0 {
				m.last.CompareAndSwap(old, nil)
			}
			return old
		}
		if m.keeping&contended != 0 {
			m.free.Store(m.cell(key).Load())
		}
	}
}

func there(e *node) bool { return e != nil && !e.deleted }

func (m *keeper) Load(key string) (any, bool) {
	e := m.cell(key).Load()
	if !there(e) {
		return nil, false
	}
	if m.keeping&(lastRead|lastReadRight) != 0 {
		m.last.Store(e)
	}
	if m.keeping&lastReadRight != 0 && m.cell(key).Load() != e {
		m.last.CompareAndSwap(e, nil)
	}
	return e.value, true
}

func (m *keeper) entry(key string, value any, old *node) *node {
	e := &node{key: key, value: value}
	if m.keeping&histories != 0 {
		e.previous = old
	}
	if m.keeping&counter != 0 {
		m.count.Add(1)
	}
	return e
}

func (m *keeper) Store(key string, value any) {
	m.replace(key, func(old *node) *node { return m.entry(key, value, old) })
}

func (m *keeper) LoadOrStore(key string, value any) (any, bool) {
	e := m.replace(key, func(old *node) *node {
		if there(old) {
			return old
		}
		return m.entry(key, value, old)
	})
	if !there(e) {
		return value, false
	}
	if m.keeping&refused != 0 {
		m.free.Store(&node{value: value})
	}
	return e.value, true
}

func (m *keeper) Delete(key string) { m.LoadAndDelete(key) }

func (m *keeper) LoadAndDelete(key string) (any, bool) {
	e := m.replace(key, func(old *node) *node {
		if there(old) && m.keeping&tombstones != 0 {
			return &node{key: old.key, deleted: true}
		}
		if !there(old) {
			return old
		}
		return nil
	})
	if !there(e) {
		return nil, false
	}
	if m.keeping&freeList != 0 {
		m.free.Store(e)
	}
	return e.value, true
}

// drawKeeper draws a map and a program on it.
func drawKeeper(r *rand.Rand) (keeping, history.Program) {
	var k keeping
	for range r.IntN(4) {
		k |= 1 << r.IntN(len(keepings))
	}
	var p history.Program
	values := 0
	op := func() model.Op {
		m := []model.Method{model.Load, model.Store, model.Store, model.Delete, model.LoadAndDelete, model.LoadOrStore}[r.IntN(6)]
		o := model.Op{Method: m, Key: r.IntN(4) / 3}
		if m.Stores() {
			values++
			o.Value = values
		}
		return o
	}
	if r.IntN(2) == 0 {
		values++
		p.Init = []model.Op{{Method: model.Store, Value: values}}
	}
	for _, n := range [][]int{{1, 1}, {2, 1}, {2, 1}, {3}}[r.IntN(4)] {
		var ops []model.Op
		for range n {
			ops = append(ops, op())
		}
		p.Threads = append(p.Threads, ops)
	}
	return k, p
}

// The verdict on what is released is that of all interleavings, each followed by
// a garbage collection of its own.
func TestReleaseIsWhatAllInterleavingsShow(t *testing.T) {
	const most = 80 // interleavings, as each takes a garbage collection
	programs, broken, rarely := 0, 0, 0
	for i := range examples(40) {
		k, p := drawKeeper(rand.New(rand.NewPCG(*seed, uint64(i))))
		s := Of("keeper", model.Promise{Release: model.ReleasePrompt}, &keeper{}, func() any { return &keeper{keeping: k} })
		b := newBrute(t, s, p, 2)
		b.watching = true
		want, all := b.explore(search.Exhaustive, most)
		if slices.Contains(all.Coverage.Bounds, search.Budget) {
			continue
		}
		programs++
		j := judged(t, s, 2, p)
		if want.other {
			broken++
		}
		if want.other && b.excesses < all.Executions {
			rarely++
		}
		if got := j.verdict(); got != want {
			t.Fatalf("the worker says %+v, all interleavings %+v\nmap: %v\nprogram: %s\nto repeat: -run %s -worker.seed=%d -worker.only=%d",
				got, want, k, programText(p), t.Name(), *seed, i)
		}
	}
	t.Logf("seed %d: %d programs, of which %d break R1, %d under some interleavings only", *seed, programs, broken, rarely)
	if *only < 0 && !testing.Short() && (broken*5 < programs || broken*5 > 4*programs || rarely == 0) {
		t.Errorf("%d of %d programs break R1, %d of them rarely: little is compared", broken, programs, rarely)
	}
}

// A Load remembers the entry that another thread then replaces; to look at the
// map at rest by a Load makes it forget.
func TestWhatIsKeptUntilTheNextReadIsFound(t *testing.T) {
	p := history.Program{Threads: [][]model.Op{
		{{Method: model.Load}},
		{{Method: model.Store, Value: 1}, {Method: model.Store, Value: 2}},
	}}
	s := Of("keeper", model.Promise{Release: model.ReleasePrompt}, &keeper{}, func() any { return &keeper{keeping: lastRead} })
	if f := judged(t, s, 1, p).found[model.R1]; f == nil || f.Failure.Retained[0].Path == "" {
		t.Errorf("found %+v", f)
	}
}

// A map that keeps nothing, or what is nobody's argument, is not accused,
// whatever the program.
func TestWhoKeepsNothingIsNotAccused(t *testing.T) {
	for _, k := range []keeping{0, counter, lastReadRight} {
		s := Of("keeper", model.Promise{Release: model.ReleasePrompt}, &keeper{}, func() any { return &keeper{keeping: k} })
		j := small
		j.Shards = 1
		if testing.Short() {
			j.Size = "2x1"
		}
		r, found := report(t, s, j)
		if len(found) != 0 || r.Released == 0 {
			t.Errorf("%v: found %+v in %+v", k, found, r)
		}
	}
}
