package flatmap_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/mapspec/mapspec/impl/flatmap"
)

func Example() {
	var ages flatmap.Map[string, int] // the zero value is ready
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

// A sequence traverses the map anew each time it is used.
func ExampleMap_All() {
	var m flatmap.Map[string, int]
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
	var m flatmap.Map[string, int]
	m.Store("b", 2)
	m.Store("a", 1)
	fmt.Println(slices.Sorted(m.Keys()))
	// Output: [a b]
}

// The function that Range calls may modify the map.
func ExampleMap_Range() {
	var m flatmap.Map[string, int]
	m.Store("a", 1)
	m.Range(func(key string, value int) bool {
		m.Clear()
		fmt.Println(key, value)
		return true
	})
	fmt.Println(m.Len())
	// Output:
	// a 1
	// 0
}

// Several goroutines count.
func ExampleMap_Compute() {
	var hits flatmap.Map[string, int]
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			hits.Compute("index.html", func(n int, _ bool) (int, bool) { return n + 1, true })
		})
	}
	wg.Wait()
	fmt.Println(hits.Load("index.html"))
	// Output: 10 true
}

// The last user of a key deletes it.
func ExampleMap_Compute_delete() {
	var users flatmap.Map[string, int]
	leave := func(name string) {
		users.Compute(name, func(n int, _ bool) (int, bool) { return n - 1, n > 1 })
	}
	users.Store("file", 2)
	leave("file")
	fmt.Println(users.Load("file"))
	leave("file")
	fmt.Println(users.Load("file"))
	// Output:
	// 1 true
	// 0 false
}

// A value is made once per key: a second goroutine gets what the first stored.
func ExampleMap_LoadOrStore() {
	var m flatmap.Map[string, *sync.Mutex]
	lock := func(name string) *sync.Mutex {
		mu, ok := m.Load(name) // does not allocate
		if !ok {
			mu, _ = m.LoadOrStore(name, new(sync.Mutex))
		}
		return mu
	}
	first := lock("a")
	fmt.Println(first == lock("a"), first == lock("b"))
	// Output: true false
}

// Grow makes room in advance, so that the table need not move while keys arrive.
func ExampleMap_Grow() {
	var squares flatmap.Map[int, int]
	squares.Grow(1000)
	for i := range 1000 {
		squares.Store(i, i*i)
	}
	fmt.Println(squares.Len())
	// Output: 1000
}
