package worker

import (
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
	"github.com/mapspec/mapspec/model"
)

// batchSize is how many executions end between two garbage collections.
// BenchmarkHashTrie of package explore is slower with a third or with three times
// as many: each collection has its price, and more maps do not fit into a
// processor's own cache.
const batchSize = 300

// A batch is the executions that have ended since the last garbage collection.
// Their memory is used again.
type batch struct{ ended, spare []*ended }

// ended is an execution that is over, with all that it takes to judge it later.
type ended struct {
	runner    *runner
	task      *task
	in        model.Instance
	record    interval.Record
	completed bool
	threads   int
	steps     []int32 // by thread
	clocks    []int32 // as many numbers as threads for each step, in the order of the trace
	at        [][]int32
	schedule  search.Schedule
	stall     *search.Stall
	initial   []watched
	watched   [][]watched // by thread
}

func newEnded(threads int) *ended {
	return &ended{threads: threads, steps: make([]int32, threads), at: make([][]int32, threads), watched: make([][]watched, threads)}
}

// add adds an execution of r's drive.
func (b *batch) add(r *runner, x search.Execution, stall *search.Stall) {
	e := b.unused(len(r.drive.clients))
	e.take(r, x, stall)
	b.ended = append(b.ended, e)
}

func (b *batch) unused(threads int) *ended {
	for i := len(b.spare) - 1; i >= 0; i-- {
		if e := b.spare[i]; e.threads == threads {
			b.spare[i] = b.spare[len(b.spare)-1]
			b.spare = b.spare[:len(b.spare)-1]
			return e
		}
	}
	return newEnded(threads)
}

// recycle empties b.
func (b *batch) recycle() {
	for _, e := range b.ended {
		e.in, e.task, e.runner = nil, nil, nil
		for i := range e.watched {
			clear(e.watched[i])
		}
		clear(e.initial)
		b.spare = append(b.spare, e)
	}
	b.ended = b.ended[:0]
}

// take copies what is needed of an execution, and takes its map.
func (e *ended) take(r *runner, x search.Execution, stall *search.Stall) {
	e.reset(r, x)
	e.stall, e.completed, e.clocks = stall, x.Ending == sched.Completed && stall == nil, append(e.clocks[:0], x.Clocks()...)
	e.takeWatched(r.drive)
	r.drive.in = nil
}

// executed is an execution with clocks that order all steps as they were taken.
// The map stays the drive's.
func executed(r *runner, x search.Execution) *ended {
	e := newEnded(len(r.drive.clients))
	e.reset(r, x)
	taken := make([]int32, e.threads)
	for d := range x.Trace {
		taken[x.Trace[d].Thread]++
		e.clocks = append(e.clocks, taken...)
	}
	return e
}

// reset makes e an execution of r's drive.
func (e *ended) reset(r *runner, x search.Execution) {
	e.runner, e.task, e.in, e.schedule = r, r.drive.task, r.drive.in, e.schedule[:0]
	for i := range e.at {
		e.at[i], e.steps[i] = e.at[i][:0], 0
	}
	for d := range x.Trace {
		thread := x.Trace[d].Thread
		e.schedule = append(e.schedule, thread)
		e.at[thread] = append(e.at[thread], int32(d))
		e.steps[thread]++
	}
	e.record.Threads = e.threads
	e.record.Ops = r.drive.appendOps(e.record.Ops[:0], e.steps)
}

func (e *ended) takeWatched(d *drive) {
	e.initial = append(e.initial[:0], d.initial...)
	for i, client := range d.clients {
		e.watched[i] = append(e.watched[i][:0], client.watched...)
	}
}

// clock is the clock of e's steps.
func (e *ended) clock(thread, step int) []int32 {
	d := int(e.at[thread][step-1])
	return e.clocks[d*e.threads : (d+1)*e.threads]
}
