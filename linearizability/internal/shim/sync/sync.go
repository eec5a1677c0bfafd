// Package sync stands in for the standard sync package in the rewritten copy of a
// map. Its locks call package sched, so that a strategy decides which thread gets
// them.
//
// # The main idea
//
// Only a mutex can make a thread wait. Every other operation is one step on one
// location. If a thread finds in such a step that it has to wait, it leaves a
// ticket: a new, locked mutex, which it then locks again. The thread that ends the
// wait unlocks the ticket. So the scheduler always knows which step a waiting
// thread depends on, and a wait that no thread ends is a deadlock.
//
// # Inside and outside executions
//
// The state is the same inside an execution and outside, where goroutines are
// real. So whatever is set up before an execution is there in it. Inside, the code
// between two declared steps is atomic. Outside, one real mutex makes it atomic
// for all values of all types, which is slow but correct. Mutex and Once do not
// need it and are as fast as the real ones.
//
// A mutex that was locked before an execution cannot be unlocked in it: package
// sched has not seen the Lock, and panics. Locking it ends the execution as a
// deadlock.
//
// # Differences from the standard package
//
// The types have the size of the real ones on 64-bit machines. Where the real
// types end the process, for example when an unlocked mutex is unlocked, these
// panic, as the failure belongs to an execution. A Pool never drops a value. A Map
// is a list, and so is slow if it is large. WaitGroup detects no misuse except a
// negative counter.
package sync

import real "sync"

// Locker is the real interface.
type Locker = real.Locker
