package property

import (
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"
)

// house has an address of each kind.
type house struct {
	mu    sync.Mutex
	read  atomic.Value // of map[string]*room
	rooms [3]atomic.Pointer[room]
	dirty map[string]*room
}

type room struct {
	p    atomic.Pointer[any]
	size [2]int64
}

// What is inside of an allocation is found by its field.
func TestAddressesAreLocatedByFields(t *testing.T) {
	h := &house{dirty: map[string]*room{"a": {}, "b": {}}}
	h.read.Store(map[string]*room{"c": {}})
	h.rooms[2].Store(&room{})
	lost := new(room)
	c := h.read.Load().(map[string]*room)["c"]
	want := map[uintptr]string{
		address(&h.mu) + 4:               "property.house.mu",
		address(&h.read):                 "property.house.read",
		address(&h.rooms[1]):             "property.house.rooms[1]",
		address(&h.rooms[2].Load().p):    "property.house.rooms[2].p",
		address(&h.dirty["b"].size[1]):   `property.house.dirty["b"].size[1]`,
		address(&c.p):                    `property.house.read["c"].p`,
		address(&h.dirty["a"].size[0]):   `property.house.dirty["a"].size[0]`,
		address(&h.dirty["a"].size) + 15: `property.house.dirty["a"].size[1]`,
	}
	addresses := append([]uintptr{address(&lost.p)}, addressesIn(want)...)
	if got := Locate(h, addresses); !maps.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func address[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }

func addressesIn(m map[uintptr]string) (keys []uintptr) {
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}
