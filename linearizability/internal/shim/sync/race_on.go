//go:build race

package sync

import (
	"runtime"
	"unsafe"
)

// The race detector is told of exactly the synchronisation that the real types
// promise. What implements it here, real mutexes included, is hidden: it orders
// more, and would hide races.

func raceOff()                          { runtime.RaceDisable() }
func raceOn()                           { runtime.RaceEnable() }
func raceAcquire(p unsafe.Pointer)      { runtime.RaceAcquire(p) }
func raceRelease(p unsafe.Pointer)      { runtime.RaceRelease(p) }
func raceReleaseMerge(p unsafe.Pointer) { runtime.RaceReleaseMerge(p) }
