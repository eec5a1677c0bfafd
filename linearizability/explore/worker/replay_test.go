package worker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/counterexample"
	"github.com/mapspec/mapspec/linearizability/explore/job"
	"github.com/mapspec/mapspec/linearizability/shim/sync"
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
		line := fmt.Sprintf("%d %s: %s %s", s.Thread, s.Operation, s.Kind, s.Object)
		for _, part := range []struct{ name, text string }{{"read", s.Read}, {"wrote", s.Wrote}, {"then", s.Switch}, {"state", s.State}} {
			if part.text != "" {
				line += fmt.Sprintf(", %s %s", part.name, part.text)
			}
		}
		lines = append(lines, strings.Join(append(append([]string{line}, s.Calls...), s.Returns...), "; "))
	}
	return lines
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
	want := []string{}
	if got := told(r.Steps); !reflect.DeepEqual(got, want) {
		t.Errorf("got %s", strings.Join(got, "\n"))
	}
	t.Logf("%+v", r)
}

var _ sync.Mutex
