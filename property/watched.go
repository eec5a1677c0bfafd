package property

import (
	"sync/atomic"
	"time"

	"github.com/mapspec/mapspec/model"
)

// watched calls f in a goroutine of its own and waits until f returns or is stuck in
// a map. If f is stuck, watched returns where, and leaves the goroutine behind. f
// counts the calls that returned.
func watched(f func(returned *atomic.Int64)) (where model.Stuck, stuck bool) {
	var returned, goroutine atomic.Int64
	done := make(chan any, 1) // what f panicked with: a mistake in the subject, which the caller gets
	go func() {
		defer func() { done <- recover() }()
		goroutine.Store(model.GoroutineID())
		f(&returned)
	}()
	select { // most programs end at once and need no ticker
	case p := <-done:
		repanic(p)
		return model.Stuck{}, false
	case <-time.After(10 * time.Millisecond):
	}
	var w model.Watchdog
	tick := time.NewTicker(model.LookEvery)
	defer tick.Stop()
	for {
		select {
		case p := <-done:
			repanic(p)
			return model.Stuck{}, false
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
