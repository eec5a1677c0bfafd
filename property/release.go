package property

// What a map returns does not show what it still holds, so release is judged by
// watching allocations. Every key and value that is passed to the map is an
// allocation of its own, observed through a weak pointer. A tracker runs operations
// and knows from the model which instances the map may hold. Any other instance
// that is alive after a garbage collection is retained. PathTo then searches the
// map's memory for what holds it.
//
// Two rules keep this honest. First, garbage is collected before any read that a
// scenario does not ask for. A Load or Range may promote a read/dirty map and so
// hide the leak. Second, watches are trusted only after a control has passed: an
// instance dies when nothing holds it, a live one is alive at each probe, and all
// of them die with the map. Otherwise the verdict is unknown.

import (
	"context"
	"runtime"
	"sync"

	"github.com/mapspec/mapspec/model"
)

// releaseOptions bounds a judgement of release.
type releaseOptions struct {
	Keys, PumpLength, Turns int // as in Options
	// NoReentry is the reason why R2 cannot be judged, if the map must not be
	// called from inside a Range.
	NoReentry string
	// Only, if not empty, is the only clause that is judged.
	Only model.Clause
}

// releaseClauses are the clauses about release.
var releaseClauses = []model.Clause{model.S8, model.R1, model.R2, model.R3, model.R4}

func (o releaseOptions) withDefaults() releaseOptions {
	if o.Keys == 0 {
		o.Keys = 64
	}
	if o.PumpLength == 0 {
		o.PumpLength = 3
	}
	if o.Turns == 0 {
		o.Turns = mostTurns
	}
	return o
}

// judgeRelease returns verdicts on S8 and R1 to R4. They are unknown for the clauses
// that were not judged before ctx ended.
func judgeRelease(ctx context.Context, b model.Binder, o releaseOptions) []model.Verdict {
	o = o.withDefaults()
	in := b.Bind()
	control := sync.OnceValue(func() string { return ReleaseControl(in) })
	var verdicts []model.Verdict
	for _, c := range releaseClauses {
		switch reason := model.Unjudged(c, in); {
		case o.Only != "" && o.Only != c:
		case reason != "":
			verdicts = append(verdicts, model.Skip(c, reason))
		case control() != "":
			verdicts = append(verdicts, unknown(c, control()))
		case ctx.Err() != nil:
			verdicts = append(verdicts, unknown(c, "the budget ended before this was judged"))
		default:
			verdicts = append(verdicts, o.judge(ctx, b, c))
		}
	}
	return verdicts
}

func unknown(c model.Clause, why string) model.Verdict {
	return model.Verdict{Clause: c, Status: model.Unknown, Reason: why}
}

func (o releaseOptions) judge(ctx context.Context, b model.Binder, c model.Clause) model.Verdict {
	switch c {
	case model.S8:
		return judgeInstances(b)
	case model.R1:
		return judgeScenarios(ctx, b, o)
	case model.R2:
		if o.NoReentry != "" {
			return unknown(c, o.NoReentry)
		}
		return judgePin(b)
	case model.R3:
		return judgePumps(ctx, b, o)
	}
	return judgeShrink(b)
}

// ReleaseControl returns the reason why release cannot be judged for a map like in,
// or "" if it can. A key and a value that no map ever got must be collected. The
// map must have a method that stores.
func ReleaseControl(in model.Instance) string {
	if dies(in) {
		return ""
	}
	return "control failed: a key or value outlives its last use: Subject.Key or Subject.Value holds it, or it points to something that others share"
}

// usable returns the methods that can be called with any key and value.
func usable(in model.Instance) model.MethodSet { return in.Traits().Usable(in.Methods()) }

// dies reports whether a key and a value that no map got are collected.
func dies(in model.Instance) bool {
	w := prepareAndDrop(in)
	for range collections {
		runtime.GC()
		if !w.Key.Alive() && !w.Value.Alive() {
			return true
		}
	}
	return false
}

//go:noinline
func prepareAndDrop(in model.Instance) model.Watches {
	return in.Prepare(in.Traits().Fit(model.Op{Method: seed(usable(in)), Key: 1 << 20, Value: 1 << 20})).Watches()
}

// collections is how many garbage collections an instance may survive before it
// counts as retained. What is in a sync.Pool survives two.
const collections = 3

// A passed is one allocation that was passed to the map.
type passed struct {
	value bool // it was passed as a value, not as a key
	index int  // the number of the symbolic key or value
	op    int  // the index of the operation that passed it
	left  int  // the index of the operation after which nothing may hold it; -1 if it may be live
	watch model.Watch
}
