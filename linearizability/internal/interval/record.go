package interval

import (
	"errors"
	"fmt"

	"github.com/mapspec/mapspec/model"
)

// ErrTooLarge is wrapped by errors that say which limit a record exceeds. A search
// has at most 64 operations, where each key of a traversal counts as one, and a
// bounded number of situations; a search of the whole map has at most 8 keys; and
// values are at least model.Uncomparable and at most 250.
var ErrTooLarge = errors.New("too large to be checked")

// ErrMalformed is wrapped by errors that say why a record is impossible.
var ErrMalformed = errors.New("malformed record")

// A Record describes an execution of Threads threads. Ops lists each thread's
// operations in the order of their calls, with threads interleaved in any way.
type Record struct {
	Threads int
	Ops     []Op
}

// An Op is one operation of an execution. The steps of a thread are numbered
// from 1.
type Op struct {
	Thread int
	Parent int // the index of the traversal whose callback made the call, at its first visit; or NoParent
	Op     model.Op
	Result model.Result // meaningless if Pending
	// First is the number of steps that the thread had taken at the call, plus
	// one. Last is their number at the return, or at the end of the execution if
	// the operation is pending. They include the steps of calls made by a
	// callback. First is Last+1 if the operation took no step.
	First, Last int32
	Pending     bool // has not returned
	Visits      []Visit
}

// NoParent is the parent of a call that was not made by a callback.
const NoParent = -1

// A Visit is what a traversal passed to its callback, with model.Unseen for what
// Keys and Values leave out. At is the number of steps that the thread had taken.
type Visit struct {
	Key, Value int
	At         int32
}

// A Clock returns how many steps of each thread happen before a step of a thread
// or are that step: what precedes it in every equivalent execution. Steps are
// numbered from 1. Trailing threads without such a step may be left out. The
// result need be valid only until the next call.
type Clock func(thread, step int) []int32

// requestedVisits returns the visits that the traversal's function asked for. What
// is visited after it returned false is unconstrained, as in package check.
func (o *Op) requestedVisits() []Visit {
	return o.Visits[:o.Op.Func.Asked(len(o.Visits))]
}

// stoppedByFunc reports whether the traversal's function ended it.
func (o *Op) stoppedByFunc() bool {
	_, stopped := o.Op.Func.End(len(o.Visits))
	return stopped
}

// ranToEnd reports whether traversal o visited every key that it found.
func (o *Op) ranToEnd() bool { return !o.Pending && o.Result.Panic == "" && !o.stoppedByFunc() }

// validateRecord returns an error if the checker cannot represent r.
func validateRecord(r *Record) error {
	for i := range r.Ops {
		o := &r.Ops[i]
		if o.Op.Method > model.Len {
			return fmt.Errorf("%w: operation %d: method %v is not in the specification", ErrMalformed, i, o.Op.Method)
		}
		if o.Op.Method.OnKey() && o.Op.Key == model.NaN {
			return fmt.Errorf("%w: operation %d: NaN keys are not supported", ErrMalformed, i)
		}
		if err := validateValue(o.Op); err != nil {
			return err
		}
		if !o.Op.Method.VisitsKeys() {
			continue
		}
		for _, v := range o.Visits {
			if v.Key == model.NaN {
				return fmt.Errorf("%w: operation %d: NaN keys are not supported", ErrMalformed, i)
			}
		}
	}
	return nil
}

// validateValue returns an error if o would store a value that does not fit.
func validateValue(o model.Op) error {
	if o.Method.Stores() && (o.Value < model.Uncomparable || o.Value > maxValue) {
		return fmt.Errorf("%w: %v: want values from %d to %d", ErrTooLarge, o, model.Uncomparable, maxValue)
	}
	return nil
}
