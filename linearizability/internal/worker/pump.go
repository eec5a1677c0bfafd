package worker

import (
	"github.com/mapspec/mapspec/linearizability/internal/job"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property/release"
)

// pump repeats a program that breaks R1 with another key each time, beside one
// that stays: if what is retained grows with each turn, it is without bound
// (R3). A cycle is one thread's operations on one key; of others nothing is
// said.
func (w *worker) pump(t *task) error {
	cycle, ok := cycleOf(t)
	if !ok {
		return nil
	}
	resident := w.subject.Bind().Traits().Fit(model.Op{Method: model.Store, Key: 0, Value: 1})
	v, err := release.Try(w.subject, model.R3, model.Witness{
		Look: model.LookPump, Init: []model.Op{resident}, Threads: [][]model.Op{cycle},
	})
	if err != nil || v.Status != model.Violation {
		return nil // it says nothing of other cycles
	}
	f := job.Found{
		Clause: model.R3, Rank: t.rank, Policy: t.setting.Policy, Initial: t.setting.Initial, Program: t.program,
		Evidence: v.Evidence, Path: v.Path, Retained: v.Retained, Witness: v.Witness, Trace: v.Trace,
	}
	w.found[model.R3] = &f
	return w.say(job.Message{Found: &f})
}

// cycleOf returns what t does on its one key, on key 1.
func cycleOf(t *task) ([]model.Op, bool) {
	if len(t.program.Threads) != 1 {
		return nil, false
	}
	var cycle []model.Op
	for _, ops := range [][]model.Op{t.program.Init, t.program.Threads[0]} {
		for _, o := range ops {
			if !o.Method.OnKey() || o.Key != 0 {
				return nil, false
			}
			o.Key = 1
			cycle = append(cycle, o)
		}
	}
	return cycle, true
}
