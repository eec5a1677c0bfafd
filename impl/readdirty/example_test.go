package readdirty_test

import (
	"fmt"
	"runtime"
	"slices"
	"weak"

	"github.com/mapspec/mapspec/impl/readdirty"
)

// A connection is what a service might use as a key.
type connection struct{ _ [4096]byte }

// serve stores a connection for each request and deletes it when the request is done.
// It returns how many connections are left after a garbage collection.
func serve(store func(key, value any), del func(key any), requests int) (alive int) {
	var seen []weak.Pointer[connection]
	for range requests {
		c := new(connection)
		store(c, "busy")
		del(c)
		seen = append(seen, weak.Make(c))
	}
	runtime.GC()
	for _, w := range seen {
		if w.Value() != nil {
			alive++
		}
	}
	return alive
}

// The incident: a service built with Go 1.15.0 instead of 1.14 retains every
// connection it ever had.
func Example() {
	var before readdirty.Go114
	before.Store("listener", "busy")
	fmt.Println("1.14 keeps", serve(before.Store, before.Delete, 1000))

	var after readdirty.Go1150
	after.Store("listener", "busy")
	fmt.Println("1.15.0 keeps", serve(after.Store, after.Delete, 1000))

	var fixed readdirty.Go1152
	fixed.Store("listener", "busy")
	fmt.Println("1.15.2 keeps", serve(fixed.Store, fixed.Delete, 1000))

	runtime.KeepAlive(&before)
	runtime.KeepAlive(&after)
	runtime.KeepAlive(&fixed)
	// Output:
	// 1.14 keeps 0
	// 1.15.0 keeps 1000
	// 1.15.2 keeps 0
}

// CompareAndDelete of Go 1.23 reports correctly whether it deleted the key.
func ExampleGo123_CompareAndDelete() {
	var m readdirty.Go123
	m.Store("conn-17", "busy")
	fmt.Println(m.CompareAndDelete("conn-17", "idle"))
	fmt.Println(m.CompareAndDelete("conn-17", "busy"))
	fmt.Println(m.Load("conn-17"))
	// Output:
	// false
	// true
	// <nil> false
}

// A Range in progress is not disturbed by what its function does to the map.
func ExampleGo123_Range() {
	var m readdirty.Go123
	m.Store("a", 1)
	m.Range(func(key, value any) bool {
		m.Store("b", 2)
		m.Clear()
		fmt.Println(key, value)
		return true
	})
	fmt.Println(m.Load("a"))
	// Output:
	// a 1
	// <nil> false
}

// The bug in ten lines, which the README shows.
//
// Clauses: R1
func ExampleGo1150() {
	var m readdirty.Go1150 // sync.Map, as it was in Go 1.15.0
	m.Store("listener", 0) // one key stays
	var seen []weak.Pointer[connection]
	for range 1000 {
		c := new(connection)
		m.Store(c, 0)
		m.Delete(c) // Load(c) is false now: every result is correct
		seen = append(seen, weak.Make(c))
	}
	runtime.GC()
	seen = slices.DeleteFunc(seen, func(w weak.Pointer[connection]) bool { return w.Value() == nil })
	fmt.Println(len(seen), "deleted connections are still in memory")
	runtime.KeepAlive(&m)
	// Output: 1000 deleted connections are still in memory
}
