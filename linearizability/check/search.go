package check

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/mapspec/mapspec/model"
)

// searchBytes bounds the memory of one search, by an estimate of what it
// remembers.
const searchBytes = 256 << 20

// What porcupine keeps, estimated: for an entry; for a configuration that it
// has been to, beside one bit an entry; and for a key in the state of one.
const (
	entryBytes  = 512
	configBytes = 160
	cellBytes   = 48
)

// A budget is shared by all searches of one history.
type budget struct {
	total time.Duration
	end   time.Time
	bytes int
}

// A deadline is the end of a search's share of the budget.
type deadline time.Time

func newBudget(o Options) budget {
	b := budget{total: o.Timeout, bytes: o.limits.bytes}
	if b.total == 0 {
		b.total = DefaultTimeout
	}
	if b.bytes == 0 {
		b.bytes = searchBytes
	}
	b.end = time.Now().Add(b.total)
	return b
}

// share gives one of n searches still to come an equal part of what is left,
// so that a hard one does not keep the others from finding a violation.
func (b *budget) share(n int) deadline {
	now := time.Now()
	return deadline(now.Add(b.end.Sub(now) / time.Duration(n)))
}

// A verdict is how a search ended.
type verdict struct {
	status model.Status // OK, Violation or Unknown
	why    string       // of Unknown: which budget

	// Of a violation: entries lo to hi have no order from the first state of
	// the space.
	space   space
	entries []entry
	lo, hi  int
}

func violation(s space, entries []entry, lo, hi int) verdict {
	return verdict{status: model.Violation, space: s, entries: entries, lo: lo, hi: hi}
}

// join adds the verdict on another part: a violation outweighs all, unknown
// outweighs ok. It reports whether nothing else can matter any more.
func (v *verdict) join(other verdict) (settled bool) {
	if other.status == model.Violation || v.status == model.OK {
		*v = other
	}
	return v.status == model.Violation
}

// A space is what a search walks through.
type space struct {
	model porcupine.Model
	bytes int // of a configuration
}

func newSpace(init any, bytes int, m porcupine.Model) space {
	m.Init = func() any { return init }
	return space{m, bytes}
}

// oneKey is the space of one key, which holds from at first.
func oneKey(from held) space {
	return newSpace(from, configBytes, porcupine.Model{
		Step: func(state, input, _ any) (bool, any) {
			next, ok := input.(*entry).stepKey(state.(held))
			return ok, next
		},
		Hash:          hash,
		DescribeState: func(state any) string { return state.(held).String() },
	})
}

// oneKeySpared is oneKey where a Clear may spare the key: its states are sets
// of what the key may hold.
func oneKeySpared(from held) space {
	sets := porcupine.NondeterministicModel{
		Step: func(state, input, _ any) []any {
			e := input.(*entry)
			next, ok := e.stepKey(state.(held))
			switch {
			case !ok:
				return nil
			case e.accept == perhaps:
				return []any{next, state}
			}
			return []any{next}
		},
		Hash: hash,
	}
	return newSpace([]any{from}, 2*configBytes, sets.ToModel())
}

func hash(state any) uint64 { return uint64(state.(held)) * 0x9e3779b97f4a7c15 }

// wholeMap is the space of a whole map with this many keys.
func wholeMap(from model.State, keys int) space {
	return newSpace(from, configBytes+cellBytes*keys, porcupine.Model{
		Step: func(state, input, _ any) (bool, any) {
			next, ok := input.(*entry).stepState(state.(model.State))
			return ok, next
		},
		Equal:         func(a, b any) bool { return a.(model.State).Equal(b.(model.State)) },
		Hash:          func(state any) uint64 { return state.(model.State).Hash() },
		DescribeState: func(state any) string { return state.(model.State).String() },
	})
}

// operations returns entries as porcupine wants them.
func operations(entries []entry) []porcupine.Operation {
	ops := make([]porcupine.Operation, len(entries))
	for i := range entries {
		e := &entries[i]
		ops[i] = porcupine.Operation{ClientId: i, Input: e, Call: int64(e.call), Return: int64(e.ret)}
	}
	return ops
}

// metered returns s's model for a search of n entries, which stops when it
// remembers too much: from then on no step succeeds, and porcupine unwinds. It
// returns false if n entries alone are too many.
//
// The steps are taken by a goroutine of porcupine's, which after a timeout
// outlives the search by an instant.
func (b *budget) metered(s space, n int) (m porcupine.Model, exceeded *atomic.Bool, ok bool) {
	left := (b.bytes - n*entryBytes) / (s.bytes + n/8)
	m, exceeded = s.model, new(atomic.Bool)
	m.Step = func(state, input, output any) (bool, any) {
		ok, next := s.model.Step(state, input, output)
		if !ok {
			return false, next
		}
		if left--; left < 0 {
			exceeded.Store(true)
			return false, next
		}
		return true, next
	}
	return m, exceeded, left >= n // an order of n entries passes n configurations
}

// search searches an order of entries lo to hi from the space's first state.
// It asks porcupine for one part at a time: given several, it starts all at
// once, and abandons the others when one fails.
func (j *judge) search(s space, entries []entry, lo, hi int, until deadline) verdict {
	left := time.Until(time.Time(until))
	if left <= 0 {
		return unknown("%v passed before %s could be ordered", j.budget.total, count(hi-lo, "operation"))
	}
	m, exceeded, ok := j.budget.metered(s, hi-lo)
	if !ok {
		return unknown("%s overlap in one run: too many for a search in %d MB", count(hi-lo, "operation"), j.budget.bytes>>20)
	}
	switch porcupine.CheckOperationsTimeout(m, operations(entries[lo:hi]), left) {
	case porcupine.Ok:
		return verdict{status: model.OK}
	case porcupine.Unknown:
		return unknown("%v passed while ordering %s", j.budget.total, count(hi-lo, "operation"))
	}
	if exceeded.Load() {
		return unknown("%d MB of memory were used while ordering %s", j.budget.bytes>>20, count(hi-lo, "operation"))
	}
	return violation(s, entries, lo, hi)
}

func unknown(format string, args ...any) verdict {
	return verdict{status: model.Unknown, why: "budget: " + fmt.Sprintf(format, args...)}
}
