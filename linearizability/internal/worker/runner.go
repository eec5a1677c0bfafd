package worker

import (
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// A runner runs programs of one number of threads.
type runner struct {
	engine *search.Engine
	drive  *drive
}

func newRunner(s model.Binder, threads int, o search.Options) *runner {
	return &runner{search.New(threads, o), newDrive(s, threads)}
}

// program is the program that r's drive has begun.
func (r *runner) program(check func(search.Execution) error, stall *search.Stall) search.Program {
	return search.Program{Setup: r.drive.setup, Threads: r.drive.bodies, Check: check, Stall: stall}
}

// runners has one runner for each number of threads.
type runners struct {
	subject   model.Binder
	options   search.Options
	byThreads map[int]*runner
}

func (r *runners) of(threads int) *runner {
	found := r.byThreads[threads]
	if found == nil {
		found = newRunner(r.subject, threads, r.options)
		r.byThreads[threads] = found
	}
	return found
}

// alone runs f by itself.
func (r *runners) alone(f func()) (sched.Ending, any) { return r.of(1).engine.Alone(f) }

func (r *runners) close() {
	for _, x := range r.byThreads {
		x.engine.Close()
	}
}

// mostPreemptions and executionsEach bound the search for a simpler schedule.
const (
	mostPreemptions = 4
	executionsEach  = 30_000
)

// simplify looks for the schedule of t with the fewest preemptions, and among
// those the fewest steps, that shows what was found in t.
func simplify(s model.Binder, o search.Options, d *watchdog, t *task, f *wire.Found, shows func(*runner, search.Execution) bool) error {
	o.Strategy, o.KeepGoing, o.MaxExecutions = search.Preemptions, true, executionsEach
	for o.Preemptions = range mostPreemptions + 1 {
		best, complete, err := shortest(s, o, d, t, shows)
		if err != nil {
			return err
		}
		if best != nil {
			f.Witness.Schedule.Steps, f.Witness.Schedule.Preemptions, f.Smallest = best.String(), o.Preemptions, complete
			return nil
		}
		if !complete {
			break
		}
	}
	return nil
}

// shortest returns the shortest schedule with at most o.Preemptions that shows
// it, and whether all of them were tried.
func shortest(s model.Binder, o search.Options, d *watchdog, t *task, shows func(*runner, search.Execution) bool) (best search.Schedule, complete bool, err error) {
	r := newRunner(s, len(t.program.Threads), o)
	defer r.engine.Close()
	r.drive.begin(t)
	r.drive.watching = false
	defer d.enter(&spot{task: t, drive: r.drive})()
	result, err := r.engine.Run(r.program(func(x search.Execution) error {
		if shows(r, x) && (best == nil || len(x.Trace) < len(best)) {
			best = x.Schedule()
		}
		return nil
	}, nil))
	complete = true
	for _, b := range result.Coverage.Bounds {
		complete = complete && b == search.FewPreemptions
	}
	return best, complete, err
}
