package search

import (
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// word is an atomic variable, as the stand-in for sync/atomic implements it.
type word struct{ v uint64 }

func (w *word) at() unsafe.Pointer { return unsafe.Pointer(&w.v) }

func (w *word) load() uint64 {
	sched.Before(sched.Load, w.at(), 8)
	return w.v
}

func (w *word) store(v uint64) {
	sched.Before(sched.Store, w.at(), 8)
	w.v = v
}

func (w *word) add(d uint64) uint64 {
	sched.Before(sched.Update, w.at(), 8)
	w.v += d
	return w.v
}

func (w *word) cas(old, new uint64) bool {
	sched.Before(sched.CompareAndSwap, w.at(), 8)
	if w.v != old {
		sched.Failed()
		return false
	}
	w.v = new
	return true
}

// mutex is a mutex, as the stand-in for sync implements it.
type mutex struct{ state uint64 }

func (m *mutex) at() unsafe.Pointer { return unsafe.Pointer(&m.state) }
func (m *mutex) lock()              { sched.Lock(m.at()) }
func (m *mutex) tryLock() bool      { return sched.TryLock(m.at()) }
func (m *mutex) unlock()            { sched.Unlock(m.at()) }

// threads returns n threads that run body with their own numbers.
func threads(n int, body func(i int)) []func() {
	var all []func()
	for i := range n {
		all = append(all, func() { body(i) })
	}
	return all
}

// readers is a program in which one thread writes and n threads read.
func readers(n int) Program {
	x := new(word)
	return Program{
		Setup:   func() { *x = word{} },
		Threads: append(threads(n, func(int) { x.load() }), func() { x.store(42) }),
	}
}

// lastzero is a program in which a reader looks for the last zero of an array,
// while each of n writers sets an entry to one more than the entry before it
// (Abdulla and others 2017).
func lastzero(n int) Program {
	a := make([]word, n+1)
	return Program{
		Setup: func() { clear(a) },
		Threads: append([]func(){func() {
			for i := n; a[i].load() != 0; i-- {
			}
		}}, threads(n, func(i int) { a[i+1].store(a[i].load() + 1) })...),
	}
}

// fibonacci is a program in which two threads add each other's variable to their
// own n times, while a third thread reads both (SV-COMP, fib_bench).
func fibonacci(n int) Program {
	x, y := new(word), new(word)
	return Program{
		Setup: func() { *x, *y = word{1}, word{1} },
		Threads: []func(){
			func() {
				for range n {
					x.store(x.load() + y.load())
				}
			},
			func() {
				for range n {
					y.store(y.load() + x.load())
				}
			},
			func() { x.load(); y.load() },
		},
	}
}
