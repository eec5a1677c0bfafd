// Package release judges what a map still holds after deletion: clauses R1 to
// R4 of docs/specification.md, and S8, which is about instances too.
//
// Return values cannot show retention, so this package watches allocations.
// Every key and value that it passes to a map is an allocation of its own,
// observed through a weak pointer. A [Tracker] runs operations and knows from
// the model which instances a map may hold; after a garbage collection,
// whatever else is alive is retained. [Find] then walks the map's memory for
// the path that holds it.
//
//	tracker.go   operations on one map, what is live, what is retained
//	path.go      how the map reaches what it retains
//	locate.go    the way back: which field an address is in
//	instance.go  which of two equal keys stays: S8
//	scenario.go  what is stored, warmed up, removed: the programs of R1
//	pump.go      cycles that make retention grow without bound: R3
//	pin.go       what an operation in progress pins: R2
//	shrink.go    what the table itself costs after deletion: R4
//
// Two rules keep it honest. It collects before any read that a scenario does
// not ask for, because a Load or Range may promote a read/dirty map and hide
// the leak. And it trusts a watch only after a control: an instance dies when
// nothing holds it, a live one is alive at each probe, and all die with the
// map; otherwise the verdict is unknown.
package release

import (
	"context"
	"runtime"
	"sync"

	"github.com/mapspec/mapspec/model"
)

// Options bounds a judgement. The zero value is what the command uses.
type Options struct {
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
var Clauses = []model.Clause{model.S8, model.R1, model.R2, model.R3, model.R4}

func (o Options) withDefaults() Options {
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
func Judge(ctx context.Context, b model.Binder, o Options) []model.Verdict {
	o = o.withDefaults()
	in := b.Bind()
	control := sync.OnceValue(func() string { return Control(in) })
	var verdicts []model.Verdict
	for _, c := range Clauses {
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

func (o Options) judge(ctx context.Context, b model.Binder, c model.Clause) model.Verdict {
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
func Control(in model.Instance) string {
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

// Role says whether an instance was passed as a key or as a value.
type Role string

const (
	Key   Role = "key"
	Value Role = "value"
)

// An Instance is one allocation that was passed to the map.
type Instance struct {
	Role  Role
	Index int // which symbolic key or value it is
	Op    int // which operation passed it, counted from 0
	Left  int // after which operation nothing may hold it; -1 if it may be live
	watch model.Watch
}

func (i Instance) String() string {
	if i.Role == Key {
		return model.KeyName(i.Index)
	}
	return model.ValueName(i.Index)
}

// Path returns how in's map reaches i, in Go syntax as far as there is one.
func (i Instance) Path(in model.Instance) string { return Find(in.Map(), i.watch.Addresses()) }
