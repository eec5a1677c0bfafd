package model_test

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/mapspec/mapspec/model"
)

// started runs f in a goroutine and returns its number, once it runs.
func started(f func()) int64 {
	id := make(chan int64)
	go func() {
		id <- GoroutineID()
		f()
	}()
	return <-id
}

// awaitBlocked returns once the goroutine is seen waiting for a mutex.
func awaitBlocked(t *testing.T, id int64) {
	synctest.Test(t, func(t *testing.T) {
		var w Watchdog
		for range 100_000 {
			where, _ := w.Stuck(0, []int64{id})
			if len(where) > 0 && strings.HasSuffix(where[0], "[sync.Mutex.Lock]") {
				return
			}
			time.Sleep(BlockedLimit)
			runtime.Gosched()
		}
		t.Fatal("the goroutine does not block")
	})
}

// The goroutines are real ones; only the time that the Watchdog sees is made.
func TestWatchdogCallsBlockedGoroutinesStuckSoonAndBusyOnesLate(t *testing.T) {
	m := new(mutexMap[string, int])
	m.mu.Lock()
	var stop atomic.Bool
	var ended sync.WaitGroup
	ended.Add(2)
	blocked := started(func() { defer ended.Done(); m.Len() })
	busy := started(func() {
		defer ended.Done()
		for !stop.Load() {
		}
	})
	awaitBlocked(t, blocked)
	for _, row := range []struct {
		name  string
		ids   []int64
		limit time.Duration
	}{
		{"blocked", []int64{blocked}, BlockedLimit},
		{"busy", []int64{busy}, BusyLimit},
		{"one blocked and one busy", []int64{blocked, busy}, BusyLimit},
		{"one that ended", []int64{0}, BusyLimit},
	} {
		synctest.Test(t, func(t *testing.T) {
			var w Watchdog
			for progress := range int64(3) {
				if _, stuck := w.Stuck(progress, row.ids); stuck {
					t.Errorf("%s: stuck right after call %d returned", row.name, progress)
				}
				time.Sleep(row.limit - time.Millisecond)
				if _, stuck := w.Stuck(progress, row.ids); stuck {
					t.Errorf("%s: stuck before %v", row.name, row.limit)
				}
				time.Sleep(time.Millisecond)
				where, stuck := w.Stuck(progress, row.ids)
				if !stuck || len(where) != len(row.ids) {
					t.Errorf("%s: not stuck after %v, at %v", row.name, row.limit, where)
				}
				if row.ids[0] == blocked && !strings.Contains(where[0], "mutexMap") {
					t.Errorf("%s: blocked at %s", row.name, where[0])
				}
			}
		})
	}
	stop.Store(true)
	m.mu.Unlock()
	ended.Wait()
}
