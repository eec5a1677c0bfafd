package interval

import (
	"slices"

	"github.com/mapspec/mapspec/model"
)

// anyWrongAlone reports whether some operation of r is wrong regardless of the
// others, and therefore in every execution of the class. These are the violations
// that package check finds without a search.
func anyWrongAlone(r *Record) bool {
	for i := range r.Ops {
		o := &r.Ops[i]
		if o.Op.Method.VisitsKeys() && visitsTwice(o.requestedVisits()) || !o.Pending && endsWrong(o) {
			return true
		}
	}
	return false
}

// visitsTwice reports whether some key is visited twice (clause T1).
func visitsTwice(visits []Visit) bool {
	for i, v := range visits {
		if slices.ContainsFunc(visits[:i], func(w Visit) bool { return w.Key == v.Key }) {
			return true
		}
	}
	return false
}

// endsWrong reports whether o, which has returned, ended in a way that no state
// explains.
func endsWrong(o *Op) bool {
	switch m := o.Op.Method; {
	case m.OnKey() && o.Op.Key == model.Unhashable:
		_, want := model.StepKey(model.Cell{}, o.Op)
		return o.Result != want
	case m.Traverses():
		return endsTraversalWrong(o)
	case o.Result.Panic == model.PanicCompare:
		return !o.Op.MayPanic()
	}
	return o.Result.Panic != ""
}

// endsTraversalWrong reports whether o did not end as its function made it end
// (clause T4).
func endsTraversalWrong(o *Op) bool {
	return !o.Op.Func.MayEnd(len(o.Visits), o.Result.Panic)
}
