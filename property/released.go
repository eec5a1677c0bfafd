package property

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/mapspec/mapspec/model"
	"pgregory.net/rapid"
)

// released judges release under a watchdog. A map may hang here that did not hang
// before, as these programs are long.
func (j *judge) released(ctx context.Context, o Options) []model.Verdict {
	if j.broken(model.P2) {
		return hungInRelease(*j.found[model.P2].Failure)
	}
	r := releaseOptions{Keys: o.Keys, PumpLength: o.PumpLength, Turns: o.Turns}
	if slices.Contains(releaseClauses, o.Until) {
		r.Only = o.Until
	}
	if j.broken(model.T3) {
		r.NoReentry = "a call from inside a Range breaks T3, and R2 is about such calls"
	}
	var verdicts []model.Verdict
	where, stuck := watched(func(returned *atomic.Int64) {
		b := counting{j.bind, returned}
		verdicts = judgeRelease(ctx, b, r)
		if model.Find(verdicts, model.R1).Status == model.OK {
			verdicts = append(verdicts, j.randomRelease(ctx, b, o))
		}
	})
	if stuck {
		return hungInRelease(model.Failure{Kind: model.Hangs, Stuck: []model.Stuck{where}})
	}
	return verdicts
}

// hungInRelease returns the verdicts if a program of release hangs, as f says.
func hungInRelease(f model.Failure) []model.Verdict {
	p2 := f.Violates(model.P2, nil)
	p2.Coverage = model.Bounded("the programs of release")
	verdicts := []model.Verdict{p2}
	for _, c := range releaseClauses {
		verdicts = append(verdicts, model.Verdict{Clause: c, Status: model.Unknown, Reason: "the map hangs"})
	}
	return verdicts
}

// releasePrograms is how many programs are drawn for R1. Each costs a garbage
// collection.
const releasePrograms = 40

// randomRelease judges R1 on random programs.
func (j *judge) randomRelease(ctx context.Context, b model.Binder, o Options) model.Verdict {
	d := domain{methods: usable(j.in).Methods(), avoid: func(...model.Clause) bool { return true }}
	v := model.Verdict{Clause: model.R1, Status: model.OK, Level: "prompt"}
	ran, wrong := 0, false
	check(o.Seed, min(releasePrograms, o.Programs), func(t *rapid.T) {
		if ctx.Err() != nil || wrong {
			return
		}
		tracker := track(b.Bind())
		for _, op := range d.program(t) {
			if op.Func = nil; tracker.Do(op) != nil {
				wrong = true // another verdict is about the sequential clause that this breaks
				return
			}
		}
		ran++
		if r := tracker.Probe(); r.Len() > 0 {
			v = tracker.Violation(r)
			t.Fatal("retained")
		}
	})
	v.Coverage = model.Bounded("%d random programs", ran)
	if ctx.Err() != nil && ran == 0 && v.Status == model.OK {
		v.Status, v.Level, v.Reason = model.Unknown, "", "interrupted before any random program ran"
	}
	if wrong && v.Status == model.OK {
		v.Status, v.Level, v.Reason = model.Unknown, "", "results are wrong, so nothing can be said about release"
	}
	return v
}

// A counting binder counts the calls that return, for the watchdog.
type counting struct {
	model.Binder
	returned *atomic.Int64
}

func (c counting) Bind() model.Instance { return countingInstance{c.Binder.Bind(), c.returned} }

type countingInstance struct {
	model.Instance
	returned *atomic.Int64
}

func (c countingInstance) Prepare(o model.Op) model.Prepared {
	return countingCall{c.Instance.Prepare(o), c.returned}
}

type countingCall struct {
	model.Prepared
	returned *atomic.Int64
}

func (c countingCall) Do() {
	c.Prepared.Do()
	c.returned.Add(1)
}
