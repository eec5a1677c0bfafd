package gotest

import (
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/report"
	"github.com/mapspec/mapspec/model"
)

// Release is watched through weak pointers, as the README does it. Keys and
// values are pointers where that is enough: one allocation for each. Where a
// map keeps another instance of a key or value that it may hold, they are
// strings, and each call gets its own.

// released is a program after which something is still reachable.
func (w *writer) released() (string, error) {
	ops, f := report.AllOps(w.c.Witness), w.c.Failure
	if !canRelease(ops) {
		return "", errNotPlain
	}
	if w.c.Clause == model.S8 {
		w.how = texts
		if !w.watchable() || slices.ContainsFunc(ops, func(o model.Op) bool { return !o.Method.OnKey() }) {
			return "", errNotPlain
		}
		return w.render("equal keys", map[string]any{"Ops": ops})
	}
	if len(f.Retained) == 0 {
		return "", errNotPlain
	}
	r := f.Retained[0]
	name := model.KeyName(r.Index)
	if r.Value {
		name = model.ValueName(r.Index)
	}
	names := pointerNames(ops)
	data := map[string]any{"Ops": ops, "Name": name, "Names": names, "Retained": r, "Still": w.stillReachable(r)}
	if w.how = pointers; w.watchable() && !liveAtEnd(r, ops) {
		if !slices.Contains(names, name) {
			return "", errNotPlain
		}
		return w.render("watched pointer", data)
	}
	if w.how = texts; !w.watchable() || r.Passed < 0 || r.Passed >= len(ops) {
		return "", errNotPlain
	}
	return w.render("watched text", data)
}

// canRelease reports whether ops are what a tracker runs: nothing special, and
// functions that do nothing.
func canRelease(ops []model.Op) bool {
	return !report.Anywhere(ops, func(o model.Op) bool {
		return o.Method.OnKey() && o.Key < 0 || o.Value < 0 || o.Old < 0 || o.Func != nil
	})
}

// watchable reports whether the map takes keys and values that can be watched.
func (w *writer) watchable() bool {
	ok := func(k kind) bool { return k.Name == "any" || w.how == texts && k.Name == "string" }
	return ok(w.typ.key) && ok(w.typ.value)
}

// liveAtEnd reports whether the map may hold the key or value that r is an
// instance of after ops.
func liveAtEnd(r model.Retained, ops []model.Op) bool {
	var s model.State
	for _, o := range ops {
		s = after(s, o)
	}
	return slices.ContainsFunc(s.Keys(), func(k int) bool {
		return !r.Value && k == r.Index || r.Value && s.Cell(k).Value == r.Index
	})
}

// stillReachable is what a test says of r.
func (w *writer) stillReachable(r model.Retained) string {
	left, number := report.NameOf(w.c.Witness, r.Left)
	if left == "" {
		return r.What() + " is still reachable"
	}
	return fmt.Sprintf("%s is still reachable; %s, %s, should have let go of it", r.What(), left, number)
}

// pointerNames are the keys and values of ops, in the order in which they come.
func pointerNames(ops []model.Op) []string {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, o := range ops {
		if o.Method.OnKey() {
			add(model.KeyName(o.Key))
		}
		if o.Method.Compares() && o.Old > 0 {
			add(model.ValueName(o.Old))
		}
		if o.Method.Stores() && o.Value > 0 {
			add(model.ValueName(o.Value))
		}
	}
	return names
}

// pumped is a cycle of operations a thousand times over, with other keys and
// values each time.
func (w *writer) pumped() (string, error) {
	if len(w.c.Threads) != 1 {
		return "", errNotPlain
	}
	return w.repeated("pumped", report.LastThread(w.c.Witness))
}

// pinned is a Range that is paused while keys come and go: few and many, and as
// many without a Range, since what it pins may not grow with them.
func (w *writer) pinned() (string, error) { return w.repeated("pinned", w.c.Churn()) }

// repeated renders a template in which body is repeated, each time on new keys
// and values. What it shares with Init stays: the resident key, and its value,
// which a comparison needs to know.
func (w *writer) repeated(name string, body []model.Op) (string, error) {
	w.how = pointers
	if !w.watchable() || !canRelease(slices.Concat(w.c.Init, body)) {
		return "", errNotPlain
	}
	resident, all := pointerNames(w.c.Init), pointerNames(body)
	made := slices.DeleteFunc(slices.Clone(all), func(n string) bool { return slices.Contains(resident, n) })
	if len(made) == 0 {
		return "", errNotPlain
	}
	var before, s model.State
	for _, o := range w.c.Init {
		before = after(before, o)
	}
	s = before
	for _, o := range body {
		s = after(s, o)
	}
	var carried [][2]string
	for _, key := range s.Keys() { // the next turn compares with what this one left
		was, left := model.ValueName(before.Cell(key).Value), model.ValueName(s.Cell(key).Value)
		if before.Cell(key).Value > 0 && was != left && slices.Contains(all, was) {
			carried = append(carried, [2]string{was, left})
		}
	}
	return w.render(name, map[string]any{"Init": w.c.Init, "Resident": resident, "Body": body, "Made": made, "Carried": carried})
}

// shrunk is what the empty table costs after many keys.
func (w *writer) shrunk() (string, error) {
	ops := report.AllOps(w.c.Witness)
	if len(ops) != 2 || w.c.Turns < 10 || !ops[0].Method.OnKey() || !ops[1].Method.OnKey() {
		return "", errNotPlain
	}
	return w.render("shrunk", map[string]any{"Add": ops[0], "Remove": ops[1], "Many": w.c.Turns, "Few": w.c.Turns / 10})
}
