package check_test

import (
	"fmt"
	"strings"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/check"
	"github.com/mapspec/mapspec/model"
)

// Client 1 reads a value that was overwritten before it asked.
func ExampleHistory() {
	h, err := history.Read(strings.NewReader(`
{"seq":1,"id":0,"client":0,"call":{"op":"Store","key":2,"value":1}}
{"seq":2,"id":0,"return":{}}
{"seq":3,"id":1,"client":0,"call":{"op":"Store","key":2,"value":3}}
{"seq":4,"id":1,"return":{}}
{"seq":5,"id":2,"client":1,"call":{"op":"Load","key":2}}
{"seq":6,"id":2,"return":{"value":1,"ok":true}}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range check.History(h, check.Options{}) {
		if v.Status == model.Violation {
			fmt.Printf("%s: %s\n%s\n", v.Clause, v.Evidence(), strings.Join(v.Lines(), "\n"))
		}
	}
	// Output:
	// S1: k2: Load(k2) returned v1, true, which no order of the 3 operations on k2 explains
	// 3 operations on k2, in the order of their calls:
	//   #0 client 0 [1, 2] Store(k2, v1) returned
	//   #1 client 0 [3, 4] Store(k2, v3) returned
	//   #2 client 1 [5, 6] Load(k2) returned v1, true
	// the longest linearization, with the state after each operation:
	//   v3
	// fits nowhere: #2 client 1 [5, 6] Load(k2) returned v1, true
}
