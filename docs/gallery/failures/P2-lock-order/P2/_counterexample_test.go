package broken_test

import (
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mapspec/mapspec/impl/broken"
)

// TestP2LockOrder shows that broken.P2LockOrder breaks P2: no deadlock, no lost
// wake-up.
//
// What happens: Swap(k0, v1) and Clear() never returned:
// github.com/mapspec/mapspec/impl/broken.(*core).Swap at core.go:162
// [sync.Mutex.Lock];
// github.com/mapspec/mapspec/impl/broken.(*P2LockOrder).Clear at
// progress.go:121 [sync.Mutex.Lock].
//
// It is a matter of luck how the goroutines meet, so the test takes many
// rounds.
//
// Found with go1.26.8. docs/specification.md#p2 of github.com/mapspec/mapspec
// explains the clause.
func TestP2LockOrder(t *testing.T) {
	k := func(i int) string { return "k" + strconv.Itoa(i) } // another instance each time
	v := func(i int) string { return "v" + strconv.Itoa(i) } // another instance each time
	begin := time.Now()
	for round := range 100_000 {
		if time.Since(begin) > 20*time.Second {
			break
		}
		m := new(broken.P2LockOrder)
		done := make(chan struct{})
		go func() {
			defer close(done)
			var ready atomic.Int32
			together := func() { // lets nobody go before all are here
				for ready.Add(1); ready.Load() < 2; {
					runtime.Gosched()
				}
			}
			var all sync.WaitGroup
			all.Go(func() {
				together()
				m.Swap(k(0), v(1))
			})
			all.Go(func() {
				together()
				m.Clear()
			})
			all.Wait()
		}()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Fatalf("round %d: Swap(k0, v1) and Clear() never returned", round)
		}
	}
}
