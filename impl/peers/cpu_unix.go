//go:build unix

package main

import (
	"fmt"
	"syscall"
	"time"
)

// cpuTime returns the processor time that all threads of this process have used, in user
// mode and in the kernel, including those of the garbage collector.
func cpuTime() (time.Duration, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}
