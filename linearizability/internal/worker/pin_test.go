package worker

import (
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
	"github.com/mapspec/mapspec/linearizability/internal/shim/sync"
	"github.com/mapspec/mapspec/linearizability/internal/shim/sync/atomic"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
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

var pinJob = wire.Job{
	Size: "2x1", Keys: 1, Policies: []string{"mix"}, Initials: []string{wire.Empty, wire.OneKey}, Stalls: true, Shards: 1,
	Methods: []model.Method{model.Load, model.Store, model.Delete},
}

func pinsOfRow(t *testing.T, cuts bool, p model.Promise) (wire.Report, []wire.Found) {
	return report(t, Of("row", p, &row{}, func() any { return &row{cuts: cuts} }), pinJob)
}

// A Load that has stopped at a link holds all that is stored after it, whether
// that is removed again or not.
//
// Clauses: R2
func TestACallThatHasStoppedPinsWhatComesAndGoes(t *testing.T) {
	r, found := pinsOfRow(t, false, model.Promise{Release: model.ReleasePrompt})
	if len(found) != 1 || found[0].Clause != model.R2 {
		t.Fatalf("found %+v, want a violation of R2", found)
	}
	f := found[0]
	if f.Witness.Schedule.Stall == nil || f.Witness.Schedule.Stall.Thread != stopper || !strings.HasPrefix(f.Witness.Schedule.Steps, "0x2,1x") || r.Pins == 0 {
		t.Errorf("%d stops judged, found %+v", r.Pins, f)
	}
	if f.Witness.Threads[stopper][0].Method != model.Load || len(f.Failure.Retained) != 2 || !strings.Contains(f.Failure.Retained[0].Path, "the call that has stopped") {
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

// A call may have stopped at any of the keys that were there.
func TestWhatWasThereGoesFirst(t *testing.T) {
	j := pinJob
	j.Initials, j.Methods = []string{"k0 +5"}, append(j.Methods, model.CompareAndSwap)
	w := settled(t, Of("row", model.Promise{Release: model.ReleasePrompt}, &row{}, func() any { return &row{} }), j)
	p := pinning{subject: w.subject, setting: w.settings[0], remove: model.Delete}
	left := wire.StateAfter(append(slices.Clone(p.setting.Init), p.comeAndGo(2)...))
	if left.Len() != 0 {
		t.Errorf("%v is left of what was there, and of what came", left)
	}
}

// logging is a map that remembers what is deleted while a Load is in progress, or
// the last of it.
type logging struct {
	row
	most    int
	loading atomic.Int32
	deleted []any
}

func (m *logging) Load(key any) (any, bool) {
	m.loading.Add(1)
	defer func() {
		if m.loading.Add(-1) == 0 {
			m.deleted = nil
		}
	}()
	m.loading.Load()
	return m.row.Load(key)
}

func (m *logging) Delete(key any) {
	m.row.Delete(key)
	if m.loading.Load() > 0 {
		m.deleted = append(m.deleted, key)
		m.deleted = slices.Clone(m.deleted[max(0, len(m.deleted)-m.most):]) // the array holds all
	}
}

// A constant is allowed: what is pinned has to grow.
//
// Clauses: R2
func TestWhatACallPinsHasToGrow(t *testing.T) {
	for most, want := range map[int]bool{2: false, fewComing: false, 2 * fewComing: false, 90: false, manyComing: false, 200: false, 1 << 20: true} {
		j := pinJob
		j.Initials = []string{wire.Empty}
		s := Of("logging", model.Promise{Release: model.ReleaseBounded}, &logging{}, func() any { return &logging{row: row{cuts: true}, most: most} })
		_, found := report(t, s, j)
		got := slices.ContainsFunc(found, func(f wire.Found) bool { return f.Clause == model.R2 })
		if got != want {
			t.Errorf("a map that remembers %d keys: found %v, want %v: %+v", most, got, want, found)
		}
	}
}

// What a map refuses to do when many keys come says nothing of the programs.
func TestARefusalWhileKeysComeAndGoIsNoted(t *testing.T) {
	defer refuse.Reset()
	s := Of("refusing", model.Promise{Release: model.ReleasePrompt}, &refusing{}, func() any { return &refusing{} })
	r, _ := report(t, s, pinJob)
	if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.HasPrefix(n, "what a call pins is not judged to the end") }) {
		t.Errorf("notes %q", r.Notes)
	}
}

// refusing is a map that does what is not supported when it has grown.
type refusing struct {
	row
	stores int
}

func (m *refusing) Store(key, value any) {
	if m.stores++; m.stores > 10 {
		refuse.At("a thing that is not supported", "pin_test.go")
	}
	m.row.Store(key, value)
}

// A map whose calls take no step cannot be stopped within one.
func TestACallWithoutStepsPinsNothing(t *testing.T) {
	j := pinJob
	j.Shard, j.Shards = 0, 1<<20 // no program is wrong
	r, found := report(t, Of("bare", model.Promise{Release: model.ReleasePrompt}, &bare{}, func() any { return &bare{m: map[any]any{}} }), j)
	if r.Pins+r.PinsWaited > 0 || len(found) > 0 {
		t.Errorf("%d stops, %d waited, found %+v", r.Pins, r.PinsWaited, found)
	}
}

type bare struct{ m map[any]any }

func (b *bare) Load(key any) (any, bool) { v, ok := b.m[key]; return v, ok }
func (b *bare) Store(key, value any)     { b.m[key] = value }
func (b *bare) Delete(key any)           { delete(b.m, key) }

// To make an initial map may take more steps than what comes after it.
func TestPinsOfAMapThatTakesLongToMake(t *testing.T) {
	j := pinJob
	j.Initials = []string{"+40 -40 +40 -40 +40 -40 +40 -40 +40 -40 k0"}
	r, found := report(t, Of("row", model.Promise{Release: model.ReleasePrompt}, &row{}, func() any { return &row{cuts: true} }), j)
	if r.Pins == 0 || len(found) > 0 || len(r.Bounds) > 0 {
		t.Errorf("%d stops, found %+v, bounds %q, notes %q", r.Pins, found, r.Bounds, r.Notes)
	}
}
