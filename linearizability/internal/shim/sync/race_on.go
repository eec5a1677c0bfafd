//go:build race

package sync

import (
	"runtime"
	"unsafe"
)

// The race detector learns exactly the synchronization that the real types
// promise. The code that implements it here, real mutexes included, is hidden: it
// orders more than that, and would hide races.

func raceOff()                          { runtime.RaceDisable() }
func raceOn()                           { runtime.RaceEnable() }
func raceAcquire(p unsafe.Pointer)      { runtime.RaceAcquire(p) }
func raceRelease(p unsafe.Pointer)      { runtime.RaceRelease(p) }
func raceReleaseMerge(p unsafe.Pointer) { runtime.RaceReleaseMerge(p) }
