package worker

import (
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// said is what a job says, byte for byte, but for how far it had come after each
// second and how long it took.
func said(t *testing.T, s model.Binder, j wire.Job, processors int) string {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
	var text []byte
	for _, m := range messages(t, s, j) {
		if m.Progress != nil {
			continue
		}
		if m.Report != nil {
			m.Report.Running, m.Report.Judging = 0, 0
		}
		line, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		text = append(append(text, line...), '\n')
	}
	return string(text)
}

// A worker says the same, counts of executions included, however often it is
// asked and however many processors there are.
func TestAWorkerSaysTheSameAgain(t *testing.T) {
	right := plan{locking: byWriters}
	lost := plan{locking: byMutex}
	for m := range lost.manner {
		lost.manner[m] = locked
	}
	lost.manner[model.LoadOrStore], lost.manner[model.Load] = outside, locked
	jammed := lost
	jammed.locking, jammed.manner[model.Range] = bySpinning, within
	for name, x := range map[string]struct {
		subject model.Binder
		job     wire.Job
		found   bool
	}{
		"right":    {example{plan: right}.subject(), wire.Job{Size: "2x1", Keys: 2}, false},
		"lost":     {example{plan: lost}.subject(), wire.Job{Size: "2x1", Keys: 1}, true},
		"jammed":   {example{plan: jammed}.subject(), wire.Job{Size: "2x1", Keys: 1, Nested: true, Steps: 300}, true},
		"stalled":  {example{plan: lost, promise: model.Promise{LoadFree: true}}.subject(), wire.Job{Size: "2x1", Keys: 1, Stalls: true, Methods: []model.Method{model.Load, model.Store}}, true},
		"retained": {Of("keeper", model.Promise{}, &keeper{}, func() any { return &keeper{keeping: tombstones} }), wire.Job{Size: "2x1", Keys: 1}, true},
		"sampled":  {example{plan: lost}.subject(), wire.Job{Size: "2x2", Keys: 1, Depth: 2, Schedules: 5, Seed: 3, Methods: []model.Method{model.LoadOrStore, model.Delete}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			x.job.Policies, x.job.Initials = []string{"mix"}, []string{wire.Empty, wire.OneKey}
			want := said(t, x.subject, x.job, 1)
			for _, processors := range []int{1, 2} {
				if got := said(t, x.subject, x.job, processors); got != want {
					t.Errorf("on %d processors it says\n%s\nand before, on one,\n%s", processors, got, want)
				}
			}
			var m wire.Message
			first, _, _ := strings.Cut(want, "\n")
			if err := json.Unmarshal([]byte(first), &m); err != nil || (m.Found != nil) != x.found {
				t.Errorf("found %v, want %v: %s", m.Found, x.found, want)
			}
		})
	}
}

// Package explore knows a sample by this bound.
func TestASampleIsBounded(t *testing.T) {
	j := small
	j.Depth, j.Schedules = 2, 2
	if r, _ := work(t, func() any { return new(list) }, model.Promise{}, j); !slices.Equal(r.Bounds, []string{wire.Sampled}) {
		t.Errorf("bounds %q, want %q", r.Bounds, wire.Sampled)
	}
}
