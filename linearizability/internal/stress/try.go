package stress

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// Try runs the program of w on new maps, round after round, until a round breaks
// clause c, all rounds of o have run, or ctx ends. It returns the violation and the
// number of rounds. Without a violation the verdict is unknown, as other schedules
// remain. The error says why the map cannot run the program.
//
// A program of one thread runs only once. A program that hangs leaves its goroutines
// behind.
func Try(ctx context.Context, b model.Binder, c model.Clause, w model.Witness, o Options) (v model.Verdict, rounds int, err error) {
	in := b.Bind()
	program := history.Program{Init: in.Traits().FitAll(w.Init)}
	for _, ops := range w.Threads {
		program.Threads = append(program.Threads, in.Traits().FitAll(ops))
	}
	if err := canRun(in, program); err != nil {
		return model.Verdict{}, 0, err
	}
	if len(program.Threads) < 2 {
		o.Rounds = 1
	}
	s := &session{bind: b, promise: in.Promise(), traits: in.Traits(), options: o}
	p := newPool(max(1, len(program.Threads)))
	defer p.close()
	for ; ctx.Err() == nil && rounds < o.Rounds; rounds++ {
		jitter := rand.New(rand.NewPCG(o.Seed, uint64(rounds))).Uint64()
		for _, v := range s.judge(p, b.Bind(), program, jitter) {
			switch {
			case v.Clause == c && v.Status == model.Violation:
				v.Witness = &model.Witness{Look: model.LookHistory, Init: program.Init, Threads: program.Threads}
				v.Coverage = model.Bounded("round %d of the program, seed %d", rounds+1, o.Seed)
				return v, rounds + 1, nil
			case v.Clause == model.P2 && v.Status == model.Violation: // another clause, but the pool is lost
				return hangs(c, v), rounds + 1, nil
			}
		}
	}
	return model.Verdict{Clause: c, Status: model.Unknown, Coverage: model.Bounded("%d rounds", rounds),
		Reason: fmt.Sprintf("not broken in %d rounds", rounds)}, rounds, nil
}

// hangs is the verdict on c of a program that breaks P2 instead, as it hangs.
func hangs(c model.Clause, p2 model.Verdict) model.Verdict {
	return model.Verdict{Clause: c, Status: model.Unknown, Hung: true, Reason: "the program hangs: " + p2.Evidence()}
}

// Record runs the program of w once and returns its history, with the reads at rest.
// It is for a violation whose checker records no history.
func Record(b model.Binder, w model.Witness) (history.History, error) {
	in := b.Bind()
	program := history.Program{Init: w.Init, Threads: w.Threads}
	if err := canRun(in, program); err != nil {
		return history.History{}, err
	}
	p := newPool(max(1, len(program.Threads)))
	defer p.close()
	p.run(in, program, 0)
	return p.recorder.History(), nil
}

// canRun returns nil if p can be run on in, as [model.CanDo] says.
func canRun(in model.Instance, p history.Program) error {
	for _, ops := range append([][]model.Op{p.Init}, p.Threads...) {
		if err := model.CanDo(in, ops...); err != nil {
			return err
		}
	}
	return nil
}
