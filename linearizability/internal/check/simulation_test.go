package check

import (
	"math/rand/v2"
	"slices"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// A simulation generates histories of a map. If spareOneIn is 0 the map is
// correct: each operation takes effect at one instant between its call and its
// return. A traversal's Load of each key, and a weak Clear's Delete of each key,
// have instants of their own.
type simulation struct {
	choose     func(n int) int // returns a random number below n
	clients    int
	calls      int
	keys       []int
	values     int
	methods    []model.Method
	weakClear  bool
	spareOneIn int  // a weak Clear spares one key in spareOneIn; 0 means none
	fill       bool // client 0 stores every key first
	restOneIn  int  // all clients finish after one event in restOneIn; 0 means never
	leaveOneIn int  // one history in leaveOneIn ends with calls pending; 0 means none
	overlap    bool // some operation is in progress at every instant between the first call and the last return
}

// simulated is the map of a simulation, and its clients.
type simulated struct {
	*simulation
	state map[int]int // the value of each key
	nans  int
	clock int
	ops   []history.Operation
	busy  []*progress // the operation of each client, nil if idle
}

// progress is the progress of one operation.
type progress struct {
	op   int   // index in ops
	keys []int // still to be loaded or deleted; nil if the operation has one instant
	done bool
}

func (s *simulation) run() []history.Operation {
	m := &simulated{
		simulation: s, state: map[int]int{}, busy: make([]*progress, s.clients),
		ops: make([]history.Operation, 0, s.calls+len(s.keys)),
	}
	if s.fill {
		for _, k := range s.keys {
			m.begin(0, model.Op{Method: model.Store, Key: k, Value: 1 + s.choose(s.values)})
			m.finish()
		}
	}
	for len(m.ops) < s.calls {
		if s.restOneIn > 0 && s.choose(s.restOneIn) == 0 {
			m.finish()
			continue
		}
		m.advance(s.choose(s.clients))
	}
	if s.leaveOneIn == 0 || s.choose(s.leaveOneIn) > 0 {
		m.finish()
	}
	return m.ops
}

func (m *simulated) finish() {
	for c := range m.busy {
		for m.busy[c] != nil {
			m.advance(c)
		}
	}
}

func (m *simulated) now() int {
	m.clock++
	return m.clock
}

// advance moves client c on by one event or instant.
func (m *simulated) advance(c int) {
	p := m.busy[c]
	if p == nil {
		m.call(c)
		return
	}
	o := &m.ops[p.op]
	switch {
	case p.done:
		if m.overlap && len(m.ops) < m.calls && !m.others(c) {
			m.call((c + 1) % m.clients)
			o = &m.ops[p.op]
		}
		o.Return = m.now()
		m.busy[c] = nil
	case len(p.keys) > 0:
		m.loadOrDeleteOne(o, p)
	default:
		o.Result, p.done = m.apply(o.Op), true
	}
}

// others reports whether a client other than c is busy.
func (m *simulated) others(c int) bool {
	for i, p := range m.busy {
		if i != c && p != nil {
			return true
		}
	}
	return false
}

// call begins a random operation.
func (m *simulated) call(c int) {
	o := model.Op{Method: m.methods[m.choose(len(m.methods))]}
	if o.Method.OnKey() {
		o.Key = m.keys[m.choose(len(m.keys))]
	}
	if o.Method.Compares() {
		o.Old = 1 + m.choose(m.values)
	}
	if o.Method.Stores() {
		o.Value = 1 + m.choose(m.values)
	}
	m.begin(c, o)
}

func (m *simulated) begin(c int, o model.Op) {
	p := &progress{op: len(m.ops)}
	if o.Method.Traverses() || o.Method == model.Clear && m.weakClear {
		p.keys = slices.DeleteFunc(slices.Clone(m.keys), func(k int) bool { return k == model.NaN })
	}
	m.ops = append(m.ops, history.Operation{
		ID: len(m.ops), Client: c, Parent: history.NoParent, Op: o, Call: m.now(), Return: -1,
	})
	m.busy[c] = p
}

// loadOrDeleteOne loads or deletes one of the remaining keys.
func (m *simulated) loadOrDeleteOne(o *history.Operation, p *progress) {
	i := m.choose(len(p.keys))
	k := p.keys[i]
	p.keys = slices.Delete(p.keys, i, i+1)
	p.done = len(p.keys) == 0
	if o.Op.Method == model.Clear {
		if m.spareOneIn == 0 || m.choose(m.spareOneIn) > 0 {
			delete(m.state, k)
		}
		return
	}
	if v, ok := m.state[k]; ok {
		visit := model.Visit{Key: k, Value: v}
		switch o.Op.Method {
		case model.Keys:
			visit.Value = model.Unseen
		case model.Values:
			visit.Key = model.Unseen
		}
		o.Visits = append(o.Visits, history.Visit{At: m.now(), Visit: visit})
	}
}

func (m *simulated) apply(o model.Op) model.Result { return sequential(m.state, &m.nans, o) }

// sequential is a sequential map, written without package model. state has the
// value of each key, and nans is the number of entries under NaN.
func sequential(state map[int]int, nans *int, o model.Op) model.Result {
	v, ok := state[o.Key]
	store := func() {
		if o.Key == model.NaN {
			*nans++
		} else {
			state[o.Key] = o.Value
		}
	}
	matches := ok && v == o.Old
	switch o.Method {
	case model.Load:
		return model.Result{Value: v, OK: ok}
	case model.Store:
		store()
	case model.Swap:
		store()
		return model.Result{Value: v, OK: ok}
	case model.LoadOrStore:
		if ok {
			return model.Result{Value: v, OK: true}
		}
		store()
		return model.Result{Value: o.Value}
	case model.Delete:
		delete(state, o.Key)
	case model.LoadAndDelete:
		delete(state, o.Key)
		return model.Result{Value: v, OK: ok}
	case model.CompareAndSwap:
		if matches {
			store()
		}
		return model.Result{OK: matches}
	case model.CompareAndDelete:
		if matches {
			delete(state, o.Key)
		}
		return model.Result{OK: matches}
	case model.Clear:
		clear(state)
		*nans = 0
	case model.Len:
		return model.Result{Len: len(state) + *nans}
	}
	return model.Result{}
}

// onKey lists the methods on one key.
var onKey = []model.Method{
	model.Load, model.Store, model.LoadOrStore, model.LoadAndDelete,
	model.Delete, model.Swap, model.CompareAndSwap, model.CompareAndDelete,
}

// spoil changes one result or visit, if it can. Most spoiled histories are not
// possible for a correct map.
func spoil(ops []history.Operation, choose func(n int) int, keys []int, values int) {
	if len(ops) == 0 {
		return
	}
	o := &ops[choose(len(ops))]
	value := 1 + choose(values)
	switch m := o.Op.Method; {
	case m.Traverses() && len(o.Visits) > 0 && choose(2) == 0:
		v := &o.Visits[choose(len(o.Visits))]
		switch {
		case m == model.Values:
			v.Value = value
		case m == model.Keys || choose(2) == 0:
			v.Key = keys[choose(len(keys))]
		default:
			v.Value = value
		}
	case m.Traverses() && len(o.Visits) > 0:
		i := choose(len(o.Visits))
		o.Visits = slices.Delete(o.Visits, i, i+1)
	case o.Pending():
	case m == model.Load || m == model.LoadAndDelete || m == model.Swap || m == model.LoadOrStore:
		o.Result = []model.Result{{}, {Value: value, OK: true}, {Value: value}}[choose(3)]
	case m.Compares():
		o.Result.OK = !o.Result.OK
	case m == model.Len:
		o.Result.Len = choose(len(keys) + 1)
	}
}

// seeded returns a deterministic source of choices.
func seeded(seed uint64) func(n int) int {
	return rand.New(rand.NewPCG(seed, 0)).IntN
}
