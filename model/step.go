package model

// Step is the meaning of a map: what o does to s, and what it returns. It is
// pure. A panic is a result, and leaves the state as it was.
//
// Step returns the canonical result; [Allows] also accepts what the
// specification leaves open. A traversal changes nothing and its result is how
// it ends; what it may hand out is a [Traversal].
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

// stepNaN adds an entry where the operation stored: nothing ever finds it.
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

// StepKey is [Step] for a single-key operation: it depends on the key's own
// cell and changes nothing else, which is clause S2. A NaN key's cell is always
// absent and stays so.
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

// store returns c holding o's value. The key instance that o brings joins those
// that may be live: the map keeps either it or the one it has (S8).
func (c Cell) store(o Op) Cell {
	return Cell{Present: true, Value: o.Value, Instances: c.Instances | 1<<o.Instance}
}

// Allows reports whether o may return got in state s, and the state after it.
// Beyond the result of [Step] it allows a nil callback to panic on an empty
// map (T4).
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

// Blame names the clause that a result other than the wanted one breaks, for
// operation o on a key that held before.
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
