package readdirty_test

import (
	"runtime"
	"testing"
	"weak"

	"github.com/mapspec/mapspec/impl/readdirty"
)

// TestR1Go1150 shows that readdirty.Go1150 breaks R1: at rest nothing is
// reachable that a traversal would not hand out.
//
// What happens: key k0 is still reachable at rest:
// readdirty.Go1150.read.entries["conn-0"].
//
// Found with go1.26.8. docs/specification.md#r1 of github.com/mapspec/mapspec
// explains the clause.
func TestR1Go1150(t *testing.T) {
	type allocation struct{ _ [64]byte }
	m := new(readdirty.Go1150)
	// Nothing but the map holds a key or value after this.
	seen := func() weak.Pointer[allocation] {
		k0, v1 := new(allocation), new(allocation)
		m.Store(k0, v1)
		m.Delete(k0)
		return weak.Make(k0)
	}()
	for range 3 {
		runtime.GC()
	}
	if seen.Value() != nil {
		t.Error("key k0 is still reachable; Delete(k0), operation 2, should have let go of it")
	}
	runtime.KeepAlive(m)
}
