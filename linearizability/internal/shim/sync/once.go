package sync

import "github.com/mapspec/mapspec/linearizability/internal/shim/sync/atomic"

// Once does something once. It must not be copied after first use. The return
// of the function synchronizes before the return of any Do.
type Once struct {
	done atomic.Bool
	m    Mutex
}

// Do calls f if it is the first Do of o. It returns when the first one's
// function has returned, panicked or called runtime.Goexit.
func (o *Once) Do(f func()) {
	if o.done.Load() {
		return
	}
	o.m.Lock()
	defer o.m.Unlock()
	if o.done.Load() {
		return
	}
	defer o.done.Store(true) // before the unlocking, and after f, however it ends
	f()
}

// OnceFunc returns a function that calls f once. If f panics, each call panics
// with the same value.
func OnceFunc(f func()) func() {
	c := &call[struct{}]{f: func() (none struct{}) { f(); return none }}
	return func() { c.result() }
}

// OnceValue returns a function that calls f once and returns what f returned.
// If f panics, each call panics with the same value.
func OnceValue[T any](f func() T) func() T {
	return (&call[T]{f: f}).result
}

// OnceValues is OnceValue for two values.
func OnceValues[T1, T2 any](f func() (T1, T2)) func() (T1, T2) {
	type pair struct {
		first  T1
		second T2
	}
	c := &call[pair]{f: func() (p pair) { p.first, p.second = f(); return p }}
	return func() (T1, T2) {
		p := c.result()
		return p.first, p.second
	}
}

// call is a call that is made once.
type call[T any] struct {
	once     Once
	f        func() T // nil after the call, so that it can be collected
	value    T
	panicked any
	returned bool
}

func (c *call[T]) result() T {
	c.once.Do(c.make)
	if !c.returned {
		panic(c.panicked)
	}
	return c.value
}

// make lets a panic go on, so that the first one shows where it comes from; and
// so that a thread that is being unwound remains so.
func (c *call[T]) make() {
	defer func() {
		c.f = nil
		if !c.returned {
			c.panicked = recover()
			panic(c.panicked)
		}
	}()
	c.value = c.f()
	c.returned = true
}
