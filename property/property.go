// Package property tests a map from one goroutine: whether each call returns what
// the model says, and what the map still holds after a deletion.
//
//	var subject = model.Subject[string, int]{
//		Name: "mine",
//		New:  func() any { return new(mine.Map[string, int]) },
//	}
//
//	func TestConformance(t *testing.T) { property.Run(t, subject) }
//	func FuzzMine(f *testing.F)        { property.Fuzz(f, subject) }
//
// Directed programs test each clause first. Then rapid draws programs at random
// from all of the map's methods, with hostile keys, values and callbacks, and
// shrinks a program that fails. Release (clauses S8 and R1 to R4) is judged by
// watching the keys and values that were passed to the map.
//
// Each program runs on a new map, in a goroutine of its own, under a watchdog. A
// map that hangs gets a verdict and does not hang the test.
package property

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/mapspec/mapspec/model"
)

// Options bounds a judgement.
type Options struct {
	// Budget is how long random programs are drawn, except that a hundred are
	// drawn in any case; 0 is no limit but Programs.
	Budget time.Duration
	// Programs is how many random programs are drawn; 0 is 400, and a negative
	// number is none.
	Programs int
	// Seed makes the programs drawn repeatable.
	Seed uint64
	// Keys is how many keys a scenario of R1 removes; 0 is 64.
	Keys int
	// PumpLength is the length of the longest cycle that is tried for R3; 0 is 3.
	PumpLength int
	// Turns is how often a cycle that seems to retain more at each turn is
	// repeated, at least 1,000 times; 0 is 16,000. If the map's traversals are
	// slow, fewer turns save time.
	Turns int
	// Until, if not empty, is the only clause of interest. Programs that cannot
	// refute it are not run, and its first violation ends the judgement.
	Until model.Clause
}

// Run judges s and fails t for each violation of what s promises. If s promises
// no release level, a violation of release is only logged. A clause that was not
// judged is logged with the reason.
func Run(t *testing.T, s model.Binder) {
	t.Helper()
	seed := rapidSeed()
	o := Options{Seed: seed, Programs: 150, Keys: 32, PumpLength: 2}
	verdicts := Judge(t.Context(), s, o)
	model.Report(t, s.Bind().Promise(), verdicts, fmt.Sprintf("go test -run '^%s$' -rapid.seed=%d", t.Name(), seed))
}

// rapidSeed is the seed of the -rapid.seed flag, or a new one.
func rapidSeed() uint64 {
	if f := flag.Lookup("rapid.seed"); f != nil {
		if seed, err := strconv.ParseUint(f.Value.String(), 10, 64); err == nil && seed != 0 {
			return seed
		}
	}
	return rand.Uint64()>>32 + 1
}

// Judge returns a verdict on every clause. If ctx or the budget ends early, the
// verdict on a clause that was not tested is unknown, never ok.
func Judge(ctx context.Context, b model.Binder, o Options) []model.Verdict {
	if o.Programs == 0 {
		o.Programs = 400
	}
	j := &judge{bind: b, in: b.Bind(), found: map[model.Clause]model.Verdict{}, until: o.Until}
	j.least = min(leastPrograms, o.Programs)
	if slices.Contains(releaseClauses, o.Until) {
		return j.released(ctx, o)
	}
	j.directed(ctx)
	j.zeroValue()
	j.sequences()
	j.random(ctx, o)
	if o.Until != "" {
		return j.verdicts(ctx)
	}
	released := j.released(ctx, o)
	return model.Merge(j.verdicts(ctx), released)
}

// judge collects the violations of one subject.
type judge struct {
	bind  model.Binder
	in    model.Instance // says what the subject can do; its map is never called
	found map[model.Clause]model.Verdict
	ran   map[model.Clause]int // the number of directed programs that tested a clause
	drawn int                  // the number of random programs that returned
	least int                  // how many of them a verdict of ok takes
	hangs int                  // the number of programs that hung
	known *model.Traits        // the traits of in, once they were asked for
	until model.Clause         // a violation of it ends the judgement
}

// traits returns the traits of the subject's types. To find them takes a few
// instances, so they are kept.
func (j *judge) traits() model.Traits {
	if j.known == nil {
		t := j.in.Traits()
		j.known = &t
	}
	return *j.known
}

// maxHangs is how many programs may hang before no more are run. Each leaves a
// goroutine behind, and the watchdog takes seconds to be sure.
const maxHangs = 3

// givenUp reports whether nothing more should be run.
func (j *judge) givenUp(ctx context.Context) bool {
	return ctx.Err() != nil || j.hangs >= maxHangs || j.broken(model.P2) || j.until != "" && j.broken(j.until)
}

// fail notes f under each clause that it breaks and that no failure broke before.
func (j *judge) fail(f *failure) {
	if f.hung() {
		j.hangs++
	}
	for _, c := range f.clauses {
		if _, ok := j.found[c]; !ok {
			j.found[c] = f.verdict(c)
		}
	}
}

// broken reports whether a violation of any of the clauses was found.
func (j *judge) broken(clauses ...model.Clause) bool {
	for _, c := range clauses {
		if _, ok := j.found[c]; ok {
			return true
		}
	}
	return false
}

// sequential are the clauses that programs of one goroutine can refute.
var sequential = []model.Clause{
	model.S1, model.S2, model.S3, model.S4, model.S5, model.S6, model.S7, model.S9,
	model.T1, model.T2, model.T3, model.T4, model.T5, model.T6, model.P2, model.P3,
}

// verdicts returns a verdict on each sequential clause, and the reason why each
// other clause was not judged.
func (j *judge) verdicts(ctx context.Context) []model.Verdict {
	verdicts := []model.Verdict{
		model.Skip(model.M1, "needs -race: happens-before is judged under the race detector"),
		model.Skip(model.M2, "needs -race: data races are found by the race detector"),
		model.Skip(model.P1, "needs a controlled scheduler: not judged by running goroutines"),
	}
	for _, c := range sequential {
		verdicts = append(verdicts, j.verdict(ctx, c))
	}
	return verdicts
}

func (j *judge) verdict(ctx context.Context, c model.Clause) model.Verdict {
	if v, ok := j.found[c]; ok {
		return v
	}
	if reason := model.Unjudged(c, j.in); reason != "" {
		return model.Skip(c, reason)
	}
	v := model.Verdict{Clause: c, Status: model.OK}
	v.Coverage = model.Bounded("%d directed and %d random sequential programs", j.ran[c], j.drawn)
	if t := j.traits(); c == model.S7 && !(t.NaN && t.Unhashable) {
		v.Coverage.What += map[bool]string{true: ", NaN keys only", false: ", unhashable keys only"}[t.NaN]
	}
	if c == model.S9 {
		v.Coverage = model.Bounded("one program on the zero value")
	}
	switch {
	case ctx.Err() != nil && (j.ran[c] == 0 || j.drawn < j.least):
		v.Status, v.Reason = model.Unknown, "interrupted before this was judged"
	case j.hangs >= maxHangs || j.broken(model.P2):
		v.Status, v.Reason = model.Unknown, "given up: the map hangs"
	}
	return v
}
