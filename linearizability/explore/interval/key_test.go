package interval

import (
	"math/rand/v2"
	"testing"

	"github.com/mapspec/mapspec/model"
)

// turn returns an execution of a random program, which depends on seed only, in
// a random order, which depends on order.
func turn(seed, order uint64, spoilt bool) *execution {
	e := newExecution(rand.New(rand.NewPCG(seed, 0)))
	e.turns = rand.New(rand.NewPCG(order, 1))
	e.run(2+int(seed%2), 100)
	if spoilt {
		e.spoil()
	}
	return e
}

// What is answered from memory is what a search would say.
func TestAKeyHasAllThatAVerdictDependsOn(t *testing.T) {
	duplicates := 0
	for program := range uint64(400) {
		var memory *Checker
		for order := range uint64(30) {
			e := turn(program, order, order%2 == 1)
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
		duplicates += memory.Stats().Duplicates
	}
	if duplicates == 0 {
		t.Error("nothing was answered from memory: nothing was compared")
	}
	t.Logf("%d of 12,000 answered from memory", duplicates)
}

func TestResetForgets(t *testing.T) {
	e := byHand(1, "0r0", op(0, model.Load, 0, 0, 1, 1, absent))
	c := searching(model.Promise{})
	for range 2 {
		if ok, _, err := c.Check(&e.record, e.clock); !ok || err != nil {
			t.Fatalf("ok: %v, %v", ok, err)
		}
	}
	if s := c.Stats(); s.Checks != 2 || s.Duplicates != 1 || s.Searches != 1 {
		t.Errorf("%+v: want 2 checks, 1 duplicate, 1 search", s)
	}
	if err := c.Reset(done(store0)); err != nil {
		t.Fatal(err)
	}
	if ok, _, err := c.Check(&e.record, e.clock); ok || err != nil {
		t.Errorf("ok: %v, %v after a Reset that stores what is not loaded", ok, err)
	}
}
