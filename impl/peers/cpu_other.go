//go:build !unix

package main

import (
	"errors"
	"time"
)

func cpuTime() (time.Duration, error) {
	return 0, errors.New("measuring processor time needs getrusage, which this system does not have: run peers on Linux or macOS")
}
