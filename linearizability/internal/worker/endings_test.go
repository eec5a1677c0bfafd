package worker

import (
	"bytes"
	"encoding/json"
	"io"
	stdruntime "runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
	"github.com/mapspec/mapspec/linearizability/internal/shim/runtime"
	"github.com/mapspec/mapspec/linearizability/internal/shim/sync"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// odd is a list with something that few maps do.
type odd struct {
	list
	doStore, doDelete, doRange, doMiss func()
}

func (m *odd) Store(key, value any) { do(m.doStore); m.list.Store(key, value) }
func (m *odd) Delete(key any)       { do(m.doDelete); m.list.Delete(key) }

func (m *odd) Load(key any) (any, bool) {
	v, ok := m.list.Load(key)
	if !ok {
		do(m.doMiss)
	}
	return v, ok
}

func (m *odd) Range(f func(key, value any) bool) {
	do(m.doRange)
	for e := m.head.Load(); e != nil && f(e.key, e.value); e = e.next {
	}
}

func do(f func()) {
	if f != nil {
		f()
	}
}

// oddly is the subject of such maps.
func oddly(newMap func() *odd) model.Binder {
	return Of("odd", model.Promise{}, &odd{}, func() any { return newMap() })
}

// one is every program of one operation of these methods on one key.
func one(methods ...model.Method) wire.Job {
	return wire.Job{Size: "1x1", Keys: 1, Policies: []string{"mix"}, Initials: []string{wire.Empty}, Methods: methods}
}

// refusals are the errors among what a job says.
func refusals(t *testing.T, s model.Binder, j wire.Job) (all []string) {
	t.Helper()
	t.Cleanup(refuse.Reset)
	for _, m := range messages(t, s, j) {
		if m.Error != "" {
			all = append(all, m.Error)
		}
		if m.Found != nil {
			t.Errorf("found %+v", m.Found)
		}
	}
	return all
}

func TestGoexitInAnOperationIsRefused(t *testing.T) {
	s := oddly(func() *odd { return &odd{doDelete: stdruntime.Goexit} })
	if e := refusals(t, s, one(model.Delete)); len(e) != 1 || !strings.Contains(e[0], "calls runtime.Goexit, which is not supported") {
		t.Errorf("said %q", e)
	}
}

// What a map answers when it is read at rest, to be refused there, is no answer.
// Whoever ends the goroutine that makes a map ends the worker, which says so.
func TestGoexitWhileAMapIsMadeIsRefused(t *testing.T) {
	j := one(model.Load)
	j.Initials = []string{wire.OneKey}
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	in, hold := io.Pipe()
	defer hold.Close()
	go hold.Write(text)
	done := make(chan struct{})
	go func() {
		defer close(done)
		Run(oddly(func() *odd { return &odd{doStore: stdruntime.Goexit} }), in, &out)
	}()
	<-done
	if said := out.String(); !strings.Contains(said, "runtime.Goexit") {
		t.Errorf("said %q", said)
	}
}

func TestARefusalInAProbeIsTold(t *testing.T) {
	s := oddly(func() *odd { return &odd{doRange: func() { refuse.At("select", "odd.go:1") }} })
	if e := refusals(t, s, one(model.Store)); len(e) != 1 || !strings.Contains(e[0], "odd.go:1: select is not supported") {
		t.Errorf("said %q", e)
	}
}

// A map that asks for its first hash in a Delete is taken for one that asks for
// none, and explored under one policy of two.
func TestAHashThatIsAskedForLaterBoundsTheExploration(t *testing.T) {
	s := oddly(func() *odd { return &odd{doDelete: func() { hashing.Any("key", 0) }} })
	j := one(model.Delete)
	j.Policies = []string{"mix", "collide"}
	if r, _ := report(t, s, j); r.Hashes || !slices.Contains(r.Bounds, "one hash policy, of a map that asks for hashes after all") {
		t.Errorf("hashes: %v, bounds %q", r.Hashes, r.Bounds)
	}
}

// An exploration that has found a deadlock is over, though nothing was left.
//
// Clauses: P2
func TestADeadlockOfTheLastProgramBoundsTheExploration(t *testing.T) {
	var m sync.Mutex
	twice := func() { m = sync.Mutex{}; m.Lock(); m.Lock() }
	r, found := report(t, oddly(func() *odd { return &odd{doDelete: twice} }), one(model.Delete))
	if len(found) != 1 || found[0].Clause != model.P2 || !slices.Contains(r.Bounds, wire.FirstFailure) {
		t.Errorf("found %+v, bounds %q", found, r.Bounds)
	}
}

// So is one whose initial map can be made no more.
//
// Clauses: P2
func TestADeadlockOfTheInitialMapBoundsTheExploration(t *testing.T) {
	stuck := false
	j := one(model.Load)
	j.Shards, j.Initials = 1, []string{wire.OneKey}
	w := settled(t, oddly(func() *odd {
		return &odd{doStore: func() {
			var m sync.Mutex
			if m.Lock(); stuck {
				m.Lock()
			}
		}}
	}), j)
	stuck = true
	p := history.Program{Init: w.settings[0].Init, Threads: [][]model.Op{{{Method: model.Load}}}}
	if err := w.explore(&task{program: p, setting: w.settings[0]}); err != nil {
		t.Fatal(err)
	}
	if w.tally.found[model.P2] == nil || !slices.Contains(w.tally.Bounds, wire.FirstFailure) {
		t.Errorf("found %+v, bounds %q", w.tally.found, w.tally.Bounds)
	}
}

// What an initial operation on a key answers is judged, though nobody in the program sees
// that it did nothing: the key is deleted at once. The replay shows it.
//
// Clauses: S1
func TestAnInitialOperationThatPanicsIsFound(t *testing.T) {
	newMap := func() any { return &odd{doStore: func() { panic("full") }} }
	j := one(model.Delete)
	j.Initials = []string{wire.OneKey}
	_, found := report(t, oddly(func() *odd { return newMap().(*odd) }), j)
	if len(found) != 1 || found[0].Clause != model.S1 {
		t.Fatalf("found %+v", found)
	}
	for name, lines := range map[string]string{"found": found[0].History, "replayed": again(t, newMap, model.Promise{}, found[0]).History} {
		h, err := history.Read(strings.NewReader(lines))
		if err != nil || !violates(h, model.Promise{}) {
			t.Errorf("the history that was %s is no violation: %v\n%s", name, err, lines)
		}
	}
}

// A loop that gives up after a hundred rounds, while nobody else is there, is
// none that goes on for ever. That it spins is said.
//
// Clauses: P2
func TestASpinThatGivesUpIsNoLivelock(t *testing.T) {
	s := oddly(func() *odd {
		m := new(odd)
		m.doMiss = func() {
			for range 100 {
				runtime.Gosched() // until somebody writes to what is read here, or nobody else may go on
				m.head.Load()
			}
		}
		return m
	})
	if r, found := report(t, s, one(model.Load)); len(found) != 0 || !slices.Equal(r.Bounds, []string{"spins"}) {
		t.Errorf("found %+v, bounds %q", found, r.Bounds)
	}
}

// How a map behaves just before it grows is not known when nobody can fill it.
func TestAMapThatCannotBeFilledBoundsTheExploration(t *testing.T) {
	s := oddly(func() *odd {
		var m sync.Mutex
		stores := 0
		return &odd{doStore: func() {
			if stores++; stores == 20 {
				m.Lock()
			}
			m.Lock()
			defer m.Unlock()
		}}
	})
	j := one(model.Load)
	j.Initials = []string{wire.Empty, wire.Growth}
	if r, _ := report(t, s, j); !slices.Contains(r.Bounds, "48 Stores and Deletes in a row do not end: deadlock") {
		t.Errorf("bounds %q", r.Bounds)
	}
}

// What waits to be judged when the worker is told to stop is confirmed, and
// found.
//
// Clauses: R1
func TestWhatWaitsToBeJudgedIsConfirmedAfterAStop(t *testing.T) {
	s := Of("list", model.Promise{Release: model.ReleasePrompt}, &list{}, func() any { return &list{keeps: true} })
	j := small
	j.Shards = 1
	w := settled(t, s, j)
	p := history.Program{Threads: [][]model.Op{{{Method: model.Store, Value: 1}, {Method: model.Delete}}}}
	if err := w.explore(&task{program: p, setting: w.settings[0], rank: wire.Rank{Operations: 2}, releases: true}); err != nil {
		t.Fatal(err)
	}
	if w.tally.found[model.R1] != nil {
		t.Fatal("judged at once: nothing waits")
	}
	w.limits.current = wire.Rank{Operations: 2}
	w.limits.lower(wire.Interrupt)
	if err := w.flush(); err != nil || w.tally.found[model.R1] == nil {
		t.Errorf("%v, found %v", err, w.tally.found)
	}
}

// Programs that were listed and not run are not counted.
func TestSettingsCountWhatWasExplored(t *testing.T) {
	two := small
	two.Keys = 2
	r, found := work(t, func() any { return &list{careless: true} }, model.Promise{}, two)
	sum, of := 0, 0
	for _, s := range r.Settings {
		sum += s.Programs
		of += s.Of
	}
	if len(found) == 0 || sum != r.Programs || sum >= of {
		t.Errorf("%d programs, %d in the settings, of %d; found %v", r.Programs, sum, of, found)
	}
}

// After any write something may be left to release: a value that was replaced,
// or the argument of one that failed.
func TestEachProgramThatWritesIsJudgedForRelease(t *testing.T) {
	nested := model.Op{Method: model.Range, Func: &model.Func{Do: []model.Op{{Method: model.Store, Value: 1}}}}
	for _, o := range []model.Op{
		{Method: model.Store, Value: 1}, {Method: model.Delete}, {Method: model.LoadOrStore, Value: 1}, {Method: model.Swap, Value: 1},
		{Method: model.CompareAndSwap, Old: 1, Value: 2}, {Method: model.CompareAndDelete, Old: 1}, {Method: model.LoadAndDelete},
		{Method: model.Clear}, nested,
	} {
		if p := (history.Program{Threads: [][]model.Op{{o}}}); !removes(p) {
			t.Errorf("%v on an empty map is not judged", o)
		}
	}
	reads := []model.Op{{Method: model.Load}, {Method: model.Len}, {Method: model.Range}}
	if removes(history.Program{Init: []model.Op{{Method: model.Store, Value: 1}}, Threads: [][]model.Op{reads}}) {
		t.Error("programs that only read are judged")
	}
}
