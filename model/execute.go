package model

import "runtime"

// A Listener hears what happens while an operation runs: each visit of a
// traversal, and each call that its callback makes.
type Listener interface {
	Visit(Visit)
	Call(Op) (id int)
	Return(id int, r Result)
}

// deaf is a Listener to which nothing matters.
type deaf struct{}

func (deaf) Visit(Visit)        {}
func (deaf) Call(Op) int        { return 0 }
func (deaf) Return(int, Result) {}

// Call performs any operation but a traversal.
func Call(in Instance, o Op) Result {
	p := in.Prepare(o)
	defer p.Release()
	p.Do()
	return p.Result()
}

// Execute performs o on a map. What a traversal's callback does is told to l
// as it happens, unless l is nil; calls that the callback makes are executed
// likewise.
func Execute(in Instance, o Op, l Listener) Result {
	if l == nil {
		l = deaf{}
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

// callback interprets f. It calls exit when f calls runtime.Goexit.
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

// executeGoexit gives the traversal a goroutine that it may end.
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
