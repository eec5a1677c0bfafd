// Package runtime stands in for the standard one in a rewritten copy of a map:
// waiting calls package sched, and what depends on the machine is fixed, so that
// a map is the same everywhere.
//
// It has what a map can use without harm. What else the real package has is
// absent on purpose: who rewrites refuses it by name.
package runtime

import (
	std "runtime"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Constants of the real package.
const (
	GOARCH   = std.GOARCH
	GOOS     = std.GOOS
	Compiler = std.Compiler
)

// processors is few, so that maps that stripe by it have few stripes, and more
// than one, so that they do stripe.
const processors = 4

type (
	// Error is the real type.
	Error = std.Error
	// Frame is the real type.
	Frame = std.Frame
	// Frames is the real type.
	Frames = std.Frames
	// Func is the real type.
	Func = std.Func
)

// Gosched lets others go first: see package sched for how a spinning thread
// waits.
func Gosched() {
	if sched.Running() {
		sched.Yield()
		return
	}
	std.Gosched()
}

// GOMAXPROCS returns 4 and changes nothing.
func GOMAXPROCS(int) int { return processors }

// NumCPU returns 4.
func NumCPU() int { return processors }

// Version is the real function.
func Version() string { return std.Version() }

// KeepAlive is the real function.
func KeepAlive(x any) { std.KeepAlive(x) }

// Goexit ends the thread. Package sched notes that it did.
func Goexit() { std.Goexit() }

// GC collects garbage, but not in an execution: nothing there may depend on it.
func GC() {
	if !sched.Running() {
		std.GC()
	}
}

// LockOSThread does nothing in an execution, whose threads are not goroutines.
func LockOSThread() {
	if !sched.Running() {
		std.LockOSThread()
	}
}

// UnlockOSThread does nothing in an execution.
func UnlockOSThread() {
	if !sched.Running() {
		std.UnlockOSThread()
	}
}

// Caller is the real function.
func Caller(skip int) (pc uintptr, file string, line int, ok bool) { return std.Caller(skip + 1) }

// Callers is the real function.
func Callers(skip int, pc []uintptr) int { return std.Callers(skip+1, pc) }

// CallersFrames is the real function.
func CallersFrames(callers []uintptr) *Frames { return std.CallersFrames(callers) }

// FuncForPC is the real function.
func FuncForPC(pc uintptr) *Func { return std.FuncForPC(pc) }

// Stack writes the trace of the caller; with all, of the real goroutines.
func Stack(buf []byte, all bool) int { return std.Stack(buf, all) }
