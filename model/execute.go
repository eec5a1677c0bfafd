package model

import "runtime"

// A Listener is called while an operation runs: at each visit of a traversal, and
// at the call and return of each operation in its callback.
type Listener interface {
	Visit(Visit)
	Call(Op) (id int)
	Return(id int, r Result)
}

// ignore is a Listener that does nothing.
type ignore struct{}

func (ignore) Visit(Visit)        {}
func (ignore) Call(Op) int        { return 0 }
func (ignore) Return(int, Result) {}

// Call performs o, which is not a traversal.
func Call(in Instance, o Op) Result {
	p := in.Prepare(o)
	defer p.Release()
	p.Do()
	return p.Result()
}

// Execute performs o on a map, with all operations that a traversal's callback
// calls. It reports visits and these operations to l as they happen, unless l is
// nil.
func Execute(in Instance, o Op, l Listener) Result {
	if l == nil {
		l = ignore{}
	}
	if !o.Method.Traverses() {
		return Call(in, o)
	}
	if o.Func.IsNil() {
		return in.Traverse(o, nil)
	}
	if _, ends := o.Func.Step(); ends == Goexit {
		return executeGoexit(in, o, l)
	}
	return in.Traverse(o, callback(in, o.Func, l, func() {}))
}

// callback returns the function that f describes. It calls exit where f calls
// runtime.Goexit.
func callback(in Instance, f *Func, l Listener, exit func()) func(Visit) bool {
	at, ends := f.Step()
	visits := 0
	return func(v Visit) bool {
		visits++
		l.Visit(v)
		if visits == 1 && f != nil {
			for _, o := range f.Do {
				id := l.Call(o)
				l.Return(id, Execute(in, o, l))
			}
		}
		if visits != at {
			return true
		}
		switch ends {
		case PanicCallback:
			panic(callbackPanic{})
		case Goexit:
			exit()
		}
		return false
	}
}

// executeGoexit runs the traversal in a goroutine of its own, which the callback
// ends.
func executeGoexit(in Instance, o Op, l Listener) Result {
	r := Result{Panic: Goexit}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r = in.Traverse(o, callback(in, o.Func, l, runtime.Goexit))
	}()
	<-done
	return r
}
