//go:build race

package sched

import (
	"runtime"
	"unsafe"
)

// Under the race detector a switch between threads must not look like
// synchronisation between them, or no race would ever be seen. So the detector
// is told to overlook the scheduler, which has to be compiled without it
// (-gcflags=.../explore/sched=-race=false), and iter.Pull, by turning off
// synchronisation events around each switch. What does order a program's
// threads is told: all that was done before they start is known to them, and
// all that they did is known afterwards.

func raceOff() { runtime.RaceDisable() }
func raceOn()  { runtime.RaceEnable() }

// raceFork is done by whoever lets others know what it did, raceJoin by those.
func raceFork(token *byte) { runtime.RaceReleaseMerge(unsafe.Pointer(token)) }
func raceJoin(token *byte) { runtime.RaceAcquire(unsafe.Pointer(token)) }
