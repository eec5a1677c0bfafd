package model_test

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	. "github.com/mapspec/mapspec/model"
)

// started runs f in a goroutine and returns its number after it has started.
func started(f func()) int64 {
	id := make(chan int64)
	go func() {
		id <- GoroutineID()
		f()
	}()
	return <-id
}

// looks returns how often w looks until it reports the goroutines stuck, at most most
// times, and the place of the first goroutine.
func looks(progress int64, ids []int64, most int) (n int, where string) {
	var w Watchdog
	for n = 1; n <= most; n++ {
		at, stuck := w.Stuck(progress, ids)
		if len(at) > 0 {
			where = at[0].Where()
		}
		if stuck {
			return n, where
		}
		runtime.Gosched()
	}
	return n, where
}

// soon and late are the numbers of looks after which a blocked goroutine and a busy
// one are reported.
const soon, late = 60, 300

// A goroutine that waits for a lock is reported soon. It is reported late if another
// goroutine can run and might unlock the lock. A goroutine that is busy without end is
// also reported late.
//
// Clauses: P2
func TestWatchdogCallsBlockedGoroutinesStuckSoonAndBusyOnesLate(t *testing.T) {
	m := new(mutexMap[string, int])
	m.mu.Lock()
	var stop atomic.Bool
	var ended sync.WaitGroup
	ended.Add(2)
	blocked := started(func() { defer ended.Done(); m.Len() })
	if n, where := looks(0, []int64{blocked}, 10*late); n > soon || !strings.Contains(where, "mutexMap") || !strings.HasSuffix(where, "[sync.Mutex.Lock]") {
		t.Errorf("a blocked goroutine is stuck after %d looks at %s, want %d at most, in the map", n, where, soon)
	}
	busy := started(func() {
		defer ended.Done()
		for !stop.Load() {
		}
	})
	for name, ids := range map[string][]int64{
		"a blocked one next to one that could unlock it": {blocked}, "a busy one": {busy}, "both": {blocked, busy},
	} {
		if n, _ := looks(0, ids, 10*late); n < late || n > late+2 {
			t.Errorf("%s: stuck after %d looks, want %d", name, n, late)
		}
	}
	if n, _ := looks(0, nil, 2*late); n <= 2*late {
		t.Errorf("nobody is stuck after %d looks", n)
	}
	stop.Store(true)
	m.mu.Unlock()
	ended.Wait()
}

// The watchdog starts counting again when a call returns.
func TestWatchdogForgetsWhenACallReturns(t *testing.T) {
	m := new(mutexMap[string, int])
	m.mu.Lock()
	var ended sync.WaitGroup
	ended.Add(1)
	blocked := started(func() { defer ended.Done(); m.Len() })
	var w Watchdog
	for progress := range int64(4 * late) {
		if _, stuck := w.Stuck(progress, []int64{blocked}); stuck {
			t.Fatalf("stuck right after call %d returned", progress)
		}
	}
	m.mu.Unlock()
	ended.Wait()
}
