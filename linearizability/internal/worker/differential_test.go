package worker

import (
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/check"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

var (
	cases = flag.Int("worker.cases", 150, "random programs on random maps to compare with brute force, and ten times as many in the complete run; of one operation a thread, and with stalls, a tenth of them")
	seed  = flag.Uint64("worker.seed", 3, "their seed")
	only  = flag.Int("worker.only", -1, "compare this one of them alone")
)

// examples yields the numbers of the programs to compare: the first few of ten times
// as many, and what is to be run of the others.
func examples(few int) iter.Seq[int] {
	if *only >= 0 {
		return slices.Values([]int{*only})
	}
	if testing.Short() {
		few = max(3, few/3)
	}
	return testpart.Rows(few, 10*few)
}

// bruteLimit bounds the interleavings of a program: one that has more is drawn
// anew.
const bruteLimit = 4_000

// example is a program on a drawn map.
type example struct {
	plan    plan
	promise model.Promise
	keys    int
	program history.Program
}

func (x example) String() string {
	return fmt.Sprintf("map: %v\npromise: %+v, keys: %d\nprogram: %s", x.plan, x.promise, x.keys, programText(x.program))
}

func (x example) subject() model.Binder {
	return Of("wrong", x.promise, &wrong{}, func() any { return &wrong{plan: x.plan} })
}

func drawExample(r *rand.Rand) example {
	x := example{plan: drawPlan(r), keys: 1 + r.IntN(2)}
	for _, level := range []*model.Level{&x.promise.Clear, &x.promise.Len} {
		if r.IntN(3) == 0 {
			*level = model.Strong
		}
	}
	d := &drawing{r: r, x: &x}
	for k := range x.keys {
		if r.IntN(2) == 0 {
			d.values++
			x.program.Init = append(x.program.Init, model.Op{Method: model.Store, Key: k, Value: d.values})
		}
	}
	sizes := [][]int{{1, 1}, {2, 1}, {2, 2}, {2, 2}, {3, 1}, {1, 1, 1}, {2, 1, 1}}[r.IntN(7)]
	for _, n := range sizes {
		var ops []model.Op
		for range n {
			ops = append(ops, d.op(false))
		}
		x.program.Threads = append(x.program.Threads, ops)
	}
	return x
}

// drawing draws operations.
type drawing struct {
	r      *rand.Rand
	x      *example
	values int
}

// op draws an operation; often one that is done in a manner of its own.
func (d *drawing) op(inside bool) model.Op {
	methods := []model.Method{
		model.Load, model.Load, model.Store, model.Store, model.Delete, model.LoadAndDelete, model.LoadOrStore,
		model.Swap, model.CompareAndSwap, model.CompareAndDelete, model.Clear, model.Len, model.Range,
	}
	if inside {
		methods = methods[:6]
	}
	o := model.Op{Method: methods[d.r.IntN(len(methods))]}
	for range 4 {
		if m := d.x.plan.manner[o.Method]; m == atomically || m == locked {
			o.Method = methods[d.r.IntN(len(methods))]
		}
	}
	if o.Method.OnKey() {
		o.Key = d.r.IntN(d.x.keys)
	}
	if o.Method.Compares() {
		o.Old = 1 + d.r.IntN(d.values+2)
	}
	if o.Method.Stores() {
		d.values++
		o.Value = d.values
	}
	if o.Method == model.Range {
		switch d.r.IntN(6) {
		case 0, 1:
			o.Func = &model.Func{Do: []model.Op{d.op(true)}}
		case 2:
			o.Func = &model.Func{Stop: 1}
		case 3:
			o.Func = &model.Func{Panic: 1}
		}
	}
	return o
}

// judgement is what the worker says of one program.
type judgement struct {
	found  map[model.Clause]*wire.Found
	report wire.Report
}

func (j judgement) verdict() verdict {
	return verdict{
		stuck: j.found[model.P2] != nil, held: j.found[model.P3] != nil,
		wrong: j.found[model.S1] != nil, other: j.found[model.R1] != nil,
	}
}

// judged has a worker explore one program.
func judged(t *testing.T, s model.Binder, keys int, p history.Program) judgement {
	t.Helper()
	return judgedBy(t, s, p, wire.Job{Keys: keys})
}

// judgedBy is judged with what j asks for besides.
func judgedBy(t *testing.T, s model.Binder, p history.Program, j wire.Job) judgement {
	t.Helper()
	j.Size, j.Policies, j.Initials = "2x2", []string{"mix"}, []string{wire.Empty}
	j.Shards, j.Steps = 1, stepLimit
	w := settled(t, s, j)
	k := &task{program: p, setting: w.settings[0], rank: wire.Rank{Operations: operations(p)}}
	k.releases = w.judge.watchesRelease() && removes(p)
	if err := w.explore(k); err != nil {
		t.Fatal(err)
	}
	if err := w.flush(); err != nil {
		t.Fatal(err)
	}
	return judgement{w.tally.found, w.tally.Report}
}

// counts is what was compared.
type counts struct{ programs, tooLarge, violating, stuck, held, wrong, missed, executions, classes int }

// The verdict of the worker on a program is that of all interleavings, each
// judged by itself.
func TestVerdictIsThatOfAllInterleavings(t *testing.T) {
	var sum counts
	for i := range examples(*cases) {
		compare(t, drawExample(rand.New(rand.NewPCG(*seed, uint64(i)))), &sum,
			fmt.Sprintf("go test ./linearizability/internal/worker -run %s -worker.seed=%d -worker.only=%d", t.Name(), *seed, i))
		if t.Failed() {
			break
		}
	}
	t.Logf("seed %d: %+v; %.0f %% violating, of which judging executed histories only would have missed %.0f %%", *seed, sum,
		100*float64(sum.violating)/float64(sum.programs), 100*float64(sum.missed)/float64(max(sum.wrong, 1)))
	if *only < 0 && (sum.violating*5 < sum.programs || sum.violating*5 > 3*sum.programs) {
		t.Errorf("%d of %d programs are in violation: want a fifth to three fifths, or little is compared", sum.violating, sum.programs)
	}
}

// compare compares what the worker says of x with brute force.
func compare(t *testing.T, x example, sum *counts, repeat string) {
	t.Helper()
	s := x.subject()
	want, all := newBrute(t, s, x.program, x.keys).explore(search.Exhaustive, bruteLimit)
	if slices.Contains(all.Coverage.Bounds, search.Budget) || all.Limited > 0 {
		sum.tooLarge++
		return
	}
	executed, reduced := newBrute(t, s, x.program, x.keys).explore(search.SourceSets, bruteLimit)
	j := judged(t, s, x.keys, x.program)
	got := j.verdict()
	sum.programs++
	sum.executions += all.Executions
	sum.classes += reduced.Executions
	for _, c := range []struct {
		is bool
		n  *int
	}{
		{want != verdict{}, &sum.violating}, {want.stuck, &sum.stuck}, {want.held, &sum.held}, {want.wrong, &sum.wrong},
		{want.wrong && !executed.wrong, &sum.missed},
	} {
		if c.is {
			*c.n++
		}
	}
	// A program is explored up to its first deadlock: what else is wrong with it
	// may be seen before that or not.
	if got.stuck && want.stuck {
		got.wrong = got.wrong || want.wrong
		got.held = got.held || want.held
	}
	if got != want || executed.stuck != want.stuck || executed.held != want.held {
		t.Errorf("the worker says %+v, all interleavings %+v, executed ones %+v\n%v\nto repeat: %s", got, want, executed, x, repeat)
		return
	}
	proven(t, x, j, repeat)
}

// proven checks that what is reported shows what it is said to show.
func proven(t *testing.T, x example, j judgement, repeat string) {
	t.Helper()
	for c, f := range j.found {
		if c == model.S1 {
			h, err := history.Read(strings.NewReader(f.History))
			if err != nil {
				t.Fatal(err)
			}
			if !violates(h, x.promise) {
				t.Errorf("the history that is reported is right:\n%s%v\nto repeat: %s", f.History, x, repeat)
			}
		}
		if x.plan.manner[model.Load] == deaf_ || f.Witness.Schedule.Steps == "" {
			continue // brute force takes a step more where a Load takes none; a set-up that does not end has no schedule
		}
		v := newBrute(t, x.subject(), x.program, x.keys).replay(f.Witness.Schedule.Steps)
		if shown := map[model.Clause]bool{model.S1: v.wrong, model.P2: v.stuck, model.P3: v.held}[c]; !shown {
			t.Errorf("the schedule %s shows no violation of %s, but %+v\n%v\nto repeat: %s", f.Witness.Schedule.Steps, c, v, x, repeat)
		}
	}
}

func violates(h history.History, p model.Promise) bool {
	return slices.ContainsFunc(check.History(h, check.Options{Promise: p}), func(v model.Verdict) bool { return v.Status == model.Violation })
}
