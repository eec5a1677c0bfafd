package worker

import (
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/explore/job"
	"github.com/mapspec/mapspec/linearizability/shim/sync"
	"github.com/mapspec/mapspec/linearizability/shim/sync/atomic"
	"github.com/mapspec/mapspec/model"
)

// row is a map whose entries are in a row, the latest one last. What is removed
// leads to what came after it, unless it is cut off.
type row struct {
	cuts  bool
	mutex sync.Mutex
	first atomic.Pointer[link]
}

type link struct {
	key   any
	value atomic.Pointer[any]
	next  atomic.Pointer[link]
}

func (m *row) Load(key any) (any, bool) {
	if n := m.at(key).Load(); n != nil {
		return *n.value.Load(), true
	}
	return nil, false
}

// at returns what leads to the link of key, or would.
func (m *row) at(key any) *atomic.Pointer[link] {
	at := &m.first
	for n := at.Load(); n != nil && n.key != key; n = at.Load() {
		at = &n.next
	}
	return at
}

func (m *row) Store(key, value any) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	at := m.at(key)
	if n := at.Load(); n != nil {
		n.value.Store(&value)
		return
	}
	n := &link{key: key}
	n.value.Store(&value)
	at.Store(n)
}

func (m *row) Delete(key any) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	at := m.at(key)
	n := at.Load()
	if n == nil {
		return
	}
	at.Store(n.next.Load())
	if m.cuts {
		n.next.Store(nil)
	}
}

func pinsOfRow(t *testing.T, cuts bool, p model.Promise) (job.Report, []job.Found) {
	j := job.Job{
		Size: "2x1", Keys: 1, Policies: []string{"mix"}, Initials: []string{job.Empty, job.OneKey}, Stalls: true, Shards: 1,
		Methods: []model.Method{model.Load, model.Store, model.Delete},
	}
	return report(t, Of("row", p, &row{}, func() any { return &row{cuts: cuts} }), j)
}

// A Load that has stopped at an link holds all that is stored after it, whether
// that is removed again or not.
//
// Clauses: R2
func TestACallThatHasStoppedPinsWhatComesAndGoes(t *testing.T) {
	r, found := pinsOfRow(t, false, model.Promise{Release: model.ReleasePrompt})
	if len(found) != 1 || found[0].Clause != model.R2 {
		t.Fatalf("found %+v, want a violation of R2", found)
	}
	f := found[0]
	if f.Stall == nil || f.Stall.Thread != stopper || !strings.HasPrefix(f.Schedule, "0x2,1x") || r.Pins == 0 {
		t.Errorf("%d stops judged, found %+v", r.Pins, f)
	}
	if f.Program.Threads[stopper][0].Method != model.Load || len(f.Retained) != 2 || !strings.Contains(f.Path, "the call that has stopped") {
		t.Errorf("found %+v, want that a Load holds keys and values that nothing else leads to", f)
	}
}

// What is cut off holds nothing: no alarm. Where nothing is promised, or no
// call is to stop, nothing is judged.
func TestACallThatHasStoppedMayPinALittle(t *testing.T) {
	r, found := pinsOfRow(t, true, model.Promise{Release: model.ReleasePrompt})
	for _, f := range found {
		if f.Clause == model.R2 {
			t.Errorf("found %+v", f)
		}
	}
	if r.Pins < 3 {
		t.Errorf("%d stops judged, want those of Load, of Store and of Delete before they lock", r.Pins)
	}
	if r, found = pinsOfRow(t, false, model.Promise{Release: model.ReleaseNone}); r.Pins > 0 || len(found) > 0 {
		t.Errorf("a map that promises no release: %d stops judged, found %+v", r.Pins, found)
	}
}
