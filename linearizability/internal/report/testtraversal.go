package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/model"
)

// traversal writes o, which is called in state s by one goroutine: what it may
// visit is compared with a list, whatever the order.
func (w *testWriter) traversal(s model.State, o model.Op) bool {
	if o.Func.IsNil() {
		return w.nilFunction(s, o)
	}
	allowed, ok := w.itineraries(s, o)
	if !ok {
		return false
	}
	visits := "visits"
	if w.traversals++; w.traversals > 1 {
		visits = fmt.Sprintf("visits%d", w.traversals)
	}
	w.use("fmt", "slices", "strings")
	w.line("var %s []string", visits)
	at, ends := o.Func.Step()
	call := func() bool { return w.traverse(s, o, visits) }
	switch {
	case ends == model.PanicCallback:
		w.uses["panics"] = true
		w.line("if did := panics(func() {")
		ok = call()
		w.line("}); did != (len(%s) >= %d) {\nt.Errorf(%q, did, !did)\n}", visits, at, escaped(callName(o))+" panicked: %t, want %t")
	case ends == model.Goexit:
		w.use("sync", "runtime")
		returned := "returned" + strings.TrimPrefix(visits, "visits")
		w.line("%s := false\nfunc() {\nvar alone sync.WaitGroup\ndefer alone.Wait()\nalone.Go(func() {", returned)
		ok = call()
		w.line("%s = true\n})\n}()", returned)
		w.line("if %s == (len(%s) >= %d) {\nt.Errorf(%q, %s, !%s)\n}", returned, visits, at, escaped(callName(o))+" returned: %t, want %t", returned, returned)
	default:
		ok = call()
	}
	w.line("slices.Sort(%s)", visits)
	w.line("if got := strings.Join(%s, \"; \"); %s {\nt.Errorf(%q, got)\n}", visits, notAmong(allowed),
		escaped(callName(o))+" visited %q, want "+escaped(quotedOr(allowed)))
	return ok
}

// quotedOr is "a", "b" or "c", quoted.
func quotedOr(list []string) string {
	quoted := make([]string, len(list))
	for i, text := range list {
		quoted[i] = fmt.Sprintf("%q", text)
	}
	return strings.Join(quoted, " or ")
}

// notAmong is the condition that got is none of allowed.
func notAmong(allowed []string) string {
	if len(allowed) == 1 {
		return fmt.Sprintf("got != %q", allowed[0])
	}
	return fmt.Sprintf("!slices.Contains(%#v, got)", allowed)
}

// nilFunction writes a traversal that is passed nil. On an empty map it may
// panic or not.
func (w *testWriter) nilFunction(s model.State, o model.Op) bool {
	w.uses["panics"] = true
	call := fmt.Sprintf("panics(func() { m.%v(nil) })", o.Method)
	if o.Method != model.Range {
		call = fmt.Sprintf("panics(func() { m.%v()(nil) })", o.Method)
	}
	if s.Len() == 0 {
		w.line("%s", call)
		return true
	}
	w.line("if !%s {\nt.Errorf(%q)\n}", call, escaped(o.String())+" did not panic")
	return true
}

// traverse writes the call of o and its function, which counts in visits.
func (w *testWriter) traverse(s model.State, o model.Op, visits string) bool {
	parameters, visit := w.callback(o.Method)
	call := fmt.Sprintf("m.%v(", o.Method)
	if o.Method != model.Range {
		call = fmt.Sprintf("m.%v()(", o.Method)
	}
	w.line("%sfunc(%s) bool {\n%s = append(%s, fmt.Sprint(%s))", call, parameters, visits, visits, visit)
	if f := o.Func; f != nil {
		if len(f.Do) > 0 {
			w.line("if len(%s) == 1 {", visits)
			for _, inner := range f.Do {
				if !w.step(s, inner) {
					return false
				}
				s = after(s, inner)
			}
			w.line("}")
		}
		switch at, ends := f.Step(); {
		case ends == model.PanicCallback:
			w.line("if len(%s) == %d {\npanic(\"of the function\")\n}", visits, at)
		case ends == model.Goexit:
			w.line("if len(%s) == %d {\nruntime.Goexit()\n}", visits, at)
		case at > 0:
			w.line("return len(%s) < %d\n})", visits, at)
			return true
		}
	}
	w.line("return true\n})")
	return true
}

// callback is the parameters of the function that method m takes, and what it
// is handed, for fmt.Sprint.
func (w *testWriter) callback(m model.Method) (parameters, visit string) {
	k, v := w.typ.key.name, w.typ.value.name
	switch m {
	case model.Keys:
		return "key " + k, "key"
	case model.Values:
		return "value " + v, "value"
	}
	if k == v {
		return "key, value " + k, `key, " ", value`
	}
	return "key " + k + ", value " + v, `key, " ", value`
}

// mostItineraries is how many a test lists.
const mostItineraries = 24

// An entryOf is an entry that a traversal may or must visit.
type entryOf struct {
	texts []string // what it may be visited with
	must  bool
}

// itineraries lists what o, called in state s, may visit, sorted. ok is false
// if there are too many.
func (w *testWriter) itineraries(s model.State, o model.Op) (list []string, ok bool) {
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
	for text := range seen {
		list = append(list, text)
	}
	slices.Sort(list)
	return list, len(list) > 0 && len(list) <= mostItineraries && len(entries) <= 16
}

// entries are those of all states: what each may be visited with, and whether
// it was there throughout.
func (w *testWriter) entries(m model.Method, states []model.State) []entryOf {
	var list []entryOf
	for _, key := range keysOf(states) {
		e := entryOf{must: true}
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

// keysOf returns the keys that are present in any of states.
func keysOf(states []model.State) []int {
	var keys []int
	for _, s := range states {
		keys = append(keys, s.Keys()...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// nanEntries are entries under NaN, one for each that was ever added.
func (w *testWriter) nanEntries(m model.Method, states []model.State) []entryOf {
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
	var list []entryOf
	for v, n := range added {
		for i := range n {
			list = append(list, entryOf{[]string{w.visited(m, model.NaN, v)}, i < least[v]})
		}
	}
	return list
}

// visited is a visit as the function of method m writes it down.
func (w *testWriter) visited(m model.Method, key, value int) string {
	k, v := w.uses["k"], w.uses["v"]
	_, keyText, _ := w.key(key)
	_, valueText, _ := w.val(value)
	w.uses["k"], w.uses["v"] = k, v
	switch m {
	case model.Keys:
		return keyText
	case model.Values:
		return valueText
	}
	return keyText + " " + valueText
}

// sequence writes the program by which a sequence is used twice.
func (w *testWriter) sequence() bool {
	m := allOps(w.c.Witness)[0].Method
	if m == model.Range || !m.Traverses() {
		return false
	}
	w.makeMap()
	store := func(k, v int) model.Op { return model.Op{Method: model.Store, Key: k, Value: v} }
	var s model.State
	s, _ = model.Step(s, store(0, 1))
	w.compare(store(0, 1), model.Result{})
	w.line("sequence := m.%v()", m)
	s, _ = model.Step(s, store(1, 2))
	w.compare(store(1, 2), model.Result{})
	parameters, visit := w.callback(m)
	w.use("fmt", "slices", "strings")
	for _, turn := range []string{"first", "second"} {
		allowed, _ := w.itineraries(s, model.Op{Method: m})
		w.line("var %s []string\nsequence(func(%s) bool {\n%s = append(%s, fmt.Sprint(%s))\nreturn true\n})\nslices.Sort(%s)", turn, parameters, turn, turn, visit, turn)
		w.line("if got := strings.Join(%s, \"; \"); %s {\nt.Errorf(%q, got)\n}", turn, notAmong(allowed),
			fmt.Sprintf("the %s use of one sequence of %v visited %%q, want %s", turn, m, escaped(quotedOr(allowed))))
		if turn == "first" {
			s, _ = model.Step(s, store(2, 3))
			w.compare(store(2, 3), model.Result{})
		}
	}
	return true
}
