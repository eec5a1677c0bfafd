package property

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/impl/locked"
	"github.com/mapspec/mapspec/impl/readdirty"
	"github.com/mapspec/mapspec/model"
)

// What the maps of the article release, as the article says: every version up
// to 1.23 is late, and 1.15.0 and 1.23 have a pump.
//
// Clauses: R1, R2, R3, S8
func TestMapsOfTheArticleReleaseWhatTheArticleSays(t *testing.T) {
	if testing.Short() {
		t.Skip("judges six maps, some seconds, ten under the race detector: run without -short")
	}
	for _, want := range []struct {
		name   string
		r1, r3 model.Status
		path   string
	}{
		{"go1.14", model.Violation, model.OK, `readdirty.Go114.read.entries["conn-1"]`},
		{"go1.15.0", model.Violation, model.Violation, `readdirty.Go1150.dirty["conn-1"]`},
		{"go1.15.2", model.Violation, model.OK, `readdirty.Go1152.read.entries["conn-3"]`},
		{"go1.23", model.Violation, model.Violation, `readdirty.Go123.read.entries["conn-3"]`},
		{"sync.Map", model.OK, model.OK, ""},
		{"locked", model.OK, model.OK, ""},
	} {
		t.Run(want.name, func(t *testing.T) {
			m, _ := impl.Find(want.name)
			verdicts := judgeRelease(context.Background(), m.Subject, releaseOptions{PumpLength: 2})
			r1 := model.Find(verdicts, model.R1)
			if r1.Status != want.r1 || r1.Path() != want.path {
				t.Errorf("R1 is %s, held by %q; want %s, %q", r1.Status, r1.Path(), want.r1, want.path)
			}
			if r3 := model.Find(verdicts, model.R3); r3.Status != want.r3 {
				t.Errorf("R3 is %v, want %s", r3, want.r3)
			}
			for _, c := range []model.Clause{model.R2, model.S8} {
				if v := model.Find(verdicts, c); v.Status != model.OK {
					t.Errorf("%v, want ok", v)
				}
			}
		})
	}
}

// The leak of golang/go#40999 is named with the operation that passed what
// stays, in the smallest program that shows it.
//
// Clauses: R1
func TestGo1150LeakIsExplainedInThreeOperations(t *testing.T) {
	m, _ := impl.Find("go1.15.0")
	r1 := model.Find(judgeRelease(context.Background(), m.Subject, releaseOptions{PumpLength: 1}), model.R1)
	want := strings.Join([]string{
		"Store(k0, v1)",
		"Store(k1, v2)   <- passes key k1",
		"Delete(k1)   <- should release key k1",
		"collect garbage",
		"the map should hold {k0: v1}, and nothing else",
		`key k1 is still reachable: readdirty.Go1150.dirty["conn-1"]`,
	}, "\n")
	if got := strings.Join(r1.Lines(), "\n"); got != want {
		t.Errorf("trace:\n%s\nwant:\n%s", got, want)
	}
	if f := r1.Failure; f.Kind != model.Retains || f.Count != 64 || f.Of != 64 {
		t.Errorf("%v: want all of 64 keys", r1)
	}
}

// Clauses: R3
func TestASuspectIsDrivenAsFarAsIsAsked(t *testing.T) {
	m, _ := impl.Find("go1.15.0")
	r3 := model.Find(judgeRelease(context.Background(), m.Subject, releaseOptions{Only: model.R3, PumpLength: 2, Turns: 1000}), model.R3)
	const want = "the map retains more each time the program is repeated: 1000 keys after 1000 repetitions, with 1 live key"
	if r3.Failure == nil || r3.Evidence() != want || r3.Witness == nil || r3.Witness.Turns != 1000 {
		t.Errorf("%+v, want %q", r3, want)
	}
}

// Without a resident key the pump of 1.15.0 shows one retained key only, so a
// checker that stores none misses the bug.
//
// Clauses: R1
func TestTrackerSeesOneKeyWithoutAResidentAndAllWithOne(t *testing.T) {
	for residents, want := range map[int]int{0: 1, 1: 100} {
		tr := track(bindGo1150())
		for k := range residents {
			do(t, tr, model.Op{Method: model.Store, Key: 1000 + k, Value: 1})
		}
		for k := range 100 {
			do(t, tr, model.Op{Method: model.Store, Key: k, Value: 1})
			do(t, tr, model.Op{Method: model.Delete, Key: k})
		}
		r := tr.Probe()
		if len(r.Keys) != want || len(r.Values) != 0 {
			t.Errorf("%d residents: %d keys and %d values retained, want %d and 0", residents, len(r.Keys), len(r.Values), want)
		}
	}
}

func bindGo1150() model.Instance {
	return impl.Subject("go1.15.0", model.Promise{}, func() any { return new(readdirty.Go1150) }).Bind()
}

func do(t *testing.T, tr *tracker, o model.Op) {
	t.Helper()
	if err := tr.Do(o); err != nil {
		t.Fatal(err)
	}
}

// Keys that are pointers, as in the incident, are watched like strings.
//
// Clauses: R1
func TestTrackerWatchesPointerKeys(t *testing.T) {
	type conn struct{ _ [64]byte }
	s := model.Subject[*conn, string]{Name: "pointers", New: func() any { return new(locked.Map[*conn, string]) }}
	tr := track(s.Bind())
	for k := range 10 {
		do(t, tr, model.Op{Method: model.Store, Key: k, Value: k + 1})
	}
	for k := range 5 {
		do(t, tr, model.Op{Method: model.Delete, Key: k})
		do(t, tr, model.Op{Method: model.Store, Key: k, Value: 20 + k})
		do(t, tr, model.Op{Method: model.Delete, Key: k})
	}
	if r := tr.Probe(); r.Len() != 0 || r.Lost != "" {
		t.Errorf("a map that releases at once retains %v, lost %q", r, r.Lost)
	}
}

// A map that keeps a deleted key and hands it out again, when the key is stored
// anew, holds one live instance and not a lost one.
//
// Clauses: R1
func TestInstanceHandedOutAgainIsLive(t *testing.T) {
	tr := track(bindGo1150())
	for _, o := range []model.Op{
		{Method: model.Store, Key: 0, Value: 1}, {Method: model.Store, Key: 1, Value: 2},
		{Method: model.Delete, Key: 1}, {Method: model.Store, Key: 1, Value: 3},
	} {
		do(t, tr, o)
	}
	if r := tr.Probe(); r.Lost != "" || r.Len() != 0 {
		t.Errorf("retained %v, lost %q; want the old instance live in place of the new one", r, r.Lost)
	}
}

// A comparison that swaps a value for an equal one overwrites: which instance
// of key and value stays is the map's choice.
//
// Clauses: R1, S8
func TestSwappingAValueForItselfIsAnOverwrite(t *testing.T) {
	for _, name := range []string{"locked", "sync.Map", "go1.23"} {
		m, _ := impl.Find(name)
		tr := track(m.Subject.Bind())
		do(t, tr, model.Op{Method: model.Store, Key: 1, Value: 1})
		do(t, tr, model.Op{Method: model.CompareAndSwap, Key: 1, Old: 1, Value: 1})
		do(t, tr, model.Op{Method: model.Store, Key: 1, Value: 1})
		if r := tr.Probe(); r.Len() != 0 || r.Lost != "" {
			t.Errorf("%s retains %v, lost %q", name, r, r.Lost)
		}
	}
}

// Where a control fails the verdict is unknown, never ok.
//
// Clauses: R1, R2, R3
func TestFailedControlsAreUnknown(t *testing.T) {
	held := map[int]any{}
	var mu sync.Mutex
	keeps := impl.Subject("keys held by the subject", model.Promise{}, func() any { return new(locked.Map[any, any]) })
	keeps.Key = func(i int) any {
		mu.Lock()
		defer mu.Unlock()
		if held[i] == nil {
			held[i] = &struct{ n, m int }{i, i}
		}
		return held[i]
	}
	copies := model.Subject[string, int]{Name: "copies keys", New: func() any { return new(copying) }}
	wrong := impl.Subject("wrong results", model.Promise{}, func() any { return new(forgetful) })
	for _, c := range []struct {
		subject model.Binder
		want    string
	}{
		{keeps, "outlives its last use"},
		{copies, "keeps a copy"},
		{wrong, "results are wrong"},
	} {
		for _, v := range judgeRelease(context.Background(), c.subject, releaseOptions{PumpLength: 1}) {
			if v.Clause == model.R1 && (v.Status != model.Unknown || !strings.Contains(v.Evidence(), c.want)) {
				t.Errorf("%v, want unknown because it %s", v, c.want)
			}
		}
	}
}

// copying clones its string keys, so that no instance passed in is ever held.
type copying struct{ locked.Map[string, int] }

func (c *copying) Store(k string, v int) { c.Map.Store(strings.Clone(k), v) }

func (c *copying) LoadOrStore(k string, v int) (int, bool) {
	return c.Map.LoadOrStore(strings.Clone(k), v)
}

// forgetful says of nothing that it is there.
type forgetful struct{ locked.Map[any, any] }

func (f *forgetful) LoadAndDelete(any) (any, bool) { return nil, false }

// Clauses: R1
func TestKeysAndValuesWithoutAllocationsAreSkipped(t *testing.T) {
	s := model.Subject[int, int]{Name: "ints", New: func() any { return new(locked.Map[int, int]) }}
	for _, v := range judgeRelease(context.Background(), s, releaseOptions{}) {
		if v.Status != model.Skipped {
			t.Errorf("%v, want skipped", v)
		}
	}
}

// Clauses: R1, R3
func TestBudgetThatEndsIsUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	m, _ := impl.Find("locked")
	for _, v := range judgeRelease(ctx, m.Subject, releaseOptions{}) {
		if v.Status != model.Unknown && v.Status != model.Skipped {
			t.Errorf("%v, want unknown: nothing was judged", v)
		}
	}
}

// A Go map never shrinks, so a mutex around one breaks R4 if it promises it. A
// map that starts afresh when it is empty does not.
//
// Clauses: R4
func TestShrinkingIsJudgedWherePromised(t *testing.T) {
	if testing.Short() {
		t.Skip("fills maps and empties them, some seconds under the race detector: run without -short")
	}
	promise := model.Promise{Shrinks: true}
	for name, c := range map[string]struct {
		new  func() any
		want model.Status
	}{
		"never":      {func() any { return new(neverShrinks) }, model.Violation},
		"when empty": {func() any { return new(shrinksWhenEmpty) }, model.OK},
	} {
		s := model.Subject[int, int]{Name: name, New: c.new, Promise: promise}
		if v := model.Find(judgeRelease(context.Background(), s, releaseOptions{}), model.R4); v.Status != c.want {
			t.Errorf("a map that shrinks %s: %v, want %s", name, v, c.want)
		}
	}
}

type neverShrinks struct{ m map[int]int }

func (n *neverShrinks) Store(k, v int) {
	if n.m == nil {
		n.m = map[int]int{}
	}
	n.m[k] = v
}
func (n *neverShrinks) Load(k int) (int, bool) { v, ok := n.m[k]; return v, ok }
func (n *neverShrinks) Delete(k int)           { delete(n.m, k) }

type shrinksWhenEmpty struct{ neverShrinks }

func (s *shrinksWhenEmpty) Delete(k int) {
	if delete(s.m, k); len(s.m) == 0 {
		s.m = nil
	}
}

// pathMap has one of everything that a path can lead through.
type pathMap struct {
	_      sync.Mutex
	read   atomic.Pointer[inner]
	dirty  map[any]*inner
	free   []*inner
	boxed  any
	array  [2]any
	opaque unsafe.Pointer
	fn     func()
}

type inner struct {
	next *inner
	text string
	what *target
}

type target struct{ a, b int }

func TestPathLeadsThroughWhatMapsAreMadeOf(t *testing.T) {
	x := &target{1, 2}
	for want, m := range map[string]*pathMap{
		`property.pathMap.dirty["conn-17"].what`: {dirty: map[any]*inner{"conn-17": {what: x}}},
		`property.pathMap.dirty[*property.target]`: {
			dirty: map[any]*inner{x: nil}},
		`property.pathMap.free[1].what`:       {free: []*inner{nil, {what: x}}},
		`property.pathMap.free[:cap][1].what`: {free: []*inner{nil, {what: x}}[:1]},
		`property.pathMap.boxed`:              {boxed: x},
		`property.pathMap.boxed.next.what`:    {boxed: inner{next: &inner{what: x}}},
		`property.pathMap.array[1]`:           {array: [2]any{nil, x}},
		`property.pathMap.opaque`:             {opaque: unsafe.Pointer(x)},
		NoPath:                                {opaque: unsafe.Pointer(&inner{what: x}), fn: func() { fmt.Println(x) }},
	} {
		if got := PathTo(m, []uintptr{uintptr(unsafe.Pointer(x))}); got != want {
			t.Errorf("path %s, want %s", got, want)
		}
	}
	m := &pathMap{}
	m.read.Store(&inner{next: &inner{what: x}})
	if got, want := PathTo(m, []uintptr{uintptr(unsafe.Pointer(x))}), "property.pathMap.read.next.what"; got != want {
		t.Errorf("path %s, want %s", got, want)
	}
	bytes := []byte("the bytes of a string, long enough")
	m = &pathMap{free: []*inner{{text: unsafe.String(&bytes[0], len(bytes))}}}
	if got, want := PathTo(m, []uintptr{uintptr(unsafe.Pointer(&bytes[0]))}), "property.pathMap.free[0].text"; got != want {
		t.Errorf("path %s, want %s", got, want)
	}
}

// BenchmarkJudge measures a whole judgement of a map that releases everything,
// which is the longest.
func BenchmarkJudge(b *testing.B) {
	m, _ := impl.Find("locked")
	for b.Loop() {
		judgeRelease(context.Background(), m.Subject, releaseOptions{})
	}
}
