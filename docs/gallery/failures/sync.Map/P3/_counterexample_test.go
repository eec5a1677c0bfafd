package sync_test

import (
	"runtime/debug"
	"strconv"
	"sync"
	"testing"
	"time"
)

// TestP3SyncMap shows that sync.Map breaks P3: a panic anywhere leaves no lock
// held.
//
// What happens: Store(k0, v1) never returned: internal/sync.(*HashTrieMap).Swap
// at hashtriemap.go:235 [sync.Mutex.Lock].
//
// Found with go1.26.8. docs/specification.md#p3 of github.com/mapspec/mapspec
// explains the clause.
func TestP3SyncMap(t *testing.T) {
	k := func(i int) string { return "k" + strconv.Itoa(i) } // another instance each time
	v := func(i int) string { return "v" + strconv.Itoa(i) } // another instance each time
	panics := func(f func()) (did bool) {
		defer func() { did = recover() != nil }()
		f()
		return false
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		m := new(sync.Map)
		m.Store(k(0), []int{1})
		if !panics(func() { m.CompareAndDelete(k(0), []int{1}) }) {
			t.Error("CompareAndDelete(k0, uncomparable) did not panic")
		}
		m.Store(k(0), v(1))
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("Store(k0, v1) never returned")
	}
}
