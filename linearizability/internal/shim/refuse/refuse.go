// Package refuse ends executions that would do what package sched cannot
// schedule: a channel operation, a select, a go statement, a timer. A rewritten
// copy calls [At] right before it.
package refuse

import (
	"fmt"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Error says what is not supported, and where it is in the source.
type Error struct{ What, Where string }

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s is not supported under exploration: leave out the operations that come here, "+
		"or test this map by stress", e.Where, e.What)
}

var (
	last   *Error
	always bool
)

// startsGoroutine are what leaves a goroutine behind, wherever it is done: it
// would run into executions later on.
var startsGoroutine = map[string]bool{"go statement": true, "time.AfterFunc": true, "context.AfterFunc": true}

// At panics with an [*Error] if the caller is a thread of an execution, or runs
// alone under a scheduler, or if [Always] was called. Otherwise it does nothing
// but to remember who starts a goroutine, such as an init function.
func At(what, where string) {
	if !sched.Running() && !always {
		if startsGoroutine[what] {
			remember(&Error{What: what, Where: where})
		}
		return
	}
	e := &Error{What: what, Where: where}
	if !sched.Unwinding() {
		remember(e)
	}
	panic(e)
}

// Threads of an execution take turns, which the race detector does not know.
//
//go:norace
func remember(e *Error) { last = e }

// Always makes At panic from now on, executions or not. It returns what has
// started a goroutine until then, or nil.
func Always() *Error {
	always = true
	return last
}

// Last returns the latest refusal since Reset, or nil. It is there even if the
// map recovered from the panic.
//
//go:norace
func Last() *Error { return last }

// Reset forgets the latest refusal.
//
//go:norace
func Reset() { last = nil }
