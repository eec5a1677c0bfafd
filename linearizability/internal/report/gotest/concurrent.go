package gotest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/report"
	"github.com/mapspec/mapspec/model"
)

// A recorded call keeps what it returns as result Slot; -1 if it keeps nothing.
type recorded struct {
	Op   model.Op
	Slot int
}

// concurrent is a program of several goroutines, round after round. Either it
// hangs, or its outcome is none that an order of the calls can have.
func (w *writer) concurrent() (string, error) {
	if len(w.c.Threads) < 2 {
		return w.sequential()
	}
	w.notes = append(w.notes, "It is a matter of luck how the goroutines meet, so the test takes many rounds.")
	rest := w.readsAtRest()
	data := map[string]any{"Init": w.c.Init}
	threads := make([][]recorded, len(w.c.Threads)+1) // the last one has the reads at rest
	results := 0
	var names []string
	for n, ops := range append(slices.Clone(w.c.Threads), rest) {
		for _, o := range ops {
			r := recorded{o, -1}
			if returnsSomething(o.Method) && w.hangs() == "" {
				r.Slot = results
				results++
				who := fmt.Sprintf("by goroutine %d", n)
				if n == len(w.c.Threads) {
					who = "at rest"
				}
				names = append(names, fmt.Sprintf("%v %s", o, who))
			}
			threads[n] = append(threads[n], r)
		}
	}
	data["Threads"], data["Rest"] = threads[:len(w.c.Threads)], threads[len(w.c.Threads)]
	if calls := w.hangs(); calls != "" {
		data["Hangs"] = calls
		return w.render("hanging", data)
	}
	outcomes, err := w.outcomes(rest)
	if err != nil {
		return "", err
	}
	seen := w.seen(results)
	if seen == "" || slices.ContainsFunc(outcomes, func(o outcome) bool { return o.Text == seen }) {
		return "", errNotPlain
	}
	data["Results"], data["Calls"], data["Outcomes"] = results, names, outcomes
	return w.render("concurrent", data)
}

// readsAtRest are the Loads and Lens that the history ends with: methods that
// the map is known to have.
func (w *writer) readsAtRest() []model.Op {
	var reads []model.Op
	t := report.NewTimeline(w.c)
	for i := range t.Operations {
		if o := &t.Operations[i]; t.Phase[i] == report.AtRest && o.Parent == history.NoParent && !o.Op.Method.Traverses() {
			reads = append(reads, o.Op)
		}
	}
	return reads
}

// seen is the outcome that the history has, or nothing if it lacks a result.
func (w *writer) seen(results int) string {
	t := report.NewTimeline(w.c)
	byLane := make([][]string, len(w.c.Threads)+1)
	for i := range t.Operations {
		o := &t.Operations[i]
		lane := t.Lane[i]
		switch {
		case t.Phase[i] == report.Before || o.Parent != history.NoParent:
			continue
		case t.Phase[i] == report.AtRest:
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
	if len(all) != results {
		return ""
	}
	return strings.Join(all, "; ")
}

// An outcome is what all calls of a program return together, and the first order
// of the goroutines that gives it.
type outcome struct{ Text, Order string }

// A program's outcomes are listed if it has no more operations, goroutines and
// orders than these, and no more outcomes to write down.
const (
	mostOperations = 8
	mostOrders     = 50_000
	mostAllowed    = 60
	mostGoroutines = 6
)

// outcomes lists what the program may return, over all orders of its calls: more
// than any history may show, which has an order in time as well. Where that
// cannot be listed it is an error: a traversal takes effect at many instants, and
// so does a Clear that is not promised to be atomic; a Len that is not promised
// to be linearizable may return anything meanwhile.
func (w *writer) outcomes(rest []model.Op) ([]outcome, error) {
	all := slices.Concat(w.c.Threads...)
	if len(all) > mostOperations || len(w.c.Threads) > mostGoroutines {
		return nil, errNotPlain
	}
	for _, o := range append(all, w.c.Init...) {
		open := o.Method == model.Clear && w.c.Promise.Clear != model.Strong || o.Method == model.Len && w.c.Promise.Len != model.Strong
		if open || o.Method.Traverses() || o.MayPanic() {
			return nil, errNotPlain
		}
	}
	var s model.State
	for _, o := range w.c.Init {
		s = after(s, o)
	}
	b := &orders{w: w, rest: rest, next: make([]int, len(w.c.Threads)), results: make([][]string, len(w.c.Threads)+1), seen: map[string]bool{}}
	b.search(s, nil)
	if b.count > mostOrders || len(b.list) > mostAllowed {
		return nil, errNotPlain
	}
	return b.list, nil
}

// orders walks through all orders of a program.
type orders struct {
	w       *writer
	rest    []model.Op
	next    []int      // of each thread
	results [][]string // of each thread, and at rest
	seen    map[string]bool
	list    []outcome
	count   int
}

func (b *orders) search(s model.State, order []string) {
	if b.count > mostOrders {
		return
	}
	finished := true
	for n, thread := range b.w.c.Threads {
		if b.next[n] == len(thread) {
			continue
		}
		finished = false
		o, before := thread[b.next[n]], b.results[n]
		after, r := model.Step(s, o)
		b.next[n]++
		if returnsSomething(o.Method) {
			b.results[n] = append(before[:len(before):len(before)], b.w.result(o.Method, r))
		}
		b.search(after, append(order[:len(order):len(order)], fmt.Sprint(n)))
		b.results[n] = before
		b.next[n]--
	}
	if finished {
		b.finish(s, order)
	}
}

// finish reads the map at rest and notes the outcome.
func (b *orders) finish(s model.State, order []string) {
	b.count++
	last := len(b.results) - 1
	b.results[last] = nil
	for _, o := range b.rest {
		_, r := model.Step(s, o)
		b.results[last] = append(b.results[last], b.w.result(o.Method, r))
	}
	text := strings.Join(slices.Concat(b.results...), "; ")
	if !b.seen[text] {
		b.seen[text] = true
		b.list = append(b.list, outcome{text, strings.Join(order, " ")})
	}
}
