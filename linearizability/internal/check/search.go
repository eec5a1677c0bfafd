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

// walkAbove is how many entries of a run are porcupine's at most. Up to here its
// verdict is one that does not hang on our own search, and explains a run from
// its beginning; above, its time and memory grow with the square of the length.
const walkAbove = 500

// A budget is shared by all searches of one history.
type budget struct {
	total time.Duration
	end   deadline
	bytes int
}

// A deadline is the end of a search's share of the budget.
type deadline struct {
	at  time.Time
	now func() time.Time
}

// after returns the deadline that passes when d has passed on a clock.
func after(d time.Duration, now func() time.Time) deadline { return deadline{now().Add(d), now} }

func newBudget(o Options) budget {
	b := budget{total: o.Timeout, bytes: o.limits.bytes}
	now := o.limits.now
	if now == nil {
		now = time.Now
	}
	if b.total == 0 {
		b.total = DefaultTimeout
	}
	if b.bytes == 0 {
		b.bytes = searchBytes
	}
	b.end = after(b.total, now)
	return b
}

// share gives one of n searches still to come an equal part of what is left,
// so that a hard one does not keep the others from finding a violation.
func (b *budget) share(n int) deadline { return b.end.part(n) }

// part returns a deadline after an n-th part of the time that is left.
func (d deadline) part(n int) deadline {
	now := d.now()
	return deadline{now.Add(d.at.Sub(now) / time.Duration(n)), d.now}
}

func (d deadline) passed() bool { return !d.now().Before(d.at) }

// A verdict is how a search ended.
type verdict struct {
	status model.Status // OK, Violation or Unknown
	why    string       // of Unknown: which budget

	// Of a violation: the first hi entries have no order, and why is to be seen
	// in a window of them.
	entries []entry
	hi      int
	window  func() window
}

// violation is the verdict that entries lo to hi have no order from the first
// state of s.
func violation(s space, entries []entry, lo, hi int) verdict {
	return verdict{
		status: model.Violation, entries: entries, hi: hi,
		window: func() window { return window{space: s, part: pointers(entries[lo:hi]), possible: 1} },
	}
}

// join adds the verdict on another part: a violation outweighs all, unknown
// outweighs ok. It reports whether nothing else can matter any more.
func (v *verdict) join(other verdict) (settled bool) {
	if other.status == model.Violation || v.status == model.OK {
		*v = other
	}
	return v.status == model.Violation
}

// A space is what a search goes through: states, and how entries step from one
// to the next.
type space struct {
	model porcupine.Model
	bytes int // of a configuration
	// want says what an entry would have returned in a state.
	want func(state any, e *entry) model.Result
	// walk searches an order as frontier.go does, with so many configurations
	// at most. If it is stuck, the first so many entries have none.
	walk func(entries []entry, most int, until deadline) (end ending, called int, window func() window)
}

// states are what a key, or a whole map, may hold.
type states[S any] struct {
	bytes int // of a configuration
	step  func(e *entry, s S) (S, bool)
	equal func(a, b S) bool
	hash  func(s S) uint64
	text  func(s S) string
	want  func(s S, o model.Op) model.Result
}

// space returns the space that begins in from.
func (t states[S]) space(from S) space {
	return space{
		model: porcupine.Model{
			Init: func() any { return from },
			Step: func(state, input, _ any) (bool, any) {
				next, ok := t.step(input.(*entry), state.(S))
				return ok, next
			},
			Equal:         func(a, b any) bool { return t.equal(a.(S), b.(S)) },
			Hash:          func(state any) uint64 { return t.hash(state.(S)) },
			DescribeState: func(state any) string { return t.text(state.(S)) },
		},
		bytes: t.bytes,
		want:  func(state any, e *entry) model.Result { return t.want(state.(S), e.op) },
		walk: func(entries []entry, most int, until deadline) (ending, int, func() window) {
			w := newWalk(t, entries, point[S]{configs: []configuration[S]{{state: from}}}, most, until)
			end, _ := w.run()
			return end, w.called, w.window
		},
	}
}

// ofKey are the states of one key.
var ofKey = states[held]{
	bytes: configBytes,
	step:  (*entry).stepKey,
	equal: func(a, b held) bool { return a == b },
	hash:  held.hash,
	text:  held.String,
	want: func(h held, o model.Op) model.Result {
		_, r := model.StepKey(h.cell(), o)
		return r
	},
}

func (h held) hash() uint64 { return uint64(h) * 0x9e3779b97f4a7c15 }

// oneKey is the space of one key, which holds from at first.
func oneKey(from held) space { return ofKey.space(from) }

// oneKeySpared is oneKey where a Clear may spare the key: porcupine's states
// are sets of what the key may hold.
func oneKeySpared(from held) space {
	sets := porcupine.NondeterministicModel{
		Init: func() []any { return []any{from} },
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
		Hash: func(state any) uint64 { return state.(held).hash() },
	}
	s := oneKey(from)
	s.model, s.bytes = sets.ToModel(), 2*configBytes
	return s
}

// wholeMap is the space of a whole map with this many keys.
func wholeMap(from model.State, keys int) space {
	return states[model.State]{
		bytes: configBytes + cellBytes*keys,
		step:  (*entry).stepState,
		equal: model.State.Equal,
		hash:  model.State.Hash,
		text:  model.State.String,
		want: func(s model.State, o model.Op) model.Result {
			_, r := model.Step(s, o)
			return r
		},
	}.space(from)
}

// operations returns entries as porcupine wants them.
func operations(entries []*entry) []porcupine.Operation {
	ops := make([]porcupine.Operation, len(entries))
	for i, e := range entries {
		ops[i] = porcupine.Operation{ClientId: i, Input: e, Call: int64(e.call), Return: int64(e.ret)}
	}
	return ops
}

// left returns how many configurations of s a search of n entries by porcupine
// may remember.
func (b *budget) left(s space, n int) int { return (b.bytes - n*entryBytes) / (s.bytes + n/8) }

// fits reports whether porcupine can search n entries: an order of them passes
// as many configurations.
func (b *budget) fits(s space, n int) bool { return b.left(s, n) >= n }

// A meter says whether a search was stopped, and for which reason.
type meter struct{ full, late atomic.Bool }

func (m *meter) stopped() bool { return m.full.Load() || m.late.Load() }

// metered returns s's model for a search of n entries, which stops when it
// remembers too much or takes too long: from then on no step succeeds, and
// porcupine unwinds.
// The steps are taken by goroutines of porcupine's, one for each partition.
func (b *budget) metered(s space, n int, until deadline) (m porcupine.Model, spent *meter) {
	m, spent = s.model, new(meter)
	var left, steps atomic.Int64
	left.Store(int64(b.left(s, n)))
	m.Step = func(state, input, output any) (bool, any) {
		if steps.Add(1)%clockSteps == 0 && until.passed() {
			spent.late.Store(true)
		}
		if spent.stopped() {
			return false, state
		}
		ok, next := s.model.Step(state, input, output)
		if !ok {
			return false, next
		}
		if left.Add(-1) < 0 {
			spent.full.Store(true)
			return false, next
		}
		return true, next
	}
	return m, spent
}

// search searches an order of entries lo to hi from the space's first state. A
// short run is porcupine's, a long one is walked. Where one of them gives up, the
// other may not: a walk drops what porcupine remembers, and porcupine can follow
// more operations at once.
func (j *judge) search(s space, entries []entry, lo, hi int, until deadline) verdict {
	fits := j.budget.fits(s, hi-lo)
	if fits && hi-lo <= j.walkAbove {
		v := j.porcupine(s, entries, lo, hi, until.part(2))
		if v.status == model.Unknown {
			v, _ = j.walk(s, entries, lo, hi, until)
		}
		return v
	}
	v, crowded := j.walk(s, entries, lo, hi, until)
	if crowded && fits {
		return j.porcupine(s, entries, lo, hi, until)
	}
	return v
}

// porcupine has porcupine search an order. It gets one part at a time: given
// several, it starts all at once, and abandons the others when one fails.
func (j *judge) porcupine(s space, entries []entry, lo, hi int, until deadline) verdict {
	if until.passed() {
		return unknown("%v passed before %s could be ordered", j.budget.total, count(hi-lo, "operation"))
	}
	m, spent := j.budget.metered(s, hi-lo, until)
	switch {
	case porcupine.CheckOperations(m, operations(pointers(entries[lo:hi]))):
		return verdict{status: model.OK}
	case spent.late.Load():
		return unknown("%v passed while ordering %s", j.budget.total, count(hi-lo, "operation"))
	case spent.full.Load():
		return unknown("%d MB of memory were used while ordering %s", j.budget.bytes>>20, count(hi-lo, "operation"))
	}
	return violation(s, entries, lo, hi)
}

// walk searches an order in memory that does not grow with the number of
// entries. It reports whether more are in progress at once than it can follow.
func (j *judge) walk(s space, entries []entry, lo, hi int, until deadline) (v verdict, tooMany bool) {
	operations := count(hi-lo, "operation")
	if until.passed() {
		return unknown("%v passed before %s could be ordered", j.budget.total, operations), false
	}
	end, called, window := s.walk(entries[lo:hi], j.budget.bytes/s.bytes, until)
	switch end {
	case crowded:
		return unknown("%s overlap in one run, more than %d of them at once: too many for a search", operations, maxOpen), true
	case full:
		return unknown("%d MB of memory were used while ordering %s", j.budget.bytes>>20, operations), false
	case late:
		return unknown("%v passed while ordering %s", j.budget.total, operations), false
	case stuck:
		return verdict{status: model.Violation, entries: entries, hi: lo + called, window: window}, false
	}
	return verdict{status: model.OK}, false
}

func unknown(format string, args ...any) verdict {
	return verdict{status: model.Unknown, why: "budget: " + fmt.Sprintf(format, args...)}
}
