//go:build !race

package sync

import "unsafe"

func raceOff()                        {}
func raceOn()                         {}
func raceAcquire(unsafe.Pointer)      {}
func raceRelease(unsafe.Pointer)      {}
func raceReleaseMerge(unsafe.Pointer) {}
