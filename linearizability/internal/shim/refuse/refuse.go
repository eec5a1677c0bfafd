// Package refuse ends executions that are about to do something that package sched
// cannot schedule: a channel operation, a select, a go statement, a timer. The
// rewritten copy of a map calls [At] right before such code. So a map can be
// explored as long as the explored operations do not reach it.
package refuse

import (
	"fmt"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Error is a refusal. It says what is not supported, and where it is in the source.
type Error struct{ What, Where string }

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s is not supported under exploration: leave out the operations that reach it, "+
		"or test this map by stress", e.Where, e.What)
}

var (
	last   *Error
	always bool
)

// startsGoroutine has the refusals that leave a goroutine behind. Even outside an
// execution they do harm, as the goroutine would run during later executions.
var startsGoroutine = map[string]bool{"go statement": true, "time.AfterFunc": true, "context.AfterFunc": true}

// At panics with an [*Error] if the caller is a thread of an execution or runs alone
// under a scheduler, or if [Always] has been called. Otherwise it only remembers a
// refusal that starts a goroutine, for example in an init function.
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

// remember is marked norace, as the race detector does not know that threads of an
// execution take turns.
//
//go:norace
func remember(e *Error) { last = e }

// Always makes At panic from now on, even outside executions. It returns the refusal
// that has started a goroutine before, or nil.
func Always() *Error {
	always = true
	return last
}

// Last returns the latest refusal since Reset, or nil. It is not lost if the map
// recovers from the panic.
//
//go:norace
func Last() *Error { return last }

// Reset forgets the latest refusal.
//
//go:norace
func Reset() { last = nil }
