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

// Fuzz is a fuzz target for go test. Its inputs stand for programs like those that
// [Judge] draws at random.
//
//	func FuzzMine(f *testing.F) { property.Fuzz(f, subject) }
//
// Without -fuzz, go test runs the corpus of this package. Its few dozen programs
// use every method, every kind of key and every panic. To search for more, run
//
//	go test -fuzz FuzzMine -fuzztime 1m -fuzzminimizetime 10x
//
// Go's fuzzer then looks for programs that reach new code in the map. Without the
// last flag it spends most of its time on shortening inputs that do not fail. An
// input that fails is written to testdata/fuzz/FuzzMine, and each later go test
// runs it again. Commit it as a regression test.
//
// A program that fails is shortened and reported as by [Run], with the command
// that repeats it. A program that hangs fails when the watchdog is sure. If it
// keeps a processor busy, Go's fuzzer ends it earlier, after ten seconds.
//
// What the map holds after a deletion is tested by [FuzzRelease]. S9 and sequences
// that are used twice are tested by [Run].
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

// FuzzRelease is [Fuzz] for R1: after each program only live keys and values may
// be reachable. It is a target of its own because each program costs at least one
// garbage collection.
//
// It skips a map that does not promise prompt release, as [model.Promise] lets such
// a map hold anything.
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

// everyProgram is the domain of all programs. Each input is judged alone, so no
// known violation is avoided.
func everyProgram(in model.Instance) domain {
	return domain{methods: usable(in).Methods(), traits: in.Traits(), avoid: func(...model.Clause) bool { return false }}
}

// calmProgram is the domain of programs in which nothing panics and no
// callback calls the map, as in randomRelease.
func calmProgram(in model.Instance) domain {
	return domain{methods: usable(in).Methods(), avoid: func(...model.Clause) bool { return true }}
}

// unreleased returns why R1 cannot be judged, or is not promised, or "".
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

// A trial runs a program on a new map. It returns a verdict on each clause that
// the program breaks, and on each clause that could not be judged.
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
		case hung: // shrinking would wait for the watchdog at each step
			hangs++
		case len(verdicts) > 0:
			verdicts = try.shrink(p, verdicts)
		}
		model.Report(t, in.Promise(), verdicts, repeat(t.Name()))
	})
}

// shrinkTrials is how many programs shrink may try.
const shrinkTrials = 200

// shrink removes operations from p, first many at once and then fewer, as long as
// the program gets the same verdicts. It returns the verdicts on the smallest
// program found.
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

// repeat returns the command that runs the input called name again. An input that
// fails while fuzzing has no name yet.
func repeat(name string) string {
	target, input, named := strings.Cut(name, "/")
	if !named {
		return fmt.Sprintf("go test -run '^%s$/NAME', with the NAME that go test prints with this input", target)
	}
	return fmt.Sprintf("go test -run '^%s$/^%s$'", target, regexp.QuoteMeta(input))
}

// drawn is a program, and says when its whole map is read.
type drawn struct {
	ops  []model.Op
	when audit
}

// GoString is what rapid logs. It does not list the operations, as the trace of a
// failure does.
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

// afterInput is how many draws follow the end of an input. No operation takes
// more, so the last one is always complete.
const afterInput = 128

// spell returns input as rapid reads it. For each draw rapid reads eight bytes and
// uses a few bits of them: the low bits as a number, the upper ones of 53 as a
// probability. Here one byte is one draw, and spell writes it to both places. So
// inputs are an eighth as long and have no unused bits. If the fuzzer removes or
// inserts a byte, the later draws stay the same.
//
// Rapid refuses an input that is too short. So zeros follow, which are the
// simplest draws and end a program.
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
