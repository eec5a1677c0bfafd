package model

// Step is the meaning of a map: it returns the state after o, and the result of o.
// It is pure. A panic is a result, and leaves the state unchanged.
//
// If the specification allows several results, Step returns one of them, and
// [Allows] accepts all. A traversal does not change the state, and its result says
// how it ends. What it may visit is described by a [Traversal].
func Step(s State, o Op) (State, Result) {
	switch {
	case o.Method.OnKey():
		c, r := StepKey(s.Cell(o.Key), o)
		if o.Key == NaN {
			return s.stepNaN(o), r
		}
		return s.With(o.Key, c), r
	case o.Method == Clear:
		return State{}, Result{}
	case o.Method == Len:
		return s, Result{Len: s.Len()}
	}
	return s, Result{Panic: traversalEnd(o.Func, s.Len())}
}

// stepNaN returns the state after o on a NaN key. If o stores, there is one more
// entry, which no operation ever finds.
func (s State) stepNaN(o Op) State {
	if o.Method.Inserts() {
		return s.withNaN(o.Value)
	}
	return s
}

// traversalEnd returns how a traversal of n entries with callback f ends.
func traversalEnd(f *Func, n int) Panic {
	if f.IsNil() && n > 0 {
		return PanicNilFunc
	}
	ends, _ := f.End(n)
	return ends
}

// StepKey is [Step] for a single-key operation, which depends on the key's own cell
// and changes nothing else (clause S2). The cell of a NaN key is always absent.
func StepKey(c Cell, o Op) (Cell, Result) {
	if o.Key == Unhashable {
		return c, Result{Panic: PanicHash}
	}
	if o.Key == NaN {
		_, r := stepHashable(Cell{}, o)
		return Cell{}, r
	}
	return stepHashable(c, o)
}

func stepHashable(c Cell, o Op) (Cell, Result) {
	held := Result{Value: c.Value, OK: c.Present} // what Load returns: Zero and false if absent
	switch o.Method {
	case Load:
		return c, held
	case Store:
		return c.store(o), Result{}
	case LoadOrStore:
		if c.Present {
			return c, held
		}
		return c.store(o), Result{Value: o.Value}
	case LoadAndDelete:
		return Cell{}, held
	case Delete:
		return Cell{}, Result{}
	case Swap:
		return c.store(o), held
	}
	if !c.Present { // CompareAndSwap, CompareAndDelete: an absent key never matches
		return c, Result{}
	}
	if c.Value == Uncomparable && o.Old == Uncomparable {
		return c, Result{Panic: PanicCompare}
	}
	if c.Value != o.Old {
		return c, Result{}
	}
	if o.Method == CompareAndDelete {
		return Cell{}, Result{OK: true}
	}
	return c.store(o), Result{OK: true}
}

// store returns c with o's value. The instance of the key that o passes may now be
// the live one, because the map keeps either that or the one it had (S8).
func (c Cell) store(o Op) Cell {
	return Cell{Present: true, Value: o.Value, Instances: c.Instances | 1<<o.Instance}
}

// Allows reports whether o may return got in state s, and returns the state after
// it. In addition to the result of [Step], it allows a nil callback to panic on an
// empty map (T4).
func Allows(s State, o Op, got Result) (State, bool) {
	next, want := Step(s, o)
	if got == want {
		return next, true
	}
	if o.Func.IsNil() && got.Panic == PanicNilFunc {
		return s, true
	}
	return s, false
}

// Blame returns the clause that operation o breaks if it returns got instead of
// want. Before the operation, its key held before.
func Blame(before Cell, o Op, got, want Result) Clause {
	switch {
	case o.Key == NaN || o.Key == Unhashable:
		return S7
	case want.Panic == PanicCompare, got.Panic == PanicCompare:
		return S6
	case o.Method.Traverses():
		return T4
	case o.Method == Clear:
		return T5
	case o.Method == Len:
		return T6
	case o.Method.Compares():
		return S5
	case o.Method == LoadOrStore, o.Method == LoadAndDelete, o.Method == Swap:
		return S4
	case o.Method == Load && before.Value == Zero: // or absent
		return S3
	}
	return S1
}
