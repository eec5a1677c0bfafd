package worker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/shim/sync"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// again replays what was found, on fresh maps.
func again(t *testing.T, newMap func() any, p model.Promise, f wire.Found) wire.Replayed {
	t.Helper()
	j := wire.Job{Keys: 2, Policies: []string{f.Witness.Schedule.Hashes}, Shards: 1, Replay: &f.Witness}
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	in, hold := io.Pipe()
	defer hold.Close()
	go hold.Write(text)
	var out bytes.Buffer
	Run(Of("list", p, &list{}, newMap), in, &out)
	var m wire.Message
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
	if len(r.Stuck) > 0 || len(r.Failures) > 0 || strings.Count(r.History, "\n") != 8 {
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
		if len(r.Failures) != 1 || !reflect.DeepEqual(r.Failures[0], f.Failure) {
			t.Errorf("found %+v, again %+v", f.Failure, r.Failures)
		}
	}
	r := again(t, func() any { return new(list) }, p, found[0])
	if len(r.Failures) != 0 {
		t.Errorf("a map that keeps nothing fails: %+v", r.Failures)
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

// scheduled is a program of some threads in the steps of a schedule.
func scheduled(steps string, threads ...[]model.Op) wire.Found {
	return wire.Found{Witness: model.Witness{Threads: threads, Schedule: &model.Schedule{Hashes: "mix", Steps: steps}}}
}

func TestADeadlockSaysWhoWaitsForWhat(t *testing.T) {
	f := scheduled("0,1", []model.Op{store(0, 1)}, []model.Op{store(1, 2)})
	r := again(t, func() any { return new(crossing) }, model.Promise{}, f)
	wantSteps(t, r.Steps,
		"0 m.locks[0].Lock, calls Store(k0, v1), then is preempted",
		"1 m.locks[1].Lock, calls Store(k1, v2), then waits for m.locks[0], which goroutine 0 has",
		"0 m.locks[1].Lock, then waits for ever: goroutine 1 has it",
		"1 m.locks[0].Lock, then waits for ever: goroutine 0 has it")
	want := (&model.Failure{Kind: model.Hangs, Stuck: r.Stuck}).Sentence()
	if !strings.HasPrefix(want, "Store(k0, v1) and Store(k1, v2) never returned: (*crossing).Store at replay_test.go:") || !strings.HasSuffix(want, " [m.locks[0].Lock]") || len(r.Failures) > 0 {
		t.Errorf("stuck are %s, and %+v", want, r.Failures)
	}
}

func TestAStalledThreadIsToldOf(t *testing.T) {
	f := scheduled("0,1", []model.Op{store(0, 1)}, []model.Op{store(0, 2)})
	f.Witness.Schedule.Stall = &model.Stall{Thread: 0, After: 1}
	r := again(t, func() any { return new(crossing) }, model.Promise{}, f)
	if r.Diverged == "" {
		t.Errorf("goroutine 1 takes a lock that goroutine 0 has: %v", told(r.Steps))
	}
	f.Witness.Schedule.Steps = "0"
	wantSteps(t, again(t, func() any { return new(crossing) }, model.Promise{}, f).Steps,
		"0 m.locks[0].Lock, calls Store(k0, v1), then is stopped for ever",
		"1 m.locks[0].Lock, calls Store(k0, v2), then waits for ever: goroutine 0 has it")
}

func TestAThreadWithoutAStepIsToldOfFirst(t *testing.T) {
	f := scheduled("", []model.Op{{Method: model.Load}}, []model.Op{{Method: model.Delete}})
	r := again(t, func() any { return new(idle) }, model.Promise{}, f)
	wantSteps(t, r.Steps,
		"1 ., calls Delete(k0) → returned",
		"0 m.list.head.Load, read nil, calls Load(k0), returns → zero, false, then has ended, state {}")
}

// idle has a Delete that does nothing.
type idle struct{ list }

func (*idle) Delete(any) {}
