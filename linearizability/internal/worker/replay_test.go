package worker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
	"github.com/mapspec/mapspec/linearizability/internal/job"
	"github.com/mapspec/mapspec/linearizability/internal/shim/sync"
	"github.com/mapspec/mapspec/model"
)

// again replays what was found, on fresh maps.
func again(t *testing.T, newMap func() any, p model.Promise, f job.Found) job.Replayed {
	t.Helper()
	j := job.Job{Keys: 2, Policies: []string{f.Policy}, Shards: 1, Replay: &job.Replay{
		Program: f.Program, Policy: f.Policy, Schedule: f.Schedule, Stall: f.Stall}}
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	in, hold := io.Pipe()
	defer hold.Close()
	go hold.Write(text)
	var out bytes.Buffer
	Run(Of("list", p, &list{}, newMap), in, &out)
	var m job.Message
	if err := json.Unmarshal(out.Bytes(), &m); err != nil || m.Replayed == nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	return *m.Replayed
}

// told is steps in a line each.
func told(steps []counterexample.Step) []string {
	var lines []string
	for _, s := range steps {
		line := fmt.Sprintf("%d %s.%s", s.Thread, s.Object, s.Call)
		for _, part := range []struct{ name, text string }{
			{"read", s.Read}, {"wrote", s.Wrote}, {"calls", strings.Join(s.Calls, "; ")}, {"returns", strings.Join(s.Returns, "; ")},
			{"then", s.Switch}, {"state", s.State},
		} {
			if part.text != "" {
				line += fmt.Sprintf(", %s %s", part.name, part.text)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// wantSteps fails t unless steps are told like this.
func wantSteps(t *testing.T, steps []counterexample.Step, want ...string) {
	t.Helper()
	if got := told(steps); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestALostUpdateIsToldStepByStep(t *testing.T) {
	two := small
	two.Keys = 2
	newMap := func() any { return &list{careless: true} }
	_, found := work(t, newMap, model.Promise{}, two)
	if len(found) != 1 {
		t.Fatalf("found %+v", found)
	}
	r := again(t, newMap, model.Promise{}, found[0])
	wantSteps(t, r.Steps,
		"0 m.head.Load, read nil, calls Store(k0, v1), then is preempted",
		"1 m.head.Load, read nil, calls Store(k1, v2)",
		"1 m.head.Store, wrote #1, returns → returned, then has ended",
		"0 m.head.Store, wrote #2, returns → returned, then has ended, state {k0: v1, k1: v2}")
	for _, s := range r.Steps {
		if s.Function != "(*list).Store" || !strings.HasPrefix(s.Line, "worker_test.go:") {
			t.Errorf("step in %s at %s", s.Function, s.Line)
		}
	}
	if r.Ending != "completed" || r.Rest != "completed" || strings.Count(r.History, "\n") != 8 {
		t.Errorf("replayed: %+v", r)
	}
}

func TestWhatIsKeptIsFoundAgain(t *testing.T) {
	newMap := func() any { return &list{keeps: true} }
	p := model.Promise{Release: model.ReleasePrompt}
	_, found := work(t, newMap, p, small)
	for _, f := range found {
		if f.Clause != model.R1 {
			continue
		}
		r := again(t, newMap, p, f)
		if len(r.Retained) != 1 || r.Retained[0] != f.Retained[0] {
			t.Errorf("found %+v, retained again %+v", f.Retained, r.Retained)
		}
	}
	r := again(t, func() any { return new(list) }, p, found[0])
	if len(r.Retained) != 0 {
		t.Errorf("a map that keeps nothing retains %+v", r.Retained)
	}
}

// crossing takes its locks in the order of the key.
type crossing struct {
	list
	locks [2]sync.Mutex
}

func (m *crossing) Store(key, value any) {
	first := 0
	if key == "conn-1" {
		first = 1
	}
	m.locks[first].Lock()
	defer m.locks[first].Unlock()
	m.locks[1-first].Lock()
	defer m.locks[1-first].Unlock()
	m.list.Store(key, value)
}

func store(key, value int) model.Op { return model.Op{Method: model.Store, Key: key, Value: value} }

func TestADeadlockSaysWhoWaitsForWhat(t *testing.T) {
	f := job.Found{
		Policy: "mix", Schedule: "0,1",
		Program: history.Program{Threads: [][]model.Op{{store(0, 1)}, {store(1, 2)}}},
	}
	r := again(t, func() any { return new(crossing) }, model.Promise{}, f)
	wantSteps(t, r.Steps,
		"0 m.locks[0].Lock, calls Store(k0, v1), then is preempted",
		"1 m.locks[1].Lock, calls Store(k1, v2), then waits for m.locks[0], which goroutine 0 has",
		"0 m.locks[1].Lock, then waits for ever: goroutine 1 has it",
		"1 m.locks[0].Lock, then waits for ever: goroutine 0 has it")
	if r.Ending != "deadlock" || r.Rest != "" {
		t.Errorf("it ends in %s, and at rest in %q", r.Ending, r.Rest)
	}
}

func TestAStalledThreadIsToldOf(t *testing.T) {
	f := job.Found{
		Policy: "mix", Schedule: "0,1", Stall: &job.Stall{Thread: 0, After: 1},
		Program: history.Program{Threads: [][]model.Op{{store(0, 1)}, {store(0, 2)}}},
	}
	r := again(t, func() any { return new(crossing) }, model.Promise{}, f)
	if r.Diverged == "" {
		t.Errorf("goroutine 1 takes a lock that goroutine 0 has: %v", told(r.Steps))
	}
	f.Schedule = "0"
	wantSteps(t, again(t, func() any { return new(crossing) }, model.Promise{}, f).Steps,
		"0 m.locks[0].Lock, calls Store(k0, v1), then is stopped for ever",
		"1 m.locks[0].Lock, calls Store(k0, v2), then waits for ever: goroutine 0 has it")
}

func TestAThreadWithoutAStepIsToldOfFirst(t *testing.T) {
	f := job.Found{Policy: "mix", Program: history.Program{Threads: [][]model.Op{{{Method: model.Load}}, {{Method: model.Delete}}}}}
	r := again(t, func() any { return new(idle) }, model.Promise{}, f)
	wantSteps(t, r.Steps,
		"1 ., calls Delete(k0) → returned",
		"0 m.list.head.Load, read nil, calls Load(k0), returns → zero, false, then has ended, state {}")
}

// idle has a Delete that does nothing.
type idle struct{ list }

func (*idle) Delete(any) {}

// A node is named by where it was, or will be, if it is nowhere now.
func TestNamesOutliveTheirPlaces(t *testing.T) {
	root := &struct{ a, b *struct{ n int } }{}
	node, lost := &struct{ n int }{}, new(int)
	p := newPlaces(func() any { return root })
	p.look(unsafe.Pointer(&node.n))
	root.b = node
	p.look(unsafe.Pointer(lost))
	root.b = nil
	p.look(unsafe.Pointer(&root.a))
	p.end(nil)
	for step, want := range []string{"new m.b.n", "m.b.n", "old m.b.n"} {
		if got := p.name(step, unsafe.Pointer(&node.n), sched.Load); got != want {
			t.Errorf("at step %d: %s, want %s", step, got, want)
		}
	}
	if got := p.name(1, unsafe.Pointer(lost), sched.Acquire); got != "mutex #1" {
		t.Errorf("what is nowhere is named %s", got)
	}
}

func TestValuesAreShort(t *testing.T) {
	var n values
	var value any = model.NewPayload(3)
	type table struct {
		m  map[string]int
		ok bool
	}
	for _, c := range []struct {
		v    any
		want string
	}{
		{nil, ""}, {(*int)(nil), "nil"}, {7, "7"}, {true, "true"}, {"a", `"a"`}, {&value, "#1 (v3)"}, {&value, "#1 (v3)"},
		{&table{}, "#2"}, {table{map[string]int{}, true}, "{m: #3, ok: true}"}, {uintptr(1 << 30), "word #4"}, {value, "v3"},
	} {
		if got := n.text(c.v); got != c.want {
			t.Errorf("%v is shown as %s, want %s", c.v, got, c.want)
		}
	}
}

func TestNoOrderExplains(t *testing.T) {
	op := func(thread int, o model.Op, r model.Result) interval.Op {
		return interval.Op{Thread: thread, Parent: interval.NoParent, Op: o, Result: r}
	}
	load := model.Op{Method: model.Load}
	m := newMeaning([]interval.Initial{{Op: store(0, 1)}}, []interval.Op{
		op(0, store(0, 2), model.Result{}), op(1, load, model.Result{Value: 1, OK: true}), op(1, load, model.Result{Value: 3, OK: true}),
	}, model.Promise{})
	m.called(0)
	m.called(1)
	m.returned(1)
	if got := m.text(); got != "" {
		t.Errorf("while a Store is in progress the map means %s", got)
	}
	m.returned(0)
	if got := m.text(); got != "{k0: v2}" {
		t.Errorf("after it the map means %s", got)
	}
	m.called(2)
	m.returned(2)
	if got := m.text(); got != counterexample.NoState {
		t.Errorf("after a Load of what was never there the map means %s", got)
	}
}
