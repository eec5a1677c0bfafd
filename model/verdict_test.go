package model_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	. "github.com/mapspec/mapspec/model"
	"pgregory.net/rapid"
)

func TestCoverageIsShownAndReadBack(t *testing.T) {
	for text, c := range map[string]Coverage{
		"":                                Coverage{},
		"complete: 3 goroutines × 2 keys": Complete("%d goroutines × %d keys", 3, 2),
		"bounded: 100 rounds":             Bounded("%d rounds", 100),
		"bounded: complete: odd":          Bounded("complete: odd"),
		"complete: bounded: odd":          Complete("bounded: odd"),
	} {
		if c.String() != text {
			t.Errorf("%#v is shown as %q, want %q", c, c, text)
		}
		b, err := json.Marshal(c)
		if want, _ := json.Marshal(text); err != nil || string(b) != string(want) {
			t.Errorf("%#v is written as %s, %v", c, b, err)
		}
		back := Coverage{Complete: true, What: "something else"}
		if err := json.Unmarshal(b, &back); err != nil || back != c {
			t.Errorf("%s is read as %#v, %v", b, back, err)
		}
	}
}

func TestCoverageRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Coverage{rapid.Bool().Draw(t, "complete"), rapid.StringN(1, -1, -1).Draw(t, "what")}
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var back Coverage
		if err := json.Unmarshal(b, &back); err != nil || back != c {
			t.Fatalf("%#v is written as %s and read as %#v, %v", c, b, back, err)
		}
	})
}

func TestCoverageRefusesOtherText(t *testing.T) {
	for _, text := range []string{`"100 rounds"`, `"Complete: x"`, `"complete:x"`, `1`, `{}`} {
		var c Coverage
		if err := json.Unmarshal([]byte(text), &c); err == nil {
			t.Errorf("%s is read as %#v", text, c)
		}
	}
	err := json.Unmarshal([]byte(`"100 rounds"`), new(Coverage))
	if want := `coverage "100 rounds": want "complete: …" or "bounded: …"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestVerdictIsShownInOneLine(t *testing.T) {
	for want, v := range map[string]Verdict{
		"S1 ok (complete: all)":                        {Clause: S1, Status: OK, Coverage: Complete("all")},
		"R1 unknown (bounded: some): 10 keys retained": {Clause: R1, Status: Unknown, Coverage: Bounded("some"), Reason: "10 keys retained"},
		"S9 skipped: not promised":                     Skip(S9, "not promised"),
		"T6 unknown":                                   {Clause: T6, Status: Unknown},
	} {
		if got := v.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestVerdictIsWrittenWithItsFields(t *testing.T) {
	v := Verdict{
		Clause: R1, Status: Violation, Coverage: Bounded("100 rounds"), Level: "unbounded",
		Failure: &Failure{Kind: Retains, Count: 1, Retained: []Retained{{Index: 2, Passed: 0, Left: 1, Path: "m.dirty"}}},
		Witness: &Witness{Look: LookRelease, Threads: [][]Op{{{Method: Store, Key: 2, Value: 1}}}},
	}
	want := `{"clause":"R1","verdict":"violation","coverage":"bounded: 100 rounds","evidence":"key k2 is still reachable at rest: m.dirty","path":"m.dirty",` +
		`"level":"unbounded","failure":{"kind":"retains","retained":[{"index":2,"passed":0,"left":1,"path":"m.dirty"}],"count":1},` +
		`"witness":{"look":"release","threads":[[{"op":"Store","key":2,"value":1}]]}}`
	if b, err := json.Marshal(v); err != nil || string(b) != want {
		t.Errorf("got  %s, %v\nwant %s", b, err, want)
	}
	var read Verdict
	unknown := Verdict{Clause: S1, Status: Unknown, Reason: "the budget ended"}
	if b, err := json.Marshal(unknown); err != nil || json.Unmarshal(b, &read) != nil || !reflect.DeepEqual(read, unknown) {
		t.Errorf("%s, %v is read as %+v", b, err, read)
	}
	if b, err := json.Marshal(Verdict{Clause: S1, Status: OK}); err != nil || string(b) != `{"clause":"S1","verdict":"ok","coverage":""}` {
		t.Errorf("a bare verdict is written as %s, %v", b, err)
	}
	var back Verdict
	if err := json.Unmarshal([]byte(want), &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, v) {
		t.Errorf("read as %+v", back)
	}
}

// statuses lists the statuses, the most severe first.
var statuses = []Status{Violation, Invalid, Unknown, OK, Skipped}

func TestMergeKeepsTheMoreSevereVerdictWhole(t *testing.T) {
	for i, heavy := range statuses {
		for _, light := range statuses[i+1:] {
			a := Verdict{Clause: S1, Status: heavy, Coverage: Complete("a"), Reason: "a", Level: "a"}
			b := Verdict{Clause: S1, Status: light, Coverage: Bounded("b"), Reason: "b", Level: "b"}
			for _, merged := range [][]Verdict{Merge([]Verdict{a, b}), Merge([]Verdict{b, a}), Merge([]Verdict{b}, []Verdict{a})} {
				if len(merged) != 1 || !reflect.DeepEqual(merged[0], a) {
					t.Errorf("%s and %s: %v", heavy, light, merged)
				}
			}
		}
	}
}

func TestMergeJoinsTheCoveragesOfEquallySevereVerdicts(t *testing.T) {
	for _, row := range []struct{ a, b, want Coverage }{
		{Complete("a"), Complete("b"), Complete("a; b")},
		{Complete("a"), Bounded("b"), Bounded("a; b")},
		{Bounded("a"), Complete("b"), Bounded("a; b")},
		{Bounded("a"), Bounded("b"), Bounded("a; b")},
		{Bounded("a"), Bounded("a"), Bounded("a")},
		{Complete("a"), Bounded("a"), Bounded("a")},
		{Coverage{}, Complete("b"), Complete("b")},
		{Complete("a"), Coverage{}, Complete("a")},
		{Coverage{}, Coverage{}, Coverage{}},
	} {
		for _, status := range statuses {
			a := Verdict{Clause: S1, Status: status, Coverage: row.a, Reason: "first"}
			b := Verdict{Clause: S1, Status: status, Coverage: row.b, Reason: "second"}
			want := a
			want.Coverage = row.want
			if merged := Merge([]Verdict{a}, []Verdict{b}); len(merged) != 1 || !reflect.DeepEqual(merged[0], want) {
				t.Errorf("%s and %s: %v", a, b, merged)
			}
		}
	}
}

func TestMergeSortsByTheDocument(t *testing.T) {
	var all []Verdict
	for _, s := range slices.Backward(Sentences) {
		all = append(all, Verdict{Clause: s.Clause, Status: OK})
	}
	all = append(all, Verdict{Clause: "X2"}, Verdict{Clause: "X1"})
	var got []string
	for _, v := range Merge(all, all) {
		got = append(got, string(v.Clause))
	}
	want := []string{"X1", "X2"}
	for _, s := range Sentences {
		want = append(want, string(s.Clause))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), strings.Join(want, " "))
	}
	if merged := Merge(); len(merged) != 0 {
		t.Errorf("nothing merges to %v", merged)
	}
}

func TestFindReturnsTheVerdictOrSaysThatThereIsNone(t *testing.T) {
	verdicts := []Verdict{{Clause: S1, Status: OK}, {Clause: S2, Status: Violation}}
	if v := Find(verdicts, S2); v.Status != Violation {
		t.Errorf("S2: %s", v)
	}
	if v := Find(verdicts, S3); v.String() != "S3 skipped: not judged" {
		t.Errorf("S3: %s", v)
	}
}
