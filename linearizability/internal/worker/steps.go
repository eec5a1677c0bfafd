package worker

import (
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
)

// observe runs the schedule once more, and writes down its steps.
func (p *replayed) observe() error {
	o := p.options()
	var in *drive
	places := newPlaces(func() any { return in.in.Map() })
	o.Observe, o.Look = true, places.look
	d := newDrive(p.w.subject, len(p.task.program.Threads))
	in = d
	d.begin(p.task)
	d.watching = false
	engine := search.New(len(d.clients), o)
	defer engine.Close()
	_, err := engine.Replay(search.Program{Setup: d.setup, Threads: d.bodies, Stall: p.stall, Check: func(x search.Execution) error {
		p.tell(d, x, places)
		return nil
	}}, p.schedule)
	return err
}

// telling makes steps of an observed execution.
type telling struct {
	x        search.Execution
	places   *places
	values   values
	switches *switches
	meaning  *meaning
	ops      []interval.Op // of all threads, one after the other
	first    []int         // of each thread in ops
}

func (p *replayed) tell(d *drive, x search.Execution, places *places) {
	taken := make([]int32, len(d.clients))
	for _, e := range x.Trace {
		taken[e.Thread]++
	}
	t := &telling{x: x, places: places, switches: newSwitches(x, p.stall), ops: d.appendOps(nil, taken)}
	n := 0
	for _, c := range d.clients {
		t.first = append(t.first, n)
		n += len(c.ops)
	}
	t.meaning = newMeaning(p.task.contents(), t.ops, p.w.subject.Bind().Promise())
	blocked := t.blocked(p.stall)
	var waited []sched.Observation
	for _, thread := range blocked {
		_, o := x.Pending(thread)
		waited = append(waited, o)
	}
	places.end(waited)
	for thread := range d.clients {
		if s := t.stepless(thread); s.Calls != nil && taken[thread] == 0 && !x.Blocked.Has(thread) {
			p.out.Steps = append(p.out.Steps, s)
		}
	}
	for d := range x.Trace {
		p.out.Steps = append(p.out.Steps, t.step(d))
	}
	for _, thread := range blocked {
		p.out.Steps = append(p.out.Steps, t.never(thread))
	}
}

// stepless tells of a thread that takes no step at all. What it does may come
// anywhere; it was done in the beginning.
func (t *telling) stepless(thread int) counterexample.Step {
	s := counterexample.Step{Thread: thread, Kind: counterexample.NoStep}
	t.operations(&s, &sched.Event{Index: 1})
	return s
}

// blocked are the threads that wait for ever.
func (t *telling) blocked(stall *search.Stall) []int {
	var list []int
	for r := t.x.Blocked; r != 0; r = r.Rest() {
		if stall == nil || stall.Thread != r.First() {
			list = append(list, r.First())
		}
	}
	return list
}

// step tells step d of the trace.
func (t *telling) step(d int) counterexample.Step {
	e := &t.x.Trace[d]
	o := &t.x.Observations[d]
	s := counterexample.Step{
		Thread: int(e.Thread), Kind: e.Kind.String(), Object: t.places.name(d, o.Address, e.Kind),
		Read: t.values.text(o.Read), Wrote: t.values.text(o.Wrote),
		Failed: (e.Kind == sched.CompareAndSwap || e.Kind == sched.TryAcquire) && !e.Writes,
	}
	source(&s, o.Callers)
	t.operations(&s, e)
	s.Switch = t.switches.after(d, t.touched)
	return s
}

// touched names what step d touches, or the step that the thread never took.
func (t *telling) touched(thread, d int) string {
	if d >= 0 {
		return t.places.name(d, t.x.Observations[d].Address, t.x.Trace[d].Kind)
	}
	e, o := t.x.Pending(thread)
	return t.places.name(len(t.x.Trace), o.Address, e.Kind)
}

// never tells the step that a thread waits for for ever.
func (t *telling) never(thread int) counterexample.Step {
	e, o := t.x.Pending(thread)
	s := counterexample.Step{Thread: thread, Kind: e.Kind.String(), Object: t.touched(thread, -1), Never: true, Switch: t.switches.forEver(thread)}
	source(&s, o.Callers)
	t.operations(&s, &e)
	return s
}

// operations says which operation a step belongs to, and which are called and
// return at it. One without a step of its own does both before the next step of
// its thread, or else after the latest.
func (t *telling) operations(s *counterexample.Step, e *sched.Event) {
	last := len(t.ops)
	if s.Thread+1 < len(t.first) {
		last = t.first[s.Thread+1]
	}
	for i := t.first[s.Thread]; i < last; i++ {
		o := &t.ops[i]
		stepless := o.Last < o.First && !o.Pending
		if o.First == e.Index {
			t.meaning.called(i)
			text := o.Op.String()
			if stepless {
				t.meaning.returned(i)
				text += " → " + o.Result.Text(o.Op.Method)
			}
			s.Calls = append(s.Calls, text)
		}
		if o.First <= e.Index && (o.Pending || o.Last >= e.Index) {
			s.Operation = o.Op.String()
		}
	}
	if s.Never {
		return
	}
	ended := false
	for i := last - 1; i >= t.first[s.Thread]; i-- { // the innermost first
		if o := &t.ops[i]; o.Last == e.Index && o.First <= o.Last && !o.Pending {
			t.meaning.returned(i)
			text := "→ " + o.Result.Text(o.Op.Method)
			if o.Op.String() != s.Operation {
				text = o.Op.String() + " " + text
			}
			s.Returns = append(s.Returns, text)
			ended = true
		}
	}
	if ended {
		s.State = t.meaning.text()
	}
}

// notShown are the packages between a map and the scheduler.
var notShown = []string{
	"github.com/mapspec/mapspec/linearizability/internal/shim/",
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched.",
}

// source says in which line and function of the map a step is, and what is
// called there.
func source(s *counterexample.Step, callers []uintptr) {
	frames := runtime.CallersFrames(callers)
	for {
		f, more := frames.Next()
		hidden := f.Function == ""
		for _, prefix := range notShown {
			hidden = hidden || strings.HasPrefix(f.Function, prefix)
		}
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

// shortName is a function without its package and type arguments.
func shortName(function string) string {
	function = function[strings.LastIndexByte(function, '/')+1:]
	_, function, _ = strings.Cut(function, ".")
	return strings.ReplaceAll(function, "[...]", "")
}
