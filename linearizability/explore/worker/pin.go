package worker

import (
	"fmt"
	"runtime"
	"slices"

	"github.com/mapspec/mapspec/linearizability/explore/job"
	"github.com/mapspec/mapspec/linearizability/explore/sched"
	"github.com/mapspec/mapspec/linearizability/explore/search"
	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/shim/hashing"
	"github.com/mapspec/mapspec/linearizability/shim/refuse"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property/release"
)

// What a call in progress pins does not grow with the keys that come and go
// meanwhile (R2): so many rounds of that, and more of them, are compared with the
// same after the call has returned.
const (
	fewRounds  = 8
	manyRounds = 32
)

// mostStops bounds the steps after which one call is stopped.
const mostStops = 48

// firstComing is the first of the keys that come and go; initial maps have others.
const firstComing = job.FirstFiller + 2*mostOthers

// The threads of a program that is judged for what a call pins.
const (
	stopper = iota
	churner
)

// pins stops each call that programs are made of for ever after each of its
// steps, in every setting, and judges what that pins.
func (w *worker) pins() error {
	if !w.job.Stalls || w.job.Shard != 0 || !w.canWatch || w.settings[0].set.Size.Threads < 2 {
		return nil
	}
	in := w.subject.Bind()
	remove, ok := removal(in.Methods())
	if !ok || in.Promise().Reason(model.R2) != "" {
		return nil
	}
	defer w.enter(&spot{doing: "storing and deleting keys while a call has stopped"})()
	w.current = job.Rank{Operations: len(comeAndGo(in, remove, w.settings[0].set.Size.Keys, fewRounds)) + 1}
	for _, s := range w.settings {
		hashing.SetPolicy(s.policy)
		for _, o := range s.set.Alphabet().Ops() {
			if err := w.pinsOf(s, o, remove); err != nil || w.found[model.R2] != nil {
				return err
			}
		}
	}
	return nil
}

// removal is how keys go.
func removal(has model.MethodSet) (model.Method, bool) {
	all := []model.Method{model.Delete, model.LoadAndDelete, model.CompareAndDelete}
	i := slices.IndexFunc(all, has.Has)
	if i < 0 || !has.Has(model.Store) {
		return 0, false
	}
	return all[i], true
}

// comeAndGo are operations that store so many keys, each with two values, and
// remove each when the next one is there. The keys of programs go first: a call
// that has stopped at one of them may hold what comes after it.
func comeAndGo(in model.Instance, remove model.Method, keys, rounds int) []model.Op {
	var ops []model.Op
	for i := range rounds {
		key := firstComing + i
		ops = append(ops, model.Op{Method: model.Store, Key: key, Value: 1 + i}, model.Op{Method: model.Store, Key: key, Value: 1 + rounds + i})
		if i > 0 {
			ops = append(ops, model.Op{Method: remove, Key: key - 1, Old: rounds + i})
			continue
		}
		for k := range keys {
			ops = append(ops, model.Op{Method: remove, Key: k, Old: 1})
		}
	}
	ops = append(ops, model.Op{Method: remove, Key: firstComing + rounds - 1, Old: 2 * rounds})
	for i := range ops {
		ops[i] = in.Traits().Fit(ops[i])
	}
	return ops
}

// comes reports whether p is a program of pins.
func comes(p history.Program) bool {
	return len(p.Threads) == 2 && slices.ContainsFunc(p.Threads[churner], func(o model.Op) bool { return o.Key >= firstComing })
}

// pinsOf judges what o pins.
func (w *worker) pinsOf(s *setting, o model.Op, remove model.Method) error {
	var tasks [2]*task
	for i, rounds := range []int{fewRounds, manyRounds} {
		p := history.Program{Init: s.Init, Threads: [][]model.Op{{o}, comeAndGo(w.subject.Bind(), remove, s.set.Size.Keys, rounds)}}
		tasks[i] = &task{program: p, setting: s, rank: w.current, releases: true}
	}
	few, many := tasks[0], tasks[1]
	quiet, err := w.pinned(many, nil, nil)
	if err != nil || !quiet.known {
		return err
	}
	stride := (quiet.steps + mostStops - 1) / mostStops
	if stride > 1 {
		w.note("while keys come and go, calls of more than %d steps are stopped after every second or so of them", mostStops)
	}
	for after := 1; after < quiet.steps && !w.over(); after += stride {
		stall := &search.Stall{Thread: stopper, After: after}
		p, err := w.pinned(many, stall, nil)
		if err != nil {
			return err
		}
		if !p.known {
			continue // who stores and deletes waits for the call that has stopped
		}
		w.report.Pins++
		if len(p.kept) < len(quiet.kept)+manyRounds {
			continue
		}
		found, err := w.excessPinned(few, stall, nil)
		if err != nil {
			return err
		}
		if found.evidence == "" {
			continue
		}
		return w.announce(nil, few, job.Found{
			Clause: model.R2, Schedule: found.schedule.String(), Length: len(found.schedule), Evidence: found.evidence,
			Stall: &job.Stall{Thread: stall.Thread, After: stall.After}, Retained: found.retained, Path: found.retained[0].Path,
		}, nil)
	}
	return nil
}

// pinned is what is in memory, of what came and went, while a call has stopped.
type pinned struct {
	known    bool // the churner has come to its end
	kept     []watched
	of       int // of so many
	in       model.Instance
	steps    int // of the call
	schedule search.Schedule

	evidence string // that it is too much; the rest is for excessPinned
	retained []model.Retained
}

// pinned runs t with a call stopped, or not, and collects garbage in the end. The
// call has its steps first, unless a schedule says otherwise.
func (w *worker) pinned(t *task, stall *search.Stall, schedule search.Schedule) (p pinned, err error) {
	d := newDrive(w.subject, len(t.program.Threads))
	d.begin(t)
	d.watching, d.fillers = true, true
	bodies := slices.Clone(d.bodies)
	bodies[churner] = func() {
		d.bodies[churner]()
		sched.Forget()
		runtime.GC() // the other thread is where it stopped, and its stack is alive
		p.known, p.in = true, d.in
		for _, x := range d.clients[churner].watched {
			if x.watch.Alive() {
				p.kept = append(p.kept, x)
			}
		}
		p.of = len(d.clients[churner].watched)
	}
	check := func(x search.Execution) error {
		p.schedule = x.Schedule()
		for _, thread := range p.schedule {
			if thread == stopper {
				p.steps++
			}
		}
		return nil
	}
	o := search.Options{Limits: limits(pinSteps)}
	_, err = search.Replay(search.Program{Setup: d.setup, Threads: bodies, Check: check, Stall: stall}, o, schedule)
	if refused := refuse.Last(); refused != nil {
		err = refused
	}
	return p, err
}

// pinSteps bounds the steps of an execution in which keys come and go.
const pinSteps = 1 << 17

// excessPinned is pinned with the evidence that it is too much, if it is.
func (w *worker) excessPinned(t *task, stall *search.Stall, schedule search.Schedule) (pinned, error) {
	quiet, err := w.pinned(t, nil, nil)
	if err != nil || !quiet.known {
		return pinned{}, err
	}
	p, err := w.pinned(t, stall, schedule)
	if err != nil || !p.known || len(p.kept) < len(quiet.kept)+fewRounds {
		return p, err
	}
	for _, value := range []bool{false, true} { // one of each tells enough
		if i := slices.IndexFunc(p.kept, func(x watched) bool { return x.value == value }); i >= 0 {
			p.retained = append(p.retained, t.leftBehind(p, p.kept[i]))
		}
	}
	o := t.program.Threads[stopper][0]
	p.evidence = fmt.Sprintf("while %v has stopped after %d steps, %d of %d keys and values that came and went since stay in memory, %d when it has returned before",
		o, stall.After, len(p.kept), p.of, len(quiet.kept))
	p.evidence += ": " + p.retained[0].Path
	return p, nil
}

// leftBehind tells of an instance that is kept: who passed it, and which call on
// the same key should have let go of it.
func (t *task) leftBehind(p pinned, x watched) model.Retained {
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
	path := release.Find(p.in.Map(), x.watch.Addresses())
	if path == release.NoPath {
		path = "by what the call that has stopped holds"
	}
	return model.Retained{What: what, Passed: first + x.op, Left: first + left, Path: path}
}
