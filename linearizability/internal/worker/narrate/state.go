package narrate

import (
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
	"github.com/mapspec/mapspec/model"
)

// meaning follows what the map may mean while a program runs, in the manner of
// Wing and Gong: what it may hold, and which of the operations in progress have
// taken effect then. Traversals and Len change nothing and are left out.
type meaning struct {
	ops   []interval.Op
	open  []int
	may   []possible
	blind bool // Clear is not promised to be atomic: nothing is known after one
}

// possible is one of the contents that the map may have.
type possible struct {
	state model.State
	done  []int // of the operations in progress, ascending
}

// newMeaning returns what the map means when the threads begin. That is what the
// model holds after init, whatever the map answered.
func newMeaning(init []interval.Initial, ops []interval.Op, p model.Promise) *meaning {
	m := &meaning{ops: ops, may: []possible{{}}}
	for _, o := range init {
		m.may[0].state, _ = model.Step(m.may[0].state, o.Op)
	}
	m.blind = p.Clear != model.Strong && slices.ContainsFunc(ops, func(o interval.Op) bool { return o.Op.Method == model.Clear })
	return m
}

// called notes that an operation begins.
func (m *meaning) called(op int) {
	if method := m.ops[op].Op.Method; method.OnKey() || method == model.Clear {
		m.open = append(m.open, op)
	}
}

// returned notes that an operation has returned what it did.
func (m *meaning) returned(op int) {
	at := slices.Index(m.open, op)
	if at < 0 {
		return
	}
	m.complete()
	m.open = slices.Delete(m.open, at, at+1)
	m.may = slices.DeleteFunc(m.may, func(p possible) bool { return !slices.Contains(p.done, op) })
	for i := range m.may {
		m.may[i].done = slices.DeleteFunc(slices.Clone(m.may[i].done), func(d int) bool { return d == op })
	}
}

// complete adds what the map may hold if operations in progress take effect now.
func (m *meaning) complete() {
	for i := 0; i < len(m.may); i++ {
		p := m.may[i]
		for _, op := range m.open {
			if slices.Contains(p.done, op) {
				continue
			}
			o := &m.ops[op]
			next, result := model.Step(p.state, o.Op)
			if !o.Pending && result != o.Result {
				continue
			}
			done := append(slices.Clone(p.done), op)
			slices.Sort(done)
			m.add(possible{next, done})
		}
	}
}

func (m *meaning) add(p possible) {
	same := func(q possible) bool { return q.state.String() == p.state.String() && slices.Equal(q.done, p.done) }
	if !slices.ContainsFunc(m.may, same) {
		m.may = append(m.may, p)
	}
}

// text is the state, if it is the same whatever took effect.
func (m *meaning) text() string {
	switch {
	case m.blind:
		return ""
	case len(m.may) == 0:
		return counterexample.NoState
	}
	text := m.may[0].state.String()
	for _, p := range m.may {
		if p.state.String() != text {
			return ""
		}
	}
	return text
}
