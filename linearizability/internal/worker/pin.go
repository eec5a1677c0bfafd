package worker

import (
	"fmt"
	"runtime"
	"slices"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/job"
	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property/release"
)

// What a call in progress pins does not grow with the keys that come and go
// meanwhile (R2): so many of them are compared with more, and where more is pinned
// of these, with more again, as it may be a constant that few do not reach.
const (
	fewComing  = 32
	manyComing = 4 * fewComing
	mostComing = 4 * manyComing
)

// grows reports whether so much more is pinned of the second number of keys than of the
// first, that it grows with them.
func grows(pinned, of, more, ofMore int) bool { return more-pinned >= (ofMore-of)/2 }

// A call is stopped after each of its steps, or after so many of them that all
// this takes no more than pinWork steps; but mostStops at most.
const (
	mostStops  = 48
	leastStops = 6
	pinWork    = 1 << 19
)

// firstComing is the first of the keys that come and go; initial maps of less than
// two thousand keys have others.
const firstComing = job.FirstFiller + 2*mostOthers

// The threads of a program that is judged for what a call pins.
const (
	stopper = iota
	churner
)

// pins stops each call that programs are made of for ever after each of its
// steps, in every setting, and judges what that pins.
func (w *worker) pins() error {
	if !w.job.Stalls || w.job.Shard != 0 || !w.canWatch || w.settings[0].set.Size.Threads < 2 ||
		w.subject.Bind().Promise().Reason(model.R2) != "" {
		return nil
	}
	for i, s := range w.settings {
		p := pinning{w: w, setting: s, rank: job.Rank{Operations: 1 << 20, Setting: i}}
		remove, ok := removal(s.set.Methods, s.set.Traits)
		if !ok {
			w.note("what a call pins is not judged: programs have no Store, or no deletion")
			continue
		}
		p.remove = remove
		hashing.SetPolicy(s.policy)
		for _, o := range p.calls() {
			if w.over() {
				return nil
			}
			err := p.judge(o)
			if refused := refuse.Last(); refused != nil {
				refuse.Reset() // the programs themselves have not met it
				w.note("what a call pins is not judged to the end: %v", refused)
				return nil
			}
			if err != nil {
				w.note("what a call pins is not judged to the end: %v", err)
				return nil // the programs have been judged
			}
			if w.found[model.R2] != nil {
				return nil
			}
		}
	}
	return nil
}

// removal is how keys go.
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
	w       *worker
	setting *setting
	rank    job.Rank
	remove  model.Method
}

// calls are the calls to stop: each letter of the alphabet, with values; compares
// once with what is there, and once with what is not.
func (p *pinning) calls() []model.Op {
	const other, fresh = 8 * manyComing, 8*manyComing + 1 // none that come and go
	traits := p.w.subject.Bind().Traits()
	was := stateAfter(p.setting.Init)
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

func stateAfter(ops []model.Op) model.State {
	state := model.State{}
	for _, o := range ops {
		state, _ = model.Step(state, o)
	}
	return state
}

// task is o beside keys that come and go.
func (p *pinning) task(o model.Op, coming int) *task {
	program := history.Program{Init: p.setting.Init, Threads: [][]model.Op{{o}, p.comeAndGo(coming)}}
	return &task{program: program, setting: p.setting, rank: p.rank, releases: true}
}

// comeAndGo are operations that store so many keys, each with two values, and
// remove each when the next one is there. What was there before goes first: a call
// that has stopped at one of these keys may hold what comes after it.
func (p *pinning) comeAndGo(coming int) []model.Op {
	traits := p.w.subject.Bind().Traits()
	was := stateAfter(p.setting.Init)
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

// comes reports whether p is a program of pins.
func comes(p history.Program) bool {
	return len(p.Threads) == 2 && slices.ContainsFunc(p.Threads[churner], func(o model.Op) bool { return o.Key >= firstComing })
}

// judge judges what o pins.
func (p *pinning) judge(o model.Op) error {
	many := p.task(o, manyComing)
	quiet, err := p.run(many, nil, nil, pinSteps)
	if err != nil {
		return err
	}
	if !quiet.known {
		p.w.note("what %v pins is not judged on the map %q: while keys come and go it does not end", o.Method, p.setting.Initial)
		return nil
	}
	if quiet.steps < 2 {
		return nil // there is nothing between its steps
	}
	stops := min(mostStops, max(leastStops, pinWork/len(quiet.schedule)))
	stride := (quiet.steps - 1 + stops - 1) / stops
	if stride > 1 {
		p.w.note("what a call of many steps pins is judged after some of them")
	}
	for after := 1; after < quiet.steps && !p.w.over(); after += stride {
		stall := &search.Stall{Thread: stopper, After: after}
		stopped, err := p.run(many, stall, nil, 2*len(quiet.schedule)+1000)
		if err == nil && stopped.ending == sched.StepLimit {
			stopped, err = p.run(many, stall, nil, pinSteps)
		}
		switch {
		case err != nil:
			return err
		case stopped.ending == sched.StepLimit:
			p.w.note("what %v pins is not judged to the end: after %s keys do not come and go within %d", o.Method, steps(after), pinSteps)
			return nil
		case !stopped.known: // who stores and deletes waits for the call that has stopped
			p.w.report.PinsWaited++
			continue
		}
		p.w.report.Pins++
		if len(stopped.kept)-len(quiet.kept) < (manyComing-fewComing)/2 {
			continue
		}
		found, err := p.excess(o, stall, nil)
		if err != nil {
			return err
		}
		if found.evidence != "" {
			return p.w.announce(nil, found.task, job.Found{
				Clause: model.R2, Schedule: found.schedule.String(), Length: len(found.schedule), Evidence: found.evidence,
				Stall: &job.Stall{Thread: stall.Thread, After: stall.After}, Retained: found.retained, Path: found.retained[0].Path,
			}, nil)
		}
	}
	return nil
}

// pinned is what is in memory, of what came and went, while a call has stopped.
type pinned struct {
	known    bool      // the churner has come to its end
	kept     []watched // each once
	of       int       // of so many
	in       model.Instance
	steps    int // of the call
	ending   sched.Ending
	schedule search.Schedule
}

// pinSteps bounds the steps of an execution in which keys come and go, mostPinSteps
// those of one that is compared with it.
const (
	pinSteps     = 1 << 18
	mostPinSteps = 1 << 21
)

// run runs t with a call stopped, or not, and collects garbage in the end. The call
// has its steps first, unless a schedule says otherwise.
func (p *pinning) run(t *task, stall *search.Stall, schedule search.Schedule, limit int) (r pinned, err error) {
	d := newDrive(p.w.subject, len(t.program.Threads))
	d.begin(t)
	d.watching, d.fillers = true, true
	bodies := slices.Clone(d.bodies)
	bodies[churner] = func() {
		d.bodies[churner]()
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
	// Making the initial map has taken no more than that, too.
	limit = max(limit, sched.DefaultSteps, p.w.job.Steps)
	e := search.New(len(bodies), search.Options{Limits: limits(limit)})
	defer e.Close()
	defer p.w.enter(&spot{task: t, crew: &crew{engine: e, drive: d}, stall: stall})()
	_, err = e.Replay(search.Program{Setup: d.setup, Threads: bodies, Check: check, Stall: stall}, schedule)
	if !r.known {
		runtime.GC() // nobody else does
	}
	if err == nil {
		err = unexpected
	}
	return r, err
}

// alive returns those of a list that are in memory, each once though it may have
// been passed several times, and how many there are in the list.
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

// excess is what is pinned of few keys, if more is of many.
type excess struct {
	pinned
	task     *task
	evidence string // none if it does not grow
	retained []model.Retained
}

// excess compares what o pins, stopped, of few keys and of more, beyond what is in
// memory where it has returned before.
func (p *pinning) excess(o model.Op, stall *search.Stall, schedule search.Schedule) (found excess, err error) {
	sizes := [...]int{mostComing, manyComing, fewComing}
	var beyond [len(sizes)]int
	for i, n := range sizes {
		found = excess{task: p.task(o, n)}
		quiet, err := p.run(found.task, nil, nil, mostPinSteps)
		if err != nil {
			return found, err
		}
		var following search.Schedule
		if n == fewComing {
			following = schedule
		}
		if found.pinned, err = p.run(found.task, stall, following, mostPinSteps); err != nil || !found.known || !quiet.known {
			return found, err
		}
		beyond[i] = len(found.kept) - len(quiet.kept)
	}
	if !grows(beyond[2], fewComing, beyond[1], manyComing) || !grows(beyond[1], manyComing, beyond[0], mostComing) {
		return found, nil
	}
	if len(found.kept) == 0 {
		p.w.note("what %v pins grows with the keys that come and go, but nothing of few is pinned: it is not shown", o.Method)
		return found, nil
	}
	for _, value := range []bool{false, true} { // one of each tells enough
		if i := slices.IndexFunc(found.kept, func(x watched) bool { return x.value == value }); i >= 0 {
			found.retained = append(found.retained, found.task.leftBehind(found.in, found.kept[i]))
		}
	}
	found.evidence = fmt.Sprintf("while %v has stopped after %s, %d of the keys and values that came and went since stay in memory, %d if four times as many come and go, and %d if four times as many again: %s",
		o, steps(stall.After), beyond[2], beyond[1], beyond[0], found.retained[0].Path)
	return found, nil
}

func steps(n int) string {
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprintf("%d steps", n)
}

// leftBehind tells of an instance that is kept: who passed it, and which call on
// the same key should have let go of it.
func (t *task) leftBehind(in model.Instance, x watched) model.Retained {
	first := len(t.program.Init) + len(t.program.Threads[stopper])
	ops := t.program.Threads[churner]
	left := x.op
	for i := x.op + 1; i < len(ops) && left == x.op; i++ {
		if ops[i].Key == ops[x.op].Key && (x.value || !ops[i].Method.Stores()) {
			left = i
		}
	}
	what := "key " + model.KeyName(x.index)
	if x.value {
		what = "value " + model.ValueName(x.index)
	}
	path := release.Find(in.Map(), x.watch.Addresses())
	if path == release.NoPath {
		path = "by what the call that has stopped holds"
	}
	return model.Retained{What: what, Passed: first + x.op, Left: first + left, Path: path}
}
