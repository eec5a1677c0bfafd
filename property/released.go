package property

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property/release"
	"pgregory.net/rapid"
)

// released judges R1 to R4 under a watchdog: a map that hangs here is known to
// hang, or does so only in long programs.
func (j *judge) released(ctx context.Context, o Options) []model.Verdict {
	if j.broken(model.P2) {
		return hungInRelease(j.found[model.P2].Evidence)
	}
	var verdicts []model.Verdict
	var returns, goroutine atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		goroutine.Store(model.GoroutineID())
		b := counting{j.bind, &returns}
		verdicts = release.Judge(ctx, b, o.Release)
		if model.Find(verdicts, model.R1).Status == model.OK {
			verdicts = append(verdicts, j.randomRelease(ctx, b, o))
		}
	}()
	var w model.Watchdog
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return verdicts
		case <-tick.C:
			if where, stuck := w.Stuck(returns.Load(), []int64{goroutine.Load()}); stuck {
				return hungInRelease("a call never returned: " + where[0])
			}
		}
	}
}

func hungInRelease(evidence string) []model.Verdict {
	verdicts := []model.Verdict{{Clause: model.P2, Status: model.Violation, Evidence: evidence,
		Coverage: model.Bounded("the programs of release")}}
	for _, c := range []model.Clause{model.S8, model.R1, model.R2, model.R3, model.R4} {
		verdicts = append(verdicts, model.Verdict{Clause: c, Status: model.Unknown, Evidence: evidence})
	}
	return verdicts
}

// randomRelease draws programs and looks after each at what the map holds: R1
// beyond the scenarios of package release.
func (j *judge) randomRelease(ctx context.Context, b model.Binder, o Options) model.Verdict {
	d := domain{traits: model.Traits{Comparable: j.in.Traits().Comparable}, avoid: func(...model.Clause) bool { return true }}
	for _, m := range j.in.Methods().Methods() {
		if !m.Compares() || d.traits.Comparable {
			d.methods = append(d.methods, m)
		}
	}
	v := model.Verdict{Clause: model.R1, Status: model.OK, Level: "prompt"}
	ran, wrong := 0, false
	check(o.Seed, max(1, o.Programs/10), func(t *rapid.T) {
		if ctx.Err() != nil || wrong {
			return
		}
		tracker := release.Track(b.Bind())
		for _, op := range d.program(t) {
			if op.Func = nil; tracker.Do(op) != nil {
				wrong = true // a sequential clause is broken, which is said elsewhere
				return
			}
		}
		ran++
		if r := tracker.Probe(); r.Len() > 0 {
			first := r.First()
			v.Status = model.Violation
			v.Evidence = fmt.Sprintf("%s retained after %d operations", r, len(tracker.Ops()))
			v.Path = first.Path(tracker.Instance())
			v.Trace = nil
			for _, op := range tracker.Ops() {
				v.Trace = append(v.Trace, op.String())
			}
			v.Trace = append(v.Trace, "collect garbage", fmt.Sprintf("%s %v is still reachable: %s", first.Role, first, v.Path))
			t.Fatal("retained")
		}
	})
	v.Coverage = model.Bounded("%d random programs", ran)
	if wrong && v.Status == model.OK {
		v.Status, v.Evidence = model.Unknown, "results are wrong, so nothing can be said about release"
	}
	return v
}

// counting counts the calls that return, for the watchdog.
type counting struct {
	model.Binder
	returns *atomic.Int64
}

func (c counting) Bind() model.Instance { return countingInstance{c.Binder.Bind(), c.returns} }

type countingInstance struct {
	model.Instance
	returns *atomic.Int64
}

func (c countingInstance) Prepare(o model.Op) model.Prepared {
	return countingCall{c.Instance.Prepare(o), c.returns}
}

type countingCall struct {
	model.Prepared
	returns *atomic.Int64
}

func (c countingCall) Do() {
	c.Prepared.Do()
	c.returns.Add(1)
}
