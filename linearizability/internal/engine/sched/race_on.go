//go:build race

package sched

import (
	"runtime"
	"unsafe"
)

// hiding says that switches are hidden from the race detector: see HideSwitches.
var hiding bool

// HideSwitches makes a switch between threads look like no synchronisation to
// the race detector, which would otherwise never see a race between them. It is
// called once, before anything runs, by a program that was built with the race
// detector but for this package (-gcflags=..../engine/sched=-race=false) and for
// package search: their own memory would be nothing but races.
//
// What does order a program's threads is told: all that was done before they
// start is known to them, and all that they did is known afterwards.
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

// raceFork is done by whoever lets others know what it did, raceJoin by those.
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
