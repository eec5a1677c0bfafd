package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// testRounds is how many rounds a test of several goroutines may take, as it is
// written there: enough for luck, and a few seconds where there is no bug.
const testRounds = "100_000"

// concurrent writes a program of several goroutines, round after round. Either
// it hangs, or its outcome is none that an order of the calls can have.
func (w *testWriter) concurrent() bool {
	if strings.Contains(w.c.Evidence, neverReturned) {
		return w.hanging()
	}
	rest := w.readsAtRest()
	outcomes, ok := w.outcomes(rest)
	if !ok || outcomes.has(w.seen(rest)) || w.seen(rest) == "" {
		return false
	}
	w.notes = append(w.notes, "It is a matter of luck how the goroutines meet, so the test takes many rounds.")
	w.use("time", "strings", "sync", "sync/atomic", "runtime")
	w.line("// Together the calls may return what some order of them gives:\n// %s.", strings.Join(w.callNames(rest), "; "))
	w.line("allowed := map[string]bool{")
	for _, o := range outcomes {
		w.line("%q: true, // in the order %s", o.text, o.order)
	}
	w.line("}\nbegin := time.Now()\nfor round := range %s {\nif time.Since(begin) > 20*time.Second {\nbreak\n}", testRounds)
	w.makeMap()
	for _, o := range w.c.Init {
		if !w.bare(o) {
			return false
		}
	}
	w.line("got := make([]string, %d)", w.returning(rest))
	n, ok := w.goroutinesTogether(func(n int, o model.Op) (int, bool) { return w.record(n, o) })
	if !ok {
		return false
	}
	w.line("all.Wait()")
	for _, o := range rest {
		if n, ok = w.record(n, o); !ok {
			return false
		}
	}
	w.line("if outcome := strings.Join(got, \"; \"); !allowed[outcome] {\nt.Fatalf(\"round %%d: no order of the calls gives %%s\", round, outcome)\n}\n}")
	return true
}

// goroutinesTogether starts the threads, held back until all are there. do
// writes one call, and returns the number of the next result.
func (w *testWriter) goroutinesTogether(do func(n int, o model.Op) (int, bool)) (n int, ok bool) {
	w.line("var ready atomic.Int32\ntogether := func() { // lets nobody go before all are here\nfor ready.Add(1); ready.Load() < %d; {\nruntime.Gosched()\n}\n}", len(w.c.Threads))
	w.line("var all sync.WaitGroup")
	for _, thread := range w.c.Threads {
		w.line("all.Go(func() {\ntogether()")
		for _, o := range thread {
			if n, ok = do(n, o); !ok {
				return n, false
			}
		}
		w.line("})")
	}
	return n, true
}

// hanging writes a program of which some calls never return.
func (w *testWriter) hanging() bool {
	w.notes = append(w.notes, "It is a matter of luck how the goroutines meet, so the test takes many rounds.")
	w.use("time", "sync", "sync/atomic", "runtime")
	w.line("begin := time.Now()\nfor round := range %s {\nif time.Since(begin) > 20*time.Second {\nbreak\n}", testRounds)
	w.makeMap()
	w.line("done := make(chan struct{})\ngo func() {\ndefer close(done)")
	for _, o := range w.c.Init {
		if !w.bare(o) {
			return false
		}
	}
	if _, ok := w.goroutinesTogether(func(n int, o model.Op) (int, bool) { return n, w.bare(o) }); !ok {
		return false
	}
	w.line("all.Wait()")
	for _, o := range w.readsAtRest() {
		if !w.bare(o) {
			return false
		}
	}
	calls, _, _ := strings.Cut(w.c.Evidence, neverReturned)
	w.line("}()\nselect {\ncase <-done:\ncase <-time.After(10 * time.Second):\nt.Fatalf(%q, round)\n}\n}", "round %d: "+escaped(calls)+" never returned")
	return true
}

// bare writes the call of o, whatever it returns. What panics is caught.
func (w *testWriter) bare(o model.Op) bool {
	if o.Method.Traverses() {
		return w.bareTraversal(o)
	}
	call, ok := w.call(o)
	if ok && o.MayPanic() {
		w.uses["panics"] = true
		call = "panics(func() { " + call + " })"
	}
	w.line("%s", call)
	return ok
}

// bareTraversal writes a traversal, whatever it visits. Its function ends it
// by returning false only.
func (w *testWriter) bareTraversal(o model.Op) bool {
	at, ends := o.Func.Step()
	if ends != "" || o.Func.IsNil() {
		return false
	}
	parameters, _ := w.callback(o.Method)
	parameters = blank.Replace(parameters)
	call := fmt.Sprintf("m.%v(", o.Method)
	if o.Method != model.Range {
		call = fmt.Sprintf("m.%v()(", o.Method)
	}
	counts := at > 0 || o.Func != nil && len(o.Func.Do) > 0
	if counts {
		w.line("{\nvisits := 0")
	}
	w.line("%sfunc(%s) bool {", call, parameters)
	if counts {
		w.line("visits++")
	}
	if o.Func != nil && len(o.Func.Do) > 0 {
		w.line("if visits == 1 {")
		for _, inner := range o.Func.Do {
			if !w.bare(inner) {
				return false
			}
		}
		w.line("}")
	}
	if at > 0 {
		w.line("return visits < %d\n})", at)
	} else {
		w.line("return true\n})")
	}
	if counts {
		w.line("}")
	}
	return true
}

// blank makes parameters that are not used.
var blank = strings.NewReplacer("key", "_", "value", "_")

// record writes the call of o, and keeps what it returns as result n.
func (w *testWriter) record(n int, o model.Op) (next int, ok bool) {
	shown, ok := w.shown(o)
	if shown == "" {
		return n, ok && w.bare(o)
	}
	w.line("got[%d] = %s", n, shown)
	return n + 1, ok
}

// inOrder are the operations of the threads, and then those at rest.
func (w *testWriter) inOrder(rest []model.Op) []model.Op {
	return slices.Concat(append(slices.Clone(w.c.Threads), rest)...)
}

// returning counts the operations that return something.
func (w *testWriter) returning(rest []model.Op) int {
	n := 0
	for _, o := range w.inOrder(rest) {
		if returnsSomething(o.Method) {
			n++
		}
	}
	return n
}

// returnsSomething reports whether a call of m is an expression: what a method
// reads it returns, or hands to its function.
func returnsSomething(m model.Method) bool { return m.Reads() && !m.Traverses() }

// callNames are the calls that return something, where they are made.
func (w *testWriter) callNames(rest []model.Op) []string {
	var names []string
	for n, thread := range w.c.Threads {
		for _, o := range thread {
			if returnsSomething(o.Method) {
				names = append(names, fmt.Sprintf("%v by goroutine %d", o, n))
			}
		}
	}
	for _, o := range rest {
		names = append(names, fmt.Sprintf("%v at rest", o))
	}
	return names
}

// readsAtRest are the Loads and Lens that the history ends with: methods that
// the map is known to have.
func (w *testWriter) readsAtRest() []model.Op {
	var reads []model.Op
	for i := range w.t.ops {
		o := &w.t.ops[i]
		if w.t.when[i] == atRest && o.Parent == history.NoParent && !o.Op.Method.Traverses() {
			reads = append(reads, o.Op)
		}
	}
	return reads
}

// seen is the outcome that the history has, or nothing if it has not all
// results.
func (w *testWriter) seen(rest []model.Op) string {
	byLane := make([][]string, len(w.c.Threads)+1)
	for i := range w.t.ops {
		o := &w.t.ops[i]
		lane := w.t.lane[i]
		switch {
		case w.t.when[i] == first || o.Parent != history.NoParent:
			continue
		case w.t.when[i] == atRest:
			lane = len(w.c.Threads)
		}
		if o.Pending() || o.Result.Panic != "" || lane > len(w.c.Threads) {
			return ""
		}
		if returnsSomething(o.Op.Method) {
			byLane[lane] = append(byLane[lane], w.result(o.Op.Method, o.Result))
		}
	}
	all := slices.Concat(byLane...)
	if len(all) != w.returning(rest) {
		return ""
	}
	return strings.Join(all, "; ")
}
