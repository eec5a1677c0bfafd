// Package random stands in for the runtime's random numbers in a rewritten copy
// of a map.
//
// A number must be the same whenever the same threads take the same steps, and
// in every execution of an equivalence class. A generator that threads share
// would give its numbers in the order in which they ask, which differs within a
// class. So a number is a function of how many steps the caller has taken: that
// is the caller's own, the same throughout a class, and other at the next step.
//
// Between two steps all numbers are the same, and so are those of all threads at
// equal steps, and all those drawn outside of executions. So a loop that draws
// until it likes a number must not rely on its luck.
package random

import "github.com/mapspec/mapspec/linearizability/internal/engine/sched"

// Uint64 returns a number that depends on the caller's steps alone.
func Uint64() uint64 {
	// The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
	x := (uint64(sched.Steps()) + 1) * 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Uint32 returns half of such a number.
func Uint32() uint32 { return uint32(Uint64() >> 32) }
