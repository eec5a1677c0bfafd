package model_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	. "github.com/mapspec/mapspec/model"
)

// oneOfEach is a failure of each kind, and the sentence that tells it.
func oneOfEach() map[FailureKind]struct {
	failure  Failure
	sentence string
} {
	load, ranged := &Op{Method: Load}, &Op{Method: Range}
	absent, found := &Result{}, &Result{Value: 1, OK: true}
	key := []Retained{{Index: 0, Passed: 0, Left: 1, Path: `m.dirty["k0"]`}}
	stuck := []Stuck{{Call: load, Function: "m.(*Map).Load", Line: "map.go:12", State: "sync.Mutex.Lock"}}
	stopped := Placed{ID: 3, Client: 1, Called: 5, Ended: 6, Op: *load, Result: *found, State: "absent", Want: absent}
	return map[FailureKind]struct {
		failure  Failure
		sentence string
	}{
		WrongResult:    {Failure{Call: load, Got: absent, Want: found, AtRest: true}, "at rest, Load(k0) returned zero, false, want v1, true"},
		WrongTraversal: {Failure{Call: ranged, Misvisit: &Misvisit{Kind: VisitedTwice}, Zero: true}, "on the zero value, Range() visited k0 twice"},
		NoOrder: {Failure{Order: &Order{Operations: 2, From: "absent", Left: []Placed{stopped}}},
			"k0: Load(k0) returned v1, true, which no order of the 2 operations on k0 explains"},
		Retains:        {Failure{Retained: key, Count: 1}, `key k0 is still reachable at rest: m.dirty["k0"]`},
		KeepsEqualKeys: {Failure{Count: 2, Of: 3}, "2 of 3 equal but distinct keys are alive, want 1"},
		Grows: {Failure{Retained: key, Measured: []Measurement{{Turns: 1000, Keys: 999}}},
			"what is retained grows with every turn: 999 keys after 1000 turns, with 1 live key"},
		Pins:        {Failure{Count: 7, Of: 8, After: true}, "7 of 8 keys and values that came and went stay reachable after the operation has returned"},
		KeepsTable:  {Failure{Count: 300, Of: 256}, "the empty map costs 300 bytes more after many keys than after few, more than 256"},
		Hangs:       {Failure{Stuck: stuck}, "Load(k0) never returned: m.(*Map).Load at map.go:12 [sync.Mutex.Lock]"},
		Waits:       {Failure{Stuck: stuck}, "Load(k0) waits for another goroutine, which may never run again: m.(*Map).Load at map.go:12 [sync.Mutex.Lock]"},
		LeaksLock:   {Failure{Call: load}, "every call of the program returned, but Load(k0), called at rest, never does"},
		Races:       {Failure{Output: []string{"Write at 0x1 by goroutine 7:", "  m.Store()"}}, "data race: write in m.Store()"},
		Dies:        {Failure{Phase: "release", Output: []string{"fatal error: all is lost"}}, "the process died in phase release: fatal error: all is lost"},
		NoZeroValue: {Failure{}, "New does not return a pointer, so there is no zero value to use"},
		UnseenCopy:  {Failure{Output: []string{"m.Map"}}, "go vet does not notice a copy of m.Map: nothing in it has Lock and Unlock"},
	}
}

func TestEachKindOfFailureIsToldAndReadBack(t *testing.T) {
	for kind, c := range oneOfEach() {
		c.failure.Kind = kind
		if got := c.failure.Sentence(); got != c.sentence {
			t.Errorf("%s: %s\nwant %s", kind, got, c.sentence)
		}
		b, err := json.Marshal(c.failure)
		if err != nil {
			t.Fatal(err)
		}
		var back Failure
		if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back, c.failure) {
			t.Errorf("%s: %s is read as %+v, %v", kind, b, back, err)
		}
	}
}

// What cannot be told is refused when it is read.
func TestAFailureThatLacksSomethingIsRefused(t *testing.T) {
	for kind := range oneOfEach() {
		bare := Failure{Kind: kind}
		b, err := json.Marshal(bare)
		if err != nil {
			t.Fatal(err)
		}
		if json.Unmarshal(b, new(Failure)) == nil {
			_ = bare.Sentence() // and does not panic
			_ = bare.Lines(nil)
		}
	}
	for text, want := range map[string]string{
		`{"kind":"sulks"}`:        `failure kind "sulks"`,
		`{}`:                      `failure kind ""`,
		`{"kind":"wrong result"}`: "lacks what its kind has",
		`{"kind":"no order","order":{"left":null}}`: "lacks what its kind has",
		`{"kind":"hangs"}`:                          "lacks what its kind has",
	} {
		if err := json.Unmarshal([]byte(text), new(Failure)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
