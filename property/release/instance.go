package release

import (
	"fmt"

	"github.com/mapspec/mapspec/model"
)

// judgeInstances judges S8: after an overwrite with an equal but distinct key
// exactly one of the two is alive, and the map says which.
func judgeInstances(b model.Binder) model.Verdict {
	in := b.Bind()
	has := usable(in)
	if !in.Traits().KeyInstances {
		return model.Skip(model.S8, "no instances: equal keys of this type are the same allocation")
	}
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
		t, err := runOn(b, ops)
		if err != nil {
			return wrongResults(model.S8, err)
		}
		r := t.Probe()
		if r.Lost != "" && !holdsKeys(b) {
			return lost(model.S8, r.Lost)
		}
		if r.Lost == "" && len(r.Keys) == 0 {
			continue
		}
		if r.Lost == "" && !prompt {
			return model.Skip(model.S8, "not told: which instance is live cannot be seen where others are released late")
		}
		v.Status = model.Violation
		v.Evidence = fmt.Sprintf("after 2 overwrites by %s with equal but distinct keys %d of 3 instances are alive, want 1", overwrite, len(r.Keys)+1)
		if r.Lost != "" {
			v.Evidence = fmt.Sprintf("after 2 overwrites by %s with equal but distinct keys none of the 3 instances is alive, want 1", overwrite)
		} else {
			v.Path = r.Keys[0].Path(t.in)
		}
		for _, op := range ops {
			v.Trace = append(v.Trace, fmt.Sprintf("%v   with instance %d of the key", op, op.Instance))
		}
		v.Trace = append(v.Trace, "collect garbage", v.Evidence)
		break
	}
	v.Coverage = model.Bounded("one key overwritten twice by each of %d methods", tried)
	return v
}

// holdsKeys is the control: a key that was stored once is alive.
func holdsKeys(b model.Binder) bool {
	t, err := runOn(b, []model.Op{{Method: seed(usable(b.Bind())), Key: 0, Value: 1}})
	return err == nil && t.Probe().Lost == ""
}
