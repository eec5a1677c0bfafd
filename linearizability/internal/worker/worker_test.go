package worker

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"runtime"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/shim/sync/atomic"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// TestMain gives the tests one processor, as each worker process has: to hand a
// step from thread to thread, and to collect garbage, takes twice the work on two.
func TestMain(m *testing.M) {
	runtime.GOMAXPROCS(1)
	os.Exit(m.Run())
}

// list is a map that is a list of all entries, replaced as a whole.
type list struct {
	head atomic.Pointer[entry]
	// careless writes without looking whether the list has changed.
	careless bool
	// keeps what was deleted
	keeps bool
	kept  *entry
}

type entry struct {
	key, value any
	next       *entry
}

func (m *list) Load(key any) (any, bool) {
	for e := m.head.Load(); e != nil; e = e.next {
		if e.key == key {
			return e.value, true
		}
	}
	return nil, false
}

func without(e *entry, key any) *entry {
	switch {
	case e == nil:
		return nil
	case e.key == key:
		return e.next
	}
	return &entry{e.key, e.value, without(e.next, key)}
}

func (m *list) Store(key, value any) {
	for {
		old := m.head.Load()
		e := &entry{key, value, without(old, key)}
		if m.careless {
			m.head.Store(e)
			return
		}
		if m.head.CompareAndSwap(old, e) {
			return
		}
	}
}

func (m *list) Delete(key any) {
	for {
		old := m.head.Load()
		if m.keeps {
			m.kept = old
		}
		if m.head.CompareAndSwap(old, without(old, key)) {
			return
		}
	}
}

// work runs a job on a map and returns what was said.
func work(t *testing.T, newMap func() any, p model.Promise, j wire.Job) (wire.Report, []wire.Found) {
	t.Helper()
	return report(t, Of("list", p, &list{}, newMap), j)
}

// report runs a job on a subject and returns what was said.
func report(t *testing.T, s model.Binder, j wire.Job) (report wire.Report, found []wire.Found) {
	t.Helper()
	for _, m := range messages(t, s, j) {
		switch {
		case m.Error != "":
			t.Fatal(m.Error)
		case m.Report != nil:
			report = *m.Report
		case m.Found != nil:
			found = append(found, *m.Found)
		}
	}
	return report, found
}

// messages runs a job on a subject.
func messages(t *testing.T, s model.Binder, j wire.Job) []wire.Message {
	t.Helper()
	if j.Shards == 0 {
		j.Shards = 1
	}
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	in, hold := io.Pipe()
	defer hold.Close()
	go hold.Write(text)
	var out bytes.Buffer
	Run(s, in, &out)
	var all []wire.Message
	for d := json.NewDecoder(&out); d.More(); {
		var m wire.Message
		if err := d.Decode(&m); err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

var small = wire.Job{Size: "2x2", Keys: 1, Policies: []string{"mix"}, Initials: []string{wire.Empty, wire.OneKey}}

func TestACorrectMapIsExploredCompletely(t *testing.T) {
	r, found := work(t, func() any { return new(list) }, model.Promise{Release: model.ReleasePrompt}, small)
	if len(found) != 0 || len(r.Bounds) != 0 || r.Programs == 0 || r.Released == 0 {
		t.Errorf("found %+v in %+v", found, r)
	}
	for _, s := range r.Settings {
		if s.Programs != s.Of {
			t.Errorf("%d programs explored of %d", s.Programs, s.Of)
		}
	}
}

func TestALostUpdateIsFoundWithItsShortestSchedule(t *testing.T) {
	two := small
	two.Keys = 2 // on one key the last one to write wins, and may
	_, found := work(t, func() any { return &list{careless: true} }, model.Promise{}, two)
	if len(found) != 1 || found[0].Clause != model.S1 || found[0].Rank.Operations != 2 || found[0].Witness.Schedule.Preemptions != 1 || !found[0].Smallest {
		t.Errorf("found %+v", found)
	}
}

func TestWhatIsKeptIsFound(t *testing.T) {
	_, found := work(t, func() any { return &list{keeps: true} }, model.Promise{Release: model.ReleasePrompt}, small)
	if len(found) != 1 || found[0].Clause != model.R1 || found[0].Rank.Operations != 1 || found[0].Failure.Retained[0].Path == "" {
		t.Errorf("found %+v", found)
	}
}

// plain is a map for one goroutine: its operations take no steps.
type plain map[any]any

func (m plain) Load(key any) (any, bool) { v, ok := m[key]; return v, ok }
func (m plain) Store(key, value any)     { m[key] = value }
func (m plain) Delete(key any)           { delete(m, key) }

func TestTheMapIsLookedAtAfterOperationsWithoutSteps(t *testing.T) {
	alone := small
	alone.Size = "1x2"
	_, found := report(t, Of("plain", model.Promise{}, plain{}, func() any { return &plain{} }), alone)
	if len(found) != 0 {
		t.Errorf("found %+v", found)
	}
}
