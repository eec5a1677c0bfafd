package interval

import (
	"slices"

	"github.com/mapspec/mapspec/model"
)

// wrongAlone reports whether some operation of r did what it may not do
// whatever the others did. Every execution of the class then shows it. What is
// wrong is what package check finds without a search.
func wrongAlone(r *Record) bool {
	for i := range r.Ops {
		o := &r.Ops[i]
		if o.loads() && visitsTwice(o.asked()) || !o.Pending && endsWrong(o) {
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

// endsWrong reports whether o, which has ended, did so in a way that no state
// explains.
func endsWrong(o *Op) bool {
	switch m := o.Op.Method; {
	case m.OnKey() && o.Op.Key == model.Unhashable:
		_, want := model.StepKey(model.Cell{}, o.Op)
		return o.Result != want
	case m.Traverses():
		return endsTraversalWrong(o)
	case o.Result.Panic == model.PanicCompare:
		return !m.Compares() || o.Op.Old != model.Uncomparable
	}
	return o.Result.Panic != ""
}

// endsTraversalWrong reports whether o ended otherwise than its function made
// it (clause T4).
func endsTraversalWrong(o *Op) bool {
	return !o.Op.Func.MayEnd(len(o.Visits), o.Result.Panic)
}
