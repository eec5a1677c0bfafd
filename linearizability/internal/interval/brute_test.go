package interval

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/check"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/model"
)

var (
	sample = flag.Int("interval.cases", 800, "random executions to compare with brute force, and five times as many in the complete run")
	seed   = flag.Uint64("interval.seed", 1, "their seed")
)

// brute enumerates the histories of a class. It shares only the clocks with the
// checker.
type brute struct {
	e      *execution
	at     []int // the number of events of each thread that have happened
	order  []happening
	looked int
	judged map[string]bool // by history: whether it is a violation
	broken []model.Clause
}

// violatingEvents reports whether some possible order of all calls, visits and
// returns is a violation. Events keep their thread's order and stay between the
// same two steps, anywhere there. It gives up after limit orders, with known
// false.
func violatingEvents(e *execution, limit int) (violates, known bool) {
	b := &brute{e: e, at: make([]int, e.record.Threads), judged: map[string]bool{}}
	violates = b.extend(limit)
	return violates, violates || b.looked < limit
}

// mustPrecede reports whether a must come before c, an event of another thread.
func (b *brute) mustPrecede(a, c happening) bool {
	t, u := b.e.record.Ops[a.op].Thread, b.e.record.Ops[c.op].Thread
	return c.after > 0 && b.e.clock(u, int(c.after))[t] > a.after
}

func (b *brute) extend(limit int) bool {
	if b.looked >= limit {
		return false
	}
	end := true
threads:
	for t, events := range b.e.events {
		if b.at[t] == len(events) {
			continue
		}
		next := events[b.at[t]]
		end = false
		for u, others := range b.e.events {
			if u != t && b.at[u] < len(others) && b.mustPrecede(others[b.at[u]], next) {
				continue threads
			}
		}
		if n := len(b.order); n > 0 && b.swapped(b.order[n-1], next, t) {
			continue
		}
		b.at[t]++
		b.order = append(b.order, next)
		if b.extend(limit) {
			return true
		}
		b.at[t]--
		b.order = b.order[:len(b.order)-1]
	}
	if !end {
		return false
	}
	b.looked++
	return b.violation(b.order)
}

// swapped reports whether the verdict on next after last equals that on last after
// next, and only the latter order need be tried: both are calls, or both are ends,
// and their threads are in descending order.
func (b *brute) swapped(last, next happening, t int) bool {
	return b.e.record.Ops[last.op].Thread > t && (last.kind == history.Called) == (next.kind == history.Called) && !b.mustPrecede(last, next)
}

func (b *brute) violation(order []happening) bool {
	id := fmt.Sprint(order)
	verdict, known := b.judged[id]
	if !known {
		h := historyOf(b.e, order)
		verdict = false
		for _, v := range check.Operations(h.Operations(), check.Options{Promise: b.e.promise}) {
			if v.Status == model.Violation {
				verdict = true
				b.broken = append(b.broken, v.Clause)
			}
		}
		b.judged[id] = verdict
	}
	return verdict
}

// historyOf returns the events of e as a history in the given order.
func historyOf(e *execution, order []happening) history.History {
	var events []history.Event
	add := func(x history.Event) { x.Seq = len(events); events = append(events, x) }
	for i, o := range e.init {
		add(history.Event{Kind: history.Called, ID: 100 + i, Client: 100, Parent: history.NoParent, Op: o})
		add(history.Event{Kind: history.Returned, ID: 100 + i})
	}
	for _, x := range order {
		o := &e.record.Ops[x.op]
		event := history.Event{Kind: x.kind, ID: x.op}
		switch x.kind {
		case history.Called:
			event.Client, event.Parent, event.Op = o.Thread, o.Parent, o.Op
		case history.Visited:
			event.Visit = model.Visit{Key: o.Visits[x.visit].Key, Value: o.Visits[x.visit].Value}
		case history.Returned:
			event.Result = o.Result
		}
		add(event)
	}
	return history.History{Events: events}
}

// violatingSteps is violatingEvents with calls just before the first step of their
// operation, and all other events just after the latest step. Each linear
// extension of the steps is then one history. It is only for executions in which
// every operation takes a step before its first end.
func violatingSteps(e *execution, limit int) (violates, known bool) {
	b := &brute{e: e, judged: map[string]bool{}}
	taken := make([]int32, e.record.Threads)
	violates = b.extendSteps(taken, limit)
	return violates, violates || b.looked < limit
}

func (b *brute) extendSteps(taken []int32, limit int) bool {
	end := true
	for t := range taken {
		if b.looked >= limit {
			return false
		}
		if taken[t] == b.e.taken[t] {
			continue
		}
		end = false
		clock := b.e.clock(t, int(taken[t]+1))
		if !enabled(clock, taken, t) {
			continue
		}
		order := len(b.order)
		for _, x := range b.e.events[t] {
			if x.kind == history.Called && x.after == taken[t] {
				b.order = append(b.order, x)
			}
		}
		taken[t]++
		for _, x := range b.e.events[t] {
			if x.kind != history.Called && x.after == taken[t] {
				b.order = append(b.order, x)
			}
		}
		if b.extendSteps(taken, limit) {
			return true
		}
		taken[t]--
		b.order = b.order[:order]
	}
	if !end {
		return false
	}
	b.looked++
	return b.violation(b.order)
}

// enabled reports whether thread t may take the step with this clock.
func enabled(clock, taken []int32, t int) bool {
	for u := range taken {
		if u != t && clock[u] > taken[u] {
			return false
		}
	}
	return true
}

// alwaysStepped reports whether a step separates every call from the next event of
// its thread.
func alwaysStepped(e *execution) bool {
	for _, events := range e.events {
		for i := range events[:max(len(events)-1, 0)] {
			if events[i].kind == history.Called && events[i].after == events[i+1].after {
				return false
			}
		}
	}
	return true
}

// drawExecution returns a random execution, possibly spoiled.
func drawExecution(rng *rand.Rand) *execution {
	e := newExecution(rng)
	limit := 100
	if rng.IntN(3) == 0 {
		limit = rng.IntN(8)
	}
	e.run(2+rng.IntN(2), limit)
	if rng.IntN(2) == 0 {
		e.spoil()
	}
	return e
}

// caseCounts counts the executions compared, by kind.
type caseCounts map[string]int

func (k caseCounts) add(e *execution, violates bool) {
	say := func(what string, holds bool) {
		if holds {
			k[fmt.Sprintf("%s, violating: %v", what, violates)]++
		}
	}
	say("all", true)
	has := func(f func(o *Op) bool) bool {
		for i := range e.record.Ops {
			if f(&e.record.Ops[i]) {
				return true
			}
		}
		return false
	}
	say("pending", has(func(o *Op) bool { return o.Pending }))
	say("nested", has(func(o *Op) bool { return o.Parent != NoParent }))
	say("without a step", has(func(o *Op) bool { return o.First > o.Last && !o.Pending }))
	for _, m := range []model.Method{model.Range, model.Keys, model.Clear, model.Len} {
		say(fmt.Sprintf("%v (%q, %q)", m, e.promise.Clear, e.promise.Len), has(func(o *Op) bool { return o.Op.Method == m }))
	}
}

// searching returns a checker that never looks for a witness.
func searching(p model.Promise) *Checker {
	c := NewChecker(p)
	c.witness.maxTries = 0
	return c
}

// checkers are used repeatedly without Reset, to notice a digest that omits
// something a verdict depends on. The second checker of a pair only searches.
type checkers map[string][2]*Checker

func (m checkers) check(t *testing.T, e *execution) (ok bool, bad Extension) {
	t.Helper()
	who := fmt.Sprint(e.promise, e.init)
	pair, made := m[who]
	if !made {
		pair = [2]*Checker{NewChecker(e.promise), searching(e.promise)}
		m[who] = pair
		for _, c := range pair {
			if err := c.Reset(done(e.init...)); err != nil {
				t.Fatal(err)
			}
		}
	}
	ok, bad, err := pair[0].Check(&e.record, e.clock)
	searched, _, err2 := pair[1].Check(&e.record, e.clock)
	if err != nil || err2 != nil {
		t.Fatalf("%v, %v\n%s", err, err2, e)
	}
	if ok != searched {
		t.Fatalf("ok: %v, but %v without looking for witnesses\n%s", ok, searched, e)
	}
	return ok, bad
}

// stats returns the sums over the first checker of each pair.
func (m checkers) stats() (sum counters) {
	for _, pair := range m {
		s := pair[0].stats
		sum.witnessed, sum.searches, sum.duplicates = sum.witnessed+s.witnessed, sum.searches+s.searches, sum.duplicates+s.duplicates
	}
	return sum
}

// TestAgreesWithBruteForce compares each verdict with those of package check on
// every history of the class.
//
// Clauses: S1, T1, T5, T6
func TestAgreesWithBruteForce(t *testing.T) {
	n := *sample
	if testing.Short() {
		n /= 2
	}
	const limit = 3000 // orders per class
	t.Logf("-interval.seed %d", *seed)
	rng := rand.New(rand.NewPCG(*seed, 0))
	seen, all := caseCounts{}, checkers{}
	compared, steps, unknown, hidden := 0, 0, 0, 0
	for i := range 6 * n {
		e := drawExecution(rng) // each, so that a case has the same number in every part
		if i >= n && !testpart.Run(i) {
			continue
		}
		want, known := violatingEvents(e, limit)
		if !known {
			unknown++
			continue
		}
		compared++
		seen.add(e, want)
		ok, bad := all.check(t, e)
		if ok == want {
			t.Fatalf("case %d: ok is %v, by brute force %v\n%s", i, ok, !want, e)
		}
		if by, known := violatingSteps(e, limit); alwaysStepped(e) && known {
			steps++
			if by != want {
				t.Fatalf("case %d: violating by the order of steps is %v, by that of events %v\n%s", i, by, want, e)
			}
		}
		if !ok {
			if !executedViolates(e) {
				hidden++
			}
			mustViolate(t, e, bad)
		}
	}
	if steps == 0 || hidden == 0 {
		t.Error("no order of steps was compared, or every violation shows in the execution itself: too little was checked")
	}
	did := all.stats()
	if did.witnessed == 0 || did.searches == 0 {
		t.Errorf("%+v: nothing was witnessed, or nothing searched", did)
	}
	t.Logf("of keys %d have a witness, %d were searched; %d records were known", did.witnessed, did.searches, did.duplicates)
	for _, k := range slices.Sorted(maps.Keys(seen)) {
		t.Logf("%6d %s", seen[k], k)
	}
	t.Logf("%d compared, %d also by the order of steps; %d violate where the execution does not; %d not known", compared, steps, hidden, unknown)
}

// executedViolates reports whether the execution itself is a violation, with calls
// and returns where they happened.
func executedViolates(e *execution) bool {
	b := &brute{e: e, judged: map[string]bool{}}
	at := make([]int, e.record.Threads)
	taken := make([]int32, e.record.Threads)
	flush := func(t int) {
		for ; at[t] < len(e.events[t]) && e.events[t][at[t]].after <= taken[t]; at[t]++ {
			b.order = append(b.order, e.events[t][at[t]])
		}
	}
	for t := range at {
		flush(t)
	}
	for _, s := range e.trace {
		taken[s.thread]++
		flush(s.thread)
	}
	return b.violation(b.order)
}

// mustViolate checks the extension that the checker returned.
func mustViolate(t *testing.T, e *execution, bad Extension) {
	t.Helper()
	h := bad.History()
	if err := h.Validate(); err != nil {
		t.Fatalf("%v\n%v\n%s", err, h, e)
	}
	violated := false
	for _, v := range check.History(h, check.Options{Promise: e.promise}) {
		violated = violated || v.Status == model.Violation
	}
	if !violated {
		t.Fatalf("the history of the extension is no violation\n%v\n%s", h.Operations(), e)
	}
	mustReplay(t, e, bad, h)
}

// mustReplay checks that bad.Steps is an order of the class in which the history
// of bad happens.
func mustReplay(t *testing.T, e *execution, bad Extension, h history.History) {
	t.Helper()
	order := bad.Steps(e.taken, e.clock)
	if len(order) != len(e.trace) {
		t.Fatalf("%d steps, want %d\n%s", len(order), len(e.trace), e)
	}
	taken := make([]int32, e.record.Threads)
	at := map[[2]int]int{} // by thread and step: the position in order
	for i, u := range order {
		taken[u]++
		for v, n := range e.clock(int(u), int(taken[u])) {
			if n > taken[v] {
				t.Fatalf("%v: step %d of thread %d comes too early\n%s", order, taken[u], u, e)
			}
		}
		at[[2]int{int(u), int(taken[u])}] = i
	}
	// If an operation ends before another is called, its last step must come before
	// the first step after the call.
	ends := -1
	for _, x := range eventsOf(e, h) {
		thread := e.record.Ops[x.op].Thread
		if x.kind != history.Called {
			if x.after > 0 {
				ends = max(ends, at[[2]int{thread, int(x.after)}])
			}
			continue
		}
		next, taken := at[[2]int{thread, int(x.after + 1)}]
		if taken && next <= ends {
			t.Fatalf("%v: operation %d is called too late\n%s", order, x.op, e)
		}
	}
}

// eventsOf returns the events of h without those of initial operations.
func eventsOf(e *execution, h history.History) []happening {
	var list []happening
	visits := map[int]int{}
	for _, x := range h.Events {
		i := x.ID - len(e.init)
		if i < 0 {
			continue
		}
		for _, y := range slices.Concat(e.events...) {
			if y.op == i && y.kind == x.Kind && (x.Kind != history.Visited || y.visit == visits[i]) {
				list = append(list, y)
			}
		}
		if x.Kind == history.Visited {
			visits[i]++
		}
	}
	return list
}

func (e *execution) String() string {
	s := fmt.Sprintf("promise %+v, initially %v\n", e.promise, e.init)
	for i, o := range e.record.Ops {
		s += fmt.Sprintf("#%d thread %d parent %d steps %d-%d pending %v: %v %v visits %v\n", i, o.Thread, o.Parent, o.First, o.Last,
			o.Pending, o.Op, o.Result.Text(o.Op.Method), o.Visits)
	}
	for _, x := range e.trace {
		s += fmt.Sprintf("thread %d location %d writes %v: %v\n", x.thread, x.location, x.writes, x.clock)
	}
	return s
}
