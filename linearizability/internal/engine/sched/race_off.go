//go:build !race

package sched

// HideSwitches matters only in programs that are built with the race detector:
// see race_on.go.
func HideSwitches() {}

func raceOff()       {}
func raceOn()        {}
func raceFork(*byte) {}
func raceJoin(*byte) {}
