package model_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	. "github.com/mapspec/mapspec/model"
	"pgregory.net/rapid"
)

// A script is what a traversal meets in order: operations, which change the
// map, and visits.
type script []any

func store(k, v int) Op { return Op{Method: Store, Key: k, Value: v} }
func remove(k int) Op   { return Op{Method: Delete, Key: k} }

var (
	empty   = Op{Method: Clear}
	stopped = "stopped" // ends a script before its traversal ends
)

// run applies sc to a traversal by m that begins after initial. It returns the first
// error.
func (sc script) run(m Method, initial ...Op) *Misvisit {
	var s State
	for _, o := range initial {
		s, _ = Step(s, o)
	}
	t := NewTraversal(m, s)
	for _, event := range sc {
		switch e := event.(type) {
		case Op:
			s, _ = Step(s, e)
			t.Observe(s)
		case Visit:
			if err := t.Visit(e.Key, e.Value); err != nil {
				return err
			}
		case string:
			return nil
		}
	}
	return t.End()
}

func onlyKey(k int) Visit   { return Visit{k, Unseen} }
func onlyValue(v int) Visit { return Visit{Unseen, v} }

type ops = []Op

// traversalScripts are traversals and what is wrong with them, or "".
var traversalScripts = []struct {
	name    string
	method  Method
	initial ops
	script  script
	want    string
}{
	{"an empty map hands out nothing", Range, nil, script{}, ""},
	{"residents are visited", Range, ops{store(0, 1), store(1, 0)}, script{Visit{1, 0}, Visit{0, 1}}, ""},
	{"All is Range", All, ops{store(0, 1)}, script{Visit{0, 1}}, ""},
	{"a resident is left out", Range, ops{store(0, 1), store(1, 1)}, script{Visit{0, 1}}, "did not visit k1, which was present throughout"},
	{"a resident of All is left out", All, ops{store(0, 1)}, script{}, "did not visit k0, which was present throughout"},
	{"the first resident left out is named", Range, ops{store(2, 1), store(1, 1), store(3, 1)}, script{Visit{1, 1}}, "did not visit k2, which was present throughout"},
	{"a stopped traversal may leave out anything", Range, ops{store(0, 1), store(1, 1)}, script{Visit{0, 1}, stopped}, ""},
	{"a key is visited twice", Range, ops{store(0, 1)}, script{Visit{0, 1}, Visit{0, 1}}, "visited k0 twice"},
	{"a key that changed is visited twice", Range, ops{store(0, 1)}, script{Visit{0, 1}, store(0, 2), Visit{0, 2}}, "visited k0 twice"},
	{"a key that came back is visited twice", Range, ops{store(0, 1)}, script{Visit{0, 1}, remove(0), store(0, 1), Visit{0, 1}}, "visited k0 twice"},
	{"a key was never there", Range, ops{store(0, 1)}, script{Visit{1, 1}}, "visited k1, which was absent throughout"},
	{"a key that the harness never made", Range, nil, script{Visit{Foreign, Foreign}}, "visited foreign, which was absent throughout"},
	{"a key was gone before the call", Range, ops{store(0, 1), remove(0)}, script{Visit{0, 1}}, "visited k0, which was absent throughout"},
	{"a key comes after its visit", Range, nil, script{Visit{0, 1}, store(0, 1)}, "visited k0, which was absent throughout"},
	{"a value was never held", Range, ops{store(0, 1)}, script{Visit{0, 2}}, "visited k0 with v2, which that key did not hold"},
	{"a value was gone before the call", Range, ops{store(0, 2), store(0, 1)}, script{Visit{0, 2}}, "visited k0 with v2, which that key did not hold"},
	{"a value belongs to another key", Range, ops{store(0, 1), store(1, 2)}, script{Visit{0, 2}}, "visited k0 with v2, which that key did not hold"},
	{"an old value may be handed out", Range, ops{store(0, 1)}, script{store(0, 2), Visit{0, 1}}, ""},
	{"a value in between may be handed out", Range, ops{store(0, 1)}, script{store(0, 2), store(0, 3), Visit{0, 2}}, ""},
	{"the last value may be handed out", Range, ops{store(0, 1)}, script{store(0, 2), store(0, 3), Visit{0, 3}}, ""},
	{"a key that changed is a resident", Range, ops{store(0, 1)}, script{store(0, 2)}, "did not visit k0, which was present throughout"},
	{"a key that came may be visited", Range, nil, script{store(0, 1), Visit{0, 1}}, ""},
	{"a key that came may be left out", Range, nil, script{store(0, 1)}, ""},
	{"a key that went may be visited", Range, ops{store(0, 1)}, script{remove(0), Visit{0, 1}}, ""},
	{"a key that went may be left out", Range, ops{store(0, 1)}, script{remove(0)}, ""},
	{"a key that went and came back may be left out", Range, ops{store(0, 1)}, script{remove(0), store(0, 1)}, ""},
	{"a key that came back may be visited with what it held first", Range, ops{store(0, 1)}, script{remove(0), store(0, 2), Visit{0, 1}}, ""},
	{"a key that came back may be visited with what it holds now", Range, ops{store(0, 1)}, script{remove(0), store(0, 2), Visit{0, 2}}, ""},
	{"Clear excuses everything", Range, ops{store(0, 1), store(1, 1)}, script{empty, store(1, 1)}, ""},

	{"each NaN is visited", Range, ops{store(NaN, 1), store(NaN, 1)}, script{Visit{NaN, 1}, Visit{NaN, 1}}, ""},
	{"a NaN is left out", Range, ops{store(NaN, 1), store(NaN, 1)}, script{Visit{NaN, 1}}, "did not visit NaN, which was present throughout"},
	{"a NaN of one value is left out for another", Range, ops{store(NaN, 1), store(NaN, 2)}, script{store(NaN, 1), Visit{NaN, 1}, Visit{NaN, 1}}, "did not visit NaN, which was present throughout"},
	{"a NaN that came may be left out", Range, ops{store(NaN, 1)}, script{store(NaN, 1), Visit{NaN, 1}}, ""},
	{"a NaN that came may be visited", Range, ops{store(NaN, 1)}, script{store(NaN, 1), Visit{NaN, 1}, Visit{NaN, 1}}, ""},
	{"one NaN too many", Range, ops{store(NaN, 1)}, script{Visit{NaN, 1}, Visit{NaN, 1}}, "visited NaN, v1 more often than it was stored"},
	{"one NaN too many, with another operation between", Range, ops{store(NaN, 1)}, script{store(0, 1), Visit{NaN, 1}, Visit{NaN, 1}}, "visited NaN, v1 more often than it was stored"},
	{"a NaN that was never stored", Range, ops{store(0, 1)}, script{Visit{NaN, 1}}, "visited NaN, which was absent throughout"},
	{"a NaN with a value that none held", Range, ops{store(NaN, 1)}, script{Visit{NaN, 2}}, "visited NaN with v2, which that key did not hold"},
	{"a cleared NaN may be visited", Range, ops{store(NaN, 1)}, script{empty, Visit{NaN, 1}}, ""},
	{"a cleared NaN may be left out", Range, ops{store(NaN, 1)}, script{empty}, ""},
	{"a cleared NaN and its successor may both be visited", Range, ops{store(NaN, 1)}, script{empty, store(NaN, 1), Visit{NaN, 1}, Visit{NaN, 1}}, ""},
	{"a cleared NaN and its successor are two", Range, ops{store(NaN, 1)}, script{empty, store(NaN, 1), Visit{NaN, 1}, Visit{NaN, 1}, Visit{NaN, 1}}, "visited NaN, v1 more often than it was stored"},

	{"Keys hands out keys", Keys, ops{store(0, 1), store(NaN, 1)}, script{onlyKey(NaN), onlyKey(0)}, ""},
	{"Keys hands out a key twice", Keys, ops{store(0, 1)}, script{onlyKey(0), onlyKey(0)}, "visited k0 twice"},
	{"Keys hands out a key twice, with a new value between", Keys, ops{store(0, 1)}, script{onlyKey(0), store(0, 2), onlyKey(0)}, "visited k0 twice"},
	{"Keys hands out a key that was never there", Keys, ops{store(0, 1)}, script{onlyKey(1)}, "visited k1, which was absent throughout"},
	{"Keys leaves a resident out", Keys, ops{store(0, 1)}, script{}, "did not visit k0, which was present throughout"},
	{"Keys hands out one NaN too many", Keys, ops{store(NaN, 1), store(NaN, 2)}, script{onlyKey(NaN), onlyKey(NaN), onlyKey(NaN)}, "visited NaN more often than it was stored"},
	{"Keys leaves a NaN out", Keys, ops{store(NaN, 1), store(NaN, 2)}, script{onlyKey(NaN)}, "did not visit NaN, which was present throughout"},
	{"Keys leaves a NaN out that came", Keys, ops{store(NaN, 1)}, script{store(NaN, 2), onlyKey(NaN)}, ""},

	{"Values hands out values", Values, ops{store(0, 1), store(1, 1), store(NaN, 0)}, script{onlyValue(1), onlyValue(0), onlyValue(1)}, ""},
	{"Values hands out one too many", Values, ops{store(0, 1)}, script{onlyValue(1), onlyValue(1)}, "visited v1 more often than there were keys that held it"},
	{"Values hands out what no key held", Values, ops{store(0, 1)}, script{onlyValue(2), stopped}, "visited v2 more often than there were keys that held it"},
	{"Values of an empty map", Values, nil, script{onlyValue(2)}, "visited v2 more often than there were keys that held it"},
	{"Values leaves a resident out", Values, ops{store(0, 1), store(1, 1)}, script{onlyValue(1)}, "did not visit k1, which was present throughout"},
	{"Values shows one value of a key that changed", Values, ops{store(0, 1)}, script{store(0, 2), onlyValue(2)}, ""},
	{"Values shows both values of a key that changed", Values, ops{store(0, 1)}, script{store(0, 2), onlyValue(1), onlyValue(2)}, "visited v2 more often than there were keys that held it"},
	{"Values shows a value before it is held", Values, ops{store(0, 1)}, script{onlyValue(2), store(0, 2)}, "visited v2 more often than there were keys that held it"},
	{"Values takes an earlier visit for another key", Values, ops{store(0, 1), store(1, 1)}, script{store(0, 2), onlyValue(1), onlyValue(2)}, ""},
	{"Values takes an earlier visit for another key, whichever changed", Values, ops{store(0, 1), store(1, 1)}, script{store(1, 2), onlyValue(1), onlyValue(2)}, ""},
	{"Values moves a visit from a key that came to a resident", Values, ops{store(1, 1)}, script{store(0, 1), onlyValue(1)}, ""},
	{"Values moves a visit from a key that went to a resident", Values, ops{store(0, 1), store(1, 1)}, script{remove(0), onlyValue(1)}, ""},
	{"Values moves two visits so that a resident has one", Values, ops{store(0, 1), store(1, 2), store(2, 3)},
		script{remove(0), store(1, 1), store(2, 2), onlyValue(1), onlyValue(2)}, ""},
	{"Values cannot share a visit between residents", Values, ops{store(0, 1), store(1, 1), store(2, 1)},
		script{remove(0), onlyValue(1)}, "did not visit k2, which was present throughout"},
	{"Values counts each NaN", Values, ops{store(NaN, 1), store(NaN, 1)}, script{onlyValue(1), onlyValue(1), onlyValue(1)}, "visited v1 more often than there were keys that held it"},
	{"Values leaves a NaN out", Values, ops{store(NaN, 1)}, script{}, "did not visit NaN, which was present throughout"},
}

func TestTraversalJudgesAScript(t *testing.T) {
	for _, row := range traversalScripts {
		t.Run(row.name, func(t *testing.T) {
			got := ""
			if err := row.script.run(row.method, row.initial...); err != nil {
				got = err.String()
			}
			if got != row.want {
				t.Errorf("%s after %v: %v\n got %q\nwant %q", row.method, row.initial, row.script, got, row.want)
			}
		})
	}
}

func TestTraversalForgetsAVisitThatItRefused(t *testing.T) {
	s, _ := Step(State{}, store(0, 1))
	tr := NewTraversal(Range, s)
	for _, refused := range []Visit{{1, 1}, {0, 2}} {
		if tr.Visit(refused.Key, refused.Value) == nil {
			t.Fatalf("%s is allowed", refused)
		}
	}
	if err := tr.Visit(0, 1); err != nil {
		t.Errorf("the right visit after wrong ones: %v", err)
	}
	if err := tr.End(); err != nil {
		t.Errorf("the end: %v", err)
	}
}

// A lifetime is one entry of a run by brute force: what it held in each state
// from the call on, and absent where it was not there.
type lifetime struct {
	key  int
	held []int
}

const absent = -100

// A bruteForce judges a traversal by trying every way to say which visit was of
// which entry. It knows nothing of State.
type bruteForce struct {
	method Method
	lives  []*lifetime
	states int // since the call, the first included
	visits []pastVisit
}

type pastVisit struct {
	Visit
	states int // as many states there had been
}

func (b *bruteForce) last(l *lifetime) int {
	if b.states == 0 {
		return absent
	}
	return l.held[b.states-1]
}

// apply adds the state after o, which is a Store, a Delete or a Clear.
func (b *bruteForce) apply(o Op) {
	fresh := o.Method == Store
	for _, l := range b.lives {
		now := b.last(l)
		switch {
		case o.Method == Clear, o.Method == Delete && l.key == o.Key && o.Key != NaN:
			now = absent
		case o.Method == Store && l.key == o.Key && o.Key != NaN:
			now, fresh = o.Value, false
		}
		l.held = append(l.held, now)
	}
	if fresh {
		l := &lifetime{key: o.Key, held: slices.Repeat([]int{absent}, b.states)}
		l.held = append(l.held, o.Value)
		b.lives = append(b.lives, l)
	}
	b.states++
}

// begin drops all states but the last, because the call happens now.
func (b *bruteForce) begin() {
	for _, l := range b.lives {
		l.held = []int{b.last(l)}
		if b.states == 0 {
			l.held = []int{absent}
		}
	}
	b.states = 1
}

// visit reports whether v is allowed after the visits before it.
func (b *bruteForce) visit(v Visit) bool {
	b.visits = append(b.visits, pastVisit{v, b.states})
	if b.assign(0, map[*lifetime]bool{}, nil) {
		return true
	}
	b.visits = b.visits[:len(b.visits)-1]
	return false
}

// end reports whether the traversal may end here.
func (b *bruteForce) end() bool {
	var residents []*lifetime
	for _, l := range b.lives {
		if !slices.Contains(l.held, absent) {
			residents = append(residents, l)
		}
	}
	return b.assign(0, map[*lifetime]bool{}, residents)
}

// assign tries every entry for the visits from the i-th on, so that the must
// are among those used.
func (b *bruteForce) assign(i int, used map[*lifetime]bool, must []*lifetime) bool {
	if i == len(b.visits) {
		return !slices.ContainsFunc(must, func(l *lifetime) bool { return !used[l] })
	}
	for _, l := range b.lives {
		if used[l] || !b.visits[i].canBe(b.method, l) {
			continue
		}
		used[l] = true
		if b.assign(i+1, used, must) {
			return true
		}
		delete(used, l)
	}
	return false
}

func (v pastVisit) canBe(m Method, l *lifetime) bool {
	if m != Values && v.Key != l.key {
		return false
	}
	held := l.held[:v.states]
	if m == Keys {
		return slices.ContainsFunc(held, func(x int) bool { return x != absent })
	}
	return slices.Contains(held, v.Value)
}

func TestTraversalAgreesWithTryingEveryAssignment(t *testing.T) {
	key := rapid.SampledFrom([]int{0, 1, 2, NaN})
	value := rapid.IntRange(0, 2)
	change := rapid.Custom(func(t *rapid.T) Op {
		switch rapid.IntRange(0, 9).Draw(t, "change") {
		case 0:
			return empty
		case 1, 2, 3:
			return remove(key.Draw(t, "key"))
		}
		return store(key.Draw(t, "key"), value.Draw(t, "value"))
	})
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom([]Method{Range, All, Keys, Values}).Draw(t, "method")
		b := &bruteForce{method: m}
		var s State
		var log []string
		for _, o := range rapid.SliceOfN(change, 0, 5).Draw(t, "initial") {
			s, _ = Step(s, o)
			b.apply(o)
			log = append(log, o.String())
		}
		tr := NewTraversal(m, s)
		b.begin()
		log = append(log, m.String()+" begins")
		for range rapid.IntRange(0, 10).Draw(t, "events") {
			if rapid.Bool().Draw(t, "visit") {
				v := Visit{key.Draw(t, "key"), value.Draw(t, "value")}
				switch m {
				case Keys:
					v.Value = Unseen
				case Values:
					v.Key = Unseen
				}
				log = append(log, v.String())
				if err, want := tr.Visit(v.Key, v.Value), b.visit(v); (err == nil) != want {
					t.Fatalf("%s: %v, by brute force allowed: %v", strings.Join(log, "; "), err, want)
				}
				continue
			}
			o := change.Draw(t, "operation")
			log = append(log, o.String())
			s, _ = Step(s, o)
			tr.Observe(s)
			b.apply(o)
		}
		if err, want := tr.End(), b.end(); (err == nil) != want {
			t.Fatalf("%s; end: %v, by brute force allowed: %v", strings.Join(log, "; "), err, want)
		}
	})
}

func TestVisitIsShownAsKeyAndValue(t *testing.T) {
	for v, want := range map[Visit]string{
		{1, 2}: "k1, v2", {NaN, Zero}: "NaN, zero", {Unseen, 1}: "_, v1", {0, Unseen}: "k0, _",
	} {
		if got := fmt.Sprint(v); got != want {
			t.Errorf("%#v is shown as %q, want %q", v, got, want)
		}
	}
}
