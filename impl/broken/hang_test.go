package broken

import (
	"bytes"
	"runtime"
	"strings"
	"sync/atomic"
)

// maxPolls bounds the wait for goroutines that neither end nor block.
const maxPolls = 1 << 20

// hangs calls the functions concurrently and reports whether they block for ever. It
// needs no timeout: the functions share nothing with anyone else, so once each of
// them has ended or waits for a lock, those that wait do so for ever. hangs leaves
// them behind.
func hangs(functions ...func()) bool {
	w := watch(functions)
	for range maxPolls {
		// Count those that have ended before looking at the others: one that ends
		// in between may wake another.
		ended := int(w.ended.Load())
		if ended == len(functions) {
			return false
		}
		if w.count("[sync.Mutex.Lock", "[sync.RWMutex.", "[sync.Cond.Wait")+ended == len(functions) {
			return true
		}
		runtime.Gosched()
	}
	return false
}

// spins calls f and reports whether f is seen at runtime.Gosched a hundred times in a
// row. The caller must make f end.
func spins(f func()) bool {
	w := watch([]func(){f})
	for yields, polls := 0, 0; w.ended.Load() == 0 && polls < maxPolls; polls++ {
		if yields += w.count("runtime.Gosched"); yields == 100 {
			return true
		}
		if w.count("[sync.") == 1 {
			return false // it waits but does not spin
		}
		runtime.Gosched()
	}
	return false
}

// watched is a set of goroutines observed from outside.
type watched struct {
	ids   []string
	ended *atomic.Int32
}

func watch(functions []func()) watched {
	w := watched{ended: new(atomic.Int32)}
	ids := make(chan string)
	for _, f := range functions {
		go func() {
			defer w.ended.Add(1)
			ids <- goroutine()
			f()
		}()
	}
	for range functions {
		w.ids = append(w.ids, <-ids)
	}
	return w
}

// goroutine returns the beginning of a trace of the calling goroutine.
func goroutine() string {
	trace := make([]byte, 64)
	trace = trace[:runtime.Stack(trace, false)]
	return string(trace[:bytes.IndexByte(trace, '[')])
}

// count returns how many of the goroutines have one of the marks in their trace.
func (w watched) count(marks ...string) (n int) {
	traces := make([]byte, 1<<20)
	traces = traces[:runtime.Stack(traces, true)]
	for trace := range strings.SplitSeq(string(traces), "\n\n") {
		for _, id := range w.ids {
			if strings.HasPrefix(trace, id) && containsAny(trace, marks) {
				n++
			}
		}
	}
	return n
}

func containsAny(s string, marks []string) bool {
	for _, mark := range marks {
		if strings.Contains(s, mark) {
			return true
		}
	}
	return false
}
