package property

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/model"
)

// TryRelease runs a witness of clause c on a new map of b. Its look is release, pump,
// pin or heap. The verdict is unknown if the results are wrong, or if a live instance
// is not alive. The error says why the map cannot run the program.
//
// There is no watchdog. Under a scheduler there must not be one, and elsewhere
// [Trial.TryRelease] has one.
func TryRelease(b model.Binder, c model.Clause, w model.Witness) (model.Verdict, error) {
	ops, err := possible(b.Bind(), w)
	if err != nil {
		return model.Verdict{}, err
	}
	switch w.Look {
	case model.LookRelease:
		if c == model.S8 {
			v, _, err := tryInstances(b, ops)
			if err != nil {
				v = wrongResults(c, err)
			}
			return v, nil
		}
		return tryAll(b, [][]model.Op{ops})[0], nil
	case model.LookPump:
		otherKey := func(o model.Op) bool { return o.Method.OnKey() && o.Key != 0 && o.Key != fresh }
		if len(w.Init) != 1 || len(w.Threads) != 1 || slices.ContainsFunc(ops, otherKey) {
			return model.Verdict{}, fmt.Errorf("look %q: want one operation in init and one thread, on keys 0 and 1", w.Look)
		}
		if v, ok := pump(b, w.Threads[0], mostTurns); ok {
			return v, nil
		}
		return model.Verdict{Clause: c, Status: model.OK, Reason: "what is retained does not grow with each turn"}, nil
	case model.LookPin:
		v, err := tryPin(b, removal(ops))
		if err != nil {
			v = wrongResults(c, err)
		}
		return v, nil
	case model.LookHeap:
		if in := b.Bind(); len(removals(usable(in))) == 0 {
			return model.Verdict{}, fmt.Errorf("look %q: %s cannot delete a key", w.Look, in.Name())
		}
		return judgeShrink(b), nil
	}
	return model.Verdict{}, fmt.Errorf("look %q: want release, pump, pin or heap", w.Look)
}

// tryAll runs each program on a map of its own and returns a verdict on R1 for each.
// The programs share one garbage collection.
func tryAll(b model.Binder, programs [][]model.Op) []model.Verdict {
	verdicts := make([]model.Verdict, len(programs))
	var trackers []*tracker
	var index []int
	for i, ops := range programs {
		t, err := runOn(b, ops)
		if err != nil {
			verdicts[i] = wrongResults(model.R1, err)
			continue
		}
		trackers, index = append(trackers, t), append(index, i)
	}
	for i, r := range probeAll(trackers) {
		v := &verdicts[index[i]]
		switch {
		case r.Lost != "":
			*v = lost(model.R1, r.Lost)
		case r.Len() > 0:
			*v = trackers[i].Violation(r)
		default:
			*v = model.Verdict{Clause: model.R1, Status: model.OK, Reason: "nothing is retained"}
		}
	}
	return verdicts
}

// possible returns all operations of w. The error says which of them the map cannot
// do.
func possible(in model.Instance, w model.Witness) ([]model.Op, error) {
	ops := w.Init[:len(w.Init):len(w.Init)]
	for _, t := range w.Threads {
		ops = append(ops, t...)
	}
	if len(ops) == 0 {
		return nil, errors.New("the program is empty: want at least one operation")
	}
	return ops, model.CanDo(in, ops...)
}

// removal returns the method that deletes keys inside the Range of a pin.
func removal(ops []model.Op) model.Method {
	last := ops[len(ops)-1]
	if last.Func != nil && len(last.Func.Do) > 0 {
		return last.Func.Do[len(last.Func.Do)-1].Method
	}
	return model.Delete
}
