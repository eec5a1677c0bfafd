// Package worker explores programs on a map, and judges what they show. It runs
// inside the program that mapspec builds around an instrumented copy of the map:
// a job comes in, and messages go out (package wire).
//
// An execution is judged in two stages. Package interval decides whether the
// results can be explained, and what the map still holds at rest is compared with
// what it answers. Both happen some time after the execution: a garbage collection
// is expensive, so some hundred executions share one, and only then is each map
// read, because reading may change it.
package worker

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// A worker does one job.
type worker struct {
	job      wire.Job
	subject  model.Binder
	speaker  *speaker
	limits   *limits
	tally    *tally
	watchdog *watchdog
	runners  *runners
	settings []*setting
	judge    *judge
	batch    batch
}

func newWorker(s model.Binder, j wire.Job, speaker *speaker) *worker {
	w := &worker{
		job: j, subject: s, speaker: speaker, limits: newLimits(j.Budget), watchdog: &watchdog{},
		tally: &tally{found: map[model.Clause]*wire.Found{}},
	}
	o := search.Options{MaxExecutions: j.Executions, Limits: stepLimits(j.Steps), Stop: w.over}
	w.runners = &runners{subject: s, options: o, byThreads: map[int]*runner{}}
	return w
}

// perform does the job, and says what comes of it.
func (w *worker) perform() error {
	if err := w.settle(); err != nil {
		return err
	}
	if w.job.Replay != nil {
		return w.replay()
	}
	if err := w.exploreAll(); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.exploreStops(); err != nil {
		return err
	}
	return w.speaker.say(wire.Message{Report: w.report()})
}

// settle finds out what can be explored and judged.
func (w *worker) settle() (err error) {
	s := &survey{job: &w.job, subject: w.subject, runners: w.runners, tally: w.tally, watchdog: w.watchdog}
	if err := s.tryMaking(); err != nil {
		return err
	}
	in := w.subject.Bind()
	w.judge = &judge{
		subject: w.subject, options: w.runners.options, tally: w.tally, watchdog: w.watchdog,
		checker: interval.NewChecker(in.Promise()), watches: watchable(in),
	}
	w.settings, err = s.settings()
	return err
}

// exploreAll explores the programs of the shard.
func (w *worker) exploreAll() error {
	for t := range tasks(w.settings, w.job.Shard, w.job.Shards) {
		t.releases = w.judge.watchesRelease() && removes(t.program)
		if w.limits.current = t.rank; w.over() {
			return nil
		}
		if err := w.explore(t); err != nil {
			return err
		}
		if e := refuse.Last(); e != nil {
			return e
		}
	}
	return nil
}

// over reports whether to stop, and notes why. It is asked before each execution,
// because a program may have any number of them.
func (w *worker) over() bool {
	w.watchdog.beats.Add(1)
	if w.job.Replay == nil {
		w.speaker.sayProgress(func() wire.Progress {
			return wire.Progress{
				Programs: w.tally.Programs, Executions: w.tally.Executions, Operations: w.limits.current.Operations, Of: w.tally.of,
			}
		})
	}
	why := w.limits.reached()
	if why != "" {
		w.tally.bound(why)
	}
	return why != ""
}

// explore explores one program.
func (w *worker) explore(t *task) error {
	hashing.SetPolicy(t.setting.policy)
	r := w.runners.of(len(t.program.Threads))
	r.drive.begin(t)
	defer w.watchdog.enter(&spot{task: t, drive: r.drive})()
	w.tally.Programs++
	t.setting.Programs++
	longest := make([]int, len(r.drive.clients))
	err := w.run(r, t, nil, func(x search.Execution) error {
		for i := range x.Trace {
			e := &x.Trace[i]
			longest[e.Thread] = max(longest[e.Thread], int(e.Index))
		}
		return w.ended(r, t, x, nil)
	})
	if err != nil || !w.job.Stalls || len(t.program.Threads) != 2 || t.rank.Operations != 2 {
		return err
	}
	if w.tally.found[model.P2] != nil {
		return nil // a call that never returns waits for nobody in particular
	}
	return w.exploreStalls(r, t, longest)
}

// stopped ends the executions of a program, with an error if that is one.
type stopped struct{ err error }

func (s *stopped) Error() string { return fmt.Sprintf("stopped: %v", s.err) }

// run explores t on r. check judges each execution; a [stopped] ends it.
func (w *worker) run(r *runner, t *task, stall *search.Stall, check func(search.Execution) error) error {
	var result search.Result
	var err error
	if w.job.Depth > 0 && stall == nil {
		result, err = r.engine.Sample(r.program(check, nil), search.PCT{Depth: w.job.Depth, Seed: w.job.Seed, Executions: w.job.Schedules})
	} else {
		result, err = r.engine.Run(r.program(check, stall))
	}
	if e := refuse.Last(); e != nil {
		return e
	}
	var stop *stopped
	failed := result.Failure != nil
	if failed && errors.As(result.Failure.Err, &stop) && stop.err != nil {
		return stop.err
	}
	if e := (*search.SetupError)(nil); errors.As(err, &e) {
		w.tally.bound(wire.FirstFailure)
		stuck := model.Stuck{State: e.Ending.String()}
		if i := r.drive.making; i < len(t.program.Init) { // else making the map itself hangs
			stuck.Call = &t.program.Init[i]
		}
		return w.announce(t, finding{clause: model.P2, failure: &model.Failure{Kind: model.Hangs, Stuck: []model.Stuck{stuck}}})
	}
	if err != nil {
		return fmt.Errorf("%w (%s)", err, t)
	}
	w.tally.count(result, stall != nil)
	if failed && stop == nil { // a deadlock or a livelock
		w.tally.bound(wire.FirstFailure)
		ending := result.Failure.Ending
		return w.announce(t, finding{
			clause: model.P2, schedule: result.Failure.Schedule, failure: &model.Failure{Kind: model.Hangs, Stuck: r.drive.stuck()},
			shows: func(_ *runner, x search.Execution) bool { return x.Ending == ending },
		})
	}
	return nil
}

// ended takes note of an execution, which is judged with its batch.
func (w *worker) ended(r *runner, t *task, x search.Execution, stall *search.Stall) error {
	if refuse.Last() != nil {
		return &stopped{}
	}
	if raceErrors() > 0 && w.tally.Races == "" { // the first
		w.tally.Races = wire.RacesSeen
		if err := w.announce(t, finding{clause: model.M2, schedule: x.Schedule(), failure: &model.Failure{Kind: model.Races}}); err != nil {
			return &stopped{err}
		}
	}
	if err := unforeseen(x); err != nil {
		return &stopped{err}
	}
	if (x.Ending == sched.Deadlocked || x.Ending == sched.Livelocked) && stall == nil {
		return nil // a failure of its own: see run
	}
	w.batch.add(r, x, stall)
	if x.Ending == sched.StepLimit {
		w.tally.unended(wire.StepLimit, func() wire.Unended {
			last := int(x.Trace[len(x.Trace)-1].Thread)
			return wire.Unended{Rank: t.rank, Witness: t.witness(x.Schedule().String(), stall),
				Evidence: fmt.Sprintf("%s has not ended after %d steps of all threads", r.drive.clients[last].doing(), len(x.Trace))}
		})
	}
	if len(w.batch.ended) < batchSize {
		return nil
	}
	if err := w.flush(); err != nil {
		return &stopped{err}
	}
	return nil
}

// unforeseen is what no operation of a map does, and no verdict is about.
func unforeseen(x search.Execution) error {
	switch {
	case len(x.Panics) > 0:
		return fmt.Errorf("thread %d panics outside of the map: %v", x.Panics[0].Thread, x.Panics[0].Value)
	case x.Exits != 0:
		return fmt.Errorf("an operation calls runtime.Goexit, which is not supported under exploration (schedule %v): leave it out with -methods", x.Schedule())
	}
	return nil
}

// flush judges the executions of the batch, each under the hash policy that it
// ran under: what was stored under one policy is not found under another.
func (w *worker) flush() error {
	start := time.Now()
	defer func() { w.tally.Judging += time.Since(start) }()
	defer w.watchdog.enter(nil)()
	runtime.GC()
	defer hashing.SetPolicy(hashing.Current())
	var last *task
	for _, e := range w.batch.ended {
		if e.task != last {
			last = e.task
			hashing.SetPolicy(last.setting.policy)
			if err := w.judge.checker.Reset(last.contents()); err != nil {
				return err
			}
		}
		found, err := w.judge.execution(e)
		for _, f := range found {
			if err := w.announce(e.task, f); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
	w.batch.recycle()
	return nil
}

// announce says the first violation of a clause. t is the smallest program that
// shows it, as far as this worker has come.
func (w *worker) announce(t *task, f finding) error {
	if w.tally.found[f.clause] != nil {
		return nil
	}
	found := &wire.Found{Clause: f.clause, Rank: t.rank, Failure: f.failure, History: f.history, Witness: t.witness(f.schedule.String(), f.stall)}
	w.tally.found[f.clause] = found
	if f.shows != nil {
		current := w.limits.current
		w.limits.current = t.rank
		err := simplify(w.subject, w.runners.options, w.watchdog, t, found, f.shows)
		w.limits.current = current
		if err != nil {
			return err
		}
	}
	if err := w.speaker.say(wire.Message{Found: found}); err != nil {
		return err
	}
	if f.clause != model.R1 {
		w.limits.lower(t.rank)
		return nil
	}
	v := pump(w.subject, t)
	if v.Status != model.Violation {
		return nil
	}
	found = &wire.Found{Clause: model.R3, Rank: t.rank, Failure: v.Failure, Witness: t.witness("", nil), Pump: v.Witness}
	w.tally.found[model.R3] = found
	return w.speaker.say(wire.Message{Found: found})
}

// report completes the report.
func (w *worker) report() *wire.Report {
	t := w.tally
	if !t.Hashes && len(w.job.Policies) > 1 && hashing.Used() {
		t.bound("one hash policy, of a map that asks for hashes after all")
	}
	for _, s := range w.settings {
		t.Settings = append(t.Settings, s.Setting)
	}
	if len(w.settings) > 0 { // not in a replay
		for _, o := range w.settings[0].set.Alphabet().Ops() {
			t.Alphabet = append(t.Alphabet, letter(o))
		}
	}
	t.Running = time.Since(w.limits.start) - t.Judging
	if t.Races == "" && raceErrors() > 0 {
		t.Races = wire.RacesSeen // in an execution that was not judged
	}
	if t.Races == "" {
		t.Races = racesUnseen
	}
	return &t.Report
}

// endless says what is known when the map's code takes no step any more, and ends
// the process. What this worker has run and not judged is lost; what it has found
// is not. The speaker is locked.
func (w *worker) endless(at *spot) {
	patience := w.job.Patience
	if at.task == nil {
		_ = w.speaker.sayLocked(wire.Message{Error: fmt.Sprintf("%s does not end: no step for %v", at.doing, patience)})
		os.Exit(2)
	}
	taken, turn := sched.Taken()
	schedule := search.Schedule(taken)
	what := "making the map, or what it holds initially,"
	switch {
	case at.ended != nil:
		what = "after the program, reading the map at rest"
		schedule = at.ended.schedule
	case turn >= 0:
		what = at.drive.clients[turn].doing()
	}
	w.tally.unended(wire.Endless, func() wire.Unended {
		return wire.Unended{Rank: at.task.rank, Witness: at.task.witness(schedule.String(), at.stall),
			Evidence: fmt.Sprintf("%s goes on without a step for %v", what, patience)}
	})
	w.tally.bound(wire.Endless)
	_ = w.speaker.sayLocked(wire.Message{Report: w.report()})
	os.Exit(0)
}

// doing names the operation in progress.
func (c *client) doing() string {
	if o := c.current(); o != nil {
		return fmt.Sprintf("%s of thread %d", letter(*o), c.thread)
	}
	return fmt.Sprintf("thread %d", c.thread)
}

// letter shows what a program is made of.
func letter(o model.Op) string {
	if o.Method.OnKey() {
		return fmt.Sprintf("%v(%s)", o.Method, model.KeyName(o.Key))
	}
	if o.Func == nil {
		return o.Method.String()
	}
	var calls []string
	for _, d := range o.Func.Do {
		calls = append(calls, letter(d))
	}
	return fmt.Sprintf("%v, its callback calls %s", o.Method, strings.Join(calls, ", "))
}
