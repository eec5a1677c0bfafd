package property

import (
	"sync/atomic"
	"time"

	"github.com/mapspec/mapspec/internal/hang"
)

// watched calls f in a goroutine of its own and waits for it, unless it is
// stuck in a map: then it is left behind, and watched says where it stands. f
// counts the calls that returned.
func watched(f func(returned *atomic.Int64)) (where string, stuck bool) {
	var returned, goroutine atomic.Int64
	done := make(chan any, 1) // what f panicked with: a mistake of the subject's, for the caller
	go func() {
		defer func() { done <- recover() }()
		goroutine.Store(hang.GoroutineID())
		f(&returned)
	}()
	select { // no ticker for what ends at once
	case p := <-done:
		repanic(p)
		return "", false
	case <-time.After(10 * time.Millisecond):
	}
	var w hang.Watchdog
	tick := time.NewTicker(hang.LookEvery)
	defer tick.Stop()
	for {
		select {
		case p := <-done:
			repanic(p)
			return "", false
		case <-tick.C:
			if where, stuck := w.Stuck(returned.Load(), []int64{goroutine.Load()}); stuck {
				return where[0], true
			}
		}
	}
}

func repanic(p any) {
	if p != nil {
		panic(p)
	}
}
