package release

import (
	"fmt"

	"github.com/mapspec/mapspec/model"
)

// pinChurn is how many keys come and go while a Range is paused. What a Range
// may pin does not grow with it (R2), so two sizes are compared.
const pinChurn = 256

// judgePin judges R2: a Range is paused in its callback while keys come and
// go, two of them live at a time. What it pins is what is retained beyond the
// same operations without a Range, during it and after it has returned.
func judgePin(b model.Binder) model.Verdict {
	has := usable(b.Bind())
	v := model.Verdict{Clause: model.R2, Status: model.OK,
		Evidence: "a paused Range pins nothing that grows with the keys that come and go"}
	for _, remove := range removals(has) {
		found, err := tryPin(b, remove)
		if err != nil {
			return wrongResults(model.R2, err)
		}
		if found.Status == model.Violation {
			v = found
			break
		}
	}
	v.Coverage = model.Bounded("one Range paused while %d and %d keys come and go by each deletion, 2 residents", pinChurn, 4*pinChurn)
	return v
}

// tryPin compares what a Range pins of few keys that come and go by remove
// with what it pins of many.
func tryPin(b model.Binder, remove model.Method) (model.Verdict, error) {
	v := model.Verdict{Clause: model.R2, Status: model.OK}
	small, err := measurePin(b, remove, pinChurn)
	if err != nil {
		return v, err
	}
	large, err := measurePin(b, remove, 4*pinChurn)
	if err != nil {
		return v, err
	}
	const moment = "%d of %d keys and values that came and went by %s are pinned %s a Range"
	switch {
	case large.during-small.during >= pinChurn:
		v.Evidence = fmt.Sprintf(moment, large.during, 8*pinChurn, remove, "during")
	case large.after-small.after >= pinChurn:
		v.Evidence = fmt.Sprintf(moment, large.after, 8*pinChurn, remove, "by the end of")
	default:
		return v, nil
	}
	v.Status = model.Violation
	v.Trace = pinTrace(remove, large)
	v.Witness = &model.Witness{Look: model.LookPin, Turns: 4 * pinChurn,
		Init: []model.Op{{Method: model.Store, Key: 0, Value: 1}, {Method: model.Store, Key: 1, Value: 2}},
		Threads: [][]model.Op{{{Method: model.Range, Func: &model.Func{Do: trim([]model.Op{
			{Method: model.Store, Key: residents, Value: residents + 1}, {Method: remove, Key: residents, Old: residents + 1}})}}}}}
	v.Retained = large.held
	if len(v.Retained) > 0 {
		v.Path = v.Retained[0].Path
	}
	return v, nil
}

// pinned counts what a Range adds to what the map retains anyway.
type pinned struct {
	during, after int
	held          []model.Retained // during the Range
}

func measurePin(b model.Binder, remove model.Method, n int) (pinned, error) {
	quiet, err := churned(b, remove, n)
	if err != nil {
		return pinned{}, err
	}
	t := Track(b.Bind())
	if err := storeResidents(t); err != nil {
		return pinned{}, err
	}
	var p pinned
	paused := false
	r := t.in.Traverse(model.Op{Method: model.Range}, func(model.Visit) bool {
		if !paused {
			paused = true
			err = churn(t, remove, n)
			held := t.Probe()
			p.during = held.Len() - quiet
			p.held = t.retained(held)
		}
		return true
	})
	if err == nil && (!paused || r.Panic != "") {
		err = fmt.Errorf("the Range visited nothing, or %s", r.Text(model.Range))
	}
	if err != nil {
		return pinned{}, err
	}
	p.after = t.Probe().Len() - quiet
	return p, nil
}

// churned is the control: the same without a Range.
func churned(b model.Binder, remove model.Method, n int) (int, error) {
	t := Track(b.Bind())
	if err := storeResidents(t); err != nil {
		return 0, err
	}
	if err := churn(t, remove, n); err != nil {
		return 0, err
	}
	return t.Probe().Len(), nil
}

// residents is how many keys stay throughout.
const residents = 2

func storeResidents(t *Tracker) error {
	for k := range residents {
		if err := t.Do(model.Op{Method: model.Store, Key: k, Value: k + 1}); err != nil {
			return err
		}
	}
	return nil
}

func churn(t *Tracker, remove model.Method, n int) error {
	for k := residents; k < residents+n; k++ {
		ops := trim([]model.Op{
			{Method: model.Store, Key: k, Value: k + 1},
			{Method: remove, Key: k, Old: k + 1},
		})
		for _, op := range ops {
			if err := t.Do(op); err != nil {
				return err
			}
		}
	}
	return nil
}

func pinTrace(remove model.Method, p pinned) []string {
	return []string{
		"Store(k0, v1)", "Store(k1, v2)",
		"Range, paused in its first visit while",
		fmt.Sprintf("    %d times: Store(fresh, fresh); %s(fresh)", 4*pinChurn, remove),
		fmt.Sprintf("    collect garbage: %d more retained than without the Range", p.during),
		"Range returns",
		fmt.Sprintf("collect garbage: %d more retained than without the Range", p.after),
	}
}
