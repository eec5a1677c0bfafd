package docs_test

import (
	"fmt"
	"strings"
	"sync"
	"unsafe"
)

func Example_nilFunctionOnAnEmptyMap() {
	var m sync.Map
	try := func() {
		defer func() { fmt.Println("panics:", recover() != nil) }()
		m.Range(nil)
	}
	try()
	m.Store("k", 1)
	try()
	// Output:
	// panics: false
	// panics: true
}

func Example_overwrittenKey() {
	old := strings.Repeat("k", 40)
	new := strings.Clone(old)
	var m sync.Map
	m.Store(old, 1)
	m.Store(new, 2)
	m.Range(func(key, value any) bool {
		fmt.Println("keeps the new key:", unsafe.StringData(key.(string)) == unsafe.StringData(new))
		return true
	})
	// Output:
	// keeps the new key: true
}
