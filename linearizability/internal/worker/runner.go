package worker

import (
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
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
