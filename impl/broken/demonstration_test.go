package broken

import (
	"fmt"
	"iter"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// surface is the method set that every map here has.
type surface interface {
	Load(key any) (value any, ok bool)
	Store(key, value any)
	LoadOrStore(key, value any) (actual any, loaded bool)
	LoadAndDelete(key any) (value any, loaded bool)
	Delete(key any)
	Swap(key, value any) (previous any, loaded bool)
	CompareAndSwap(key, old, new any) (swapped bool)
	CompareAndDelete(key, old any) (deleted bool)
	Clear()
	Len() int
	Range(f func(key, value any) bool)
	All() iter.Seq2[any, any]
	Keys() iter.Seq[any]
	Values() iter.Seq[any]
	base() *core
}

// A demonstration reports whether fresh maps show the violation, within the given
// number of rounds if it takes a race.
type demonstration func(fresh func() surface, rounds int) bool

// once returns a demonstration that needs one map.
func once(shows func(m surface) bool) demonstration {
	return func(fresh func() surface, _ int) bool { return shows(fresh()) }
}

// raced returns a demonstration that needs a fresh map per round.
func raced(shows func(m surface) bool) demonstration {
	return func(fresh func() surface, rounds int) bool {
		for range rounds {
			if shows(fresh()) {
				return true
			}
		}
		return false
	}
}

const (
	enoughRounds  = 20_000 // for a race that exists
	controlRounds = 20     // for a race that does not exist
)

func TestEachMapBreaksItsClause(t *testing.T) {
	for _, m := range Maps {
		if m.Sees == Race {
			continue // covered by TestTheRaceDetectorSeesMemoryClauses
		}
		t.Run(m.Name, func(t *testing.T) {
			shows, ok := demonstrations[m.Name]
			if !ok {
				t.Fatal("no demonstration")
			}
			if !shows(func() surface { return m.New().(surface) }, enoughRounds) {
				t.Errorf("%s was not broken", m.Clause)
			}
		})
	}
}

// TestEachMapBreaksNothingElse applies each demonstration to all other maps, and to
// correct ones: a map that breaks another map's clause would be blamed for the wrong
// reason.
func TestEachMapBreaksNothingElse(t *testing.T) {
	all := append(slices.Clone(Maps),
		Map{Name: "core", Promise: usual, New: func() any { return new(core) }},
		Map{Name: "shrinking", Promise: shrinks, New: newShrinking},
		Map{Name: "load-free", Promise: Promise{LoadFree: true}, New: newLoadFree})
	for _, m := range all {
		for _, other := range Maps {
			if testing.Short() && other.Sees == Release {
				continue // each takes a garbage collection
			}
			if demonstration := demonstrations[other.Name]; demonstration != nil && judgeable(m, other) &&
				demonstration(func() surface { return m.New().(surface) }, controlRounds) {
				t.Errorf("%s breaks %s as %s does", m.Name, other.Clause, other.Name)
			}
		}
	}
}

// judgeable reports whether the demonstration of other applies to m.
func judgeable(m, other Map) bool {
	races := other.Sees == Concurrent
	calls := other.Clause == "T1" || other.Clause == "R2" // from a callback
	switch {
	case m.Clause == other.Clause, slices.Contains(m.Also, other.Clause):
		return false
	case notPromised(m.Promise, other.Clause) != "":
		return false
	case m.Clause == "T3" && calls, m.Clause == "P2" && races:
		return false // would hang
	case m.Clause == "M2" && races && raceEnabled:
		return false // would be reported
	}
	return true
}

// shrinking is a core that keeps R4 if all keys are deleted.
type shrinking struct{ core }

func newShrinking() any {
	m := new(shrinking)
	m.changed = func() {
		if len(m.entries) == 0 {
			m.entries = nil
		}
	}
	return m
}

// freeLoads is a core that keeps P1.
type freeLoads struct {
	core
	read atomic.Pointer[map[any]any]
}

func newLoadFree() any {
	m := new(freeLoads)
	m.read.Store(&map[any]any{})
	m.changed = func() {
		read := map[any]any{}
		for key, e := range m.entries {
			read[key] = e.value
		}
		m.read.Store(&read)
	}
	return m
}

func (m *freeLoads) Load(key any) (value any, ok bool) {
	value, ok = (*m.read.Load())[key]
	return value, ok
}

// together calls the functions concurrently and waits for them.
func together(functions ...func()) {
	var ready atomic.Int32
	var all sync.WaitGroup
	for _, f := range functions {
		all.Go(func() {
			ready.Add(1)
			for int(ready.Load()) < len(functions) {
				runtime.Gosched()
			}
			f()
		})
	}
	all.Wait()
}

// elsewhere calls f in a goroutine whose stack is gone when elsewhere returns.
func elsewhere(f func()) {
	var wait sync.WaitGroup
	wait.Go(f)
	wait.Wait()
}

func panics(f func()) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	f()
	return false
}

func zero(fresh func() surface) surface {
	return reflect.New(reflect.TypeOf(fresh()).Elem()).Interface().(surface)
}

// base returns the core, to bypass the methods.
func (m *core) base() *core { return m }

// stopStore returns once a Store of another key is inside its critical section. It
// stays there until resume is called. The map must not be used afterwards.
func stopStore(m surface) (resume func()) {
	inside, on, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	c := m.base()
	changed := c.changed
	c.changed = func() {
		if changed != nil {
			changed()
		}
		close(inside)
		<-on
	}
	go func() {
		defer close(done)
		m.Store("other", 1)
	}()
	<-inside
	return func() {
		close(on)
		<-done
	}
}

// ownString returns a string whose bytes are an allocation of their own.
func ownString(prefix string) string {
	return fmt.Sprint(prefix, strings.Repeat("-", 64))
}
