package interval

import (
	"math/rand/v2"
	"testing"

	"github.com/mapspec/mapspec/model"
)

// typicalRecords returns n executions of one program on a correct map, with random
// interleavings. Three threads perform two operations each on one key. Each
// operation reads a table, takes effect on an entry, and, if it writes, updates a
// counter.
func typicalRecords(n int) (records []Record, clocks []Clock) {
	program := [3][2]model.Op{
		{{Method: model.LoadOrStore, Value: 1}, {Method: model.Load}},
		{{Method: model.Store, Value: 2}, {Method: model.LoadAndDelete}},
		{{Method: model.CompareAndSwap, Old: 1, Value: 3}, {Method: model.Load}},
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range n {
		e := &execution{taken: make([]int32, 3), record: Record{Threads: 3}}
		at := [3][2]int{} // the index of the operation, and its next step
		for open := 3; open > 0; {
			t := rng.IntN(3)
			if at[t][0] == 2 {
				continue
			}
			if e.stepOf(t, program[t][at[t][0]], at[t][1]) {
				at[t][1]++
				continue
			}
			if at[t] = [2]int{at[t][0] + 1}; at[t][0] == 2 {
				open--
			}
		}
		e.stamp()
		table := make([][][]int32, 3)
		for _, s := range e.trace {
			table[s.thread] = append(table[s.thread], s.clock)
		}
		records = append(records, e.record)
		clocks = append(clocks, func(thread, step int) []int32 { return table[thread][step-1] })
	}
	return records, clocks
}

// stepOf takes step n of an operation, and reports whether more follow.
func (e *execution) stepOf(t int, o model.Op, n int) (more bool) {
	writes := o.Method.Writes()
	e.trace = append(e.trace, step{thread: t, location: 1 - min(n, 1) + 2*(n/2), writes: writes && n > 0})
	e.taken[t]++
	if n == 0 {
		e.record.Ops = append(e.record.Ops, Op{Thread: t, Parent: NoParent, Op: o, First: e.taken[t]})
	}
	for i := len(e.record.Ops) - 1; ; i-- {
		if p := &e.record.Ops[i]; p.Thread == t {
			p.Last = e.taken[t]
			if n == 1 {
				e.state, p.Result = model.Step(e.state, o)
			}
			return n == 0 || n == 1 && writes
		}
	}
}

// TestOperationsOfOneStepHaveAWitness checks operations that begin and end at the
// same point.
func TestOperationsOfOneStepHaveAWitness(t *testing.T) {
	e := byHand(2, "0w0 1r0", op(0, model.Store, 0, 1, 1, 1, absent), op(1, model.Load, 0, 0, 1, 1, model.Result{Value: 1, OK: true}))
	c := NewChecker(model.Promise{})
	if ok, _, err := c.Check(&e.record, e.clock); !ok || err != nil || c.stats.witnessed != 1 {
		t.Errorf("ok: %v, %v, %+v: want one witness", ok, err, c.stats)
	}
}

// TestCheckAllocatesNothing checks right records, by witnesses and from memory.
func TestCheckAllocatesNothing(t *testing.T) {
	records, clocks := typicalRecords(50)
	for way, c := range map[string]*Checker{"witnesses": NewChecker(model.Promise{}), "remembered searches": searching(model.Promise{})} {
		check := func() {
			for i := range records {
				if ok, _, err := c.Check(&records[i], clocks[i]); !ok || err != nil {
					t.Fatal(ok, err)
				}
			}
		}
		check()
		if s := c.stats; way == "witnesses" && (s.witnessed == 0 || s.searches > 0) {
			t.Errorf("%+v: some record has no witness", s)
		}
		if n := testing.AllocsPerRun(10, check); n != 0 {
			t.Errorf("%s: %v allocations for %d records", way, n, len(records))
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	records, clocks := typicalRecords(2000)
	run := func(b *testing.B, c *Checker, before func(i int)) {
		b.ReportAllocs()
		was := c.stats
		for i := 0; b.Loop(); i++ {
			before(i)
			if ok, _, err := c.Check(&records[i%len(records)], clocks[i%len(records)]); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
		now := c.stats
		b.ReportMetric(float64(now.witnessed-was.witnessed)/float64(b.N), "witnessed/op")
		b.ReportMetric(float64(now.duplicates-was.duplicates)/float64(b.N), "duplicates/op")
		b.ReportMetric(float64(now.situations-was.situations)/float64(b.N), "situations/op")
	}
	b.Run("witness", func(b *testing.B) { run(b, NewChecker(model.Promise{}), func(int) {}) })
	b.Run("known", func(b *testing.B) {
		c := searching(model.Promise{})
		for i := range records {
			c.Check(&records[i], clocks[i])
		}
		run(b, c, func(int) {})
	})
	b.Run("search", func(b *testing.B) {
		c := searching(model.Promise{})
		run(b, c, func(int) { c.right.empty() })
	})
}
