package stress

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// A pool is a few goroutines that run one program after another. A goroutine that
// hangs in a map cannot be stopped, and the pool cannot be used after that.
type pool struct {
	recorder *history.Recorder
	workers  []*worker
	done     chan struct{} // one token for each task that has ended
	tick     *time.Ticker
	arrived  atomic.Int32 // the number of goroutines that have reached the barrier
}

// A worker is one goroutine of a pool.
type worker struct {
	tasks   chan func()
	id      atomic.Int64 // the goroutine's id
	returns atomic.Int64 // the number of calls that returned
	running atomic.Bool  // it has not done all of its operations
	_       [64]byte     // keeps the next worker on another cache line
}

func newPool(n int) *pool {
	p := &pool{
		recorder: history.NewRecorder(n),
		done:     make(chan struct{}, n),
		tick:     time.NewTicker(model.LookEvery),
	}
	for range n {
		w := &worker{tasks: make(chan func(), 1)}
		p.workers = append(p.workers, w)
		go func() {
			w.id.Store(model.GoroutineID())
			for task := range w.tasks {
				task()
				p.done <- struct{}{}
			}
		}()
	}
	return p
}

func (p *pool) close() {
	p.tick.Stop()
	for _, w := range p.workers {
		close(w.tasks)
	}
}

// run runs a program on in: Init alone, then the threads together, then reads at rest.
// If the program hangs, run returns where its goroutines stand.
func (p *pool) run(in model.Instance, program history.Program, jitter uint64) (where []model.Stuck, stuck bool) {
	p.recorder.Reset()
	if where, stuck = p.together(in, [][]model.Op{program.Init}, 0); stuck {
		return where, true
	}
	if where, stuck = p.together(in, program.Threads, jitter); stuck {
		return where, true
	}
	return p.together(in, [][]model.Op{atRest(in, program)}, 0)
}

// together runs each thread on a goroutine of its own. They start at the same time.
// The bits of jitter say where a thread yields between operations.
func (p *pool) together(in model.Instance, threads [][]model.Op, jitter uint64) (where []model.Stuck, stuck bool) {
	p.arrived.Store(0)
	var running []*thread
	for i, ops := range threads {
		if len(ops) == 0 && len(threads) == 1 {
			continue
		}
		t := prepare(in, p.workers[i], p.recorder.Client(i), ops)
		t.jitter = jitter >> (8 * i)
		running = append(running, t)
		p.workers[i].tasks <- func() {
			p.barrier(len(threads))
			t.run()
		}
	}
	if where, stuck = p.wait(len(running)); stuck {
		for _, t := range running {
			t.settle()
		}
	}
	return where, stuck
}

// barrier waits until n goroutines have reached it. It spins, as goroutines that are
// woken one by one start too far apart to meet.
func (p *pool) barrier(n int) {
	p.arrived.Add(1)
	for spins := 0; p.arrived.Load() < int32(n); spins++ {
		if spins > 100 {
			runtime.Gosched() // fewer processors than goroutines
		}
	}
}

// wait waits until n tasks have ended or are stuck.
func (p *pool) wait(n int) (where []model.Stuck, stuck bool) {
	var w model.Watchdog
	for n > 0 {
		select {
		case <-p.done:
			n--
		case <-p.tick.C:
			var returns int64
			for _, w := range p.workers {
				returns += w.returns.Load()
			}
			clients, ids := p.busy()
			if where, stuck = w.Stuck(returns, ids); stuck {
				for i := range where {
					where[i].Goroutine = clients[i]
				}
				return where, true
			}
		}
	}
	return nil, false
}

// busy returns the clients that have not done all of their operations, and the ids of
// their goroutines.
func (p *pool) busy() (clients []int, ids []int64) {
	for i, w := range p.workers {
		if w.running.Load() {
			clients, ids = append(clients, i), append(ids, w.id.Load())
		}
	}
	return clients, ids
}

// A thread is the work of one goroutine in a round. The arguments of its calls are made
// before it begins, and their results are read after it has ended.
type thread struct {
	in     model.Instance
	worker *worker
	client *history.Client
	ops    []model.Op
	calls  []model.Prepared // nil for a traversal
	ids    []int
	jitter uint64
	begun  int64 // worker.returns before the thread began
}

func prepare(in model.Instance, w *worker, c *history.Client, ops []model.Op) *thread {
	t := &thread{in: in, worker: w, client: c, ops: ops, calls: make([]model.Prepared, len(ops)), ids: make([]int, len(ops)),
		begun: w.returns.Load()}
	for i, o := range ops {
		if !o.Method.Traverses() {
			t.calls[i] = in.Prepare(o)
		}
	}
	return t
}

func (t *thread) run() {
	t.worker.running.Store(true)
	defer t.worker.running.Store(false)
	for i, call := range t.calls {
		if t.jitter>>(i%8)&1 == 1 && t.jitter&3 == 3 {
			runtime.Gosched()
		}
		id := t.client.Call(t.ops[i])
		if call == nil {
			t.client.Return(id, model.Execute(t.in, t.ops[i], t.client))
		} else {
			call.Do()
			t.client.Returned(id)
		}
		t.ids[i] = id
		t.worker.returns.Add(1)
	}
	for i, call := range t.calls {
		if call != nil {
			t.client.SetResult(t.ids[i], call.Result())
		}
	}
}

// settle records the results of the calls that returned before t got stuck. They
// happened before the update of worker.returns that is read here.
func (t *thread) settle() {
	returned := t.worker.returns.Load() - t.begun
	for i, call := range t.calls[:returned] {
		if call != nil {
			t.client.SetResult(t.ids[i], call.Result())
		}
	}
}
