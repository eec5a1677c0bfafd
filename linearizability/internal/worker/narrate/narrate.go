// Package narrate describes one execution step by step, for people: where in the
// map each step is, what it reads and writes, why threads take turns, and what
// the map means in between.
package narrate

import (
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
	"github.com/mapspec/mapspec/model"
)

// A Narrator watches an execution and then describes it.
type Narrator struct{ places *places }

// New returns a narrator of the execution on the map that root returns.
func New(root func() any) *Narrator { return &Narrator{newPlaces(root)} }

// Look notes where things are in the map, right before a step touches at. It is
// meant for search.Options.Look.
func (n *Narrator) Look(at unsafe.Pointer) { n.places.look(at) }

// A Program is what was run.
type Program struct {
	Init    []interval.Initial // what the initial map was made by
	Ops     []interval.Op      // of all threads, one thread after the other
	Threads int
	Promise model.Promise
	Stall   *search.Stall
}

// Steps describes x, an observed execution of p, and the calls in it that do not
// return.
func (n *Narrator) Steps(x search.Execution, p Program) (steps []counterexample.Step, stuck []model.Stuck) {
	t := &narration{Program: p, x: x, places: n.places, turns: newTurns(x, p.Stall), meaning: newMeaning(p.Init, p.Ops, p.Promise)}
	var waiting []int // threads that wait forever
	var pending []sched.Observation
	for r := x.Blocked; r != 0; r = r.Rest() {
		if thread := r.First(); p.Stall == nil || p.Stall.Thread != thread {
			waiting = append(waiting, thread)
			_, o := x.Pending(thread)
			pending = append(pending, o)
		}
	}
	n.places.end(pending)
	moved := sched.Threads(0)
	for i := range x.Trace {
		moved |= sched.Only(int(x.Trace[i].Thread))
	}
	for thread := range p.Threads {
		if s := t.stepless(thread); s.Calls != nil && !moved.Has(thread) && !x.Blocked.Has(thread) {
			steps = append(steps, s)
		}
	}
	for d := range x.Trace {
		steps = append(steps, t.step(d))
	}
	for _, thread := range waiting {
		s, call := t.never(thread)
		steps = append(steps, s)
		stuck = append(stuck, model.Stuck{
			Call: call, Goroutine: thread, Function: s.Function, Line: s.Line, State: strings.TrimPrefix(s.Object+"."+s.Call, "."),
		})
	}
	return steps, stuck
}

// narration describes the steps of one execution.
type narration struct {
	Program
	x       search.Execution
	places  *places
	values  values
	turns   *turns
	meaning *meaning
}

// stepless describes a thread that takes no step at all. What it does may come
// anywhere, so it is described first.
func (t *narration) stepless(thread int) counterexample.Step {
	s := counterexample.Step{Thread: thread, Kind: counterexample.NoStep}
	t.operations(&s, 1)
	return s
}

// step describes step d of the trace.
func (t *narration) step(d int) counterexample.Step {
	e, o := &t.x.Trace[d], &t.x.Observations[d]
	s := counterexample.Step{
		Thread: int(e.Thread), Kind: e.Kind.String(), Object: t.places.name(d, o.Address, e.Kind),
		Read: t.values.text(o.Read), Wrote: t.values.text(o.Wrote),
		Failed: (e.Kind == sched.CompareAndSwap || e.Kind == sched.TryAcquire) && !e.Writes,
	}
	source(&s, o.Callers)
	t.operations(&s, e.Index)
	s.Reason, s.Switch = t.turns.after(d, t.touched)
	return s
}

// touched names what step d touches, or, if d is negative, the step that the
// thread never took.
func (t *narration) touched(thread, d int) string {
	if d >= 0 {
		return t.places.name(d, t.x.Observations[d].Address, t.x.Trace[d].Kind)
	}
	e, o := t.x.Pending(thread)
	return t.places.name(len(t.x.Trace), o.Address, e.Kind)
}

// never describes the step that a thread waits for forever, and returns the call
// that it belongs to.
func (t *narration) never(thread int) (counterexample.Step, *model.Op) {
	e, o := t.x.Pending(thread)
	s := counterexample.Step{Thread: thread, Kind: e.Kind.String(), Object: t.touched(thread, -1), Never: true}
	s.Reason, s.Switch = t.turns.never(thread)
	source(&s, o.Callers)
	return s, t.operations(&s, e.Index)
}

// operations says which operation the step index of s's thread belongs to, and
// returns it; and which operations are called and return there. One without a
// step of its own does both before the next step of its thread, or else after
// the last one.
func (t *narration) operations(s *counterexample.Step, index int32) (own *model.Op) {
	for i := range t.Ops {
		o := &t.Ops[i]
		if o.Thread != s.Thread {
			continue
		}
		if o.First == index {
			t.meaning.called(i)
			text := o.Op.String()
			if o.Last < o.First && !o.Pending { // no step of its own
				t.meaning.returned(i)
				text += " → " + o.Result.Text(o.Op.Method)
			}
			s.Calls = append(s.Calls, text)
		}
		if o.First <= index && (o.Pending || o.Last >= index) {
			own = &o.Op
			s.Operation = o.Op.String()
		}
	}
	if s.Never {
		return own
	}
	for i, o := range slices.Backward(t.Ops) { // the innermost first
		if o.Thread == s.Thread && o.Last == index && o.First <= o.Last && !o.Pending {
			t.meaning.returned(i)
			text := "→ " + o.Result.Text(o.Op.Method)
			if o.Op.String() != s.Operation {
				text = o.Op.String() + " " + text
			}
			s.Returns = append(s.Returns, text)
		}
	}
	if len(s.Returns) > 0 {
		s.State = t.meaning.text()
	}
	return own
}

// notShown are the packages between a map and the scheduler.
var notShown = []string{
	"github.com/mapspec/mapspec/linearizability/internal/shim/",
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched.",
}

// source says in which line and function of the map a step is, and what the map
// calls there.
func source(s *counterexample.Step, callers []uintptr) {
	frames := runtime.CallersFrames(callers)
	for {
		f, more := frames.Next()
		hidden := f.Function == "" || slices.ContainsFunc(notShown, func(p string) bool { return strings.HasPrefix(f.Function, p) })
		name := shortName(f.Function)
		if !hidden {
			s.Line, s.Function = filepath.Base(f.File)+":"+strconv.Itoa(f.Line), name
			return
		}
		s.Call = name[strings.LastIndexByte(name, '.')+1:]
		if !more {
			return
		}
	}
}

// shortName is the name of a function without its package and type arguments.
func shortName(function string) string {
	function = function[strings.LastIndexByte(function, '/')+1:]
	_, function, _ = strings.Cut(function, ".")
	return strings.ReplaceAll(function, "[...]", "")
}
