package property

import (
	"github.com/mapspec/mapspec/model"
)

// judgeInstances judges S8: after an overwrite with an equal but distinct key,
// exactly one of the two keys is alive. The map chooses which.
func judgeInstances(b model.Binder) model.Verdict {
	in := b.Bind()
	has := usable(in)
	v := model.Verdict{Clause: model.S8, Status: model.OK}
	prompt := in.Promise().Release == model.ReleasePrompt
	tried := 0
	for _, overwrite := range []model.Method{model.Store, model.Swap, model.CompareAndSwap} {
		if !has.Has(overwrite) {
			continue
		}
		tried++
		ops := trim([]model.Op{
			{Method: seed(has), Key: 0, Value: 1},
			{Method: overwrite, Key: 0, Old: 1, Value: 2, Instance: 1},
			{Method: overwrite, Key: 0, Old: 2, Value: 3, Instance: 2},
		})
		found, kept, err := tryInstances(b, ops)
		if err != nil {
			return wrongResults(model.S8, err)
		}
		if kept && !prompt {
			return model.Skip(model.S8, "not judged: while other instances are released late, which one is live cannot be seen")
		}
		if found.Status != model.OK {
			v = found
			break
		}
	}
	v.Coverage = model.Bounded("one key overwritten twice by each of %d methods", tried)
	return v
}

// tryInstances runs ops, which store several instances of one key, and judges S8.
// It reports whether more than one of the instances was kept.
func tryInstances(b model.Binder, ops []model.Op) (v model.Verdict, kept bool, err error) {
	v = model.Verdict{Clause: model.S8, Status: model.OK}
	t, err := runOn(b, ops)
	if err != nil {
		return v, false, err
	}
	r := t.Probe()
	switch {
	case r.Lost != "" && !holdsKeys(b):
		return lost(model.S8, r.Lost), false, nil
	case r.Lost == "" && len(r.Keys) == 0:
		return v, false, nil
	}
	f := &model.Failure{Kind: model.KeepsEqualKeys, Of: len(ops)}
	if kept = r.Lost == ""; kept {
		f.Count, f.Retained = len(r.Keys)+1, t.retained(r)
	}
	return f.Violates(model.S8, &model.Witness{Look: model.LookRelease, Threads: [][]model.Op{ops}}), kept, nil
}

// holdsKeys is the control of S8. It reports whether a key that was stored once is
// alive.
func holdsKeys(b model.Binder) bool {
	t, err := runOn(b, []model.Op{{Method: seed(usable(b.Bind())), Key: 0, Value: 1}})
	return err == nil && t.Probe().Lost == ""
}
