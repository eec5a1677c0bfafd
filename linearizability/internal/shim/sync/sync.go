// Package sync stands in for the standard one in a rewritten copy of a map: its
// locks call package sched, so that a strategy decides who gets them.
//
//	sync.go       this introduction; Locker
//	mutex.go      Mutex
//	gate.go       a mutex that orders nothing for the race detector
//	step.go       a declared step of several accesses
//	ticket.go     waiting for somebody in particular
//	rwmutex.go    RWMutex
//	cond.go       Cond
//	waitgroup.go  WaitGroup
//	once.go       Once, OnceFunc, OnceValue, OnceValues
//	pool.go       Pool
//	map.go        Map
//	race_on.go    what the race detector is told
//
// # The one idea
//
// Only a mutex waits. All else is a step on one location, in which a thread may
// find that it has to wait: then it leaves a ticket, a new mutex that is locked,
// and locks it once more. Whoever ends the wait unlocks the ticket. So it is
// known exactly which step a waiting thread depends on, and a wait that nobody
// ends is a deadlock.
//
// # In both worlds
//
// The state is the same within an execution and outside, where goroutines are
// real: what is set up before an execution is there in it. Within, the code
// between two declared steps is atomic; outside, one real mutex sees to that
// for all, which is slow, and correct. Mutex and Once are as fast as the real
// ones there.
//
// A mutex that was locked before an execution and is unlocked in it is refused:
// package sched, which has not seen the Lock, panics. Locking it ends the
// execution as a deadlock.
//
// # What differs from the standard package
//
// Sizes are equal on 64-bit machines. Where the real types end the process
// (unlocking what is not locked), these panic: the failure belongs to an
// execution. A Pool forgets nothing. A Map is a list: it is slow if it is large.
// WaitGroup does not look for misuse beyond a negative counter.
package sync

import real "sync"

// Locker is what can be locked and unlocked.
type Locker = real.Locker
