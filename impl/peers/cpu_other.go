//go:build !unix

package main

import (
	"errors"
	"time"
)

func cpuTime() (time.Duration, error) {
	return 0, errors.New("processor time is read with getrusage, which this system has not: run it on Linux or macOS")
}
