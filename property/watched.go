package property

import (
	"sync/atomic"
	"time"

	"github.com/mapspec/mapspec/model"
)

// watched calls f in a goroutine of its own and waits for it, unless it is
// stuck in a map: then it is left behind, and watched says where it stands. f
// counts the calls that returned.
func watched(f func(returned *atomic.Int64)) (where string, stuck bool) {
	var returned, goroutine atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		goroutine.Store(model.GoroutineID())
		f(&returned)
	}()
	select { // no ticker for what ends at once
	case <-done:
		return "", false
	case <-time.After(10 * time.Millisecond):
	}
	var w model.Watchdog
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return "", false
		case <-tick.C:
			if where, stuck := w.Stuck(returned.Load(), []int64{goroutine.Load()}); stuck {
				return where[0], true
			}
		}
	}
}
