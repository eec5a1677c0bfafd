package broken_test

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mapspec/mapspec/impl/broken"
)

// TestS1CompareThenDelete shows that broken.S1CompareThenDelete breaks S1: each
// single-key operation takes effect atomically between its call and its return.
//
// What happens: k0: Load(k0) returned zero, false, which no order of the 4
// operations on k0 explains.
//
// It is a matter of luck how the goroutines meet, so the test takes many
// rounds.
//
// Found with go1.26.8. docs/specification.md#s1 of github.com/mapspec/mapspec
// explains the clause.
func TestS1CompareThenDelete(t *testing.T) {
	k := func(i int) string { return "k" + strconv.Itoa(i) } // another instance each time
	v := func(i int) string { return "v" + strconv.Itoa(i) } // another instance each time
	pair := func(value any, ok bool) string { return fmt.Sprint(value, ", ", ok) }
	// Together the calls may return what some order of them gives:
	// CompareAndDelete(k0, v1) by goroutine 1; Load(k0) at rest; Len() at rest.
	allowed := map[string]bool{
		"false; v2, true; 1": true, // in the order 0 1
		"true; v2, true; 1":  true, // in the order 1 0
	}
	begin := time.Now()
	for round := range 100_000 {
		if time.Since(begin) > 20*time.Second {
			break
		}
		m := new(broken.S1CompareThenDelete)
		m.Store(k(0), v(1))
		got := make([]string, 3)
		var ready atomic.Int32
		together := func() { // lets nobody go before all are here
			for ready.Add(1); ready.Load() < 2; {
				runtime.Gosched()
			}
		}
		var all sync.WaitGroup
		all.Go(func() {
			together()
			m.Store(k(0), v(2))
		})
		all.Go(func() {
			together()
			got[0] = fmt.Sprint(m.CompareAndDelete(k(0), v(1)))
		})
		all.Wait()
		got[1] = pair(m.Load(k(0)))
		got[2] = fmt.Sprint(m.Len())
		if outcome := strings.Join(got, "; "); !allowed[outcome] {
			t.Fatalf("round %d: no order of the calls gives %s", round, outcome)
		}
	}
}
