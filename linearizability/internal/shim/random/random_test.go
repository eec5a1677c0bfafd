package random_test

import (
	"testing"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/shim/random"
)

func TestNumbersDependOnTheCallersSteps(t *testing.T) {
	draw := func() (all [3]uint64) {
		s := sched.New(1, sched.Limits{})
		defer s.Close()
		var x uint64
		s.Alone(func() {
			for i := range all {
				all[i] = random.Uint64()
				sched.Before(sched.Load, unsafe.Pointer(&x), 8)
			}
		})
		return all
	}
	a := draw()
	if a != draw() || a[0] == a[1] || a[1] == a[2] || a[0] != random.Uint64() {
		t.Errorf("drew %x", a)
	}
}
