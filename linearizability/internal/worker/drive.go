package worker

import (
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// drive is a program in execution: the map, and what its clients have done.
type drive struct {
	subject  model.Binder
	task     *task
	in       model.Instance
	making   int // the initial operation that is carried out
	initial  []watched
	watching bool
	fillers  bool // are watched too
	clients  []*client
	bodies   []func()
}

// watched is an allocation of its own that was passed to the map.
type watched struct {
	value bool // not a key
	index int
	op    int // the operation of its thread that passed it, or the initial one
	watch model.Watch
}

func newDrive(s model.Binder, threads int) *drive {
	d := &drive{subject: s}
	for i := range threads {
		c := &client{d: d, thread: i}
		d.clients = append(d.clients, c)
		d.bodies = append(d.bodies, c.run)
	}
	return d
}

// begin makes d ready for t.
func (d *drive) begin(t *task) {
	d.task = t
	d.watching = t.releases
	for i, c := range d.clients {
		c.program = t.program.Threads[i]
	}
}

// setup makes the map afresh, with what it holds initially.
func (d *drive) setup() {
	d.in = d.subject.Bind()
	d.initial = d.initial[:0]
	for _, c := range d.clients {
		c.ops, c.watched, c.open = c.ops[:0], c.watched[:0], c.open[:0]
	}
	first := len(d.task.answers) < len(d.task.program.Init)
	if first {
		d.task.answers = d.task.answers[:0]
	}
	for i, o := range d.task.program.Init {
		d.making = i
		r := d.initially(i, o, first)
		if first {
			d.task.answers = append(d.task.answers, r)
		}
	}
}

// initially carries out the initial operation i, and reads its result if that is
// asked for.
func (d *drive) initially(i int, o model.Op, read bool) (r model.Result) {
	if o.Method.Traverses() {
		return model.Execute(d.in, o, nil)
	}
	p := d.in.Prepare(o)
	defer p.Release()
	if d.watching {
		d.initial = d.watch(d.initial, o, i, p)
	}
	if p.Do(); read {
		r = p.Result()
	}
	return r
}

// watch appends what o passes to the map.
func (d *drive) watch(list []watched, o model.Op, place int, p model.Prepared) []watched {
	if !o.Method.OnKey() || o.Key >= wire.FirstFiller && !d.fillers {
		return list
	}
	w := p.Watches()
	list = append(list, watched{index: o.Key, op: place, watch: w.Key})
	if o.Method.Stores() {
		list = append(list, watched{value: true, index: o.Value, op: place, watch: w.Value})
	}
	if o.Method.Compares() {
		list = append(list, watched{value: true, index: o.Old, op: place, watch: w.Old})
	}
	return list
}

// stuck lists the calls in progress, with what they wait in if that is known.
func (d *drive) stuck() (all []model.Stuck) {
	for _, c := range d.clients {
		if o := c.current(); o != nil {
			all = append(all, model.Stuck{Call: o, Goroutine: c.thread})
		}
	}
	return all
}

// client runs the operations of one thread and records them. It is the
// model.Listener of its traversals.
type client struct {
	d       *drive
	thread  int
	program []model.Op
	ops     []interval.Op // parents are places in this list
	watched []watched
	open    []int // places of the traversals in progress, the innermost last
}

func (c *client) run() {
	for _, o := range c.program {
		c.do(o)
	}
}

// do makes one call.
func (c *client) do(o model.Op) {
	id := c.Call(o)
	if o.Method.Traverses() {
		c.Return(id, model.Execute(c.d.in, o, c))
		return
	}
	p := c.d.in.Prepare(o)
	if c.d.watching {
		c.watched = c.d.watch(c.watched, o, id, p)
	}
	p.Do()
	c.goOn()
	last := sched.Steps()
	c.close(id, last, p.Result())
	p.Release()
}

// goOn unwinds c if the execution is over. Unwinding is a panic, which the map or
// the binding may have taken for one of its own and recovered.
func (c *client) goOn() {
	if sched.Unwinding() {
		sched.Yield()
	}
}

// Call records that o is called.
func (c *client) Call(o model.Op) int {
	c.goOn()
	sched.Operation()
	parent := interval.NoParent
	if n := len(c.open); n > 0 {
		parent = c.open[n-1]
	}
	id := len(c.ops)
	c.ops = append(c.ops, interval.Op{
		Thread: c.thread, Parent: parent, Op: o, First: int32(sched.Steps()) + 1, Pending: true,
	})
	if o.Method.Traverses() {
		c.open = append(c.open, id)
	}
	return id
}

// Return records that the call id has returned.
func (c *client) Return(id int, r model.Result) {
	c.goOn()
	if c.ops[id].Op.Method.Traverses() {
		c.open = c.open[:len(c.open)-1]
	}
	c.close(id, sched.Steps(), r)
}

func (c *client) close(id, last int, r model.Result) {
	o := &c.ops[id]
	o.Last, o.Result, o.Pending = int32(last), r, false
}

// Visit records what the innermost traversal hands out.
func (c *client) Visit(v model.Visit) {
	c.goOn()
	o := &c.ops[c.open[len(c.open)-1]]
	o.Visits = append(o.Visits, interval.Visit{Key: v.Key, Value: v.Value, At: int32(sched.Steps())})
}

// current returns the operation in progress, the innermost one, or nil.
func (c *client) current() *model.Op {
	for i := len(c.ops) - 1; i >= 0; i-- {
		if c.ops[i].Pending {
			o := c.ops[i].Op
			return &o
		}
	}
	return nil
}

// appendOps appends what the clients have done to ops, one client after the
// other. A pending operation has had all steps that its client took.
func (d *drive) appendOps(ops []interval.Op, steps []int32) []interval.Op {
	for _, c := range d.clients {
		first := len(ops)
		ops = append(ops, c.ops...)
		for i := first; i < len(ops); i++ {
			if ops[i].Parent != interval.NoParent {
				ops[i].Parent += first
			}
			if ops[i].Pending {
				ops[i].Last = steps[c.thread]
			}
		}
	}
	return ops
}
