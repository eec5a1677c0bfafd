//go:build race

package sched

import (
	"runtime"
	"unsafe"
)

// hiding says whether switches are hidden from the race detector: see
// HideSwitches.
var hiding bool

// HideSwitches hides the switches between threads from the race detector. It
// would otherwise take them for synchronization, and never report a race between
// two threads. A program calls it once, before it runs anything. The program must
// be built with the race detector except for this package
// (-gcflags=…/engine/sched=-race=false) and package search, as their own memory
// would be full of races.
//
// Only the real order is reported: what happened before the threads start is
// known to all of them, and what they did is known once they have ended.
func HideSwitches() { hiding = true }

func raceOff() {
	if hiding {
		runtime.RaceDisable()
	}
}

func raceOn() {
	if hiding {
		runtime.RaceEnable()
	}
}

// raceFork makes what the caller did happen before every later raceJoin with the
// same token.
func raceFork(token *byte) {
	if hiding {
		runtime.RaceReleaseMerge(unsafe.Pointer(token))
	}
}

func raceJoin(token *byte) {
	if hiding {
		runtime.RaceAcquire(unsafe.Pointer(token))
	}
}
