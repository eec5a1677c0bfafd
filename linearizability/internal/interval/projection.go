package interval

import (
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/model"
)

// An initialContent is what the map holds under a key before the threads start.
type initialContent struct {
	key    int
	packed uint8
}

// collectKeys finds the keys that occur.
func (c *Checker) collectKeys(r *Record) {
	c.keys = c.keys[:0]
	add := func(k int) {
		if k != model.Unhashable && !slices.Contains(c.keys, k) {
			c.keys = append(c.keys, k)
		}
	}
	for _, held := range c.contents {
		add(held.key)
	}
	for i := range r.Ops {
		o := &r.Ops[i]
		if o.Op.Method.OnKey() {
			add(o.Op.Key)
		}
		if !o.Op.Method.VisitsKeys() {
			continue
		}
		for _, v := range o.requestedVisits() {
			add(v.Key)
		}
	}
}

// needsWholeMap reports whether keys cannot be judged separately.
func (c *Checker) needsWholeMap(r *Record) bool {
	for i := range r.Ops {
		switch r.Ops[i].Op.Method {
		case model.Clear: // an atomic Clear of one key is a Delete
			if c.promise.Clear == model.Strong && len(c.keys) > 1 {
				return true
			}
		case model.Len:
			if !r.Ops[i].Pending {
				return true
			}
		}
	}
	return false
}

// A projection is a record restricted to certain keys, one or all.
//
// Searching one key at a time is exact. If no operation concerns several keys, a
// history is linearizable exactly if its restriction to each key is. So a class
// has a violation exactly if, for some key, the restriction of some extension is
// not linearizable. These restrictions are the linear extensions of the poset
// restricted to the key's points: each extension of the whole restricts to one,
// and each of them extends to one of the whole.
type projection struct {
	threads int
	parts   []part
	shares  [][2]int32 // per operation: its parts are parts[from:to]
	reads   uint64     // parts that change nothing
	lens    uint64     // Len calls that must be exact only if no write is in progress
	writes  uint64     // parts of writes
	initial uint64

	moves  []move // the points at which something begins or ends
	start  []int32
	preds  []int32
	before []int32 // per point of the poset: the number of earlier points that are moves
}

// A move is a point of a projection.
type move struct {
	point, thread int32
	ending        int32  // the first move of its thread, from this one on, at which something ends; or none
	begins        uint64 // parts that are called
	ends          uint64 // parts that must have taken effect
}

// predecessors returns the number of moves of each thread that precede move i.
func (j *projection) predecessors(i int) []int32 { return j.preds[i*j.threads : (i+1)*j.threads] }

// build makes j the projection of r, whose poset is p, to keys.
func (j *projection) build(r *Record, p *poset, keys []int, contents []initialContent, promise model.Promise) error {
	*j = projection{
		threads: p.threads, parts: j.parts[:0], shares: j.shares[:0],
		moves: j.moves[:0], start: j.start[:0], preds: j.preds[:0], before: j.before[:0],
	}
	if len(keys) > maxKeys {
		return fmt.Errorf("%w: %d keys in one search, want at most %d", ErrTooLarge, len(keys), maxKeys)
	}
	for _, c := range contents {
		if i := slices.Index(keys, c.key); i >= 0 {
			j.initial |= uint64(c.packed) << (8 * i)
		}
	}
	for i := range r.Ops {
		if err := j.divide(&r.Ops[i], keys, promise); err != nil {
			return err
		}
	}
	j.place(p)
	j.relate(p)
	return nil
}

// divide adds the parts of o, and adds them to the sets they belong to.
func (j *projection) divide(o *Op, keys []int, promise model.Promise) error {
	from := len(j.parts)
	switch m := o.Op.Method; {
	case m.OnKey():
		j.addKeyed(o, keys)
	case m == model.Clear && (promise.Clear == model.Strong && len(keys) > 1 || len(keys) == 0):
		// Without a key it deletes nothing, but a Len may overlap it.
		j.add(o, model.Op{Method: model.Clear}, 0)
	case m == model.Clear:
		for i, k := range keys {
			j.add(o, model.Op{Method: model.Delete, Key: k}, i)
			j.parts[len(j.parts)-1].result = model.Result{}
		}
	case m == model.Len && !o.Pending:
		j.add(o, model.Op{Method: model.Len}, 0)
	case o.Op.Method.VisitsKeys():
		j.addLoads(o, keys)
	}
	j.shares = append(j.shares, [2]int32{int32(from), int32(len(j.parts))})
	if len(j.parts) > 64 {
		return fmt.Errorf("%w: more than 64 operations in one search, counting each key of a traversal", ErrTooLarge)
	}
	for n := from; n < len(j.parts); n++ {
		bit := uint64(1) << n
		if j.parts[n].reads() {
			j.reads |= bit
		}
		if o.Op.Method.Writes() {
			j.writes |= bit
		}
		if o.Op.Method == model.Len && promise.Len != model.Strong {
			j.lens |= bit
		}
	}
	return nil
}

// add adds a part of o that applies op to cell i.
func (j *projection) add(o *Op, op model.Op, i int) {
	p := part{op: op, result: o.Result, shift: uint8(8 * i), until: returned}
	if o.Pending {
		p.accept = anything
	}
	j.parts = append(j.parts, p)
}

// addKeyed adds a single-key operation. One on an unhashable key has no effect,
// but a Len may overlap it. A pending one that cannot change the map contradicts
// nothing.
func (j *projection) addKeyed(o *Op, keys []int) {
	op := o.Op
	op.Instance, op.Func = 0, nil
	if op.Key == model.Unhashable {
		j.add(o, op, 0)
		return
	}
	if i := slices.Index(keys, op.Key); i >= 0 && (op.Method.Writes() || !o.Pending) {
		j.add(o, op, i)
	}
}

// addLoads adds a traversal's Load of each key.
func (j *projection) addLoads(o *Op, keys []int) {
	for i, k := range keys {
		p := part{op: model.Op{Method: model.Load, Key: k}, shift: uint8(8 * i), until: returned}
		n := slices.IndexFunc(o.requestedVisits(), func(v Visit) bool { return v.Key == k })
		switch {
		case n >= 0:
			p.until, p.result = int32(n), model.Result{Value: o.Visits[n].Value, OK: true}
			if o.Op.Method == model.Keys {
				p.accept = present
			}
		case !o.ranToEnd():
			continue
		}
		j.parts = append(j.parts, p)
	}
}

// place turns the points at which parts begin or end into moves.
func (j *projection) place(p *poset) {
	for i := range p.points {
		q := &p.points[i]
		for t := len(j.start); t <= int(q.thread); t++ {
			j.start = append(j.start, int32(len(j.moves)))
		}
		j.before = append(j.before, int32(len(j.moves)))
		m := move{point: int32(i), thread: q.thread}
		if q.call != none {
			for n := j.shares[q.call][0]; n < j.shares[q.call][1]; n++ {
				m.begins |= 1 << n
			}
		}
		for _, e := range p.ends[q.from:q.to] {
			for n := j.shares[e.op][0]; n < j.shares[e.op][1]; n++ {
				if j.parts[n].until == e.visit {
					m.ends |= 1 << n
				}
			}
		}
		if m.begins|m.ends != 0 {
			j.moves = append(j.moves, m)
		}
	}
	for len(j.start) <= j.threads {
		j.start = append(j.start, int32(len(j.moves)))
	}
	j.before = append(j.before, int32(len(j.moves)))
	j.linkEnds()
}

// linkEnds finds, for each move, the next one at which something ends.
func (j *projection) linkEnds() {
	for i := len(j.moves) - 1; i >= 0; i-- {
		switch m := &j.moves[i]; {
		case m.ends != 0:
			m.ending = int32(i)
		case i+1 < len(j.moves) && j.moves[i+1].thread == m.thread:
			m.ending = j.moves[i+1].ending
		default:
			m.ending = none
		}
	}
}

// relate restricts the partial order to moves.
func (j *projection) relate(p *poset) {
	for i := range j.moves {
		for u, n := range p.predecessors(int(j.moves[i].point)) {
			j.preds = append(j.preds, j.before[p.start[u]+n]-j.before[p.start[u]])
		}
	}
}
