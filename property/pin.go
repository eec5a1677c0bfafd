package property

import (
	"fmt"

	"github.com/mapspec/mapspec/model"
)

// pinChurn is how many keys are stored and deleted while a Range is paused. R2 says
// that what a Range pins does not grow with that number, so two numbers are
// compared.
const pinChurn = 256

// judgePin judges R2. A Range is paused in its callback while keys are stored and
// deleted. A Range pins what the map retains in addition to what it retains after
// the same operations without a Range. That is measured during the Range, and after
// it has returned.
func judgePin(b model.Binder) model.Verdict {
	has := usable(b.Bind())
	v := model.Verdict{Clause: model.R2, Status: model.OK,
		Reason: "a paused Range pins nothing that grows with the keys that come and go"}
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

// tryPin compares what a Range pins of few keys with what it pins of many. They are
// deleted by remove.
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
	f := &model.Failure{Kind: model.Pins, Of: 8 * pinChurn, Count: large.during.total(), Retained: large.held,
		Measured: []model.Measurement{large.during.measured(true), large.after.measured(false)}}
	switch {
	case large.during.total()-small.during.total() >= pinChurn:
	case large.after.total()-small.after.total() >= pinChurn:
		f.Count, f.After = large.after.total(), true
	default:
		return v, nil
	}
	return f.Violates(model.R2, &model.Witness{Look: model.LookPin, Turns: 4 * pinChurn,
		Init: []model.Op{{Method: model.Store, Key: 0, Value: 1}, {Method: model.Store, Key: 1, Value: 2}},
		Threads: [][]model.Op{{{Method: model.Range, Func: &model.Func{Do: trim([]model.Op{
			{Method: model.Store, Key: residents, Value: residents + 1}, {Method: remove, Key: residents, Old: residents + 1}})}}}}}), nil
}

// pinned is what a Range pins.
type pinned struct {
	during, after extra
	held          []model.Retained // during the Range
}

// extra counts the keys and values that are retained in addition to a control.
type extra struct{ keys, values int }

func (r retention) beyond(control retention) extra {
	return extra{len(r.Keys) - len(control.Keys), len(r.Values) - len(control.Values)}
}

func (e extra) total() int { return e.keys + e.values }

func (e extra) measured(during bool) model.Measurement {
	return model.Measurement{Turns: 4 * pinChurn, During: during, Keys: e.keys, Values: e.values}
}

// measurePin measures what a Range pins of n keys.
func measurePin(b model.Binder, remove model.Method, n int) (pinned, error) {
	quiet, err := churned(b, remove, n)
	if err != nil {
		return pinned{}, err
	}
	t := track(b.Bind())
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
			p.during = held.beyond(quiet)
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
	p.after = t.Probe().beyond(quiet)
	return p, nil
}

// churned is the control of measurePin. It returns what the same operations retain
// without a Range.
func churned(b model.Binder, remove model.Method, n int) (retention, error) {
	t := track(b.Bind())
	if err := storeResidents(t); err != nil {
		return retention{}, err
	}
	if err := churn(t, remove, n); err != nil {
		return retention{}, err
	}
	return t.Probe(), nil
}

// residents is how many keys stay throughout.
const residents = 2

func storeResidents(t *tracker) error {
	for k := range residents {
		if err := t.Do(model.Op{Method: model.Store, Key: k, Value: k + 1}); err != nil {
			return err
		}
	}
	return nil
}

// churn stores and deletes n keys, one after another.
func churn(t *tracker, remove model.Method, n int) error {
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
