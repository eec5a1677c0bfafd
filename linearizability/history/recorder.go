package history

import (
	"cmp"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/mapspec/mapspec/model"
)

// A Recorder records what goroutines do. Its clock is an atomic counter rather than
// the time of day, whose ticks may coincide and which cores may disagree about
// (anishathalye/porcupine#40).
//
//	rec := history.NewRecorder(len(threads))
//	c := rec.Client(i) // on goroutine i:
//	p := in.Prepare(op)
//	id := c.Call(op) // takes its stamp last
//	p.Do()
//	c.Returned(id)   // takes its stamp first
//	c.SetResult(id, p.Result())
//
// A Client records traversals as a [model.Listener]:
//
//	id := c.Call(op)
//	c.Return(id, model.Execute(in, op, c))
//
// A Recorder uses no locks, and after its first rounds it does not allocate. But
// recording orders the goroutines: to the race detector, the clock orders any two
// operations, so a program that records cannot show that the map fails to order
// them (clause M1). Judge M1 and M2 with a program that does not record.
type Recorder struct {
	clock   paddedCounter
	clients []*Client
}

// A paddedCounter has cache lines of its own, since every client writes to it.
type paddedCounter struct {
	_ [64]byte
	atomic.Int64
	_ [64]byte
}

// A Client records the operations of one goroutine, which must call all its methods
// but may change between operations. It is a [model.Listener].
type Client struct {
	recorder *Recorder
	index    int
	open     []int // IDs of its open operations, innermost last
	records  journal[record]
	visits   journal[visitRecord]
	_        [64]byte // separates it from the next client's cache line
}

// A record is one operation. Fields that change after it was published are atomic:
//
//	call     0: no stamp yet    the owner stores the stamp
//	ret      0: pending         the owner stores the stamp
//	outcome  0: no result yet   the owner stores the packed result, after value
//	value    of the result      the owner stores it, before outcome
type record struct {
	op      model.Op
	parent  int
	call    atomic.Int64
	ret     atomic.Int64
	value   atomic.Int64
	outcome atomic.Int64
}

// A visitRecord is a visit by the operation with the given ID.
type visitRecord struct {
	id int
	Visit
}

var _ model.Listener = (*Client)(nil)

// NewRecorder returns a recorder with n clients, numbered from 0.
func NewRecorder(n int) *Recorder {
	r := &Recorder{clients: make([]*Client, n)}
	for i := range r.clients {
		r.clients[i] = &Client{recorder: r, index: i}
	}
	return r
}

// Client returns client i.
func (r *Recorder) Client(i int) *Client { return r.clients[i] }

// Reset forgets everything recorded, to begin another round. No client may be
// recording. After a hang, use a new Recorder.
func (r *Recorder) Reset() {
	r.clock.Store(0)
	for _, c := range r.clients {
		c.open = c.open[:0]
		c.records.reset()
		c.visits.reset()
	}
}

// Call records that o is being called, and returns its ID. If another operation is
// open, that is o's parent.
func (c *Client) Call(o model.Op) (id int) {
	rec, i := c.records.draft()
	id = i*len(c.recorder.clients) + c.index
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

// Visit records a visit by the innermost open operation, which is a traversal.
func (c *Client) Visit(v model.Visit) {
	at := c.recorder.clock.Add(1)
	entry, _ := c.visits.draft()
	*entry = visitRecord{c.open[len(c.open)-1], Visit{int(at), v}}
	c.visits.publish()
}

// Returned records that operation id, the innermost open one, has returned. Until
// SetResult records its result, histories show it as pending.
func (c *Client) Returned(id int) {
	at := c.recorder.clock.Add(1)
	c.recordOf(id).ret.Store(at)
	c.open = c.open[:len(c.open)-1]
}

// SetResult records the result of operation id.
func (c *Client) SetResult(id int, r model.Result) {
	rec := c.recordOf(id)
	rec.value.Store(int64(r.Value))
	rec.outcome.Store(packOutcome(r))
}

// Return records that operation id has returned r.
func (c *Client) Return(id int, r model.Result) {
	c.Returned(id)
	c.SetResult(id, r)
}

func (c *Client) recordOf(id int) *record { return c.records.at(id / len(c.recorder.clients)) }

// panics lists the ways in which an operation can end, for packing.
var panics = []model.Panic{
	"", model.PanicHash, model.PanicCompare, model.PanicNilFunc,
	model.PanicCallback, model.Goexit, model.PanicOther,
}

// packOutcome packs a result without its value. Bit 0 is set, bit 1 is OK, bits 2
// to 7 are an index of panics, and the remaining bits are Len.
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

// History returns what has been recorded so far. Any goroutine may call it at any
// time, so that the history of a map that hangs can be saved.
func (r *Recorder) History() History { return Of(r.AppendOperations(nil)) }

// AppendOperations appends what has been recorded so far to ops, sorted by call, and
// returns the extended slice. It reuses the memory of ops, including the Visits of
// elements beyond its length. Any goroutine may call it at any time.
//
// The result is a prefix of the order of events, up to the stamp `until`, which is
// read first. The prefix has no gap, because a client stores each stamp before it
// does anything else that others can observe. So if an event up to until shows an
// effect of an operation, the call of that operation has a smaller stamp, which was
// stored before until was read. A return whose stamp was taken but not stored leaves
// its operation pending, which claims less.
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

// appendOperation appends record i if it was called up to until. The operations of c
// begin at ops[first]. Record j is ops[first+j], since a client's stamps increase.
//
// An operation with a return but no result is shown as pending. Since its client went
// on, the operation gets a client number of its own, namely spare.
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
		ID: i*clients + c.index, Client: c.index, Parent: rec.parent,
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

// addVisits adds the visits up to until to ops, the operations of c.
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
