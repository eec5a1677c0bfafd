package sync

import (
	real "sync"
	"testing"
	"unsafe"
)

// Some maps pad their shards according to the sizes of these types.
func TestTypesHaveTheSizesOfTheRealOnes(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("the sizes are equal only on 64-bit machines")
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
