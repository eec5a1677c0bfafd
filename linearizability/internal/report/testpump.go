package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/model"
)

// aliveFunc counts what is reachable of all that was seen.
const aliveFunc = "alive := func() (n int) {\n" + collectGarbage +
	"\nfor _, s := range seen {\nif s.Value() != nil {\nn++\n}\n}\nruntime.KeepAlive(m)\nreturn n\n}"

// pumped writes a cycle of operations a thousand times over, with other keys
// and values each time.
func (w *testWriter) pumped() bool {
	body := lastThread(w.c.Witness)
	if !w.watchable(pointers) || !canRelease(allOps(w.c.Witness)) || len(w.c.Threads) != 1 {
		return false
	}
	w.how = pointers
	w.use("runtime", "weak")
	w.line(allocationType)
	w.makeMap()
	w.line("var seen []weak.Pointer[allocation]\n" + aliveFunc)
	w.declare(pointerNames(w.c.Init))
	for _, o := range w.c.Init {
		if !w.bare(o) {
			return false
		}
	}
	w.line("const turns = 1000\nfor range turns {")
	if !w.turn(body) {
		return false
	}
	w.line("}\nif n := alive(); n >= turns-1 {\nt.Errorf(\"%%d keys and values are reachable after %%d turns, and the map has as few keys as before\", n, turns)\n}")
	return true
}

// turn writes body on new keys and values, and keeps a weak pointer to each.
// What it shares with Init stays: the resident key, and its value, which a
// comparison needs to know of.
func (w *testWriter) turn(body []model.Op) bool {
	resident := pointerNames(w.c.Init)
	names := slices.DeleteFunc(pointerNames(body), func(n string) bool { return slices.Contains(resident, n) })
	w.declare(names)
	var s model.State
	for _, o := range w.c.Init {
		s = after(s, o)
	}
	for _, o := range body {
		if !w.bare(o) {
			return false
		}
		s = after(s, o)
	}
	for _, key := range s.Keys() { // the next turn compares with what this one left
		left := model.ValueName(s.Cell(key).Value)
		if before := w.initValue(key); before != "" && before != left && slices.Contains(pointerNames(body), before) {
			w.line("%s = %s", before, left)
		}
	}
	var made []string
	for _, name := range names {
		made = append(made, fmt.Sprintf("weak.Make(%s)", name))
	}
	if len(made) == 0 {
		return false
	}
	w.line("seen = append(seen, %s)", strings.Join(made, ", "))
	return true
}

// initValue is the value that key has after Init, or nothing.
func (w *testWriter) initValue(key int) string {
	var s model.State
	for _, o := range w.c.Init {
		s = after(s, o)
	}
	if c := s.Cell(key); c.Present && c.Value > 0 {
		return model.ValueName(c.Value)
	}
	return ""
}

// pinned writes a Range that is paused while keys come and go: few and many,
// and as many without a Range, since what it pins may not grow with them.
func (w *testWriter) pinned() bool {
	churn := w.t.churn()
	if !w.watchable(pointers) || len(churn) == 0 || !canRelease(slices.Concat(w.c.Init, churn)) {
		return false
	}
	w.how = pointers
	w.use("runtime", "weak")
	w.line(allocationType)
	w.line("// reachable counts what is reachable of all that came and went, while a Range is paused and after it.")
	w.line("reachable := func(turns int, ranging bool) (during, after int) {")
	w.makeMap()
	w.line("var seen []weak.Pointer[allocation]\n" + aliveFunc)
	w.declare(pointerNames(w.c.Init))
	for _, o := range w.c.Init {
		if !w.bare(o) {
			return false
		}
	}
	w.line("churn := func() {\nfor range turns {")
	if !w.turn(churn) {
		return false
	}
	parameters, _ := w.callback(model.Range)
	parameters = blank.Replace(parameters)
	w.line("}\n}\nif !ranging {\nchurn()\nreturn alive(), alive()\n}\npaused := false")
	w.line("m.Range(func(%s) bool {\nif !paused {\npaused = true\nchurn()\nduring = alive()\n}\nreturn true\n})\nreturn during, alive()\n}", parameters)
	w.line("pinned := func(turns int) (during, after int) {\nduring, after = reachable(turns, true)\nquietly, _ := reachable(turns, false)\nreturn during - quietly, after - quietly\n}")
	w.line("const few, many = 256, 1024\nduringFew, afterFew := pinned(few)\nduringMany, afterMany := pinned(many)")
	w.line("if duringMany-duringFew >= few {\nt.Errorf(\"a paused Range pins %%d keys and values that came and went in %%d turns, and %%d in %%d\", duringFew, few, duringMany, many)\n}")
	w.line("if afterMany-afterFew >= few {\nt.Errorf(\"a Range that has returned pins %%d keys and values that came and went in %%d turns, and %%d in %%d\", afterFew, few, afterMany, many)\n}")
	return true
}

// shrunk writes what the empty table costs after many keys.
func (w *testWriter) shrunk() bool {
	ops := allOps(w.c.Witness)
	if len(ops) != 2 || w.c.Turns < 10 || !ops[0].Method.OnKey() || !ops[1].Method.OnKey() {
		return false
	}
	add, ok := w.call(ops[0])
	remove, also := w.call(ops[1])
	if !ok || !also {
		return false
	}
	of := strings.NewReplacer("k(0)", "k(i)", "v(1)", "v(i+1)")
	w.use("runtime")
	w.line("heap := func() int64 {\nruntime.GC()\nruntime.GC()\nvar s runtime.MemStats\nruntime.ReadMemStats(&s)\nreturn int64(s.HeapAlloc)\n}")
	w.line("// cost is what dies with a map from which n keys were deleted, and half of them once more.\ncost := func(n int) int64 {")
	w.makeMap()
	w.line("for i := range n {\n%s\n}\nfor i := range n {\n%s\n}\nfor i := range n / 2 {\n%[1]s\n%[2]s\n}", of.Replace(add), of.Replace(remove))
	w.line("with := heap()\nruntime.KeepAlive(m)\nm = nil\nreturn with - heap()\n}")
	w.line("least := cost(%d) - cost(%d)\nfor range 2 { // others allocate too\nleast = min(least, cost(%[1]d)-cost(%[2]d))\n}", w.c.Turns, w.c.Turns/10)
	w.line("if most := int64(256 << 10); least > most {\nt.Errorf(\"the empty table costs %%d bytes more after %d keys than after %d, want %%d at most\", least, most)\n}", w.c.Turns, w.c.Turns/10)
	return true
}
