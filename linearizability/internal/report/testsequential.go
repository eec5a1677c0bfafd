package report

import (
	"strings"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// sequential writes a program of one goroutine, each result compared with what
// the model says. One that hangs gets ten seconds.
func (w *testWriter) sequential() bool {
	ops := w.untilWrong()
	hangs := strings.Contains(w.c.Evidence, neverReturned)
	if hangs {
		w.use("time")
		w.line("done := make(chan struct{})\ngo func() {\ndefer close(done)")
	}
	w.use("runtime/debug")
	w.line("defer func() {\nif p := recover(); p != nil {\nt.Errorf(\"panic: %%v\\n%%s\", p, debug.Stack())\n}\n}()")
	w.makeMap()
	if !w.program(ops) {
		return false
	}
	if hangs {
		call, _, _ := strings.Cut(w.c.Evidence, neverReturned)
		w.line("}()\nselect {\ncase <-done:\ncase <-time.After(10 * time.Second):\nt.Fatalf(%q)\n}", escaped(call)+" never returned")
	}
	return true
}

// makeMap declares m.
func (w *testWriter) makeMap() {
	toFill := ""
	if w.typ.expr == "" {
		toFill = " // FILL IN: how to make the map, one that takes keys and values of type any"
	}
	w.line("m := %s%s", w.newMap(), toFill)
	if w.c.Look == model.LookZero {
		w.notes = append(w.notes, "The map is the zero value of its type.")
	}
}

// program writes ops one after the other, from an empty map.
func (w *testWriter) program(ops []model.Op) bool {
	var s model.State
	for _, o := range ops {
		if !w.step(s, o) {
			return false
		}
		s = after(s, o)
	}
	return true
}

// step writes o, which is called in state s.
func (w *testWriter) step(s model.State, o model.Op) bool {
	if o.Method.Traverses() {
		return w.traversal(s, o)
	}
	_, want := model.Step(s, o)
	return w.compare(o, want)
}

// untilWrong is the program of one goroutine up to what is wrong, and the read
// that shows it where the program itself does not: what comes later could hang
// or fail for the same reason.
func (w *testWriter) untilWrong() []model.Op {
	if found, ok := w.t.firstWrong(); ok {
		var ops []model.Op
		for i := range w.t.ops {
			o := &w.t.ops[i]
			if o.Parent == history.NoParent && o.Call <= w.t.ops[found.index].Call {
				ops = append(ops, o.Op)
			}
		}
		return ops
	}
	ops := allOps(w.c.Witness)
	if n := w.traced(); n > 0 && n < len(ops) {
		ops = ops[:n:n]
	}
	if read, ok := w.lastRead(); ok {
		ops = append(ops[:len(ops):len(ops)], read)
	}
	return ops
}

// traced is how many operations of the program the trace has, outside
// callbacks; 0 if it has none.
func (w *testWriter) traced() int {
	n := 0
	for _, line := range w.c.Trace {
		call, _, _ := strings.Cut(line, resultOf)
		if ops := allOps(w.c.Witness); n < len(ops) && call == ops[n].String() {
			n++
		}
	}
	return n
}

// lastRead is the read of the checker's that the evidence speaks of.
func (w *testWriter) lastRead() (model.Op, bool) {
	call, read := strings.CutPrefix(w.c.Evidence, afterwards)
	call, _, hung := strings.Cut(call, neverReturned)
	if !read && (!hung || w.inCallback(call)) {
		return model.Op{}, false
	}
	call, _, _ = strings.Cut(call, ")")
	for _, o := range append(w.keyReads(), model.Op{Method: model.Len}, model.Op{Method: model.Range}) {
		if call+")" == o.String() {
			return o, true
		}
	}
	return model.Op{}, false
}

// inCallback reports whether a function of the program makes this call.
func (w *testWriter) inCallback(call string) bool {
	for _, o := range allOps(w.c.Witness) {
		if o.Func != nil && anywhere(o.Func.Do, func(o model.Op) bool { return o.String() == call }) {
			return true
		}
	}
	return false
}

// keyReads are the Loads of all keys that the program names.
func (w *testWriter) keyReads() []model.Op {
	var reads []model.Op
	anywhere(allOps(w.c.Witness), func(o model.Op) bool {
		if o.Method.OnKey() {
			reads = append(reads, model.Op{Method: model.Load, Key: o.Key})
		}
		return false
	})
	return reads
}

// after is the state after o was called in state s by one goroutine.
func after(s model.State, o model.Op) model.State {
	if states := during(s, o); len(states) > 0 {
		return states[len(states)-1]
	}
	return s
}

// during are the states that o leads to from s, calls of its function
// included, in order.
func during(s model.State, o model.Op) []model.State {
	if !o.Method.Traverses() {
		next, _ := model.Step(s, o)
		return []model.State{next}
	}
	if o.Func == nil || o.Func.IsNil() || s.Len() == 0 {
		return nil
	}
	var states []model.State
	for _, inner := range o.Func.Do {
		states = append(states, during(s, inner)...)
		if len(states) > 0 {
			s = states[len(states)-1]
		}
	}
	return states
}
