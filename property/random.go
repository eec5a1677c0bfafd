package property

import (
	"context"
	"flag"
	"fmt"
	"reflect"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/mapspec/mapspec/model"
	"pgregory.net/rapid"
)

// A domain is a set of programs to draw from.
type domain struct {
	methods []model.Method
	traits  model.Traits
	// avoid reports whether a violation of one of the clauses is known. Operations
	// that would only show it again are not drawn.
	avoid func(...model.Clause) bool
}

// A choice is a drawn operation. Its old value is not chosen yet, if it is to match
// what the key holds. A program is drawn as a list of choices, so that rapid can
// shrink it by removing some.
type choice struct {
	method  model.Method
	key     int
	value   int
	old     int
	matches bool // compare with the value that the key holds
	burst   bool // many keys in a row, so that a table grows or shrinks
	f       *model.Func
}

// burstKeys is how many keys a burst stores or deletes.
const burstKeys = 150

// program draws a program and returns its operations.
func (d domain) program(t *rapid.T) []model.Op {
	choices := rapid.SliceOfN(rapid.Custom(d.choice), 1, 30).Draw(t, "program")
	var ops []model.Op
	var s model.State
	for _, c := range choices {
		for _, o := range c.ops(s) {
			ops = append(ops, o)
			s = after(s, o)
		}
	}
	return ops
}

// after returns the state after o, if a callback of o makes all of its calls.
func after(s model.State, o model.Op) model.State {
	s, _ = model.Step(s, o)
	if o.Func != nil && s.Len() > 0 && !o.Func.IsNil() {
		for _, inner := range o.Func.Do {
			s = after(s, inner)
		}
	}
	return s
}

// ops returns the operations that c stands for in state s.
func (c choice) ops(s model.State) []model.Op {
	if c.burst {
		ops := make([]model.Op, burstKeys)
		for i := range ops {
			ops[i] = model.Op{Method: c.method, Key: 100 + i, Value: c.value}
			if !c.method.Stores() {
				ops[i].Value = 0
			}
		}
		return ops
	}
	o := model.Op{Method: c.method, Key: c.key, Func: c.f}
	if c.method.Stores() {
		o.Value = c.value
	}
	if c.method.Compares() {
		o.Old = c.old
		if cell := s.Cell(c.key); c.matches && cell.Present {
			o.Old = cell.Value
		}
	}
	return []model.Op{o}
}

// choice draws one operation.
func (d domain) choice(t *rapid.T) choice { return d.draw(t, 2) }

func (d domain) draw(t *rapid.T, depth int) choice {
	c := choice{method: rapid.SampledFrom(d.methods).Draw(t, "method")}
	if c.method.OnKey() {
		c.key = d.key(t)
	}
	if c.method.Stores() {
		c.value = d.value(t)
	}
	if c.method.Compares() {
		c.matches = rapid.IntRange(0, 3).Draw(t, "matches") > 0
		c.old = d.value(t)
	}
	if (c.method == model.Store || c.method == model.Delete) && depth == 2 {
		c.burst = rapid.IntRange(0, 24).Draw(t, "burst") == 24
	}
	if c.method.Traverses() {
		c.f = d.callback(t, depth)
	}
	return c
}

func (d domain) key(t *rapid.T) int {
	k := rapid.IntRange(0, 24).Draw(t, "key")
	switch {
	case k == 24 && d.traits.NaN && !d.avoid(model.S7):
		return model.NaN
	case k == 23 && d.traits.Unhashable && !d.avoid(model.S7):
		return model.Unhashable
	}
	return k % 4
}

func (d domain) value(t *rapid.T) int {
	v := rapid.IntRange(0, 20).Draw(t, "value")
	switch {
	case v == 20 && d.traits.Uncomparable && !d.avoid(model.S6, model.P3):
		return model.Uncomparable
	case v >= 18:
		return model.Zero
	}
	return v%4 + 1
}

func (d domain) callback(t *rapid.T, depth int) *model.Func {
	kind := rapid.IntRange(0, 9).Draw(t, "callback")
	visit := rapid.IntRange(1, 3).Draw(t, "visit")
	switch {
	case kind < 4:
		return nil
	case kind == 4:
		return &model.Func{Stop: visit}
	case kind == 5 && !d.avoid(model.T4):
		return &model.Func{Panic: visit}
	case kind == 6 && !d.avoid(model.T4):
		return &model.Func{Goexit: visit}
	case kind == 7 && !d.avoid(model.T4):
		return &model.Func{Nil: true}
	case depth == 0 || d.avoid(model.T3):
		return nil
	}
	f := &model.Func{}
	for range rapid.IntRange(1, 3).Draw(t, "calls") {
		inner := d.draw(t, depth-1)
		f.Do = append(f.Do, inner.ops(model.State{})...)
	}
	return f
}

// batch is how many programs rapid draws in one check. The budget is examined
// between checks.
const batch = 50

// leastPrograms is how many programs are drawn although the time budget is spent. A
// busy machine draws fewer in that time, and the verdicts must not depend on that.
const leastPrograms = 100

// shrinkPrograms is how many programs rapid may run to shrink one. It seldom needs
// more than a few thousand.
const shrinkPrograms = 10_000

// random draws programs until the budget is spent. If a program breaks a clause that
// no program broke before, it is shrunk and noted, and drawing goes on.
func (j *judge) random(ctx context.Context, o Options) {
	d := domain{methods: usable(j.in).Methods(), traits: j.in.Traits(), avoid: j.broken}
	deadline := time.Now().Add(o.Budget)
	over := func() bool {
		return j.givenUp(ctx) || o.Budget > 0 && j.drawn >= leastPrograms && time.Now().After(deadline)
	}
	if len(d.methods) == 0 {
		return
	}
	for round := uint64(0); j.drawn < o.Programs && !over(); round++ {
		var smallest *failure
		smaller := 0 // the number of programs run to shrink the first that failed
		check(o.Seed+round, min(batch, o.Programs-j.drawn), func(t *rapid.T) {
			if over() || smaller >= shrinkPrograms {
				return
			}
			if smallest != nil {
				smaller++
			}
			ops := d.program(t)
			f := j.run(ops, audit(rapid.IntRange(0, 1).Draw(t, "audit")))
			if f == nil || j.broken(f.clauses...) {
				if smallest == nil { // otherwise rapid is shrinking
					j.drawn++
				}
				return
			}
			if f.hung() { // shrinking would wait for the watchdog at each step
				j.fail(f)
				return
			}
			smallest = f
			t.Fatalf("%s", f.clauses[0])
		})
		if smallest != nil {
			j.fail(smallest)
			j.drawn++
		}
	}
}

// rapidMu guards rapid's flags, which are global.
var rapidMu sync.Mutex

// shrinkTime is how long rapid may shrink a program. It is never reached, as
// shrinkPrograms ends the search. So a slow machine finds the same program.
const shrinkTime = 24 * time.Hour

// check runs rapid outside any test. Rapid writes no files into the working
// directory.
func check(seed uint64, programs int, property func(*rapid.T)) {
	rapidMu.Lock()
	defer rapidMu.Unlock()
	if flag.Lookup("test.v") == nil {
		testing.Init() // rapid asks testing for its flags
	}
	if !flag.Parsed() {
		_ = flag.CommandLine.Parse(nil) // of no arguments: cannot fail
	}
	if testing.Short() {
		programs *= 5 // rapid divides by five with -short, and the caller has decided already
	}
	for name, value := range map[string]string{
		"rapid.nofailfile": "true",
		"rapid.seed":       strconv.FormatUint(max(seed, 1), 10),
		"rapid.checks":     strconv.Itoa(programs),
		"rapid.shrinktime": shrinkTime.String(),
	} {
		f := flag.Lookup(name)
		old := f.Value.String()
		if err := f.Value.Set(value); err != nil {
			panic(fmt.Sprintf("property: rapid's flag -%s: %v", name, err)) // another version of rapid
		}
		defer f.Value.Set(old)
	}
	// Rapid takes any panic for a failure of the property. A panic that is not
	// rapid's own is a mistake in the subject, and the caller gets it.
	var mistake any
	done := make(chan struct{})
	go func() {
		defer close(done)
		rapid.Check(&quiet{}, func(t *rapid.T) {
			defer func() {
				p := recover()
				if p != nil && reflect.TypeOf(p).PkgPath() != "pgregory.net/rapid" {
					mistake = p
				}
				repanic(p)
			}()
			if mistake == nil {
				property(t)
			}
		})
	}()
	<-done
	repanic(mistake)
}

// quiet is the rapid.TB of a check outside any test. It only remembers that it
// failed.
type quiet struct{ failed bool }

func (q *quiet) Helper()               {}
func (q *quiet) Name() string          { return "mapspec" }
func (q *quiet) Log(...any)            {}
func (q *quiet) Logf(string, ...any)   {}
func (q *quiet) Skip(...any)           { runtime.Goexit() }
func (q *quiet) Skipf(string, ...any)  { runtime.Goexit() }
func (q *quiet) SkipNow()              { runtime.Goexit() }
func (q *quiet) Error(...any)          { q.failed = true }
func (q *quiet) Errorf(string, ...any) { q.failed = true }
func (q *quiet) Fail()                 { q.failed = true }
func (q *quiet) FailNow()              { q.failed = true; runtime.Goexit() }
func (q *quiet) Fatal(...any)          { q.FailNow() }
func (q *quiet) Fatalf(string, ...any) { q.FailNow() }
func (q *quiet) Failed() bool          { return q.failed }
