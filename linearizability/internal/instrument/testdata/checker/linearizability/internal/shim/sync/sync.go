// Package sync stands for the stand-in of sync in tests of what is copied.
package sync

import real "sync"

type (
	Locker  = real.Locker
	Mutex   = real.Mutex
	RWMutex = real.RWMutex
	Once    = real.Once
)
