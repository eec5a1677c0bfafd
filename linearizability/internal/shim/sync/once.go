package sync

import "github.com/mapspec/mapspec/linearizability/internal/shim/sync/atomic"

// Once calls one function once. It must not be copied after first use. The return
// of the function synchronizes before the return of every Do.
type Once struct {
	done atomic.Bool
	m    Mutex
}

// Do calls f if it is the first call of Do. It returns once the function of the
// first call has returned, panicked or called runtime.Goexit.
func (o *Once) Do(f func()) {
	if o.done.Load() {
		return
	}
	o.m.Lock()
	defer o.m.Unlock()
	if o.done.Load() {
		return
	}
	defer o.done.Store(true) // before the unlocking, and however f ends
	f()
}

// OnceFunc returns a function that calls f only once. If f panics, every call
// panics with the same value.
func OnceFunc(f func()) func() {
	c := &call[struct{}]{f: func() (none struct{}) { f(); return none }}
	return func() { c.result() }
}

// OnceValue returns a function that calls f only once and returns its value. If f
// panics, every call panics with the same value.
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

// call is a call that happens once, and its outcome.
type call[T any] struct {
	once     Once
	f        func() T // nil after the call, so that it can be collected
	value    T
	panicked any
	returned bool
}

func (c *call[T]) result() T {
	c.once.Do(c.run)
	if !c.returned {
		panic(c.panicked)
	}
	return c.value
}

// run panics again after a panic of f. The first caller's panic then shows where
// it comes from, and a thread that is being unwound continues to be.
func (c *call[T]) run() {
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
