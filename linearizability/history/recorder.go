package history

import (
	"cmp"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/mapspec/mapspec/model"
)

// A Recorder writes down what real goroutines do. Its clock is one atomic
// counter, never the time of day, whose ticks can coincide and whose cores
// disagree (anishathalye/porcupine#40).
//
//	rec := history.NewRecorder(len(threads))
//	c := rec.Client(i) // on goroutine i:
//	p := in.Prepare(op)
//	id := c.Call(op) // the stamp is the last thing that Call does
//	p.Do()
//	c.Returned(id)   // the stamp is the first thing that Returned does
//	c.SetResult(id, p.Result())
//
// and with a traversal, whose callback the client hears as a [model.Listener]:
//
//	id := c.Call(op)
//	c.Return(id, model.Execute(in, op, c))
//
// A Recorder takes no lock, and once warm allocates nothing. It orders the
// goroutines it records: under the race detector the clock is an edge between
// any two operations, so a missing edge in the map (clause M1) cannot be seen
// by a program that records. Judge M1 and M2 by one that does not.
type Recorder struct {
	clock   stamp
	clients []*Client
}

// stamp has a cache line of its own: every client writes it.
type stamp struct {
	_ [64]byte
	atomic.Int64
	_ [64]byte
}

// A Client records one goroutine at a time, which calls all its methods. It is
// a [model.Listener].
type Client struct {
	recorder *Recorder
	number   int
	open     []int // identifiers of its open operations, the innermost last
	records  journal[record]
	visits   journal[visit]
	_        [64]byte // the next client's line
}

// A record is one operation. What changes after it was published is atomic:
//
//	call     0 not yet stamped   owner: → stamp
//	ret      0 pending           owner: → stamp
//	outcome  0 result not known  owner: → packed result, after value
//	value    of the result       owner, before outcome
type record struct {
	op      model.Op
	parent  int
	call    atomic.Int64
	ret     atomic.Int64
	value   atomic.Int64
	outcome atomic.Int64
}

// visit is what the operation with this identifier handed out.
type visit struct {
	id int
	Visit
}

var _ model.Listener = (*Client)(nil)

// NewRecorder returns a recorder of n clients, numbered from 0.
func NewRecorder(n int) *Recorder {
	r := &Recorder{clients: make([]*Client, n)}
	for i := range r.clients {
		r.clients[i] = &Client{recorder: r, number: i}
	}
	return r
}

// Client returns client i.
func (r *Recorder) Client(i int) *Client { return r.clients[i] }

// Reset forgets everything recorded, for another round. No client may be
// running: after a hang, make another Recorder.
func (r *Recorder) Reset() {
	r.clock.Store(0)
	for _, c := range r.clients {
		c.open = c.open[:0]
		c.records.reset()
		c.visits.reset()
	}
}

// Call records that o is being called, and returns its identifier. Inside an
// open operation that is the parent.
func (c *Client) Call(o model.Op) (id int) {
	rec, i := c.records.draft()
	id = i*len(c.recorder.clients) + c.number
	rec.op, rec.parent = o, NoParent
	if n := len(c.open); n > 0 {
		rec.parent = c.open[n-1]
	}
	rec.call.Store(0)
	rec.ret.Store(0)
	rec.outcome.Store(0)
	c.open = append(c.open, id)
	c.records.publish()
	rec.call.Store(c.recorder.clock.Add(1))
	return id
}

// Visit records what the innermost open operation, a traversal, hands out.
func (c *Client) Visit(v model.Visit) {
	at := c.recorder.clock.Add(1)
	entry, _ := c.visits.draft()
	*entry = visit{c.open[len(c.open)-1], Visit{int(at), v}}
	c.visits.publish()
}

// Returned records that operation id, the innermost open one, has returned. Its
// result follows with SetResult; until then a history shows it as pending.
func (c *Client) Returned(id int) {
	at := c.recorder.clock.Add(1)
	c.record(id).ret.Store(at)
	c.open = c.open[:len(c.open)-1]
}

// SetResult records the result of operation id.
func (c *Client) SetResult(id int, r model.Result) {
	rec := c.record(id)
	rec.value.Store(int64(r.Value))
	rec.outcome.Store(packOutcome(r))
}

// Return records that operation id has returned r.
func (c *Client) Return(id int, r model.Result) {
	c.Returned(id)
	c.SetResult(id, r)
}

func (c *Client) record(id int) *record { return c.records.at(id / len(c.recorder.clients)) }

// panics lists the ways to end, for packing.
var panics = []model.Panic{
	"", model.PanicHash, model.PanicCompare, model.PanicNilFunc,
	model.PanicCallback, model.Goexit, model.PanicOther,
}

// An outcome is all of a result but its value, and known: bit 0 is 1, bit 1
// is OK, bits 2 to 7 are the panic, the rest is Len.
func packOutcome(r model.Result) int64 {
	kind := slices.Index(panics, r.Panic)
	if kind < 0 {
		panic(fmt.Sprintf("history: unknown kind of panic %q", r.Panic))
	}
	o := int64(r.Len)<<8 | int64(kind)<<2 | 1
	if r.OK {
		o |= 2
	}
	return o
}

func unpackOutcome(value, outcome int64) model.Result {
	return model.Result{
		Value: int(value), OK: outcome&2 != 0, Len: int(outcome >> 8), Panic: panics[outcome>>2&63],
	}
}

// History returns what was recorded so far. It may be called at any time by
// any goroutine, so that the history of a map that hangs can be saved.
func (r *Recorder) History() History { return Of(r.AppendOperations(nil)) }

// AppendOperations appends what was recorded so far to ops, in the order of
// the calls, and returns the longer slice; it reuses what ops has room for,
// the visits of operations beyond its length included. It may be called at any
// time by any goroutine.
//
// What it returns is a prefix of the order of events, up to the stamp `until`
// which it reads first. That the prefix has no gap: a client stores each of
// its stamps before it does anything else that others can see. So if an event
// up to until shows an effect of an operation, that operation's call has a
// smaller stamp, and was stored before until was read. A return that was
// stamped and not stored makes its operation pending, which claims less.
func (r *Recorder) AppendOperations(ops []Operation) []Operation {
	until := r.clock.Load()
	start := len(ops)
	spare := len(r.clients) // the next number that no client has
	for _, c := range r.clients {
		first := len(ops)
		for i := range c.records.len() {
			ops, spare = c.appendOperation(ops, first, i, until, spare)
		}
		c.addVisits(ops[first:], until)
	}
	slices.SortFunc(ops[start:], func(a, b Operation) int { return cmp.Compare(a.Call, b.Call) })
	return ops
}

// appendOperation appends record i, if it was called by then. The operations
// of c begin at first; record j is operation first+j, since a client's stamps
// grow.
//
// An operation whose return was seen and whose result was not is pending, and
// its client went on: it gets a client of its own.
func (c *Client) appendOperation(ops []Operation, first, i int, until int64, spare int) ([]Operation, int) {
	rec := c.records.at(i)
	call := rec.call.Load()
	if call == 0 || call > until {
		return ops, spare
	}
	var visits []Visit
	if len(ops) < cap(ops) {
		visits = ops[:len(ops)+1][len(ops)].Visits[:0]
	}
	clients := len(c.recorder.clients)
	o := Operation{
		ID: i*clients + c.number, Client: c.number, Parent: rec.parent,
		Op: rec.op, Call: int(call), Return: -1, Visits: visits,
	}
	if o.Parent != NoParent {
		o.Client = ops[first+o.Parent/clients].Client
	}
	if ret := rec.ret.Load(); ret != 0 && ret <= until {
		if outcome := rec.outcome.Load(); outcome != 0 {
			o.Return, o.Result = int(ret), unpackOutcome(rec.value.Load(), outcome)
		} else {
			o.Client, o.Parent = spare, NoParent
			spare++
		}
	}
	return append(ops, o), spare
}

// addVisits adds the visits up to until to ops, which are those of c.
func (c *Client) addVisits(ops []Operation, until int64) {
	for i := range c.visits.len() {
		v := c.visits.at(i)
		if int64(v.At) > until {
			return
		}
		o := &ops[v.id/len(c.recorder.clients)]
		o.Visits = append(o.Visits, v.Visit)
	}
}
