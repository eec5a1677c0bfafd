package check

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/mapspec/mapspec/model"
)

// searchBytes is the default bound on the estimated memory of one search.
const searchBytes = 256 << 20

// Estimates of what porcupine allocates: for each entry, for each configuration
// it remembers (in addition to one bit per entry), and for each key in a state
// of the whole map.
const (
	entryBytes  = 512
	configBytes = 160
	cellBytes   = 48
)

// walkAbove is the number of entries up to which porcupine searches a segment.
// Its verdict does not depend on our own search, and it explains a violation
// from the beginning of the segment. For longer segments porcupine takes too much
// time and memory, which grow with the square of the length.
const walkAbove = 500

// A searchBudget is shared by all searches of one history.
type searchBudget struct {
	total time.Duration
	end   deadline
	bytes int
}

// A deadline is the end of a search's share of the budget, on a clock.
type deadline struct {
	at  time.Time
	now func() time.Time
}

// after returns the deadline in d from now.
func after(d time.Duration, now func() time.Time) deadline { return deadline{now().Add(d), now} }

func newBudget(o Options) searchBudget {
	b := searchBudget{total: o.Timeout, bytes: o.limits.bytes}
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

// share returns the deadline of the next of n searches. It gives each an equal
// part of the time left, so that a hard search does not prevent the others from
// finding a violation.
func (b *searchBudget) share(n int) deadline { return b.end.part(n) }

// part returns the deadline after one n-th of the time left.
func (d deadline) part(n int) deadline {
	now := d.now()
	return deadline{now.Add(d.at.Sub(now) / time.Duration(n)), d.now}
}

func (d deadline) passed() bool { return !d.now().Before(d.at) }

// An outcome is the result of one search.
type outcome struct {
	status model.Status // OK, Violation or Unknown
	why    string       // of Unknown: the limit that was exceeded

	// Of a violation: the first hi entries have no order, and makeWindow returns
	// the part of them that shows it.
	entries    []entry
	hi         int
	makeWindow func() window
}

// violation returns the outcome that entries lo to hi have no order from the
// first state of s.
func violation(s searchSpace, entries []entry, lo, hi int) outcome {
	return outcome{
		status: model.Violation, entries: entries, hi: hi,
		makeWindow: func() window { return window{space: s, entries: pointers(entries[lo:hi]), possible: 1} },
	}
}

// join adds the outcome of another segment. A violation outweighs unknown, which
// outweighs ok. It reports whether no further outcome can matter.
func (v *outcome) join(other outcome) (settled bool) {
	if other.status == model.Violation || v.status == model.OK {
		*v = other
	}
	return v.status == model.Violation
}

// A searchSpace is what is searched: the states, and how entries step between
// them.
type searchSpace struct {
	model porcupine.Model
	bytes int // per configuration
	// want returns what an entry would have returned in a state.
	want func(state any, e *entry) model.Result
	// walk searches for an order as described in frontier.go, with at most
	// maxConfigs configurations at a time. If it is stuck, the first `called`
	// entries have no order.
	walk func(entries []entry, maxConfigs int, until deadline) (end ending, called int, window func() window)
}

// states describes what one key, or a whole map, may contain.
type states[S any] struct {
	bytes int // per configuration
	step  func(e *entry, s S) (S, bool)
	equal func(a, b S) bool
	hash  func(s S) uint64
	text  func(s S) string
	want  func(s S, o model.Op) model.Result
}

// space returns the search space that begins in state from.
func (t states[S]) space(from S) searchSpace {
	return searchSpace{
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
		walk: func(entries []entry, maxConfigs int, until deadline) (ending, int, func() window) {
			w := newWalk(t, entries, point[S]{configs: []configuration[S]{{state: from}}}, maxConfigs, until)
			end, _ := w.run()
			return end, w.called, w.window
		},
	}
}

// ofKey describes the contents of one key.
var ofKey = states[content]{
	bytes: configBytes,
	step:  (*entry).stepKey,
	equal: func(a, b content) bool { return a == b },
	hash:  content.hash,
	text:  content.String,
	want: func(h content, o model.Op) model.Result {
		_, r := model.StepKey(h.cell(), o)
		return r
	},
}

func (h content) hash() uint64 { return uint64(h) * 0x9e3779b97f4a7c15 }

// oneKey is the search space of one key that contains from at first.
func oneKey(from content) searchSpace { return ofKey.space(from) }

// oneKeySpared is oneKey where a Clear may spare the key. Its states are the sets
// of contents that the key may have.
func oneKeySpared(from content) searchSpace {
	sets := porcupine.NondeterministicModel{
		Init: func() []any { return []any{from} },
		Step: func(state, input, _ any) []any {
			e := input.(*entry)
			next, ok := e.stepKey(state.(content))
			switch {
			case !ok:
				return nil
			case e.accept == perhaps:
				return []any{next, state}
			}
			return []any{next}
		},
		Hash: func(state any) uint64 { return state.(content).hash() },
	}
	s := oneKey(from)
	s.model, s.bytes = sets.ToModel(), 2*configBytes
	return s
}

// wholeMap is the search space of a whole map with the given number of keys.
func wholeMap(from model.State, keys int) searchSpace {
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

// operations converts entries to porcupine's operations.
func operations(entries []*entry) []porcupine.Operation {
	ops := make([]porcupine.Operation, len(entries))
	for i, e := range entries {
		ops[i] = porcupine.Operation{ClientId: i, Input: e, Call: int64(e.call), Return: int64(e.ret)}
	}
	return ops
}

// capacity returns how many configurations of s porcupine may remember in a
// search of n entries.
func (b *searchBudget) capacity(s searchSpace, n int) int {
	return (b.bytes - n*entryBytes) / (s.bytes + n/8)
}

// fits reports whether porcupine can search n entries. An order of them passes
// through n configurations.
func (b *searchBudget) fits(s searchSpace, n int) bool { return b.capacity(s, n) >= n }

// A meter says which limit ended a search by porcupine, if any.
type meter struct{ full, late atomic.Bool }

func (m *meter) exceeded() bool { return m.full.Load() || m.late.Load() }

// metered returns the model of s for a search of n entries that stops when it
// has remembered too much or its deadline has passed: from then on no step
// succeeds, and porcupine unwinds. Porcupine takes the steps in goroutines of its
// own, one per partition.
func (b *searchBudget) metered(s searchSpace, n int, until deadline) (m porcupine.Model, limit *meter) {
	m, limit = s.model, new(meter)
	var left, steps atomic.Int64
	left.Store(int64(b.capacity(s, n)))
	m.Step = func(state, input, output any) (bool, any) {
		if steps.Add(1)%clockSteps == 0 && until.passed() {
			limit.late.Store(true)
		}
		if limit.exceeded() {
			return false, state
		}
		ok, next := s.model.Step(state, input, output)
		if !ok {
			return false, next
		}
		if left.Add(-1) < 0 {
			limit.full.Store(true)
			return false, next
		}
		return true, next
	}
	return m, limit
}

// search searches for an order of entries lo to hi from the first state of s. It
// leaves a short segment to porcupine and walks a long one. If one gives up, the
// other may succeed: a walk forgets what porcupine remembers, and porcupine can
// follow more operations at once.
func (j *judge) search(s searchSpace, entries []entry, lo, hi int, until deadline) outcome {
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

// porcupine has porcupine search for an order. It passes one segment at a time,
// because porcupine starts all partitions at once and abandons the others when
// one fails.
func (j *judge) porcupine(s searchSpace, entries []entry, lo, hi int, until deadline) outcome {
	if until.passed() {
		return unknown("%v passed before %s could be ordered", j.budget.total, count(hi-lo, "operation"))
	}
	m, limit := j.budget.metered(s, hi-lo, until)
	switch {
	case porcupine.CheckOperations(m, operations(pointers(entries[lo:hi]))):
		return outcome{status: model.OK}
	case limit.late.Load():
		return unknown("%v passed while ordering %s", j.budget.total, count(hi-lo, "operation"))
	case limit.full.Load():
		return unknown("%d MB of memory were used while ordering %s", j.budget.bytes>>20, count(hi-lo, "operation"))
	}
	return violation(s, entries, lo, hi)
}

// walk searches for an order in memory that does not grow with the number of
// entries. It also reports whether more entries are in progress at once than a
// walk can follow.
func (j *judge) walk(s searchSpace, entries []entry, lo, hi int, until deadline) (v outcome, tooMany bool) {
	operations := count(hi-lo, "operation")
	if until.passed() {
		return unknown("%v passed before %s could be ordered", j.budget.total, operations), false
	}
	end, called, window := s.walk(entries[lo:hi], j.budget.bytes/s.bytes, until)
	switch end {
	case crowded:
		return unknown("%s overlap, more than %d of them at once: too many for one search", operations, maxOpen), true
	case full:
		return unknown("%d MB of memory were used while ordering %s", j.budget.bytes>>20, operations), false
	case late:
		return unknown("%v passed while ordering %s", j.budget.total, operations), false
	case stuck:
		return outcome{status: model.Violation, entries: entries, hi: lo + called, makeWindow: window}, false
	}
	return outcome{status: model.OK}, false
}

func unknown(format string, args ...any) outcome {
	return outcome{status: model.Unknown, why: "budget: " + fmt.Sprintf(format, args...)}
}
