package gotest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/report"
	"github.com/mapspec/mapspec/model"
)

// A step is one operation of a program of one goroutine, and what it should do.
type step struct {
	Op        model.Op
	Want      model.Result
	Traversal *traversal // of a traversal with a function
	Nil       bool       // a traversal that is passed nil,
	Panics    bool       // and has to panic then
}

// A traversal says what a traversal's function does, and may be handed.
type traversal struct {
	Number  string // what tells its variables from those of others: "", "2", …
	At      int    // the visit at which the function ends it; 0 if never
	Ends    model.Panic
	Do      []step
	Allowed []string // what it may visit: sorted visits
}

// sequential is a program of one goroutine, each result compared with what the
// model says. One that hangs gets ten seconds.
func (w *writer) sequential() (string, error) {
	steps, err := w.steps(model.State{}, w.untilWrong())
	if err != nil {
		return "", err
	}
	return w.render("sequential", map[string]any{"Steps": steps, "Hangs": w.hangs()})
}

// hangs names the calls that never return; "" if all do.
func (w *writer) hangs() string {
	var names []string
	for _, s := range w.c.Failure.Stuck {
		names = append(names, s.Name())
	}
	switch f := w.c.Failure; {
	case f.Kind == model.LeaksLock && f.Call != nil:
		return f.Call.String()
	case f.Kind == model.LeaksLock, f.Kind == model.Hangs && len(names) == 0:
		return "a call"
	case f.Kind == model.Hangs:
		return strings.Join(names, " and ")
	}
	return ""
}

// untilWrong is the program of one goroutine up to what is wrong, and the reads
// that show it where the program itself does not: what comes later could hang or
// fail for the same reason.
func (w *writer) untilWrong() []model.Op {
	ops := report.AllOps(w.c.Witness)
	calls := 0
	for _, m := range w.c.Failure.Trace {
		if m.Call != nil && m.Depth == 0 {
			calls++
		}
	}
	if calls > 0 {
		ops = ops[:min(calls, len(ops)):min(calls, len(ops))]
	}
	switch f := w.c.Failure; {
	case f.Kind == model.NoOrder:
		return append(ops, w.readsAtRest()...)
	case f.Call != nil && (f.AtRest || f.Kind == model.LeaksLock):
		return append(ops, *f.Call)
	}
	return ops
}

// steps are ops, called one after the other in state s.
func (w *writer) steps(s model.State, ops []model.Op) ([]step, error) {
	var list []step
	for _, o := range ops {
		p := step{Op: o}
		_, p.Want = model.Step(s, o)
		switch {
		case o.Func.IsNil():
			p.Nil, p.Panics = true, s.Len() > 0 // an empty map may panic or not
		case o.Method.Traverses():
			var err error
			if p.Traversal, err = w.traversal(s, o); err != nil {
				return nil, err
			}
		}
		list = append(list, p)
		s = after(s, o)
	}
	return list, nil
}

// traversal is o, called in state s.
func (w *writer) traversal(s model.State, o model.Op) (*traversal, error) {
	t := &traversal{}
	if w.traversals++; w.traversals > 1 {
		t.Number = fmt.Sprint(w.traversals)
	}
	t.At, t.Ends = o.Func.Step()
	var err error
	if t.Do, err = w.steps(s, does(o)); err == nil {
		t.Allowed, err = w.itineraries(s, o)
	}
	return t, err
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

// mostItineraries is how many a test lists.
const mostItineraries = 24

// An entry is one that a traversal may or must visit.
type entry struct {
	texts []string // what it may be visited with
	must  bool
}

// itineraries lists what o, called in state s, may visit, sorted. Too many are
// an error.
func (w *writer) itineraries(s model.State, o model.Op) ([]string, error) {
	entries := w.entries(o.Method, append([]model.State{s}, during(s, o)...))
	at, _ := o.Func.Step()
	seen := map[string]bool{}
	var choose func(i int, visits []string, all bool)
	choose = func(i int, visits []string, all bool) {
		if len(seen) > mostItineraries || at > 0 && len(visits) > at {
			return
		}
		if i == len(entries) {
			if at > 0 && len(visits) == at || all {
				sorted := slices.Clone(visits)
				slices.Sort(sorted)
				seen[strings.Join(sorted, "; ")] = true
			}
			return
		}
		for _, text := range entries[i].texts {
			choose(i+1, append(visits[:len(visits):len(visits)], text), all)
		}
		if !entries[i].must || at > 0 {
			choose(i+1, visits, all && !entries[i].must)
		}
	}
	choose(0, nil, true)
	var list []string
	for text := range seen {
		list = append(list, text)
	}
	slices.Sort(list)
	if len(list) == 0 || len(list) > mostItineraries || len(entries) > 16 {
		return nil, errNotPlain
	}
	return list, nil
}

// entries are those of all states: what each may be visited with, and whether
// it was there throughout.
func (w *writer) entries(m model.Method, states []model.State) []entry {
	var keys []int
	for _, s := range states {
		keys = append(keys, s.Keys()...)
	}
	slices.Sort(keys)
	var list []entry
	for _, key := range slices.Compact(keys) {
		e := entry{must: true}
		for _, s := range states {
			cell := s.Cell(key)
			e.must = e.must && cell.Present
			if text := w.visited(m, key, cell.Value); cell.Present && !slices.Contains(e.texts, text) {
				e.texts = append(e.texts, text)
			}
		}
		list = append(list, e)
	}
	return append(list, w.nanEntries(m, states)...)
}

// nanEntries are entries under NaN, one for each that was ever added.
func (w *writer) nanEntries(m model.Method, states []model.State) []entry {
	added, least, last := map[int]int{}, map[int]int{}, map[int]int{}
	for i, s := range states {
		now := map[int]int{}
		for _, v := range s.NaNs() {
			now[v]++
		}
		for v, n := range now {
			added[v] += max(0, n-last[v])
		}
		for v := range added {
			if i == 0 {
				least[v] = now[v]
			}
			least[v] = min(least[v], now[v])
		}
		last = now
	}
	var list []entry
	for v, n := range added {
		for i := range n {
			list = append(list, entry{[]string{w.visited(m, model.NaN, v)}, i < least[v]})
		}
	}
	return list
}

// visited is a visit as the function of method m writes it down.
func (w *writer) visited(m model.Method, key, value int) string {
	_, k, _ := w.key(key)
	_, v, _ := w.value(value)
	switch m {
	case model.Keys:
		return k
	case model.Values:
		return v
	}
	return k + " " + v
}

// oneOf is "a", "b" or "c", quoted.
func oneOf(list []string) string {
	quoted := make([]string, len(list))
	for i, text := range list {
		quoted[i] = fmt.Sprintf("%q", text)
	}
	return strings.Join(quoted, " or ")
}

// sequence is the program by which a sequence is traversed twice.
func (w *writer) sequence() (string, error) {
	m := report.AllOps(w.c.Witness)[0].Method
	if m == model.Range || !m.Traverses() {
		return "", errNotPlain
	}
	type turn struct {
		Which   string
		Store   model.Op // before it
		Allowed []string
	}
	var s model.State
	var turns []turn
	first := model.Op{Method: model.Store, Key: 0, Value: 1}
	s = after(s, first)
	for i, which := range []string{"first", "second"} {
		store := model.Op{Method: model.Store, Key: i + 1, Value: i + 2}
		s = after(s, store)
		allowed, err := w.itineraries(s, model.Op{Method: m})
		if err != nil {
			return "", err
		}
		turns = append(turns, turn{which, store, allowed})
	}
	return w.render("sequence", map[string]any{"Method": m, "First": first, "Turns": turns})
}
