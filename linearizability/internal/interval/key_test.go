package interval

import (
	"math/rand/v2"
	"testing"

	"github.com/mapspec/mapspec/model"
)

// takeTurns returns an execution of a random program. The program depends only on
// seed, and the interleaving on order.
func takeTurns(seed, order uint64, spoiled bool) *execution {
	e := newExecution(rand.New(rand.NewPCG(seed, 0)))
	e.turns = rand.New(rand.NewPCG(order, 1))
	e.run(2+int(seed%2), 100)
	if spoiled {
		e.spoil()
	}
	return e
}

// TestAKeyHasAllThatAVerdictDependsOn checks that a verdict that is remembered is
// the one that a search would return.
func TestAKeyHasAllThatAVerdictDependsOn(t *testing.T) {
	duplicates := 0
	for program := range uint64(400) {
		var memory *Checker
		for order := range uint64(30) {
			e := takeTurns(program, order, order%2 == 1)
			if memory == nil {
				memory = searching(e.promise)
				if err := memory.Reset(done(e.init...)); err != nil {
					t.Fatal(err)
				}
			}
			fresh := searching(e.promise)
			if err := fresh.Reset(done(e.init...)); err != nil {
				t.Fatal(err)
			}
			got, _, err := memory.Check(&e.record, e.clock)
			want, _, err2 := fresh.Check(&e.record, e.clock)
			if got != want || err != nil || err2 != nil {
				t.Fatalf("ok: %v, %v; want %v, %v\n%s", got, err, want, err2, e)
			}
		}
		duplicates += memory.stats.duplicates
	}
	if duplicates == 0 {
		t.Error("nothing was answered from memory: nothing was compared")
	}
	t.Logf("%d of 12,000 answered from memory", duplicates)
}

// situationKey returns the digest of a situation with these moves made and these
// configurations.
func situationDigest(made []int32, all ...configuration) digest {
	s := newSearch()
	s.p, s.madeStack, s.stack = &projection{threads: len(made)}, made, all
	return s.digestOf(situation{})
}

func TestSituationsThatDifferHaveKeysThatDiffer(t *testing.T) {
	const state = 0x700060403030207
	one := []int32{1}
	for name, keys := range map[string][2]digest{
		// The low halves of their products have equal sums, and so have the others.
		"products add up": {
			situationDigest(one, configuration{0x2061, state}, configuration{0x2561, state}),
			situationDigest(one, configuration{0x2461, state}, configuration{0x2161, state}),
		},
		"done":       {situationDigest(one, configuration{1, 5}), situationDigest(one, configuration{2, 5})},
		"state":      {situationDigest(one, configuration{1, 5}), situationDigest(one, configuration{1, 6})},
		"exchanged":  {situationDigest(one, configuration{1, 5}), situationDigest(one, configuration{5, 1})},
		"nothing":    {situationDigest(one), situationDigest(one, configuration{})},
		"nine moves": {situationDigest([]int32{9, 1, 1, 1, 1, 1, 1, 1, 1, 1}), situationDigest([]int32{1, 1, 1, 1, 1, 1, 1, 1, 1, 9})},
		"the first":  {situationDigest([]int32{2, 1, 1, 1, 1, 1, 1, 1, 1, 1}), situationDigest([]int32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1})},
		"the eighth": {situationDigest([]int32{1, 1, 1, 1, 1, 1, 1, 2, 1, 1}), situationDigest([]int32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1})},
	} {
		if keys[0][0] == keys[1][0] || keys[0][1] == keys[1][1] {
			t.Errorf("%s: keys %x and %x", name, keys[0], keys[1])
		}
	}
	a, b := configuration{1, 5}, configuration{2, 6}
	if situationDigest(one, a, b) != situationDigest(one, b, a) {
		t.Error("the order of configurations counts")
	}
}

// TestATextHasAllOfARecord checks that every change of a record or its poset
// changes its text.
func TestATextHasAllOfARecord(t *testing.T) {
	text := func(change func(*Record, *poset)) string {
		r := Record{Threads: 2, Ops: []Op{
			{Parent: NoParent, Op: model.Op{Method: model.CompareAndSwap, Key: 1, Old: 2, Value: 3}, Result: model.Result{OK: true}, First: 1, Last: 1},
			{Thread: 1, Parent: NoParent, Op: model.Op{Method: model.Range, Func: &model.Func{Stop: 2}}, First: 1, Last: 2, Visits: []Visit{{Key: 1, Value: 2, At: 1}}},
		}}
		var p poset
		if err := p.build(&r, func(thread, step int) []int32 { return [][]int32{{1, 0}, {1, int32(step)}}[thread] }); err != nil {
			t.Fatal(err)
		}
		change(&r, &p)
		return string(appendRecord(nil, &r, &p))
	}
	was := text(func(*Record, *poset) {})
	for name, change := range map[string]func(*Record, *poset){
		"threads": func(r *Record, _ *poset) { r.Threads++ }, "points": func(_ *Record, p *poset) { p.points = p.points[:len(p.points)-1] },
		"thread": func(_ *Record, p *poset) { p.points[0].thread = 1 }, "ends": func(_ *Record, p *poset) { p.points[0].to-- },
		"call": func(_ *Record, p *poset) { p.points[0].call = none }, "another call": func(_ *Record, p *poset) { p.numbers[0] = 5 },
		"end": func(_ *Record, p *poset) { p.ends[1].op = 0 }, "visit": func(_ *Record, p *poset) { p.ends[1].visit = 1 },
		"order": func(_ *Record, p *poset) { p.preds[len(p.preds)-2]-- }, "method": func(r *Record, _ *poset) { r.Ops[0].Op.Method = model.Swap },
		"key": func(r *Record, _ *poset) { r.Ops[0].Op.Key = 64 }, "old": func(r *Record, _ *poset) { r.Ops[0].Op.Old = -1 },
		"value": func(r *Record, _ *poset) { r.Ops[0].Op.Value = 4 }, "func": func(r *Record, _ *poset) { r.Ops[1].Op.Func = nil },
		"stop": func(r *Record, _ *poset) { r.Ops[1].Op.Func = &model.Func{Stop: 1} }, "panic": func(r *Record, _ *poset) { r.Ops[1].Op.Func = &model.Func{Panic: 2} },
		"nil": func(r *Record, _ *poset) { r.Ops[1].Op.Func = &model.Func{Stop: 2, Nil: true} }, "pending": func(r *Record, _ *poset) { r.Ops[0].Pending = true },
		"result": func(r *Record, _ *poset) { r.Ops[0].Result.Value = 1 }, "ok": func(r *Record, _ *poset) { r.Ops[0].Result.OK = false },
		"len": func(r *Record, _ *poset) { r.Ops[0].Result.Len = 1 }, "panics": func(r *Record, _ *poset) { r.Ops[0].Result.Panic = model.PanicOther },
		"visits": func(r *Record, _ *poset) { r.Ops[1].Visits = append(r.Ops[1].Visits, Visit{}) }, "visited key": func(r *Record, _ *poset) { r.Ops[1].Visits[0].Key = 2 },
		"visited value": func(r *Record, _ *poset) { r.Ops[1].Visits[0].Value = 1 },
	} {
		if is := text(change); is == was {
			t.Errorf("%s is not in it", name)
		}
	}
}

// TestAPartRemembersTheRightSteps compares the steps of a part with those of one
// that remembers nothing.
func TestAPartRemembersTheRightSteps(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, m := range []model.Method{model.Load, model.Store, model.LoadOrStore, model.LoadAndDelete, model.Delete, model.Swap, model.CompareAndSwap, model.CompareAndDelete} {
		for _, accept := range []acceptance{exactly, anything, present} {
			p := part{op: model.Op{Method: m, Old: 9, Value: 17}, result: model.Result{Value: 9, OK: true}, accept: accept, shift: 8}
			for range 2000 {
				state := rng.Uint64N(64)<<8 | rng.Uint64()&^0xff00
				fresh := part{op: p.op, result: p.result, accept: p.accept, shift: p.shift}
				got, ok := p.step(state)
				if want, wantOK := fresh.step(state); got != want || ok != wantOK {
					t.Fatalf("%v that accepts %d in state %x: %x, %v; want %x, %v", m, accept, state, got, ok, want, wantOK)
				}
			}
		}
	}
}

func TestResetForgets(t *testing.T) {
	e := byHand(1, "0r0", op(0, model.Load, 0, 0, 1, 1, absent))
	c := searching(model.Promise{})
	for range 2 {
		if ok, _, err := c.Check(&e.record, e.clock); !ok || err != nil {
			t.Fatalf("ok: %v, %v", ok, err)
		}
	}
	if s := c.stats; s.checks != 2 || s.duplicates != 1 || s.searches != 1 {
		t.Errorf("%+v: want 2 checks, 1 duplicate, 1 search", s)
	}
	if err := c.Reset(done(store0)); err != nil {
		t.Fatal(err)
	}
	if ok, _, err := c.Check(&e.record, e.clock); ok || err != nil {
		t.Errorf("ok: %v, %v after a Reset that stores what is not loaded", ok, err)
	}
}
