package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/model"
)

// Release is watched through weak pointers, as the README does it. Keys and
// values are pointers where that is enough: one allocation for each. Where a
// map keeps another instance of a key or value that it may hold, they are
// strings, of which each call gets its own.

// How a test makes keys and values.
type instances uint8

const (
	fresh    instances = iota // by a call of k or v, new ones each time
	pointers                  // pointers in variables named k0, v1, …
	texts                     // strings long enough to be watched, new ones each time
)

// collectGarbage is what a test does before it looks: three collections, for
// what goes through a pool survives two.
const collectGarbage = "for range 3 {\nruntime.GC()\n}"

const allocationType = "type allocation struct{ _ [64]byte }"

// released writes a program after which something is still reachable.
func (w *testWriter) released() bool {
	ops := allOps(w.c.Witness)
	if w.c.Clause == model.S8 {
		return w.oneInstance(ops)
	}
	if len(w.c.Retained) == 0 || !canRelease(ops) {
		return false
	}
	r := w.c.Retained[0]
	if w.watchable(pointers) && !w.liveAtEnd(r.What, ops) {
		return w.releasedPointer(r, ops)
	}
	return w.releasedText(r, ops)
}

// canRelease reports whether ops are what a tracker runs: nothing special, and
// functions that do nothing.
func canRelease(ops []model.Op) bool {
	return !anywhere(ops, func(o model.Op) bool {
		return o.Method.OnKey() && o.Key < 0 || o.Value < 0 || o.Old < 0 || o.Func != nil
	})
}

// watchable reports whether the map takes such keys and values.
func (w *testWriter) watchable(how instances) bool {
	ok := func(k kind) bool { return k.name == "any" || how == texts && k.name == "string" }
	return ok(w.typ.key) && ok(w.typ.value)
}

// liveAtEnd reports whether the map may hold what is called so after ops.
func (w *testWriter) liveAtEnd(what string, ops []model.Op) bool {
	var s model.State
	for _, o := range ops {
		s = after(s, o)
	}
	for _, k := range s.Keys() {
		if what == "key "+model.KeyName(k) || what == "value "+model.ValueName(s.Cell(k).Value) {
			return true
		}
	}
	return false
}

// releasedPointer watches the one allocation that a key or value is.
func (w *testWriter) releasedPointer(r model.Retained, ops []model.Op) bool {
	role, name, ok := strings.Cut(r.What, " ")
	if !ok || role != "key" && role != "value" || !slices.Contains(pointerNames(ops), name) {
		return false
	}
	w.how = pointers
	w.use("runtime", "weak")
	w.line(allocationType)
	w.makeMap()
	w.line("// Nothing but the map holds a key or value after this.\nseen := func() weak.Pointer[allocation] {")
	w.declare(pointerNames(ops))
	for _, o := range ops {
		if !w.bare(o) {
			return false
		}
	}
	w.line("return weak.Make(%s)\n}()\n%s", name, collectGarbage)
	w.line("if seen.Value() != nil {\nt.Error(%q)\n}\nruntime.KeepAlive(m)", w.stillReachable(r))
	return true
}

// stillReachable is what a test says of r.
func (w *testWriter) stillReachable(r model.Retained) string {
	left, number := w.t.retainedOp(r.Left)
	if left == "" {
		return r.What + " is still reachable"
	}
	return fmt.Sprintf("%s is still reachable; %s, %s, should have let go of it", r.What, left, number)
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

// declare makes an allocation for each name.
func (w *testWriter) declare(names []string) {
	if len(names) == 0 {
		return
	}
	made := make([]string, len(names))
	for i := range made {
		made[i] = "new(allocation)"
	}
	w.line("%s := %s", strings.Join(names, ", "), strings.Join(made, ", "))
}

// releasedText watches the instance of a key or value that one operation
// passed.
func (w *testWriter) releasedText(r model.Retained, ops []model.Op) bool {
	role, name, ok := strings.Cut(r.What, " ")
	if !ok || !w.watchable(texts) || r.Passed < 0 || r.Passed >= len(ops) {
		return false
	}
	w.how = texts
	w.use("runtime", "weak", "strings", "unsafe")
	w.textMaker()
	w.makeMap()
	w.line("// Nothing but the map holds a key or value after this.\nseen := func() weak.Pointer[byte] {")
	w.line("kept := text(%q)\nseen := weak.Make(unsafe.StringData(kept))", name)
	for i, o := range ops {
		if o.Method.Traverses() {
			w.bareTraversal(o)
			continue
		}
		call, ok := w.call(o)
		if ok && i == r.Passed {
			call, ok = replaceArgument(call, role, fmt.Sprintf("text(%q)", name))
		}
		if !ok {
			return false
		}
		w.line("%s", call)
	}
	w.line("return seen\n}()\n%s", collectGarbage)
	w.line("if seen.Value() != nil {\nt.Error(%q)\n}\nruntime.KeepAlive(m)", w.stillReachable(r))
	return true
}

// replaceArgument puts kept for the argument of a call: the first of the key,
// the last of a value.
func replaceArgument(call, role, argument string) (string, bool) {
	at := strings.Index(call, argument)
	if role == "value" {
		at = strings.LastIndex(call, argument)
	}
	if at < 0 {
		return call, false
	}
	return call[:at] + "kept" + call[at+len(argument):], true
}

// textMaker declares how strings are made.
func (w *testWriter) textMaker() {
	w.line("text := func(s string) string { return strings.Repeat(s+\" \", 16) } // an allocation of its own each time")
}

// oneInstance writes a program that stores one key as several instances, of
// which one may be reachable.
func (w *testWriter) oneInstance(ops []model.Op) bool {
	if !w.watchable(texts) || !canRelease(ops) {
		return false
	}
	w.how = texts
	w.use("runtime", "weak", "strings", "unsafe")
	w.textMaker()
	w.makeMap()
	w.line("// Nothing but the map holds a key after this.\nseen := func() (seen []weak.Pointer[byte]) {")
	for _, o := range ops {
		call, ok := w.call(o)
		if !ok || !o.Method.OnKey() {
			return false
		}
		name := fmt.Sprintf("text(%q)", model.KeyName(o.Key))
		call, _ = replaceArgument(call, "key", name)
		w.line("{\nkept := %s\nseen = append(seen, weak.Make(unsafe.StringData(kept)))\n%s\n}", name, call)
	}
	w.line("return seen\n}()\n%s", collectGarbage)
	w.line("alive := 0\nfor _, s := range seen {\nif s.Value() != nil {\nalive++\n}\n}")
	w.line("if alive != 1 {\nt.Errorf(\"%%d of %%d equal keys are reachable, want 1\", alive, len(seen))\n}\nruntime.KeepAlive(m)")
	return true
}
