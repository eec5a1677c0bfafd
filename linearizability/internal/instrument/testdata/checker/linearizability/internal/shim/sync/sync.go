// Package sync replaces the stand-in for sync in tests. It lacks some types.
package sync

import real "sync"

type (
	Locker  = real.Locker
	Mutex   = real.Mutex
	RWMutex = real.RWMutex
	Once    = real.Once
)
