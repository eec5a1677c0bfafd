package interval

import "fmt"

// none stands for the absence of an operation, move or call.
const none = -1

// returned is the visit number of an end that is a return.
const returned = -1

// A point is an instant of a thread at which operations begin or end. First at
// most one operation is called, then visits and returns happen. No event of
// another thread comes between them. An operation of one step is called and
// returns at the same point, before all that is called at later points and after
// all that returned at earlier ones.
//
// Usually a point is a step: its call is just before the step, and its ends are
// just after. But an operation may end, or a traversal may visit, without having
// taken a step since its call. That happens somewhere between two steps of its
// thread, so it gets a point of its own there, which is ordered with other threads
// only through those steps.
//
// A point has at most one call, because the second of two calls would be made by
// the callback of the first. The first would have visited by then, and a visit is
// an end.
type point struct {
	thread, step int32 // the step; of a point between two steps the earlier one, or 0
	between      bool
	call         int32 // the operation, or none
	from, to     int32 // the point's ends are poset.ends[from:to]
}

// place returns the number of the thread's steps that another step must have seen
// to be known to come after the point.
func (p *point) place() int32 {
	if p.between {
		return p.step + 1
	}
	return p.step
}

// An end is a visit or the return of an operation.
type end struct {
	op    int32
	visit int32 // the index of the visit, or returned
}

// A threadWalk assigns the events of one thread to points.
//
// A pending operation is placed at its first step. If it took none it is not
// placed, since it can be called after everything else.
type threadWalk struct {
	r          *Record
	p          *poset
	thread     int
	first      int   // the first point of the thread
	steps      int32 // taken so far
	waiting    int   // the operation whose call has not been placed yet, or none
	sawPending bool  // an operation has not returned
	walked     int   // operations placed, including those of earlier threads
}

// placeOperation places operation i and the calls inside it.
func (w *threadWalk) placeOperation(i int) error {
	o := &w.r.Ops[i]
	if o.Thread != w.thread || o.First < 1 || o.Last < o.First-1 {
		return w.malformed(i, "its thread or its steps are impossible")
	}
	w.p.numbers[i] = int32(w.walked)
	w.walked++
	if err := w.advanceTo(i, o.First-1); err != nil {
		return err
	}
	w.waiting = i
	for n := range o.Visits {
		if err := w.placeEnd(i, n, o.Visits[n].At); err != nil {
			return err
		}
		for j := i + 1; n == 0 && j < len(w.r.Ops); j++ {
			if w.r.Ops[j].Parent != i {
				continue
			}
			if err := w.placeOperation(j); err != nil {
				return err
			}
		}
	}
	if o.Pending {
		w.sawPending = true
		return nil
	}
	return w.placeEnd(i, returned, o.Last)
}

// advanceTo moves on to where the thread has taken the given number of steps.
func (w *threadWalk) advanceTo(i int, steps int32) error {
	if w.sawPending {
		return w.malformed(i, "it follows an operation of its thread that has not returned")
	}
	if steps < w.steps {
		return w.malformed(i, "it precedes an earlier event of its thread")
	}
	w.steps = steps
	return nil
}

// placeEnd places an end of operation i after the given number of steps, preceded
// by the call waiting to be placed.
func (w *threadWalk) placeEnd(i, visit int, steps int32) error {
	if err := w.advanceTo(i, steps); err != nil {
		return err
	}
	w.placeCall()
	if n := len(w.p.points); n == w.first || w.p.points[n-1].step != steps {
		w.add(point{step: steps, call: none})
	}
	w.p.ends = append(w.p.ends, end{int32(i), int32(visit)})
	w.p.points[len(w.p.points)-1].to++
	return nil
}

// placeCall places the waiting call at its operation's first step, or between two
// steps if the thread has taken none since.
func (w *threadWalk) placeCall() {
	if w.waiting == none {
		return
	}
	step := w.r.Ops[w.waiting].First
	p := point{step: step, call: int32(w.waiting)}
	if step > w.steps {
		p.step, p.between = step-1, true
	}
	w.waiting = none
	w.add(p)
}

func (w *threadWalk) add(p point) {
	p.thread = int32(w.thread)
	p.from = int32(len(w.p.ends))
	p.to = p.from
	w.p.points = append(w.p.points, p)
}

// finish places the call of a pending operation that has not ended anything.
func (w *threadWalk) finish() {
	if w.waiting != none && w.r.Ops[w.waiting].First <= w.r.Ops[w.waiting].Last {
		w.steps = w.r.Ops[w.waiting].Last
		w.placeCall()
	}
}

func (w *threadWalk) malformed(i int, why string) error {
	return fmt.Errorf("%w: operation %d (%v, thread %d, steps %d to %d): %s", ErrMalformed, i, w.r.Ops[i].Op,
		w.r.Ops[i].Thread, w.r.Ops[i].First, w.r.Ops[i].Last, why)
}
