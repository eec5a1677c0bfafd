// Package random stands in for the runtime's random numbers in the rewritten copy of a
// map.
//
// A number must be the same whenever the same threads take the same steps, and in
// every execution of an equivalence class. A generator that threads share would
// return its numbers in the order of the calls, which differs within a class. So a
// number depends only on the number of steps that the caller has taken. It belongs to
// the caller alone, is the same throughout a class, and changes with the caller's next
// step.
//
// All calls between two steps of a thread return the same number. Threads that have
// taken equally many steps get equal numbers, and so do all calls outside executions.
// A loop that draws numbers until it gets a suitable one may therefore not end.
package random

import "github.com/mapspec/mapspec/linearizability/internal/engine/sched"

// Uint64 returns a number that depends only on the caller's number of steps.
func Uint64() uint64 {
	// The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
	x := (uint64(sched.Steps()) + 1) * 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
