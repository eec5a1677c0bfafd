// Package stress runs programs on real goroutines, records their histories, and
// judges each history.
//
// A round has a new map and a new program of a few goroutines. Its history is judged
// before the next round. Short programs fail most often and are checked in
// microseconds, so most programs have three or four goroutines that start together,
// six or eight operations on each, and one hot key. Others have Range, Clear and Len
// among the operations, empty the map again and again, or store and delete so many
// keys that the map grows and shrinks.
//
// Programs for the race detector judge the memory model, M1 and M2. They record
// nothing.
package stress

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/check"
	"github.com/mapspec/mapspec/model"
)

// Options bounds a judgement. Budget, Rounds or both are set.
type Options struct {
	Budget time.Duration // how long to run, except that leastRounds run in any case; 0 is no limit but Rounds
	Rounds int           // how many rounds to run; 0 is no limit but Budget
	Seed   uint64        // makes the programs repeatable, but not their schedules
	Mode   string        // run this mode only; empty is all modes
	Until  model.Clause  // if not empty, its violation ends the run
}

// leastRounds is how many rounds a verdict of ok takes. Each mode has had several
// rounds then. They run although the time budget is spent, as a busy machine runs
// fewer rounds in that time, and the verdict must not depend on that.
const leastRounds = 250

// checkTimeout bounds the judgement of one round. A round that takes longer counts as
// undecided. Most take less than a millisecond, and a search ends by the memory that
// it needs. The timeout only has to be long enough for a busy machine.
const checkTimeout = time.Minute

// judgedClauses are the clauses that a concurrent history can refute.
var judgedClauses = []model.Clause{model.S1, model.T1, model.T5, model.T6, model.P2}

// Judge runs rounds and returns verdicts on S1, T1, T5, T6 and P2. It stops at the
// first violation of S1 or P2, as nothing that such a map does can be trusted.
func Judge(ctx context.Context, b model.Binder, o Options) []model.Verdict {
	in := b.Bind()
	modes := slices.DeleteFunc(possibleModes(in), func(m mode) bool { return o.Mode != "" && o.Mode != m.name })
	if len(modes) == 0 {
		var verdicts []model.Verdict
		for _, c := range judgedClauses {
			verdicts = append(verdicts, model.Skip(c, "method missing: the map has none that stores, or none that reads"))
		}
		return verdicts
	}
	s := &session{bind: b, promise: in.Promise(), traits: in.Traits(), options: o, tallies: map[model.Clause]*tally{}}
	for _, c := range judgedClauses {
		s.tallies[c] = &tally{}
	}
	p := newPool(maxClients)
	defer p.close()
	start := time.Now()
	for ; !s.over(ctx, start); s.rounds++ {
		m := modes[s.rounds%len(modes)]
		if !s.round(p, m, s.rounds) {
			break
		}
	}
	s.cut = ctx.Err() != nil && s.rounds < leastRounds
	return s.verdicts()
}

// Programs returns the first n programs that seed draws for a map like in.
func Programs(in model.Instance, seed uint64, n int) []history.Program {
	modes := possibleModes(in)
	programs := make([]history.Program, n)
	for i := range programs {
		programs[i] = modes[i%len(modes)].program(rand.New(rand.NewPCG(seed, uint64(i))), in, in.Traits())
	}
	return programs
}

// A session is the state of one judgement.
type session struct {
	bind    model.Binder
	promise model.Promise
	traits  model.Traits
	options Options
	tallies map[model.Clause]*tally
	rounds  int
	cut     bool // the run was interrupted before leastRounds
	scratch []history.Operation
}

// A tally counts the verdicts of the rounds on one clause.
type tally struct {
	ok, undecided int
	skipped       string
	violation     *model.Verdict
}

// over reports whether no more rounds should run.
func (s *session) over(ctx context.Context, start time.Time) bool {
	if t := s.tallies[s.options.Until]; t != nil && t.violation != nil {
		return true
	}
	if s.tallies[model.S1].violation != nil || s.tallies[model.P2].violation != nil || ctx.Err() != nil {
		return true
	}
	if s.options.Rounds > 0 && s.rounds >= s.options.Rounds {
		return true
	}
	return s.options.Budget > 0 && s.rounds >= leastRounds && time.Since(start) >= s.options.Budget
}

// round runs and judges one program. It returns false if the map hangs.
func (s *session) round(p *pool, m mode, round int) bool {
	rng := rand.New(rand.NewPCG(s.options.Seed, uint64(round)))
	in := s.bind.Bind()
	program := m.program(rng, in, s.traits)
	for _, v := range s.judge(p, in, program, rng.Uint64()) {
		s.count(v, m, round, program)
	}
	return s.tallies[model.P2].violation == nil
}

// judge runs program once on in and returns the verdicts on what happened.
func (s *session) judge(p *pool, in model.Instance, program history.Program, jitter uint64) []model.Verdict {
	where, stuck := p.run(in, program, jitter)
	s.scratch = p.recorder.AppendOperations(s.scratch[:0])
	verdicts := check.Operations(s.scratch, check.Options{Promise: s.promise, Timeout: checkTimeout})
	if stuck {
		return append(verdicts, hung(p.recorder.History(), where))
	}
	return append(verdicts, model.Verdict{Clause: model.P2, Status: model.OK})
}

// count adds v, the verdict of a round, to the tally of its clause.
func (s *session) count(v model.Verdict, m mode, round int, program history.Program) {
	t := s.tallies[v.Clause]
	if t == nil { // of this clause there are verdicts only if it is violated
		t = &tally{}
		s.tallies[v.Clause] = t
	}
	switch v.Status {
	case model.OK:
		t.ok++
	case model.Skipped:
		t.skipped = v.Reason
	case model.Violation, model.Invalid:
		if t.violation == nil {
			v.Coverage = model.Bounded("round %d, %s, seed %d", round, m, s.options.Seed)
			v.Witness = &model.Witness{Look: model.LookHistory, Init: program.Init, Threads: program.Threads}
			t.violation = &v
		}
	default:
		t.undecided++
	}
}

// hung is the verdict on a round that hangs, with the places where its clients stand.
func hung(h history.History, where []model.Stuck) model.Verdict {
	f := &model.Failure{Kind: model.Hangs, Stuck: where}
	for _, o := range h.Operations() {
		for i := range where {
			if o.Pending() && o.Client == where[i].Goroutine {
				where[i].Call = &o.Op // the last pending call is the innermost one
			}
		}
	}
	var b bytes.Buffer
	if h.Write(&b) == nil { // a buffer takes everything
		f.History = b.Bytes()
	}
	return f.Violates(model.P2, nil)
}

// verdicts returns a verdict on each clause, from the tallies of all rounds.
func (s *session) verdicts() []model.Verdict {
	var verdicts []model.Verdict
	for c, t := range s.tallies {
		v := model.Verdict{Clause: c, Coverage: s.coverage(t)}
		switch {
		case t.violation != nil:
			v = *t.violation
		case s.cut:
			v.Status = model.Unknown
			v.Reason = fmt.Sprintf("interrupted after %d rounds, of %d that a verdict takes", s.rounds, leastRounds)
		case t.ok > t.undecided:
			v.Status = model.OK
		case t.undecided > 0:
			v.Status = model.Unknown
			v.Reason = fmt.Sprintf("%d rounds were not decided within %v each", t.undecided, checkTimeout)
		case t.skipped != "":
			v = model.Skip(c, t.skipped)
		default:
			v.Status, v.Reason = model.Unknown, "no round put it to the test"
		}
		verdicts = append(verdicts, v)
	}
	return model.Merge(verdicts)
}

// coverage says how many rounds tested a clause.
func (s *session) coverage(t *tally) model.Coverage {
	c := model.Bounded("%d rounds on %d goroutines at most, seed %d", t.ok, maxClients, s.options.Seed)
	if t.undecided > 0 {
		c.What += fmt.Sprintf("; %d rounds undecided", t.undecided)
	}
	return c
}
