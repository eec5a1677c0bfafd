package worker

import (
	"slices"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/shim/runtime"
	"github.com/mapspec/mapspec/linearizability/internal/shim/sync"
	"github.com/mapspec/mapspec/linearizability/internal/shim/sync/atomic"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// guarded is a map of one key whose writers are guarded, and whose Load waits in
// one way or another.
type guarded struct {
	how     string
	mutex   sync.RWMutex
	writing atomic.Bool
	version atomic.Int32
	reading sync.Mutex
	cell    atomic.Int64
}

func (m *guarded) write(c int64) {
	m.mutex.Lock()
	m.writing.Store(true)
	m.version.Add(1)
	m.cell.Store(c)
	m.version.Add(1)
	m.writing.Store(false)
	m.mutex.Unlock()
}

func (m *guarded) Store(_, v int) { m.write(cell(v)) }
func (m *guarded) Delete(int)     { m.write(0) }

func (m *guarded) Load(int) (int, bool) {
	switch m.how {
	case "locks":
		m.mutex.Lock()
		defer m.mutex.Unlock()
	case "locks for reading":
		m.mutex.RLock()
		defer m.mutex.RUnlock()
	case "locks other readers out":
		m.reading.Lock()
		defer m.reading.Unlock()
	case "tries to lock":
		if m.mutex.TryLock() {
			defer m.mutex.Unlock()
		}
	case "yields":
		for m.writing.Load() {
			runtime.Gosched()
		}
	case "spins":
		for m.writing.Load() {
		}
	case "looks again":
		for {
			v := m.version.Load()
			c := m.cell.Load()
			if v%2 == 0 && v == m.version.Load() {
				return value(c)
			}
			runtime.Gosched()
		}
	case "looks twice":
		for range 2 {
			m.version.Load()
		}
	}
	return value(m.cell.Load())
}

func stalls(t *testing.T, how string, p model.Promise) (wire.Report, []wire.Found) {
	j := wire.Job{
		Size: "2x1", Keys: 1, Policies: []string{"mix"}, Initials: []string{wire.Empty, wire.OneKey}, Stalls: true,
		Steps: 60, Executions: 300, Shards: 1,
	}
	return report(t, Of("guarded", p, &guarded{}, func() any { return &guarded{how: how} }), j)
}

// Whether a Load waits is known from how it is written.
func TestALoadThatWaitsForAWriterIsSeenToWait(t *testing.T) {
	for how, waits := range map[string]bool{
		"reads": false, "looks twice": false, "tries to lock": false, "locks other readers out": false,
		"locks": true, "locks for reading": true, "yields": true, "spins": true, "looks again": true,
	} {
		r, found := stalls(t, how, model.Promise{})
		for _, writer := range []model.Method{model.Store, model.Delete} {
			if got := slices.Contains(r.Waits, wire.Wait{Waiter: model.Load, For: writer}); got != waits {
				t.Errorf("a Load that %s is said to wait for %v: %v, want %v", how, writer, got, waits)
			}
		}
		if !slices.Contains(r.Waits, wire.Wait{Waiter: model.Store, For: model.Delete}) {
			t.Errorf("Store waits for Delete: %+v", r.Waits)
		}
		if len(found) != 0 {
			t.Errorf("a map that promises nothing of the kind has a Load that %s: found %+v", how, found)
		}
		_, found = stalls(t, how, model.Promise{LoadFree: true})
		if broken := len(found) == 1 && found[0].Clause == model.P1; broken != waits || !waits && len(found) != 0 {
			t.Errorf("a Load that %s, and is promised not to wait: found %+v", how, found)
		}
		if len(found) == 1 && (found[0].Witness.Schedule.Stall == nil || found[0].Witness.Schedule.Steps == "" || found[0].Failure.Kind != model.Waits || len(found[0].Witness.Threads) != 2) {
			t.Errorf("what was found cannot be repeated: %+v", found[0])
		}
	}
}

// P1 speaks of writers: a Load that waits for another reader keeps the promise.
func TestALoadMayWaitForAReader(t *testing.T) {
	r, found := stalls(t, "locks other readers out", model.Promise{LoadFree: true})
	if !slices.Contains(r.Waits, wire.Wait{Waiter: model.Load, For: model.Load}) || len(found) != 0 {
		t.Errorf("waits %+v, found %+v", r.Waits, found)
	}
}
