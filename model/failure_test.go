package model_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	. "github.com/mapspec/mapspec/model"
)

// oneOfEach returns a failure of each kind, with its sentence.
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
		WrongResult:    {Failure{Call: load, Got: absent, Want: found, AtRest: true}, "at rest, Load(k0) returned zero, false; want v1, true"},
		WrongTraversal: {Failure{Call: ranged, Misvisit: &Misvisit{Kind: VisitedTwice}, Zero: true}, "on the zero value, Range() visited k0 twice"},
		NoOrder: {Failure{Order: &Order{Operations: 2, From: "absent", Left: []Placed{stopped}}},
			"k0: Load(k0) returned v1, true, which no order of the 2 operations on k0 explains"},
		Retains:        {Failure{Retained: key, Count: 1}, `key k0 is still reachable at rest: m.dirty["k0"]`},
		KeepsEqualKeys: {Failure{Count: 2, Of: 3}, "the map keeps 2 of 3 equal but distinct keys; want 1"},
		Grows: {Failure{Retained: key, Measured: []Measurement{{Turns: 1000, Keys: 999}}},
			"the map retains more each time the program is repeated: 999 keys after 1000 repetitions, with 1 live key"},
		Pins:        {Failure{Count: 7, Of: 8, After: true}, "7 of 8 keys and values that were stored and deleted stay reachable after the operation has returned"},
		KeepsTable:  {Failure{Count: 300, Of: 256}, "the empty map takes 300 bytes more after many keys than after few; at most 256 are allowed"},
		Hangs:       {Failure{Stuck: stuck}, "Load(k0) never returned: m.(*Map).Load at map.go:12 [sync.Mutex.Lock]"},
		Waits:       {Failure{Stuck: stuck}, "Load(k0) waits for another goroutine, which may never run again: m.(*Map).Load at map.go:12 [sync.Mutex.Lock]"},
		LeaksLock:   {Failure{Call: load}, "every call of the program returned, but Load(k0) at rest never returns"},
		Races:       {Failure{Output: []string{"Write at 0x1 by goroutine 7:", "  m.Store()"}}, "data race: write in m.Store()"},
		Dies:        {Failure{Phase: "release", Output: []string{"fatal error: all is lost"}}, "the process died in phase release: fatal error: all is lost"},
		NoZeroValue: {Failure{}, "New does not return a pointer, so there is no zero value to use"},
		UnseenCopy:  {Failure{Output: []string{"m.Map"}}, "go vet does not report a copy of m.Map, because nothing in it has the methods Lock and Unlock"},
	}
}

func TestEachKindOfFailureIsDescribedAndReadBack(t *testing.T) {
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

func TestADeathWithoutOutputIsSaid(t *testing.T) {
	f := Failure{Kind: Dies, Phase: "stress", Exit: "exit status 7"}
	if want := "the process died in phase stress and printed nothing (exit status 7)"; f.Sentence() != want {
		t.Errorf("got %s, want %s", f.Sentence(), want)
	}
}

// A failure that cannot be described is refused when it is read.
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
		`{"kind":"sulks"}`:           `failure kind "sulks"`,
		`{"kind":"races","sched":1}`: `unknown field "sched"`,
		`{}`:                         `failure kind ""`,
		`{"kind":"wrong result"}`:    "lacks a field that this kind needs",
		`{"kind":"no order","order":{"left":null}}`: "lacks a field that this kind needs",
		`{"kind":"hangs"}`:                          "lacks a field that this kind needs",
	} {
		if err := json.Unmarshal([]byte(text), new(Failure)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
