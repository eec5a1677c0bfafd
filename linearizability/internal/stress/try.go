package stress

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// Try runs one program on new maps, round after round, until a round breaks
// clause c, the options' rounds are run, or ctx ends, and returns that round's
// violation and how many rounds were run. Without a violation the verdict is
// unknown: there is always another schedule. A clause that is not judged on
// histories has no violation. The error says that the map cannot run w.
//
// A program of one thread needs one round, and gets no more. One that hangs
// leaves its goroutines behind.
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
			case v.Clause == model.P2 && v.Status == model.Violation: // another clause, but no further round
				return hangs(c, v), rounds + 1, nil
			}
		}
	}
	return model.Verdict{Clause: c, Status: model.Unknown, Coverage: model.Bounded("%d rounds", rounds),
		Reason: fmt.Sprintf("%d rounds did not break it", rounds)}, rounds, nil
}

// hangs is the verdict on c of a program that hangs instead.
func hangs(c model.Clause, p2 model.Verdict) model.Verdict {
	return model.Verdict{Clause: c, Status: model.Unknown, Hung: true, Reason: "the program hangs: " + p2.Evidence()}
}

// Record runs a program once and returns what happened, and at rest after it,
// as far as it ends: for a violation that the results do not show.
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
