package property

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/impl/broken"
	"github.com/mapspec/mapspec/impl/locked"
	"github.com/mapspec/mapspec/model"
)

var (
	update     = flag.Bool("update", false, "search for a new testdata/corpus.txt")
	fuzzBroken = flag.String("fuzz-broken", "", "let FuzzBroken fuzz this map of impl/broken")
)

const searchAgain = "go test ./property -run TestCorpusDoes -update searches for a new corpus"

const corpusHead = `# The inputs that Fuzz and FuzzRelease begin with, in hexadecimal. Over each
# stands what it is the first to do: what it makes happen on impl/locked, and
# which map of impl/broken it refutes by the clause that the map breaks.
# To search for a new list, which takes half a minute:
# go test ./property -run TestCorpusDoes -update
`

// The programs of the corpus do together what a program can, and refute the
// maps that break what one goroutine can see. The file says of each input what
// it is there for.
func TestCorpusDoesWhatProgramsCan(t *testing.T) {
	if *update {
		corpusText, _ = written(t, searchCorpus(t))
		if err := os.WriteFile("testdata/corpus.txt", []byte(corpusText), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	inputs, err := corpus()
	if err != nil {
		t.Fatal(err)
	}
	text, missing := written(t, inputs)
	if len(missing) > 0 {
		t.Errorf("no input makes these happen: %v\n%s", missing, searchAgain)
	}
	if text != corpusText {
		t.Errorf("testdata/corpus.txt is not what its inputs do now\n%s", searchAgain)
	}
}

// written returns the inputs as the file has them, and what none of them does.
func written(t *testing.T, inputs [][]byte) (text string, missing events) {
	text, missing = corpusHead, wanted()
	subject := lockedMap()
	decoding(t, func(t *testing.T) {
		for _, input := range inputs {
			e := happens(t, subject, input)
			for _, m := range refutable() {
				if missing[refutes(m)] && refuted(t, m, input) {
					e[refutes(m)] = true
				}
			}
			text += fmt.Sprintf("\n# %s\n%x\n", strings.Join(missing.remove(e), "\n# "), input)
		}
	})
	return text, missing
}

// decoding runs f, which decodes inputs, as a test of its own: rapid logs each
// program, and ends the test as skipped where it refuses an input.
func decoding(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	refused := true
	t.Run("decoding", func(t *testing.T) {
		f(t)
		refused = false
	})
	if refused {
		t.Fatal("rapid refused an input: are there enough draws afterInput?")
	}
}

func lockedMap() model.Binder {
	m, _ := impl.Find("locked")
	return m.Subject
}

// searchCorpus draws inputs at random and picks them greedily: each is the one
// with the most events a byte that those before it lack. Then come those that
// refute the maps which none of these refutes. Each is cut to what it is
// picked for.
func searchCorpus(t *testing.T) (picked [][]byte) {
	const candidates, shortest, longest = 100_000, 20, 250
	random := rand.New(rand.NewPCG(40999, 1)) // the same list each time
	inputs, found := make([][]byte, candidates), make([]events, candidates)
	subject, missing := lockedMap(), wanted()
	decoding(t, func(t *testing.T) {
		for i := range inputs {
			inputs[i] = make([]byte, shortest+random.IntN(longest-shortest))
			for j := range inputs[i] {
				inputs[i][j] = byte(random.Uint32())
			}
			found[i] = happens(t, subject, inputs[i])
		}
		for {
			best := mostOf(missing, inputs, found)
			first := missing.remove(found[best])
			if len(first) == 0 {
				break
			}
			picked = append(picked, cut(inputs[best], func(input []byte) bool {
				e := happens(t, subject, input)
				return !slices.ContainsFunc(first, func(name string) bool { return !e[name] })
			}))
		}
		for _, m := range refutable() {
			refutes := func(input []byte) bool { return refuted(t, m, input) }
			if slices.ContainsFunc(picked, refutes) {
				continue
			}
			if i := slices.IndexFunc(inputs, refutes); i >= 0 {
				picked = append(picked, cut(inputs[i], refutes))
			}
		}
	})
	return picked
}

// refutable are the maps of impl/broken that inputs are to refute by the clause
// that they break. Those that hang take a watchdog each time.
func refutable() []broken.Map {
	return slices.DeleteFunc(slices.Clone(broken.Maps), func(m broken.Map) bool {
		return m.Sees != broken.Sequential || m.Hangs || unfound[m.Name] != ""
	})
}

// unfound are maps that one goroutine can refute, and no input does.
var unfound = map[string]string{
	"S9-needs-new":    "S9 is put to a directed program",
	"S9-nil-table":    "S9 is put to a directed program",
	"T2-all-once":     "a sequence is used twice by a directed program",
	"T2-keys-at-call": "a sequence is used later by a directed program",
}

// refutes is the event that m is refuted.
func refutes(m broken.Map) string { return "refutes " + m.Name }

// refuted reports whether input refutes m by the clause that m breaks.
func refuted(t *testing.T, m broken.Map, input []byte) bool {
	s := impl.Subject(m.Name, model.Promise{}, m.New)
	j := &judge{bind: s, in: s.Bind()}
	p := everyProgram(j.in).decode(t, input)
	f := j.run(p.ops, p.when)
	return f != nil && slices.Contains(f.clauses, model.Clause(m.Clause))
}

// mostOf returns which of the inputs has the most of missing a byte. The cost
// of an input is its length and something for being one.
func mostOf(missing events, inputs [][]byte, found []events) (best int) {
	most, length := 0, 1
	for i, e := range found {
		n := 0
		for name := range missing {
			if e[name] {
				n++
			}
		}
		if l := 20 + len(inputs[i]); n*length > most*l {
			best, most, length = i, n, l
		}
	}
	return best
}

// cut returns the shortest beginning of input that does it still.
func cut(input []byte, does func([]byte) bool) []byte {
	for n := range input {
		if does(input[:n]) {
			return input[:n]
		}
	}
	return input
}

// events are what happened while a program ran.
type events map[string]bool

func (e events) String() string { return strings.Join(slices.Sorted(maps.Keys(e)), "; ") }

// remove deletes from e what is in other, and returns it.
func (e events) remove(other events) (removed []string) {
	for name := range other {
		if e[name] {
			removed = append(removed, name)
			delete(e, name)
		}
	}
	slices.Sort(removed)
	return removed
}

// note adds what a method met, took or did.
func (e events) note(m model.Method, what string) { e[fmt.Sprintf("%v: %s", m, what)] = true }

// wanted is all that a program can make happen.
func wanted() events {
	e := events{}
	for _, m := range model.EveryMethod.Methods() {
		for _, what := range wantedOf(m) {
			e.note(m, what)
		}
		if m == model.Store || m == model.Delete {
			e.note(m, "many keys")
		}
		if m.Stores() {
			e.note(m, "stores zero")
			e.note(m, "stores uncomparable")
		}
		e.note(m, "called by a callback")
	}
	for _, m := range refutable() {
		e[refutes(m)] = true
	}
	for _, kind := range []model.Panic{model.PanicHash, model.PanicCompare, model.PanicNilFunc, model.PanicCallback, model.Goexit} {
		e["a write after panic: "+string(kind)] = true
	}
	e["audit at the end"], e["audit after each step"] = true, true
	for _, m := range []model.Method{model.Delete, model.LoadAndDelete, model.CompareAndDelete, model.Clear,
		model.Store, model.Swap, model.CompareAndSwap} {
		e.note(m, "is to release")
	}
	return e
}

func wantedOf(m model.Method) []string {
	switch {
	case m.Compares():
		return []string{"absent", "absent, compared with zero", "present, other value", "present, that value",
			"NaN", "NaN again", "panic: hash", "panic: compare"}
	case m.OnKey():
		return []string{"absent", "present", "NaN", "NaN again", "panic: hash"}
	case m.Traverses():
		return []string{"empty map", "to the end", "to the end, with NaN", "stopped",
			"panic: callback", "Goexit", "panic: nil", "calls the map"}
	}
	return []string{"empty map", "entries", "entries, with NaN"}
}

// happens returns what input makes happen to a map of s.
func happens(t *testing.T, s model.Binder, input []byte) events {
	in := s.Bind()
	p := everyProgram(in).decode(t, input)
	o := observer{happened: events{}}
	o.happened[map[audit]string{atEnd: "audit at the end", afterEachStep: "audit after each step"}[p.when]] = true
	for _, op := range p.ops {
		o.Return(o.Call(op), model.Execute(in, op, &o))
	}
	o.releases(calmProgram(in).decode(t, input).ops)
	return o.happened
}

// observer notes what happens. It is the listener of the traversals.
type observer struct {
	happened events
	state    model.State
	open     []*opened
	panicked events // what the next write happens after
}

// opened is an operation that has not returned yet.
type opened struct {
	model.Op
	visits int
}

func (o *observer) Visit(model.Visit) { o.open[len(o.open)-1].visits++ }

func (o *observer) Call(op model.Op) int {
	if n := len(o.open); n > 0 {
		o.happened.note(o.open[n-1].Method, "calls the map")
		o.happened.note(op.Method, "called by a callback")
	}
	o.open = append(o.open, &opened{Op: op})
	return 0
}

func (o *observer) Return(_ int, r model.Result) {
	last := len(o.open) - 1
	op := o.open[last]
	o.open = o.open[:last]
	for _, what := range o.met(op, r) {
		o.happened.note(op.Method, what)
	}
	if op.Key >= 100 {
		o.happened.note(op.Method, "many keys")
	}
	if op.Method.Stores() && op.Value <= model.Zero {
		o.happened.note(op.Method, "stores "+model.ValueName(op.Value))
	}
	if op.Method.Writes() && r.Panic == "" {
		maps.Copy(o.happened, o.panicked)
	}
	if r.Panic != "" {
		o.panicked = events{"a write after panic: " + string(r.Panic): true}
	}
	o.state, _ = model.Step(o.state, op.Op)
}

// met is what op, which returned r, met.
func (o *observer) met(op *opened, r model.Result) []string {
	m, cell, nans := op.Method, o.state.Cell(op.Key), len(o.state.NaNs())
	at, _ := op.Func.Step()
	switch {
	case r.Panic != "":
		return []string{r.Text(m)}
	case m.OnKey() && op.Key == model.NaN:
		return []string{"NaN", "NaN again"}[:min(1+nans, 2)]
	case m.Compares() && cell.Present:
		return []string{map[bool]string{true: "present, that value", false: "present, other value"}[r.OK]}
	case m.Compares() && op.Old == model.Zero:
		return []string{"absent", "absent, compared with zero"}
	case m.OnKey():
		return []string{map[bool]string{true: "present", false: "absent"}[cell.Present]}
	case o.state.Len() == 0 && op.visits == 0:
		return []string{"empty map"}
	case !m.Traverses():
		return []string{"entries", "entries, with NaN"}[:min(1+nans, 2)]
	case at > 0 && op.visits == at:
		return []string{"stopped"}
	}
	return []string{"to the end", "to the end, with NaN"}[:min(1+nans, 2)]
}

// releases notes which of ops are to let go of something.
func (o *observer) releases(ops []model.Op) {
	var s model.State
	for _, op := range ops {
		next, _ := model.Step(s, op)
		was, is := s.Cell(op.Key), next.Cell(op.Key)
		if op.Method == model.Clear && s.Len() > 0 || op.Method.OnKey() && was.Present && was.Value != is.Value {
			o.happened.note(op.Method, "is to release")
		}
		s = next
	}
}

// What the corpus is said not to find it does not find.
func TestCorpusCannotRefuteTheExceptions(t *testing.T) {
	inputs, err := corpus()
	if err != nil {
		t.Fatal(err)
	}
	decoding(t, func(t *testing.T) {
		for _, m := range broken.Maps {
			why := unfound[m.Name]
			if why != "" && slices.ContainsFunc(inputs, func(input []byte) bool { return refuted(t, m, input) }) {
				t.Errorf("%s is refuted, though %s", m.Name, why)
			}
		}
	})
}

// retaining are the maps of impl/broken that break R1.
func retaining() []broken.Map {
	return slices.DeleteFunc(slices.Clone(broken.Maps), func(m broken.Map) bool {
		return m.Sees != broken.Release || m.Clause != "R1"
	})
}

// The programs that FuzzRelease makes of the corpus refute the maps that retain
// what was deleted.
//
// Clauses: R1
func TestCorpusRefutesMapsThatRetain(t *testing.T) {
	inputs, err := corpus()
	if err != nil {
		t.Fatal(err)
	}
	var programs [][]model.Op
	decoding(t, func(t *testing.T) {
		for _, input := range inputs {
			ops := calmProgram(lockedMap().Bind()).decode(t, input).ops
			for i := range ops {
				ops[i].Func = nil
			}
			programs = append(programs, ops)
		}
	})
	for _, m := range retaining() {
		verdicts := tryAll(impl.Subject(m.Name, model.Promise{}, m.New), programs)
		if !slices.ContainsFunc(verdicts, func(v model.Verdict) bool { return v.Status == model.Violation }) {
			t.Errorf("no input refutes %s\n%s", m.Name, searchAgain)
		}
	}
}

// An input of any length is a program: where it ends, zeros follow.
func TestInputOfAnyLengthIsAProgram(t *testing.T) {
	inputs, err := corpus()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []byte{0, 1, 0x7f, 0x80, 0xff} {
		inputs = append(inputs, bytes.Repeat([]byte{b}, 500))
	}
	d := everyProgram(lockedMap().Bind())
	decoding(t, func(t *testing.T) {
		for _, input := range inputs {
			for n := range input {
				if p := d.decode(t, input[:n]); len(p.ops) == 0 {
					t.Errorf("%x is no program", input[:n])
				}
			}
		}
	})
}

// Judge sets rapid's flags; decoding an input reads none of these. The race
// detector looks on.
func TestDecodingBesideJudging(t *testing.T) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		j := &judge{bind: lockedMap(), in: lockedMap().Bind()}
		j.random(context.Background(), Options{Seed: 1, Programs: 2 * batch})
	}()
	decoding(t, func(t *testing.T) {
		d := everyProgram(lockedMap().Bind())
		for range 1000 {
			d.decode(t, []byte("any bytes are a program"))
		}
	})
	<-done
}

// A good map passes whose keys can be NaN and not unhashable, and whose values
// are all alike.
//
// Clauses: S1, S2, S3, S4, S5, S7, T1, T2, T3, T4, T5, T6, P2, P3
func FuzzNumbersWithoutValues(f *testing.F) {
	Fuzz(f, model.Subject[float64, struct{}]{Name: "numbers", New: func() any { return new(locked.Map[float64, struct{}]) }})
}

// FuzzBroken is the target of the processes that the tests below start.
func FuzzBroken(f *testing.F) {
	if *fuzzBroken == "" {
		f.Skip("a map that is broken on purpose: another test runs this one as a process of its own, with -fuzz-broken")
	}
	i := slices.IndexFunc(broken.Maps, func(m broken.Map) bool { return m.Name == *fuzzBroken })
	if i < 0 {
		f.Fatalf("no broken map %s", *fuzzBroken)
	}
	m := broken.Maps[i]
	s := impl.Subject(m.Name, model.Promise{Release: model.Release(m.Promise.Release)}, m.New)
	if m.Sees == broken.Release {
		FuzzRelease(f, s)
	} else {
		Fuzz(f, s)
	}
}

// fuzzSeeds runs the inputs that match on a broken map, in a process of its
// own, and returns what go test says.
func fuzzSeeds(name, match string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	out, err := exec.Command(self, "-test.run="+match, "-test.v", "-fuzz-broken="+name).CombinedOutput()
	if _, failed := err.(*exec.ExitError); failed {
		err = nil
	}
	return string(out), err
}

// For each clause the corpus alone refutes a map that breaks it, and what go
// test prints then tells how.
//
// Clauses: S2, S3, S4, S5, S6, S7, T1, T2, T4, T5, T6, R1
func TestFailureTellsHow(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range append(refutable(), retaining()...) {
		if seen[m.Clause] {
			continue
		}
		seen[m.Clause] = true
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			out, err := fuzzSeeds(m.Name, "^FuzzBroken$")
			if err != nil {
				t.Fatal(err)
			}
			tellsHow(t, m, out)
		})
	}
}

// A map that hangs fails the target, and is given up before each input waits
// for the watchdog.
//
// Clauses: T3, T4, P2, P3
func TestCorpusRefutesMapsThatHang(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for watchdogs that find hangs, some 10 s: run without -short")
	}
	t.Parallel()
	var waiting sync.WaitGroup // all at once: they wait, and do nothing
	for _, m := range broken.Maps {
		if !m.Hangs || m.Sees != broken.Sequential {
			continue
		}
		waiting.Go(func() {
			out, err := fuzzSeeds(m.Name, "^FuzzBroken$")
			if err != nil {
				t.Error(err)
				return
			}
			tellsHow(t, m, out)
			failures, givenUp := strings.Count(out, "--- FAIL: FuzzBroken/"), strings.Contains(out, "given up: the map hangs")
			if failures > maxHangs || givenUp != (failures == maxHangs) {
				t.Errorf("%s: %d inputs hang, given up: %v", m.Name, failures, givenUp)
			}
		})
	}
	waiting.Wait()
}

// tellsHow checks that out, of go test, explains how m breaks its clause.
func tellsHow(t *testing.T, m broken.Map, out string) {
	t.Helper()
	clause := model.Clause(m.Clause)
	methods := strings.ReplaceAll(model.EveryMethod.String(), ", ", "|")
	for _, want := range []string{
		`\n +` + string(clause) + ` violation .*\n`,
		regexp.QuoteMeta(clause.Sentence()),
		`\n +(` + methods + `)\(.*\)`,
		`repeat with: go test -run '\^FuzzBroken\$/\^seed#\d+\$'`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("%s: no %s in\n%s", m.Name, want, out)
		}
	}
	if !m.Hangs && strings.Contains(out, "Store(k149, ") {
		t.Errorf("%s: many keys are shown, which it does not take:\n%s", m.Name, out)
	}
}

// What a failing input prints repeats it, and nothing else.
func TestFailingInputIsRepeatedByWhatItPrints(t *testing.T) {
	run := func(match string) (violation, repeat string, inputs int) {
		out, err := fuzzSeeds("S4-overwrites-loaded", match)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`(S\d violation .*)\n(?:.*\n)+? +repeat with: go test -run '(.*)'`).FindStringSubmatch(out)
		if found == nil {
			t.Fatalf("no input fails:\n%s", out)
		}
		return found[1], found[2], strings.Count(out, "=== RUN   FuzzBroken/")
	}
	violation, repeat, _ := run("^FuzzBroken$")
	again, _, inputs := run(repeat)
	if again != violation || inputs != 1 {
		t.Errorf("%s ran %d inputs: %q, want %q", repeat, inputs, again, violation)
	}
}

// While fuzzing, an input that fails has no name yet.
func TestFailureWhileFuzzingSaysWhereTheNameComesFrom(t *testing.T) {
	want := "go test -run '^FuzzMine$/NAME', with the NAME that go test prints with this input"
	if got := repeat("FuzzMine"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Of a program that fails, only what it takes is shown. The search ends where
// a smaller program hangs, and after shrinkTrials.
func TestFailingProgramIsShrunk(t *testing.T) {
	long := drawn{ops: choice{method: model.Store, value: 1, burst: true}.ops(model.State{})}
	long.ops = slices.Concat(long.ops, []model.Op{store(1, 2), load(0), del(1)}, long.ops)
	trials := 0
	needs := func(needed ...model.Op) trial {
		return func(p drawn) ([]model.Verdict, bool) {
			trials++
			for _, op := range needed {
				if !slices.Contains(p.ops, op) {
					return nil, false
				}
			}
			return []model.Verdict{{Clause: model.S1, Status: model.Violation, Reason: fmt.Sprint(p.ops)}}, false
		}
	}
	evidence := func(try trial) string {
		trials = 0
		verdicts, _ := try(long)
		return try.shrink(long, verdicts)[0].Evidence()
	}
	if got, want := evidence(needs(store(1, 2), del(1))), "[Store(k1, v2) Delete(k1)]"; got != want {
		t.Errorf("shrunk to %s, want %s", got, want)
	}
	hangs := func(p drawn) ([]model.Verdict, bool) {
		verdicts, _ := needs()(p)
		return verdicts, len(p.ops) < len(long.ops)
	}
	if got := evidence(hangs); got != fmt.Sprint(long.ops) || trials != 2 {
		t.Errorf("%d programs were tried though the second hangs; shrunk to %s", trials, got)
	}
	if evidence(needs(long.ops...)); trials > shrinkTrials+1 {
		t.Errorf("%d programs were tried, want at most %d", trials, shrinkTrials)
	}
}

// FuzzRelease skips, with the reason, a map that promises less and one of
// which nothing can be said.
func TestFuzzReleaseSkipsWithTheReason(t *testing.T) {
	newLocked := func() any { return new(locked.Map[any, any]) }
	prompt := model.Promise{Release: model.ReleasePrompt}
	held := [8]*[4]int{} // keys that outlive every map
	for i := range held {
		held[i] = new([4]int)
	}
	for _, test := range []struct {
		subject model.Binder
		reason  string
	}{
		{impl.Subject("prompt", prompt, newLocked), ""},
		{impl.Subject("unstated", model.Promise{}, newLocked), "not promised: prompt release"},
		{impl.Subject("bounded", model.Promise{Release: model.ReleaseBounded}, newLocked), "not promised: prompt release"},
		{model.Subject[int, int]{Name: "numbers", Promise: prompt, New: func() any { return new(locked.Map[int, int]) }}, "no instances"},
		{model.Subject[*[4]int, int]{Name: "held", Promise: prompt, New: func() any { return new(locked.Map[*[4]int, int]) },
			Key: func(i int) *[4]int { return held[i%len(held)] }}, "control failed"},
	} {
		got := unreleased(test.subject.Bind())
		if !strings.Contains(got, test.reason) || (got == "") != (test.reason == "") {
			t.Errorf("%s: %q, want %q", test.subject.Bind().Name(), got, test.reason)
		}
	}
}
