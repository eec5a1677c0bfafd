package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/model"
)

// An outcomeOf is what all calls of a program return together, and the first
// order of the goroutines that gives it.
type outcomeOf struct{ text, order string }

type outcomeList []outcomeOf

func (l outcomeList) has(text string) bool {
	return slices.ContainsFunc(l, func(o outcomeOf) bool { return o.text == text })
}

// A program is brute-forced if it has no more operations, goroutines and orders
// than these, and no more outcomes to write down.
const (
	mostBruteOps   = 8
	mostOrders     = 50_000
	mostAllowed    = 60
	mostGoroutines = 6
)

// outcomes lists what the program may return, over all orders of its calls: more
// than any history may show, which has an order in time as well. ok is false
// where that cannot be listed: a traversal takes effect at many instants, and
// so does a Clear that is not promised to be atomic; a Len that is not promised
// to be linearizable may return anything meanwhile.
func (w *testWriter) outcomes(rest []model.Op) (list outcomeList, ok bool) {
	total := 0
	for _, thread := range w.c.Threads {
		total += len(thread)
	}
	if total > mostBruteOps || len(w.c.Threads) > mostGoroutines {
		return nil, false
	}
	for _, o := range append(w.inOrder(nil), w.c.Init...) {
		whole := o.Method == model.Clear && w.c.Promise.Clear != model.Strong || o.Method == model.Len && w.c.Promise.Len != model.Strong
		if whole || o.Method.Traverses() || o.MayPanic() {
			return nil, false
		}
	}
	var s model.State
	for _, o := range w.c.Init {
		s, _ = model.Step(s, o)
	}
	b := &brute{w: w, rest: rest, next: make([]int, len(w.c.Threads)), results: make([][]string, len(w.c.Threads)+1), seen: map[string]bool{}}
	b.search(s, nil)
	return b.list, b.orders <= mostOrders && len(b.list) <= mostAllowed
}

// brute walks through all orders of a program.
type brute struct {
	w       *testWriter
	rest    []model.Op
	next    []int      // of each thread
	results [][]string // of each thread, and at rest
	seen    map[string]bool
	list    outcomeList
	orders  int
}

func (b *brute) search(s model.State, order []string) {
	if b.orders > mostOrders {
		return
	}
	finished := true
	for n, thread := range b.w.c.Threads {
		if b.next[n] == len(thread) {
			continue
		}
		finished = false
		o := thread[b.next[n]]
		after, r := model.Step(s, o)
		b.next[n]++
		before := b.results[n]
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
func (b *brute) finish(s model.State, order []string) {
	b.orders++
	last := len(b.results) - 1
	b.results[last] = nil
	for _, o := range b.rest {
		_, r := model.Step(s, o)
		b.results[last] = append(b.results[last], b.w.result(o.Method, r))
	}
	text := strings.Join(slices.Concat(b.results...), "; ")
	if !b.seen[text] {
		b.seen[text] = true
		b.list = append(b.list, outcomeOf{text, strings.Join(order, " ")})
	}
}
