package locked_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/mapspec/mapspec/impl/locked"
)

func Example() {
	var ages locked.Map[string, int] // the zero value is ready
	ages.Store("Ada", 36)
	ages.Store("Alan", 41)

	age, ok := ages.Load("Ada")
	fmt.Println(age, ok)

	age, loaded := ages.LoadAndDelete("Alan")
	fmt.Println(age, loaded)

	fmt.Println(ages.Len())
	// Output:
	// 36 true
	// 41 true
	// 1
}

// A sequence traverses the map anew each time it is invoked.
func ExampleMap_All() {
	var m locked.Map[string, int]
	all := m.All()
	m.Store("a", 1)
	fmt.Println(maps.Collect(all))
	m.Store("b", 2)
	fmt.Println(maps.Collect(all))
	// Output:
	// map[a:1]
	// map[a:1 b:2]
}

func ExampleMap_Keys() {
	var m locked.Map[string, int]
	m.Store("b", 2)
	m.Store("a", 1)
	fmt.Println(slices.Sorted(m.Keys()))
	// Output: [a b]
}

// The function that Range calls may modify the map.
func ExampleMap_Range() {
	var m locked.Map[string, int]
	m.Store("a", 1)
	m.Store("b", 2)
	sum := 0
	m.Range(func(_ string, value int) bool {
		m.Clear()
		sum += value
		return true
	})
	fmt.Println(sum, m.Len())
	// Output: 3 0
}

// A counter without a lock of its own retries until no other goroutine interferes.
func ExampleMap_CompareAndSwap() {
	var hits locked.Map[string, int]
	count := func(page string) {
		for {
			n, _ := hits.LoadOrStore(page, 0)
			if hits.CompareAndSwap(page, n, n+1) {
				return
			}
		}
	}
	count("index.html")
	count("index.html")
	fmt.Println(hits.Load("index.html"))
	// Output: 2 true
}
