package history_test

import (
	"fmt"
	"os"
	"sync"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// A goroutine records its calls on a map whose keys and values it translates to
// symbolic ones.
func ExampleRecorder() {
	var m sync.Map
	rec := history.NewRecorder(1)
	c := rec.Client(0)

	id := c.Call(model.Op{Method: model.Store, Key: 2, Value: 1})
	m.Store("two", "first value")
	c.Return(id, model.Result{})

	id = c.Call(model.Op{Method: model.LoadAndDelete, Key: 2})
	_, loaded := m.LoadAndDelete("two")
	c.Return(id, model.Result{Value: 1, OK: loaded})

	if err := rec.History().Write(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"seq":1,"id":0,"client":0,"parent":null,"call":{"op":"Store","key":2,"value":1}}
	// {"seq":2,"id":0,"return":{}}
	// {"seq":3,"id":1,"client":0,"parent":null,"call":{"op":"LoadAndDelete","key":2}}
	// {"seq":4,"id":1,"return":{"value":1,"ok":true}}
}
