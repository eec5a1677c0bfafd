package interval

import (
	"errors"
	"fmt"

	"github.com/mapspec/mapspec/model"
)

// ErrTooLarge is wrapped by errors that say which limit a record passed: 64
// operations, each key of a traversal counted, in one search; 8 keys where
// they cannot be searched apart; values from model.Uncomparable to 250; the
// situations of a search.
var ErrTooLarge = errors.New("too large to be checked")

// ErrMalformed is wrapped by errors that say what of a record is impossible.
var ErrMalformed = errors.New("malformed record")

// A Record is an execution of Threads threads as the checker sees it. Its Ops
// stand in the order in which each thread called them; threads may alternate.
type Record struct {
	Threads int
	Ops     []Op
}

// An Op is one operation of an execution. A thread's steps count from 1.
type Op struct {
	Thread int
	Parent int // the index of the traversal whose callback, at its first visit, makes the call; or NoParent
	Op     model.Op
	Result model.Result // of no meaning if Pending
	// First is one more than the steps of the thread at the call, Last how many
	// they were at the return, or at the end if the operation is pending. The
	// steps of calls that a callback made are therefore among them. First is
	// Last+1 if the operation took no step.
	First, Last int32
	Pending     bool // has not returned
	Visits      []Visit
}

// NoParent is the parent of a call that no callback made.
const NoParent = -1

// A Visit is what a traversal handed to its callback, with model.Unseen for
// what Keys and Values do not; and how many steps the thread had taken by then.
type Visit struct {
	Key, Value int
	At         int32
}

// A Clock returns, for a step of a thread, how many steps of each thread happen
// before it or are it: what precedes it in every equivalent execution. Steps
// count from 1. Threads that are left out at the end have none. Check reads what
// is returned before it calls the clock again.
type Clock func(thread, step int) []int32

// asked returns the visits that the traversal's function asked for. What comes
// after it said stop is unconstrained, as in package check.
func (o *Op) asked() []Visit {
	return o.Visits[:o.Op.Func.Asked(len(o.Visits))]
}

// stopped reports whether the traversal's function ended it.
func (o *Op) stopped() bool {
	_, stopped := o.Op.Func.End(len(o.Visits))
	return stopped
}

// loads reports whether o is a traversal that shows which keys it visits.
func (o *Op) loads() bool { return o.Op.Method.Traverses() && o.Op.Method != model.Values }

// complete reports whether traversal o left out only keys that it did not find.
func (o *Op) complete() bool { return !o.Pending && o.Result.Panic == "" && !o.stopped() }

// checkSizes refuses what the checker cannot represent.
func checkSizes(r *Record) error {
	for i := range r.Ops {
		o := &r.Ops[i]
		if o.Op.Method > model.Len {
			return fmt.Errorf("%w: operation %d: %v is no method of the specification", ErrMalformed, i, o.Op.Method)
		}
		if o.Op.Method.OnKey() && o.Op.Key == model.NaN {
			return fmt.Errorf("%w: operation %d: NaN keys are not supported", ErrMalformed, i)
		}
		if err := checkValue(o.Op); err != nil {
			return err
		}
		if !o.loads() {
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

// checkValue refuses an operation that would store a value which does not fit.
func checkValue(o model.Op) error {
	if o.Method.Stores() && (o.Value < model.Uncomparable || o.Value > maxValue) {
		return fmt.Errorf("%w: %v: want values from %d to %d", ErrTooLarge, o, model.Uncomparable, maxValue)
	}
	return nil
}
