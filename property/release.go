package property

// What a map still holds cannot be seen from what it returns, so release is
// judged by watching allocations. Every key and value that is passed to the map
// is an allocation of its own, observed through a weak pointer. A tracker runs
// operations and knows from the model which instances the map may hold. Whatever
// else is alive after a garbage collection is retained, and PathTo walks the map's
// memory to find what holds it.
//
// Two rules keep this honest. Garbage is collected before any read that a scenario
// does not ask for, because a Load or Range may promote a read/dirty map and so
// hide the leak. And a watch is trusted only after a control has passed: an
// instance dies when nothing holds it, a live one is alive at each probe, and all
// of them die with the map. Otherwise the verdict is unknown.

import (
	"context"
	"runtime"
	"sync"

	"github.com/mapspec/mapspec/model"
)

// Options bounds a judgement. The zero value is what the command uses.
type releaseOptions struct {
	// Keys is how many keys a scenario removes; 0 is 64.
	Keys int
	// PumpLength is the longest cycle tried for R3; 0 is 3.
	PumpLength int
	// Turns is how often a cycle that seems to retain more and more is repeated,
	// 1,000 times or more; 0 is 16,000. A map whose traversals are slow may want
	// less.
	Turns int
	// NoReentry says why the map must not be called from inside a Range, and
	// so R2 cannot be judged; empty if it may be.
	NoReentry string
	// Only, if not empty, is the only clause that is judged.
	Only model.Clause
}

// Clauses are those that this package judges.
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

// Judge returns verdicts on S8 and R1 to R4. When ctx ends first, what was not judged
// is unknown.
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

// Control returns why nothing can be said about release for a map like in, or
// "": a key and a value that were passed to nothing must be collected. The map
// must have a method of its own to store.
func ReleaseControl(in model.Instance) string {
	if dies(in) {
		return ""
	}
	return "control failed: a key or value outlives its last use: Subject.Key or Subject.Value holds it, or it points to something that others share"
}

// usable returns the methods that can be called with any key and value.
func usable(in model.Instance) model.MethodSet { return in.Traits().Usable(in.Methods()) }

// dies reports whether what was passed to nothing is collected.
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

// collections is how many garbage collections an instance may survive before
// it counts as retained: a sync.Pool hands its contents through two.
const collections = 3

// A passed is one allocation that was passed to the map.
type passed struct {
	value bool // as a value, and not as a key
	index int  // which symbolic key or value it is
	op    int  // the operation that passed it, counted from 0
	left  int  // the operation after which nothing may hold it; -1 if it may be live
	watch model.Watch
}
