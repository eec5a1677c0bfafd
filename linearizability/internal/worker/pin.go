package worker

import (
	"runtime"
	"slices"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/english"
	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property"
)

// What a call in progress pins may not grow with the keys that come and go
// meanwhile (R2). So fewComing keys are compared with manyComing; and if more is
// pinned of these, with mostComing, because it may be a constant that few keys do
// not reach.
const (
	fewComing  = 32
	manyComing = 4 * fewComing
	mostComing = 4 * manyComing
)

// grows reports whether more, of ofMore keys, exceeds pinned, of keys, by so much
// that what is pinned grows with the keys.
func grows(pinned, of, more, ofMore int) bool { return more-pinned >= (ofMore-of)/2 }

// A call is stopped after each of its steps, or, if that takes more than pinWork
// steps in all, after some of them: between leastStops and mostStops.
const (
	mostStops  = 48
	leastStops = 6
	pinWork    = 1 << 19
)

// firstComing is the first of the keys that come and go. Initial maps of less than
// two thousand keys have others.
const firstComing = wire.FirstFiller + 2*mostOthers

// The threads of a program that is judged for what a call pins.
const (
	stopper = iota
	churner
)

// exploreStops stops each call that programs are made of forever after each of
// its steps, in every setting, and judges what that pins.
func (w *worker) exploreStops() error {
	if !w.job.Stalls || w.job.Shard != 0 || !w.judge.watches || w.settings[0].set.Size.Threads < 2 ||
		w.subject.Bind().Promise().Reason(model.R2) != "" {
		return nil
	}
	for i, s := range w.settings {
		p := pinning{subject: w.subject, steps: w.job.Steps, tally: w.tally, watchdog: w.watchdog, over: w.over,
			setting: s, rank: wire.Rank{Operations: 1 << 20, Setting: i}}
		remove, ok := removal(s.set.Methods, s.set.Traits)
		if !ok {
			w.tally.note("what a call pins is not judged: programs have no Store, or no deletion")
			continue
		}
		p.remove = remove
		hashing.SetPolicy(s.policy)
		for _, o := range p.calls() {
			if w.over() {
				return nil
			}
			found, t, err := p.judge(o)
			if refused := refuse.Last(); refused != nil {
				refuse.Reset() // the programs themselves have not met it
				err = refused
			}
			if err != nil {
				w.tally.note("what a call pins is not judged to the end: %v", err)
				return nil // the programs have been judged
			}
			if found != nil {
				return w.announce(t, *found)
			}
		}
	}
	return nil
}

// removal returns the method by which keys go.
func removal(has model.MethodSet, traits model.Traits) (model.Method, bool) {
	all := []model.Method{model.Delete, model.LoadAndDelete}
	if traits.Comparable {
		all = append(all, model.CompareAndDelete)
	}
	i := slices.IndexFunc(all, has.Has)
	if i < 0 || !has.Has(model.Store) {
		return 0, false
	}
	return all[i], true
}

// pinning judges what the calls of one setting pin.
type pinning struct {
	subject  model.Binder
	steps    int // limit of an execution, at least
	tally    *tally
	watchdog *watchdog
	over     func() bool
	setting  *setting
	rank     wire.Rank
	remove   model.Method
}

// calls returns the calls to stop: each letter of the alphabet, with values.
// Compares are called with what is there, and with what is not.
func (p *pinning) calls() []model.Op {
	const other, fresh = 8 * manyComing, 8*manyComing + 1 // none that come and go
	traits := p.subject.Bind().Traits()
	was := wire.StateAfter(p.setting.Init)
	var all []model.Op
	for _, o := range p.setting.set.Alphabet().Ops() {
		o.Value = fresh
		if o.Func != nil {
			o.Func.Do[0].Value = fresh
			all = append(all, traits.Fit(o))
			continue
		}
		o.Old = other
		all = append(all, traits.Fit(o))
		if c := was.Cell(o.Key); o.Method.Compares() && c.Present {
			o.Old = c.Value
			all = append(all, traits.Fit(o))
		}
	}
	return all
}

// task is o on one thread, while keys come and go on another.
func (p *pinning) task(o model.Op, coming int) *task {
	program := history.Program{Init: p.setting.Init, Threads: [][]model.Op{{o}, p.comeAndGo(coming)}}
	return &task{program: program, setting: p.setting, rank: p.rank, releases: true}
}

// comeAndGo returns operations that store as many keys as are coming, each with
// two values, and remove each when the next one is there. What was there before
// goes first: a call that has stopped at one of these keys may hold what comes
// after it.
func (p *pinning) comeAndGo(coming int) []model.Op {
	traits := p.subject.Bind().Traits()
	was := wire.StateAfter(p.setting.Init)
	var ops []model.Op
	for i := range coming {
		key := firstComing + i
		ops = append(ops, model.Op{Method: model.Store, Key: key, Value: 1 + i}, model.Op{Method: model.Store, Key: key, Value: 1 + coming + i})
		if i > 0 {
			ops = append(ops, model.Op{Method: p.remove, Key: key - 1, Old: coming + i})
			continue
		}
		for _, k := range was.Keys() {
			ops = append(ops, model.Op{Method: p.remove, Key: k, Old: was.Cell(k).Value})
		}
	}
	ops = append(ops, model.Op{Method: p.remove, Key: firstComing + coming - 1, Old: 2 * coming})
	for i := range ops {
		ops[i] = traits.Fit(ops[i])
	}
	return ops
}

// isPinProgram reports whether p is a program of pinning.
func isPinProgram(p history.Program) bool {
	return len(p.Threads) == 2 && slices.ContainsFunc(p.Threads[churner], func(o model.Op) bool { return o.Key >= firstComing })
}

// judge judges what o pins. It returns the violation, if there is one, with its
// program.
func (p *pinning) judge(o model.Op) (*finding, *task, error) {
	many := p.task(o, manyComing)
	quiet, err := p.run(many, nil, nil, pinSteps)
	if err != nil {
		return nil, nil, err
	}
	if !quiet.known {
		p.tally.note("what %v pins is not judged on the map %q: while keys come and go it does not end", o.Method, p.setting.Initial)
		return nil, nil, nil
	}
	if quiet.steps < 2 {
		return nil, nil, nil // there is nothing between its steps
	}
	stops := min(mostStops, max(leastStops, pinWork/len(quiet.schedule)))
	stride := (quiet.steps - 1 + stops - 1) / stops
	if stride > 1 {
		p.tally.note("what a call of many steps pins is judged after some of them")
	}
	for after := 1; after < quiet.steps && !p.over(); after += stride {
		stall := &search.Stall{Thread: stopper, After: after}
		stopped, err := p.run(many, stall, nil, 2*len(quiet.schedule)+1000)
		if err == nil && stopped.ending == sched.StepLimit {
			stopped, err = p.run(many, stall, nil, pinSteps)
		}
		switch {
		case err != nil:
			return nil, nil, err
		case stopped.ending == sched.StepLimit:
			p.tally.note("what %v pins is not judged to the end: after %s keys do not come and go within %d", o.Method, english.Count(after, "step"), pinSteps)
			return nil, nil, nil
		case !stopped.known: // the churner waits for the call that has stopped
			p.tally.PinsWaited++
			continue
		}
		p.tally.Pins++
		if len(stopped.kept)-len(quiet.kept) < (manyComing-fewComing)/2 {
			continue
		}
		found, t, err := p.excess(o, stall, nil)
		if found != nil || err != nil {
			return found, t, err
		}
	}
	return nil, nil, nil
}

// pinned is what is in memory, of what came and went, while a call has stopped.
type pinned struct {
	known    bool      // the churner has come to its end
	kept     []watched // each once
	of       int       // how many came and went
	in       model.Instance
	steps    int // of the call
	ending   sched.Ending
	schedule search.Schedule
}

// pinSteps bounds the steps of an execution in which keys come and go,
// mostPinSteps those of one that is compared with it.
const (
	pinSteps     = 1 << 18
	mostPinSteps = 1 << 21
)

// run runs t, with a call stopped if stall says so, and collects garbage in the
// end. The call takes its steps first, unless schedule says otherwise.
func (p *pinning) run(t *task, stall *search.Stall, schedule search.Schedule, limit int) (r pinned, err error) {
	// Making the initial map has taken no more steps than that, either.
	limit = max(limit, sched.DefaultSteps, p.steps)
	x := newRunner(p.subject, len(t.program.Threads), search.Options{Limits: stepLimits(limit)})
	defer x.engine.Close()
	d := x.drive
	d.begin(t)
	d.watching, d.fillers = true, true
	churn := d.bodies[churner]
	d.bodies[churner] = func() {
		churn()
		sched.Forget()
		runtime.GC() // the other thread is where it stopped, and its stack is alive
		r.known, r.in = true, d.in
		r.kept, r.of = alive(d.clients[churner].watched)
	}
	var unexpected error
	check := func(x search.Execution) error {
		r.schedule, r.ending = x.Schedule(), x.Ending
		for _, thread := range r.schedule {
			if thread == stopper {
				r.steps++
			}
		}
		unexpected = unforeseen(x)
		return nil
	}
	defer p.watchdog.enter(&spot{task: t, drive: d, stall: stall})()
	_, err = x.engine.Replay(x.program(check, stall), schedule)
	if !r.known {
		runtime.GC() // nobody else does
	}
	if err == nil {
		err = unexpected
	}
	return r, err
}

// alive returns what in list is in memory, each once although it may have been
// passed several times, and how many different ones there are in list.
func alive(list []watched) (kept []watched, of int) {
	seen := map[any]bool{}
	for _, x := range list {
		id := x.watch.ID()
		if id == nil || seen[id] {
			continue
		}
		seen[id] = true
		of++
		if x.watch.Alive() {
			kept = append(kept, x)
		}
	}
	return kept, of
}

// excess compares what o pins, stopped, of few keys and of more, beyond what is in
// memory if it has returned before. If that grows, it returns the violation and
// its program.
func (p *pinning) excess(o model.Op, stall *search.Stall, schedule search.Schedule) (*finding, *task, error) {
	sizes := [...]int{mostComing, manyComing, fewComing}
	var beyond [len(sizes)]int
	var measured [len(sizes)]model.Measurement
	var stopped pinned
	var t *task
	for i, n := range sizes {
		t = p.task(o, n)
		quiet, err := p.run(t, nil, nil, mostPinSteps)
		if err != nil {
			return nil, nil, err
		}
		var following search.Schedule
		if n == fewComing {
			following = schedule
		}
		if stopped, err = p.run(t, stall, following, mostPinSteps); err != nil || !stopped.known || !quiet.known {
			return nil, nil, err
		}
		beyond[i] = len(stopped.kept) - len(quiet.kept)
		measured[len(sizes)-1-i] = model.Measurement{Turns: n, During: true,
			Keys: keys(stopped.kept) - keys(quiet.kept), Values: beyond[i] - keys(stopped.kept) + keys(quiet.kept)}
	}
	if !grows(beyond[2], fewComing, beyond[1], manyComing) || !grows(beyond[1], manyComing, beyond[0], mostComing) {
		return nil, nil, nil
	}
	if len(stopped.kept) == 0 {
		p.tally.note("what %v pins grows with the keys that come and go, but nothing of few is pinned: it is not shown", o.Method)
		return nil, nil, nil
	}
	f := &model.Failure{Kind: model.Pins, Call: &o, Count: beyond[2], Of: stopped.of, Measured: measured[:]}
	for _, value := range []bool{false, true} { // one of each is enough
		if i := slices.IndexFunc(stopped.kept, func(x watched) bool { return x.value == value }); i >= 0 {
			f.Retained = append(f.Retained, t.leftBehind(stopped.in, stopped.kept[i]))
		}
	}
	return &finding{clause: model.R2, failure: f, schedule: stopped.schedule, stall: stall}, t, nil
}

// keys counts the keys in list.
func keys(list []watched) (n int) {
	for _, x := range list {
		if !x.value {
			n++
		}
	}
	return n
}

// leftBehind describes an instance that is kept: which operation passed it, and
// which one on the same key should have let go of it.
func (t *task) leftBehind(in model.Instance, x watched) model.Retained {
	first := len(t.program.Init) + len(t.program.Threads[stopper])
	ops := t.program.Threads[churner]
	left := x.op
	for i := x.op + 1; i < len(ops) && left == x.op; i++ {
		if ops[i].Key == ops[x.op].Key && (x.value || !ops[i].Method.Stores()) {
			left = i
		}
	}
	path := property.PathTo(in.Map(), x.watch.Addresses())
	if path == property.NoPath {
		path = "by what the call that has stopped holds"
	}
	return model.Retained{Value: x.value, Index: x.index, Passed: first + x.op, Left: first + left, Path: path}
}
