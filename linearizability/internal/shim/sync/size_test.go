package sync

import (
	real "sync"
	"testing"
	"unsafe"
)

// Maps pad their shards by the sizes of what is in them.
func TestSizesAreThoseOfTheRealTypes(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("equal on 64-bit machines only")
	}
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"Mutex", unsafe.Sizeof(Mutex{}), unsafe.Sizeof(real.Mutex{})},
		{"RWMutex", unsafe.Sizeof(RWMutex{}), unsafe.Sizeof(real.RWMutex{})},
		{"Once", unsafe.Sizeof(Once{}), unsafe.Sizeof(real.Once{})},
		{"Cond", unsafe.Sizeof(Cond{}), unsafe.Sizeof(real.Cond{})},
		{"WaitGroup", unsafe.Sizeof(WaitGroup{}), unsafe.Sizeof(real.WaitGroup{})},
		{"Pool", unsafe.Sizeof(Pool{}), unsafe.Sizeof(real.Pool{})},
		{"Map", unsafe.Sizeof(Map{}), unsafe.Sizeof(real.Map{})},
	} {
		if c.got != c.want {
			t.Errorf("%s has %d bytes, the real one %d", c.name, c.got, c.want)
		}
	}
}
