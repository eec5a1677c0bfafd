package narrate

import (
	"testing"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
	"github.com/mapspec/mapspec/model"
)

func store(key, value int) model.Op { return model.Op{Method: model.Store, Key: key, Value: value} }

// A node is named by where it was, or will be, if it is nowhere now.
func TestNamesOutliveTheirPlaces(t *testing.T) {
	root := &struct{ a, b *struct{ n int } }{}
	node, lost := &struct{ n int }{}, new(int)
	p := newPlaces(func() any { return root })
	p.look(unsafe.Pointer(&node.n))
	root.b = node
	p.look(unsafe.Pointer(lost))
	root.b = nil
	p.look(unsafe.Pointer(&root.a))
	p.end(nil)
	for step, want := range []string{"new m.b.n", "m.b.n", "old m.b.n"} {
		if got := p.name(step, unsafe.Pointer(&node.n), sched.Load); got != want {
			t.Errorf("at step %d: %s, want %s", step, got, want)
		}
	}
	if got := p.name(1, unsafe.Pointer(lost), sched.Acquire); got != "mutex #1" {
		t.Errorf("what is nowhere is named %s", got)
	}
}

func TestValuesAreShort(t *testing.T) {
	var n values
	var value any = model.NewPayload(3)
	type table struct {
		m  map[string]int
		ok bool
	}
	for _, c := range []struct {
		v    any
		want string
	}{
		{nil, ""}, {(*int)(nil), "nil"}, {7, "7"}, {true, "true"}, {"a", `"a"`}, {&value, "#1 (v3)"}, {&value, "#1 (v3)"},
		{&table{}, "#2"}, {table{map[string]int{}, true}, "{m: #3, ok: true}"}, {uintptr(1 << 30), "word #4"}, {value, "v3"},
	} {
		if got := n.text(c.v); got != c.want {
			t.Errorf("%v is shown as %s, want %s", c.v, got, c.want)
		}
	}
}

func TestNoOrderExplains(t *testing.T) {
	op := func(thread int, o model.Op, r model.Result) interval.Op {
		return interval.Op{Thread: thread, Parent: interval.NoParent, Op: o, Result: r}
	}
	load := model.Op{Method: model.Load}
	m := newMeaning([]interval.Initial{{Op: store(0, 1)}}, []interval.Op{
		op(0, store(0, 2), model.Result{}), op(1, load, model.Result{Value: 1, OK: true}), op(1, load, model.Result{Value: 3, OK: true}),
	}, model.Promise{})
	m.called(0)
	m.called(1)
	m.returned(1)
	if got := m.text(); got != "" {
		t.Errorf("while a Store is in progress the map means %s", got)
	}
	m.returned(0)
	if got := m.text(); got != "{k0: v2}" {
		t.Errorf("after it the map means %s", got)
	}
	m.called(2)
	m.returned(2)
	if got := m.text(); got != counterexample.NoState {
		t.Errorf("after a Load of what was never there the map means %s", got)
	}
}
