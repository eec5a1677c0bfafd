package property

import (
	_ "embed" // for the corpus
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mapspec/mapspec/model"
	"pgregory.net/rapid"
)

// Fuzz makes a Go fuzz target of the programs that [Judge] draws at random. In
// anyone's test file:
//
//	func FuzzMine(f *testing.F) { property.Fuzz(f, subject) }
//
// In go test it runs a corpus of this package's, a few dozen programs that
// together put every method, panic and kind of key to the test. With
//
//	go test -fuzz FuzzMine -fuzztime 1m -fuzzminimizetime 10x
//
// go's fuzzer looks for programs that take the map's code where no program has
// gone before. (Without the last flag it spends most of its time on shortening
// inputs that it only keeps. What fails is shortened here.) An input that fails
// is written to testdata/fuzz/FuzzMine, from where each later go test runs it:
// commit it, and it is a regression test.
//
// A program fails as in [Run], with the clauses that it breaks, its operations
// with their results, and the command that repeats it. One that hangs fails
// when the watchdog is sure; a busy one is ended before that, after ten
// seconds, by go's fuzzer. What the map holds after deletion is for
// [FuzzRelease], S9 and the reuse of sequences for [Run].
func Fuzz(f *testing.F, s model.Binder) {
	j := &judge{bind: s, in: s.Bind()}
	fuzz(f, j.in, everyProgram(j.in), func(p drawn) (verdicts []model.Verdict, hung bool) {
		found := j.run(p.ops, p.when)
		if found == nil {
			return nil, false
		}
		return found.verdicts(), found.hung()
	})
}

// FuzzRelease is [Fuzz] for R1: after each program nothing may be reachable but
// what is live. It is a target of its own because each program costs a garbage
// collection, and several where the map retains something.
//
// It skips a map that does not promise prompt release: by [model.Promise] such
// a map fails nothing by what it holds.
func FuzzRelease(f *testing.F, s model.Binder) {
	in := s.Bind()
	if reason := unreleased(in); reason != "" {
		f.Skip(reason)
	}
	fuzz(f, in, calmProgram(in), func(p drawn) ([]model.Verdict, bool) {
		for i := range p.ops {
			p.ops[i].Func = nil
		}
		var verdicts []model.Verdict
		where, stuck := watched(func(returned *atomic.Int64) {
			verdicts = tryAll(counting{s, returned}, [][]model.Op{p.ops})
		})
		switch {
		case stuck:
			return hungInRelease(model.Failure{Kind: model.Hangs, Stuck: []model.Stuck{where}}), true
		case verdicts[0].Status == model.OK:
			return nil, false
		}
		return verdicts, false
	})
}

// everyProgram is the domain of all programs. An input is judged for itself,
// so it avoids nothing that others have found.
func everyProgram(in model.Instance) domain {
	return domain{methods: usable(in).Methods(), traits: in.Traits(), avoid: func(...model.Clause) bool { return false }}
}

// calmProgram is the domain of programs in which nothing panics and no
// callback calls the map, as in randomRelease.
func calmProgram(in model.Instance) domain {
	return domain{methods: usable(in).Methods(), avoid: func(...model.Clause) bool { return true }}
}

// unreleased returns why R1 cannot be judged or fails nothing, or "".
func unreleased(in model.Instance) string {
	if !in.Promise().Names(model.R1) {
		return "R1 skipped: not promised: prompt release"
	}
	if reason := model.Unjudged(model.R1, in); reason != "" {
		return "R1 skipped: " + reason
	}
	if reason := ReleaseControl(in); reason != "" {
		return "R1 unknown: " + reason
	}
	return ""
}

// A trial runs a program on a new map and returns a verdict on each clause that
// it breaks, or on which nothing can be said.
type trial func(drawn) (verdicts []model.Verdict, hung bool)

// fuzz tries inputs as programs of d and fails those that break in's promise.
func fuzz(f *testing.F, in model.Instance, d domain, try trial) {
	if len(d.methods) == 0 {
		f.Skip("the map has no method that a program can call")
	}
	inputs, err := corpus()
	if err != nil {
		f.Fatal(err)
	}
	for _, input := range inputs {
		f.Add(input)
	}
	hangs := 0
	f.Fuzz(func(t *testing.T, input []byte) {
		if hangs >= maxHangs {
			t.Skip("given up: the map hangs")
		}
		p := d.decode(t, input)
		verdicts, hung := try(p)
		switch {
		case hung: // to shrink it would take as long again at each step
			hangs++
		case len(verdicts) > 0:
			verdicts = try.shrink(p, verdicts)
		}
		model.Report(t, in.Promise(), verdicts, repeat(t.Name()))
	})
}

// shrinkTrials is how many programs may be tried for a smaller one.
const shrinkTrials = 200

// shrink leaves operations of p out, many at once and then fewer, as long as
// the verdicts, on p, stay as they are. It returns those on the smallest program
// found.
func (try trial) shrink(p drawn, verdicts []model.Verdict) []model.Verdict {
	same := func(a, b model.Verdict) bool { return a.Clause == b.Clause && a.Status == b.Status }
	left := shrinkTrials
	for n := len(p.ops); n > 0; n /= 2 {
		for i := 0; i+n <= len(p.ops) && left > 0; left-- {
			less := drawn{slices.Delete(slices.Clone(p.ops), i, i+n), p.when}
			found, hung := try(less)
			switch {
			case hung:
				return verdicts
			case slices.EqualFunc(found, verdicts, same):
				p, verdicts = less, found
			default:
				i += n
			}
		}
	}
	return verdicts
}

// repeat returns the command that runs the input called name again. Fuzzing
// has no name for it yet when it fails.
func repeat(name string) string {
	target, input, named := strings.Cut(name, "/")
	if !named {
		return fmt.Sprintf("go test -run '^%s$/NAME', with the NAME that go test prints with this input", target)
	}
	return fmt.Sprintf("go test -run '^%s$/^%s$'", target, regexp.QuoteMeta(input))
}

// drawn is a program and when its map is read as a whole.
type drawn struct {
	ops  []model.Op
	when audit
}

// GoString is what rapid logs of a program. Of one that fails, the operations
// that it takes are in the trace.
func (p drawn) GoString() string {
	when := map[audit]string{atEnd: "at the end", afterEachStep: "after each step"}[p.when]
	return fmt.Sprintf("operations: %d; the whole map is read %s", len(p.ops), when)
}

// decode returns the program that input stands for.
func (d domain) decode(t *testing.T, input []byte) (p drawn) {
	program := rapid.Custom(func(t *rapid.T) drawn {
		when := audit(rapid.IntRange(0, 1).Draw(t, "audit"))
		return drawn{d.program(t), when}
	})
	rapid.MakeFuzz(func(t *rapid.T) { p = program.Draw(t, "program") })(t, spell(input))
	return p
}

// afterInput is how many draws are decided when an input has come to its end:
// more than the operation takes in which it ended.
const afterInput = 128

// spell returns input as rapid reads it. Rapid takes eight bytes a draw and
// uses a few bits of them: the low ones as a number, the upper ones of 53 as a
// probability. Here a byte is a draw, and stands in both places. So inputs are
// an eighth as long, no bit of them is idle, and where the fuzzer removes or
// inserts a byte the next draws are still what they were.
//
// Rapid refuses an input that is too short. Here zeros follow, the simplest
// draws: each ends what it can.
func spell(input []byte) []byte {
	words := make([]byte, 8*(len(input)+afterInput))
	for i, b := range input {
		binary.LittleEndian.PutUint64(words[8*i:], uint64(b)|uint64(b)<<45)
	}
	return words
}

// corpusText is made by go test ./property -run TestCorpusDoes -update.
//
//go:embed testdata/corpus.txt
var corpusText string

// corpus returns the inputs that every target begins with.
func corpus() (inputs [][]byte, err error) {
	for line := range strings.Lines(corpusText) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		input, err := hex.DecodeString(line)
		if err != nil {
			return nil, fmt.Errorf("property/testdata/corpus.txt: %q: %w", line, err)
		}
		inputs = append(inputs, input)
	}
	return inputs, nil
}
