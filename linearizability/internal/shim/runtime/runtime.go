// Package runtime stands in for the standard runtime package in the rewritten copy
// of a map. Waiting calls package sched. What depends on the machine is fixed, so
// that a map behaves in the same way everywhere.
//
// It has only what a map can use safely. The rest of the real package is absent on
// purpose: package instrument refuses a map that uses it, and names it.
package runtime

import (
	std "runtime"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// The constants of the real package.
const (
	GOARCH   = std.GOARCH
	GOOS     = std.GOOS
	Compiler = std.Compiler
)

// processors is the number of processors that maps see. Maps may have a stripe per
// processor: 4 are few stripes, but more than one.
const processors = 4

// The types of the real package.
type (
	Error  = std.Error
	Frame  = std.Frame
	Frames = std.Frames
	Func   = std.Func
)

// Gosched lets other threads run. Package sched explains how a spinning thread
// waits.
func Gosched() {
	if sched.Running() {
		sched.Yield()
		return
	}
	std.Gosched()
}

// GOMAXPROCS returns 4. It changes nothing.
func GOMAXPROCS(int) int { return processors }

// NumCPU returns 4.
func NumCPU() int { return processors }

// Version is the real function.
func Version() string { return std.Version() }

// KeepAlive is the real function.
func KeepAlive(x any) { std.KeepAlive(x) }

// Goexit is the real function. In an execution it ends the thread, and package sched
// records that.
func Goexit() { std.Goexit() }

// GC collects garbage. It does nothing in an execution, which must not depend on
// garbage collection.
func GC() {
	if !sched.Running() {
		std.GC()
	}
}

// LockOSThread does nothing in an execution, as its threads are not goroutines.
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

// Stack is the real function. With all, it writes the stacks of real goroutines.
func Stack(buf []byte, all bool) int { return std.Stack(buf, all) }
