package interval

import "fmt"

// none stands for no operation.
const none = -1

// returned stands for the return of an operation among its visits.
const returned = -1

// A point is one instant of a thread at which operations begin or end: first
// one may be called, then visits and returns take place. Nothing of another
// thread is between them. An operation of one step is called and returns at the
// same point: before it for all that is called at later points, and after it
// for all that returned at earlier ones.
//
// Mostly a point is a step, and its call is right before the step, its ends are
// right after. But an operation may end without having taken a step since it
// was called (or a traversal may visit). It is somewhere between two steps of
// its thread, so it gets a point of its own there, of which other threads know
// through these steps only.
//
// That a point has no more than one call: the second of two calls is made by
// the callback of the first, which has visited then, and that is an end.
type point struct {
	thread, step int32 // the step; if between two, the one before, 0 if there is none
	between      bool
	call         int32 // the operation, or none
	from, to     int32 // its ends in poset.ends
}

// place is how many steps of the thread have to be before a step that is known
// to come after the point.
func (p *point) place() int32 {
	if p.between {
		return p.step + 1
	}
	return p.step
}

// An end is a visit or the return of an operation.
type end struct {
	op    int32
	visit int32 // its number, or returned
}

// A walk puts the operations of one thread at points.
//
// A pending operation is put where its first step is, or, without a step,
// nowhere: then it can be called as late as after everything else.
type walk struct {
	r       *Record
	p       *poset
	thread  int
	first   int   // the thread's first point
	steps   int32 // taken so far
	waiting int   // a call without a point as yet, or none
	over    bool  // an operation has not returned
	walked  int   // operations, those of threads before included
}

// operation walks through operation i and the calls inside it.
func (w *walk) operation(i int) error {
	o := &w.r.Ops[i]
	if o.Thread != w.thread || o.First < 1 || o.Last < o.First-1 {
		return w.wrong(i, "thread or steps are impossible")
	}
	w.p.numbers[i] = int32(w.walked)
	w.walked++
	if err := w.moveTo(i, o.First-1); err != nil {
		return err
	}
	w.waiting = i
	for n := range o.Visits {
		if err := w.end(i, n, o.Visits[n].At); err != nil {
			return err
		}
		for j := i + 1; n == 0 && j < len(w.r.Ops); j++ {
			if w.r.Ops[j].Parent != i {
				continue
			}
			if err := w.operation(j); err != nil {
				return err
			}
		}
	}
	if o.Pending {
		w.over = true
		return nil
	}
	return w.end(i, returned, o.Last)
}

// moveTo goes on to where the thread has taken so many steps.
func (w *walk) moveTo(i int, steps int32) error {
	if w.over {
		return w.wrong(i, "comes after an operation of its thread that has not returned")
	}
	if steps < w.steps {
		return w.wrong(i, "goes back in its thread's steps")
	}
	w.steps = steps
	return nil
}

// end puts an end of operation i, after so many steps, at a point; and before it
// the call that waits for one.
func (w *walk) end(i, visit int, steps int32) error {
	if err := w.moveTo(i, steps); err != nil {
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

// placeCall puts the call that waits at its operation's first step, or if the
// thread has taken none since, between two steps.
func (w *walk) placeCall() {
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

func (w *walk) add(p point) {
	p.thread = int32(w.thread)
	p.from = int32(len(w.p.ends))
	p.to = p.from
	w.p.points = append(w.p.points, p)
}

// finish puts the call of a pending operation that has not ended anything.
func (w *walk) finish() {
	if w.waiting != none && w.r.Ops[w.waiting].First <= w.r.Ops[w.waiting].Last {
		w.steps = w.r.Ops[w.waiting].Last
		w.placeCall()
	}
}

func (w *walk) wrong(i int, why string) error {
	return fmt.Errorf("%w: operation %d (%v, thread %d, steps %d to %d): %s", ErrMalformed, i, w.r.Ops[i].Op,
		w.r.Ops[i].Thread, w.r.Ops[i].First, w.r.Ops[i].Last, why)
}
